import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/build.ts'
import { ROOT } from '../../scripts/paths.ts'
import { type DesktopOptions, StandInDesktop } from '../support/electron-stand-in/start-desktop.ts'

// The built main process in plain Node, over a stand-in for Electron's API. Electron itself is not run here.
const KEYS = 'CommandOrControl+Alt+Shift+S'
const folders: string[] = []
const run = promisify(execFile)

function start(options: Partial<DesktopOptions> = {}): StandInDesktop {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'bot-trading-desktop-'))
  folders.push(dataDir)
  return new StandInDesktop({ args: ['--no-postgres'], ...options, dataDir })
}
const running = (desktop: StandInDesktop) =>
  desktop.until('trading', ({ trayMenu }) => trayMenu[0]?.label.startsWith('Trading') === true, 60_000)
const halted = (desktop: StandInDesktop) => desktop.until('halted', ({ trayMenu }) => trayMenu[0]?.label.startsWith('Halted') === true)

beforeAll(() => ensureBuilt())
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

describe('a running desktop', () => {
  let desktop: StandInDesktop
  beforeAll(async () => {
    desktop = start()
    await running(desktop)
  })
  afterAll(() => desktop[Symbol.asyncDispose]())

  test('the page gets no power: isolated, sandboxed, without Node', async () => {
    const { windows, sandboxEnabled, privilegedSchemes } = await desktop.call('state')
    expect(windows).toHaveLength(1)
    expect(sandboxEnabled).toBe(true)
    expect(windows[0]?.url).toBe('app://workstation/index.html')
    expect(windows[0]?.options['webPreferences']).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
    })
    expect(windows[0]?.options['webPreferences']).not.toHaveProperty('enableBlinkFeatures')
    expect(privilegedSchemes).toEqual([{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } }])
  })

  test.each(['will-navigate', 'will-frame-navigate', 'will-redirect'] as const)('%s to anywhere else is prevented', async (event) => {
    for (const url of ['https://example.com/', 'file:///etc/passwd', 'app://other/index.html', 'javascript:alert(1)', 'data:text/html,x'])
      expect(await desktop.call('navigate', { url, event }), url).toEqual({ prevented: true })
    expect(await desktop.call('navigate', { url: 'app://workstation/index.html', event })).toEqual({ prevented: false })
  })

  test('no second window, no webview; known https links open in the browser', async () => {
    expect(await desktop.call('attachWebview')).toEqual({ prevented: true })
    const refused = [
      'http://github.com/',
      'https://github.com.evil.example/',
      'https://user@github.com/',
      'https://github.com:444/',
      'file:///etc/passwd',
      'smb://x/y',
      'ms-settings:',
      'javascript:alert(1)',
    ]
    for (const url of refused) expect(await desktop.call('openWindow', { url }), url).toEqual({ action: 'deny' })
    expect(await desktop.call('openWindow', { url: 'https://www.binance.com/en/my/orders' })).toEqual({ action: 'deny' })
    expect((await desktop.call('state')).openedExternally).toEqual(['https://www.binance.com/en/my/orders'])
  })

  test('permissions are refused, but for writing text to the clipboard from our page', async () => {
    const ours = 'app://workstation/index.html'
    for (const permission of ['media', 'geolocation', 'notifications', 'midi', 'clipboard-read', 'openExternal', 'usb', 'display-capture'])
      expect(await desktop.call('requestPermission', { permission, url: ours }), permission).toEqual({ requested: false, checked: false })
    expect(await desktop.call('requestPermission', { permission: 'clipboard-sanitized-write', url: 'https://example.com/' })).toEqual({
      requested: false,
      checked: false,
    })
    expect(await desktop.call('requestPermission', { permission: 'clipboard-sanitized-write', url: ours })).toEqual({
      requested: true,
      checked: true,
    })
  })

  test('nothing is loaded from elsewhere', async () => {
    for (const url of ['https://example.com/x.js', 'http://127.0.0.1:8080/', 'ws://127.0.0.1/', 'file:///etc/passwd', 'not a url'])
      expect(await desktop.call('load', { url }), url).toEqual({ cancelled: true })
    expect(await desktop.call('load', { url: 'app://workstation/index.html' })).toEqual({ cancelled: false })
  })

  test('the protocol serves the screens under a strict policy and nothing outside their folder', async () => {
    const page = await desktop.call('fetchApp', { url: 'app://workstation/index.html' })
    expect(page.status).toBe(200)
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    const policy = page.headers['content-security-policy'] ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/script-src[^;]*unsafe/)
    const escapes = [
      '/../main/index.js',
      '/%2e%2e/main/index.js',
      '/..%2fmain%2findex.js',
      '/..%5cmain%5cindex.js',
      '/%00index.html',
      '/%E0%A4%A',
      '/',
      '//etc/passwd',
    ]
    for (const path of escapes) {
      const { status, bodyBase64 } = await desktop.call('fetchApp', { url: `app://workstation${path}` })
      if (status !== 404) expect(bodyBase64, path).toBe(page.bodyBase64)
    }
    expect((await desktop.call('fetchApp', { url: 'app://elsewhere/index.html' })).status).toBe(404)
  })

  test('only the top frame of our own page gets ports, and only it learns of the hotkey', async () => {
    const hello = { channel: 'workstation:hello', args: [] }
    const strangers = [
      { ...hello, url: 'app://workstation/index.html', frame: 'inner' },
      { ...hello, url: 'app://workstation.evil/index.html', frame: 'main' },
      { ...hello, url: 'https://example.com/app://workstation', frame: 'main' },
      { ...hello, url: 'about:blank', frame: 'main' },
    ] as const
    for (const stranger of strangers) {
      await desktop.call('ipcSend', stranger)
      await expect(desktop.call('ipcInvoke', { ...stranger, channel: 'workstation:hotkey' })).rejects.toThrow('refused')
    }
    expect((await desktop.call('state')).portsPosted).toBe(0)
    const ours = { url: 'app://workstation/index.html', frame: 'main' } as const
    await desktop.call('ipcSend', { ...hello, ...ours })
    expect((await desktop.call('state')).portsPosted).toBe(1)
    expect(await desktop.call('ipcInvoke', { ...ours, channel: 'workstation:hotkey', args: [] })).toEqual({
      accelerator: KEYS,
      registered: true,
    })
  })

  test('closing the window hides it while trading goes on; a second start shows it again and ends', async () => {
    expect(await desktop.call('closeWindow')).toEqual({ hidden: true })
    const dataDir = folders[0] ?? ''
    const second = start({ dataDir })
    expect(await second.exited).toBe(0)
    expect((await desktop.until('shown', ({ windows }) => windows[0]?.visible === true)).windows).toHaveLength(1)
  })

  test('sleep and waking are written down', async () => {
    await desktop.call('power', { event: 'suspend' })
    await desktop.call('power', { event: 'resume' })
    await expect.poll(() => desktop.output, { timeout: 10_000 }).toContain('the machine woke up')
  })
})

describe('emergency stop', () => {
  test('the hotkey stops at the second press, not at the first', async () => {
    await using desktop = start()
    await running(desktop)
    expect(await desktop.call('pressShortcut', { accelerator: KEYS })).toBe(true)
    const armed = await desktop.until('armed', ({ notifications }) => notifications.some(({ title }) => title === 'Emergency stop armed'))
    expect(armed.trayMenu[0]?.label).toMatch(/^Trading/)
    await desktop.call('pressShortcut', { accelerator: KEYS })
    const { trayMenu, notifications } = await halted(desktop)
    expect(trayMenu[0]?.label).toContain('by hotkey')
    expect(notifications.map(({ title }) => title)).toContain('Stopped')
  })

  test.each(['tray', 'application'] as const)('the %s menu stops', async (menu) => {
    await using desktop = start()
    await running(desktop)
    await desktop.call('clickMenu', { menu, id: 'stop' })
    expect((await halted(desktop)).trayMenu[0]?.label).toContain(menu === 'tray' ? 'by tray' : 'by menu')
  })

  test('a press while the workstation starts is carried out when it runs', async () => {
    await using desktop = start()
    await desktop.until('tray', ({ trayMenu }) => trayMenu.length > 0)
    await desktop.call('clickMenu', { menu: 'tray', id: 'stop' })
    expect((await halted(desktop)).trayMenu[0]?.label).toContain('by tray')
  })

  test('a halt survives a restart', async () => {
    const first = start()
    const dataDir = folders.at(-1) ?? ''
    await running(first)
    await first.call('clickMenu', { menu: 'tray', id: 'stop' })
    await halted(first)
    await first[Symbol.asyncDispose]()
    await using second = start({ dataDir })
    await halted(second)
  })

  test('keys that another program holds are reported at once, and taken as soon as they are free', async () => {
    await using desktop = start({ takenShortcuts: [KEYS] })
    const state = await desktop.until('warning', ({ trayMenu }) => trayMenu.some(({ id }) => id === 'warning'))
    expect(state.notifications.map(({ title }) => title)).toContain('No stop hotkey')
    expect(state.trayToolTip).toContain(KEYS)
    const ours = { url: 'app://workstation/index.html', frame: 'main', channel: 'workstation:hotkey', args: [] } as const
    expect(await desktop.call('ipcInvoke', ours)).toEqual({ accelerator: KEYS, registered: false })
  })

  test('keys lost during sleep are taken again', async () => {
    await using desktop = start()
    await running(desktop)
    await desktop.call('loseShortcut', { accelerator: KEYS })
    expect((await desktop.call('state')).shortcuts).toEqual([])
    await desktop.call('power', { event: 'resume' })
    await desktop.until('taken again', ({ shortcuts }) => shortcuts.includes(KEYS))
  })
})

describe('with --api', () => {
  const cli = (dataDir: string, ...args: string[]) =>
    run(process.execPath, [join(ROOT, 'out/cli/index.js'), ...args, '--data-dir', dataDir], { timeout: 30_000 })

  test('the command line sees the desktop program, stops it and lets it go on; it leaves no trace of itself', async () => {
    const config = join(mkdtempSync(join(tmpdir(), 'bot-trading-config-')), 'config.yaml')
    folders.push(dirname(config))
    writeFileSync(config, 'api:\n  port: 0\n')
    const desktop = start({ args: ['--no-postgres', '--api', '--config', config] })
    const dataDir = folders.at(-1) ?? ''
    await running(desktop)
    await expect.poll(() => existsSync(join(dataDir, 'instance.json')), { timeout: 20_000 }).toBe(true)
    expect(JSON.parse((await cli(dataDir, 'status', '--json')).stdout)).toMatchObject({ state: 'running', version: '3.0.0', halted: null })
    expect(JSON.parse((await cli(dataDir, 'stop', '--json')).stdout)).toMatchObject({ confirmed: true, remaining: [] })
    await halted(desktop)
    await expect(cli(dataDir, 'resume')).rejects.toMatchObject({ code: 2 })
    await expect(cli(dataDir, 'resume', '--reason', 'x')).rejects.toMatchObject({ code: 2 })
    await expect(cli(dataDir, 'status', '--token', 'a'.repeat(32))).rejects.toMatchObject({ code: 3 })
    await cli(dataDir, 'resume', '--reason', 'the test goes on')
    await running(desktop)
    await desktop[Symbol.asyncDispose]()
    expect(await desktop.exited).toBe(0)
    expect(existsSync(join(dataDir, 'instance.json'))).toBe(false)
    await expect(cli(dataDir, 'status')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('No workstation runs') })
  })
})

describe('quitting', () => {
  const stoppedInOrder = () =>
    readdirSync(join(folders.at(-1) ?? '', 'logs')).some((file) =>
      readFileSync(join(folders.at(-1) ?? '', 'logs', file), 'utf8').includes('everything stopped in order'),
    )

  test.each(['tray', 'application'] as const)('from the %s menu stops the workstation first and leaves with 0', async (menu) => {
    const desktop = start()
    await running(desktop)
    await desktop.call('clickMenu', { menu, id: 'quit' }).catch(() => undefined)
    expect(await desktop.exited).toBe(0)
    expect(stoppedInOrder()).toBe(true)
  })

  test('a signal is a wish to quit', async () => {
    const desktop = start()
    await running(desktop)
    desktop.signal('SIGTERM')
    expect(await desktop.exited).toBe(0)
    expect(stoppedInOrder()).toBe(true)
  })

  test('without close-to-tray, closing the window quits', async () => {
    const desktop = start()
    await running(desktop)
    await desktop.call('clickMenu', { menu: 'tray', id: 'close-to-tray' })
    await desktop.call('closeWindow').catch(() => undefined)
    expect(await desktop.exited).toBe(0)
    expect(stoppedInOrder()).toBe(true)
  })

  test('a start that fails says why in a dialog and leaves with 1', async () => {
    await using desktop = start({ args: ['--no-postgres', '--config', join(tmpdir(), 'bot-trading-there-is-no-such-file.yaml')] })
    expect(await desktop.exited).toBe(1)
  })
})
