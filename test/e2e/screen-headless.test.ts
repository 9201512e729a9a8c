import type { Browser, Page } from 'playwright'
import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/build.ts'
import { findChromium } from '../../scripts/chromium.ts'
import { HeadlessWorkstation, launch, openScreen, TOKEN } from './screen-session.ts'

// The built screens in a real Chromium against the real headless workstation.
const executablePath = findChromium()
if (executablePath === null) process.stderr.write('skipped: the screens; no Chromium was found (set CHROMIUM_PATH)\n')
const SEEN_MS = 30_000
const HOLD_MS = 900
const SYMBOL = 'BTC/USDT'

interface Balances {
  readonly balances: readonly { readonly equity: string }[]
}

describe.skipIf(executablePath === null)('the screens of the headless workstation', () => {
  const workstation = new HeadlessWorkstation()
  let browser: Browser
  let page: Page
  let errors: string[]
  const id = (name: string) => page.getByTestId(name)
  const bars = async () => Number(await id('chart').getAttribute('data-bars'))
  const rows = (table: string) => id(table).getByRole('row').count()
  const widest =
    'Math.max(document.documentElement.scrollWidth - innerWidth, ...[...document.querySelectorAll(".table-scroll")].map((e) => e.scrollWidth - e.clientWidth))'

  beforeAll(async () => {
    await ensureBuilt()
    await workstation.start()
    browser = await launch(executablePath ?? '')
    const opened = await openScreen(browser, workstation.url)
    page = opened.page
    errors = opened.errors
  })
  afterAll(async () => {
    await browser?.close()
    await workstation[Symbol.asyncDispose]()
  })

  test('asks for the token, says that a wrong one is wrong, and opens with the right one', async () => {
    const { page: other } = await openScreen(browser, workstation.url, { token: '' })
    await other.getByTestId('token').fill('not-the-token')
    await other.keyboard.press('Enter')
    await other.getByText('did not accept this token').waitFor()
    await other.getByTestId('token').fill(TOKEN)
    await other.keyboard.press('Enter')
    await other.getByTestId('stop-button').waitFor({ timeout: SEEN_MS })
    await other.context().close()
  })

  test('takes the token out of the address bar and still has it after a reload', async () => {
    await id('stop-button').waitFor({ timeout: SEEN_MS })
    expect(page.url()).not.toContain('token')
    await page.reload()
    await id('stop-button').waitFor({ timeout: SEEN_MS })
  })

  test('shows mode, health, a trader, a chart that has candles, and the equity the API has', async () => {
    await expect.poll(bars, { timeout: SEEN_MS }).toBeGreaterThan(50)
    await expect.poll(() => id('mode').textContent()).toBe('DEMO')
    await expect.poll(() => id('health').textContent()).toMatch(/\d+\/\d+/)
    await id('trader-demo').waitFor()
    const known = async () => (await workstation.call<Balances>('GET', '/accounts/balance')).balances.map(({ equity }) => equity)
    await expect
      .poll(async () => (await known()).includes((await id('equity').getAttribute('data-value')) ?? ''), { timeout: SEEN_MS })
      .toBe(true)
  })

  test('an order from the ticket is filled and its fill arrives; one too large is refused in words with its numbers', async () => {
    await id(`watch-${SYMBOL}`).click()
    await id('tab-fills').click()
    const before = await rows('trades-table')
    await id('ticket-size').fill('0.01')
    await id('ticket-submit').click()
    await expect.poll(() => rows('trades-table'), { timeout: SEEN_MS }).toBeGreaterThan(before)
    await id('ticket-size').fill('5')
    await page.getByText(/The order would be worth [\d,.]+; one order may be worth 5,000/).waitFor()
    await id('ticket-submit').click()
    await id('ticket-refusal').waitFor({ timeout: SEEN_MS })
    await expect.poll(() => id('ticket-refusal').textContent()).toMatch(/Not sent.+worth [\d,.]+/)
  })

  test('closing a position says what will happen, and closes it', async () => {
    await id('tab-positions').click()
    const close = id('positions-table').getByTestId('close-manual.BTC-USDT')
    await close.waitFor({ timeout: SEEN_MS })
    await close.click()
    await expect
      .poll(() => page.getByRole('dialog').textContent())
      .toMatch(/Close long 0\.01\d* BTC.+reduce-only market order for the whole position of trader manual/)
    await id('confirm').click()
    await close.waitFor({ state: 'detached', timeout: SEEN_MS })
  })

  test('ten thousand signals are one table: few rows in the page, the end by one key, found by a word, opened with its reason', async () => {
    const batch = (start: number) =>
      Array.from({ length: 1_000 }, (_s, i) => ({
        signal_id: `e2e-${start + i}`,
        symbol: 'DOGE/USDT',
        action: 'BUY',
        quantity: '1',
        strategy: 'e2e',
      }))
    await id('tab-signals').click()
    for (let start = 0; start < 10_000; start += 1_000) await workstation.call('POST', '/signals', batch(start))
    await expect
      .poll(async () => Number((await id('row-count').textContent())?.replace(/\D/g, '')), { timeout: SEEN_MS })
      .toBeGreaterThanOrEqual(10_000)
    await expect.poll(() => rows('signals-table')).toBeLessThan(60)
    const grid = id('signals-table').getByRole('grid')
    await grid.focus()
    await page.keyboard.press('End')
    await expect.poll(() => grid.getAttribute('aria-activedescendant'), { timeout: SEEN_MS }).toMatch(/-\d{4,}$/)
    await page.getByLabel('Filter Signals').fill('denied e2e-777')
    await expect.poll(() => id('row-count').textContent(), { timeout: SEEN_MS }).toMatch(/^11 of/)
    await grid.focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByText('No connected exchange lists this symbol').first().waitFor()
    await page.keyboard.press('Escape')
    await page.getByLabel('Filter Signals').fill('')
  }, 120_000)

  test('a trader is added, paused and resumed from the screen; what is wrong in the form is said in words', async () => {
    await id('add-trader').click()
    await id('trader-name').fill('Wrong Name')
    await id('trader-save').click()
    await page.getByText('Use lower-case letters, digits').waitFor()
    await id('trader-name').fill('second')
    await id('trader-save').click()
    const state = (wanted: string) => expect.poll(() => id('trader-second').getAttribute('data-state'), { timeout: SEEN_MS }).toBe(wanted)
    await state('running')
    await page.getByRole('button', { name: 'Pause second' }).click()
    await state('paused')
    await page.getByRole('button', { name: 'Resume second' }).click()
    await state('running')
  })

  test('the stop needs the whole hold, by keyboard too; the bar becomes the receipt; going on needs a reason', async () => {
    await id('stop-button').focus()
    await page.keyboard.press(' ')
    await page.waitForTimeout(HOLD_MS)
    await expect.poll(() => id('stop-receipt').count()).toBe(0)
    await page.keyboard.down(' ')
    await page.waitForTimeout(HOLD_MS)
    await page.keyboard.up(' ')
    await id('stop-receipt').waitFor({ timeout: SEEN_MS })
    await expect.poll(() => id('stop-receipt').textContent()).toMatch(/HALTED.+orders? canceled/)
    expect(await workstation.call('GET', '/system/status')).toMatchObject({ state: 'halted' })
    await id('resume').click()
    await expect.poll(() => id('resume-confirm').isDisabled()).toBe(true)
    await id('resume-reason').fill('the test goes on')
    await id('resume-confirm').click()
    await id('stop-button').waitFor({ timeout: SEEN_MS })
    expect(await workstation.call('GET', '/system/status')).toMatchObject({ halted: null })
  })

  test.each([
    ['dark', 'en', 1_280, 720],
    ['light', 'ru', 1_280, 720],
    ['light', 'en', 2_560, 1_440],
  ] as const)(
    '%s, %s, %i×%i: axe finds nothing serious and nothing scrolls sideways',
    async (theme, language, width, height) => {
      for (const tab of ['positions', 'signals']) {
        const { page: other } = await openScreen(browser, workstation.url, { width, height, settings: { theme, language, tab } })
        await expect
          .poll(async () => Number(await other.getByTestId('chart').getAttribute('data-bars')), { timeout: SEEN_MS })
          .toBeGreaterThan(0)
        const { violations } = await new AxeBuilder({ page: other }).analyze()
        expect(
          violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id: rule, nodes }) => [rule, nodes[0]?.html]),
        ).toEqual([])
        expect(await other.evaluate(widest)).toBeLessThanOrEqual(0)
        await other.context().close()
      }
    },
    180_000,
  )

  test('a workstation that goes away is said with the time and what is not shown; the screen goes on when it is back', async () => {
    await workstation.stop()
    await id('connection-lost').waitFor({ timeout: SEEN_MS })
    await expect.poll(() => id('connection-lost').textContent()).toMatch(/Last word \d\d:\d\d:\d\d UTC.+not shown/)
    await expect.poll(() => page.locator('.stale-mark').count()).toBeGreaterThan(2)
    await expect.poll(() => rows('signals-table')).toBeGreaterThan(5)
    await workstation.start()
    await id('connection-lost').waitFor({ state: 'detached', timeout: SEEN_MS })
    await expect.poll(() => page.locator('.stale-mark').count(), { timeout: SEEN_MS }).toBe(0)
    await expect.poll(bars, { timeout: SEEN_MS }).toBeGreaterThan(50)
  }, 120_000)

  test('nothing went wrong in the page but the lost connection', () => {
    expect(
      errors.filter(
        (line) => !/ERR_CONNECTION_(?:REFUSED|RESET|CLOSED)|ERR_EMPTY_RESPONSE|WebSocket connection|502|status of 401/.test(line),
      ),
    ).toEqual([])
  })
})
