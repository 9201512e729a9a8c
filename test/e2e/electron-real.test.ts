import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type ElectronApplication } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/build.ts'
import { findElectron, whyNoDisplay } from '../../scripts/electron-runtime.ts'
import { ROOT } from '../../scripts/paths.ts'

// Electron itself, wherever there is one. What the stand-in cannot show is shown here: isolation, sandbox, real IPC.
const executablePath = findElectron()
const whyNot = executablePath === null ? 'the Electron runtime is not installed' : whyNoDisplay()
if (whyNot !== null) process.stderr.write(`skipped: the tests in a real Electron; ${whyNot}\n`)

describe.skipIf(whyNot !== null)('the program in Electron', () => {
  let app: ElectronApplication
  let dataDir: string

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'bot-trading-electron-'))
    await ensureBuilt()
    app = await _electron.launch({ executablePath: executablePath ?? '', args: [ROOT, '--no-postgres', '--data-dir', dataDir], cwd: ROOT })
  })
  afterAll(async () => {
    await app?.close()
    rmSync(dataDir, { recursive: true, force: true })
  })

  test('the page is isolated and sandboxed', async () => {
    const page = await app.firstWindow()
    expect(page.url()).toBe('app://workstation/index.html')
    expect(await page.evaluate('[typeof require, typeof process, typeof Buffer]')).toEqual(['undefined', 'undefined', 'undefined'])
    // Documented for tests, though not in the types.
    const preferences = await app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as { getLastWebPreferences?: () => unknown } | undefined
      return contents?.getLastWebPreferences?.()
    })
    expect(preferences).toMatchObject({ contextIsolation: true, sandbox: true, nodeIntegration: false, webSecurity: true })
  })

  test('the chart is drawn and the mode is shown', async () => {
    const page = await app.firstWindow()
    await expect.poll(async () => Number(await page.getByTestId('chart').getAttribute('data-bars')), { timeout: 60_000 }).toBeGreaterThan(0)
    await expect.poll(() => page.getByTestId('mode').textContent()).toMatch(/demo|paper/i)
  })

  test('no permission, no second window, no other page', async () => {
    const page = await app.firstWindow()
    expect(await page.evaluate("navigator.permissions.query({ name: 'geolocation' }).then(({ state }) => state)")).toBe('denied')
    expect(await page.evaluate("window.open('https://example.com/') === null")).toBe(true)
    await page.evaluate("location.href = 'https://example.com/'").catch(() => undefined)
    expect(page.url()).toBe('app://workstation/index.html')
  })

  test('the button held stops trading', async () => {
    const page = await app.firstWindow()
    await page.getByTestId('stop-button').hover()
    await page.mouse.down()
    await page.getByTestId('stop-receipt').waitFor({ timeout: 30_000 })
    await page.mouse.up()
  })
})
