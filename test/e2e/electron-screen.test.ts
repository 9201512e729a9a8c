import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/build.ts'
import { findChromium } from '../../scripts/chromium.ts'
import { type Screens, showScreens } from '../support/electron-stand-in/show-screens.ts'
import { StandInDesktop } from '../support/electron-stand-in/start-desktop.ts'

// Built main, built preload and built screens together, in plain Node and a real Chromium, over a stand-in for Electron.
const executablePath = findChromium()
if (executablePath === null) process.stderr.write('skipped: the desktop screens; no Chromium was found (set CHROMIUM_PATH)\n')
const SEEN_MS = 30_000
const V2_DUMP = join(import.meta.dirname, '../../../shared/data/v2-install/clean/v2_full_backup.dump')

describe.skipIf(executablePath === null)('the desktop screens over message ports', () => {
  let browser: Browser
  let desktop: StandInDesktop
  let screens: Screens
  let dataDir: string
  const id = (name: string) => screens.page.getByTestId(name)
  const fills = async () => screens.page.getByTestId('trades-table').getByRole('row').count()

  beforeAll(async () => {
    await ensureBuilt()
    dataDir = mkdtempSync(join(tmpdir(), 'bot-trading-screens-'))
    desktop = new StandInDesktop({ dataDir, args: ['--no-postgres'] })
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
    screens = await showScreens(desktop, browser)
  })
  afterAll(async () => {
    await browser?.close()
    await desktop?.[Symbol.asyncDispose]()
    rmSync(dataDir, { recursive: true, force: true })
  })

  test('the page gets its bridge and nothing of Node or Electron', async () => {
    const powers = 'JSON.stringify([typeof require, typeof process, typeof Buffer, typeof module, Object.keys(window.workstation).sort()])'
    expect(JSON.parse(await screens.page.evaluate(powers))).toEqual([
      'undefined',
      'undefined',
      'undefined',
      'undefined',
      ['hotkey', 'kind', 'version'],
    ])
    expect(await screens.page.evaluate('window.workstation.hotkey()')).toEqual({
      accelerator: 'CommandOrControl+Alt+Shift+S',
      registered: true,
    })
    expect(await screens.page.evaluate('window.workstation.version')).toBe('3.0.0')
  })

  test('the policy holds in the page: no inline script, no eval, no strange load, no frame', async () => {
    const { page } = screens
    await page
      .evaluate(`
      window.ran = [];
      document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.ran.push(1)"><iframe src="https://example.com/"></iframe>');
      const inline = document.createElement('script'); inline.textContent = 'window.ran.push(2)'; document.body.append(inline);
      const data = document.createElement('script'); data.src = 'data:text/javascript,window.ran.push(3)'; document.body.append(data);
      const away = document.createElement('script'); away.src = 'https://example.com/x.js'; document.body.append(away);
      setTimeout('window.ran.push(4)', 0);
    `)
      .catch(() => undefined)
    expect(
      await page.evaluate(
        "(async () => { try { return await (await fetch('https://example.com/')).text() } catch { return 'refused' } })()",
      ),
    ).toBe('refused')
    expect(await page.evaluate('new Promise((done) => setTimeout(() => done(window.ran), 300))')).toEqual([])
    expect(screens.refused.filter((url) => url.startsWith('app:'))).toEqual([])
  })

  test('the chart is drawn from candles that came over the port, and grows', async () => {
    const bars = async () => Number(await id('chart').getAttribute('data-bars'))
    await id('chart').waitFor({ timeout: SEEN_MS })
    await expect.poll(bars, { timeout: SEEN_MS }).toBeGreaterThan(0)
    const before = await bars()
    await expect.poll(bars, { timeout: SEEN_MS }).toBeGreaterThan(before)
    await expect.poll(() => id('chart').locator('canvas').count()).toBeGreaterThan(0)
    await expect.poll(() => id('mode').textContent()).toMatch(/demo|paper/i)
  })

  test('an order from the ticket is filled, and the fill arrives live', async () => {
    await id('tab-fills').click()
    const before = await fills()
    await id('ticket-size').fill('0.01')
    await id('ticket-submit').click()
    await expect.poll(fills, { timeout: SEEN_MS }).toBeGreaterThan(before)
  })

  test('the import wizard opens over the ports, looks at a dump in a thread of its own, and says that there is no database', async () => {
    const { page } = screens
    await id('chart').click()
    await page.keyboard.press('i')
    await id('import-source').waitFor({ timeout: SEEN_MS })
    await id('import-source').fill(join(dataDir, 'nothing.dump'))
    await id('import-inspect').click()
    await id('wizard-problem').waitFor({ timeout: SEEN_MS })
    await expect.poll(() => id('wizard-problem').textContent()).toMatch(/there is no such file. Nothing was read/)
    if (existsSync(V2_DUMP)) {
      await id('import-source').fill(V2_DUMP)
      await id('import-inspect').click()
      await id('import-identity').getByText('bot_trading_v2').waitFor({ timeout: SEEN_MS })
      await id('import-analyse').click()
      await id('analysis-rows').waitFor({ timeout: SEEN_MS })
      await id('import-choose').click()
      await id('import-try').click()
      await id('wizard-problem').waitFor({ timeout: SEEN_MS })
      await expect.poll(() => id('wizard-problem').textContent()).toMatch(/database of this workstation is not there/)
    }
    await page.keyboard.press('Escape')
    await id('import-screen').waitFor({ state: 'detached' })
  })

  test('a frame that is none is refused and does no harm', async () => {
    const state = await desktop.call('state')
    const port = 2
    await desktop.call('portData', { port, data: { action: 'subscribe', channel: 'secrets' } })
    await desktop.call('portData', { port, data: 'x'.repeat(100_000) })
    expect((await desktop.call('state')).windows).toEqual(state.windows)
    await expect.poll(() => desktop.output, { timeout: 10_000 }).toContain('refused a frame from the window')
    await expect.poll(() => id('connection-lost').count()).toBe(0)
  })

  test('a hotkey pressed twice outside the window shows as halted inside it', async () => {
    const accelerator = 'CommandOrControl+Alt+Shift+S'
    await desktop.call('pressShortcut', { accelerator })
    await desktop.call('pressShortcut', { accelerator })
    await id('resume').waitFor({ timeout: SEEN_MS })
    await desktop.until('halted', ({ trayMenu }) => trayMenu[0]?.label.includes('by hotkey') === true)
  })

  test('trading resumes with a typed reason, and the button held stops it again', async () => {
    await id('resume').click()
    await id('resume-reason').fill('the test goes on')
    await id('resume-confirm').click()
    await desktop.until('trading', ({ trayMenu }) => trayMenu[0]?.label.startsWith('Trading') === true)
    const button = id('stop-button')
    await button.click()
    expect((await desktop.call('state')).trayMenu[0]?.label).toMatch(/^Trading/)
    await button.hover()
    await screens.page.mouse.down()
    await new Promise((resolve) => setTimeout(resolve, 900))
    await screens.page.mouse.up()
    await id('stop-receipt').waitFor({ timeout: SEEN_MS })
    await desktop.until('halted', ({ trayMenu }) => trayMenu[0]?.label.includes('by window') === true)
  })

  test('a reloaded page gets new ports and goes on', async () => {
    await screens.page.reload()
    await expect.poll(async () => Number(await id('chart').getAttribute('data-bars')), { timeout: SEEN_MS }).toBeGreaterThan(0)
    expect((await desktop.call('state')).portsPosted).toBe(2)
  })

  test('nothing was wrong in the console but what the policy refused', () => {
    expect(screens.consoleErrors.filter((line) => !/Content Security Policy|ERR_BLOCKED_BY_(CLIENT|CSP)|example\.com/.test(line))).toEqual(
      [],
    )
  })
})
