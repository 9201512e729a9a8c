import type { BrowserWindow, BrowserWindowConstructorOptions, WebContents } from 'electron'
import type { Clock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import { type Bounds, loadWindowState, MIN_SIZE, placeOnDisplays, saveWindowState, type WindowState } from './window-state.ts'

/** A page that crashes more often than this a minute stays down: the tray and the hotkey still stop trading. */
const RELOADS_A_MINUTE_MAX = 3
const MINUTE_MS = 60_000

export interface MainWindowOptions {
  readonly create: (options: BrowserWindowConstructorOptions) => BrowserWindow
  readonly url: string
  readonly preloadFile: string
  readonly iconFile: string
  readonly version: string
  readonly title: string
  readonly stateFile: string
  readonly workAreas: () => readonly Bounds[]
  readonly devTools: boolean
  readonly clock: Clock
  readonly logger: Logger
  /** Whether closing hides the window now: a person chose so, there is a tray to come back from, and nobody is quitting. */
  readonly mayHide: (state: WindowState) => boolean
}

export interface MainWindow {
  readonly show: () => void
  readonly contents: () => WebContents | null
  readonly state: () => WindowState
  readonly setCloseToTray: (closeToTray: boolean) => void
}

/** The one window. Its page has no Node, no access to main beyond two ports, and no way to weaken that. */
export function createMainWindow(options: MainWindowOptions): MainWindow {
  let state = loadWindowState(options.stateFile)
  const window = options.create(windowOptions(options, placeOnDisplays(state.bounds, options.workAreas())))
  const remember = (): void => {
    if (window.isDestroyed()) return
    state = { ...state, bounds: window.getNormalBounds(), maximized: window.isMaximized() }
    saveWindowState(options.stateFile, state, options.logger)
  }
  if (state.maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', (event) => {
    remember()
    if (!options.mayHide(state)) return
    event.preventDefault()
    window.hide()
  })
  reloadAfterCrash(window.webContents, options.clock, options.logger)
  window.loadURL(options.url).catch((error: unknown) => options.logger.error({ error }, 'the screens did not load'))
  return {
    show: () => {
      if (window.isDestroyed()) return
      if (window.isMinimized()) window.restore()
      window.show()
      window.focus()
    },
    contents: () => (window.isDestroyed() ? null : window.webContents),
    state: () => state,
    setCloseToTray: (closeToTray) => {
      state = { ...state, closeToTray }
      remember()
    },
  }
}

function windowOptions(options: MainWindowOptions, bounds: Bounds): BrowserWindowConstructorOptions {
  return {
    ...bounds,
    minWidth: Math.min(MIN_SIZE.width, bounds.width),
    minHeight: Math.min(MIN_SIZE.height, bounds.height),
    title: options.title,
    icon: options.iconFile,
    show: false,
    backgroundColor: '#17191d',
    webPreferences: {
      preload: options.preloadFile,
      additionalArguments: [`--workstation-version=${options.version}`],
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
      spellcheck: false,
      devTools: options.devTools,
      // Hidden in the tray it must go on reading its stream.
      backgroundThrottling: false,
    },
  }
}

function reloadAfterCrash(contents: WebContents, clock: Clock, logger: Logger): void {
  let reloads: number[] = []
  contents.on('render-process-gone', (_event, details) => {
    logger.error({ reason: details.reason, exitCode: details.exitCode }, 'the screens crashed; trading goes on')
    const now = clock.elapsed()
    reloads = reloads.filter((at) => now - at < MINUTE_MS)
    if (details.reason === 'clean-exit' || reloads.length >= RELOADS_A_MINUTE_MAX) return
    reloads.push(now)
    contents.reload()
  })
  contents.on('unresponsive', () => logger.warn({}, 'the screens do not respond; trading goes on'))
  contents.on('responsive', () => logger.info({}, 'the screens respond again'))
}
