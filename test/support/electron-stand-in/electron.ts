/**
 * A stand-in for Electron: NOT Electron. It offers the parts of Electron's main-process API that `src/main` uses, so that
 * the built program can be run and watched where no Electron runtime is to be had. It is checked against Electron's own
 * types, so a changed signature does not compile; what Electron does beyond its types it cannot show.
 */
import { EventEmitter } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as Electron from 'electron'
import { obey } from './control.ts'
import { StandInChannel } from './message-ports.ts'
import { recorded, StandInMenu } from './recorded.ts'
import { carryOut, handlers } from './remote-hands.ts'
import { takeInstanceLock } from './single-instance.ts'
import { pages, StandInWindow } from './windows.ts'

const version = process.env['npm_package_version'] ?? '0.0.0'

type UsedOfApp = Pick<
  Electron.App,
  'getName' | 'getVersion' | 'isPackaged' | 'setPath' | 'requestSingleInstanceLock' | 'enableSandbox' | 'whenReady' | 'quit' | 'exit'
>

class StandInApp extends EventEmitter implements UsedOfApp {
  readonly isPackaged = false
  #userData = join(tmpdir(), 'electron-stand-in')
  #quitting = false

  getName(): string {
    return 'BOT Trading'
  }
  getVersion(): string {
    return version
  }
  setPath(name: string, path: string): void {
    if (name === 'userData') this.#userData = path
  }
  requestSingleInstanceLock(): boolean {
    return takeInstanceLock(this.#userData, () => this.emit('second-instance', {}, [], ''))
  }
  enableSandbox(): void {
    recorded.sandboxEnabled = true
  }
  whenReady(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }
  quit(): void {
    this.#quitting = true
    this.emit('before-quit', { preventDefault: () => (this.#quitting = false) })
    for (const window of recorded.windows) window.close()
    if (recorded.windows.every((window) => window.isDestroyed())) this.#leave()
    else this.#quitting = false
  }
  exit(exitCode = 0): void {
    process.exit(exitCode)
  }
  windowClosed(): void {
    if (this.#quitting || recorded.windows.some((window) => !window.isDestroyed())) return
    this.emit('window-all-closed')
  }
  #leave(): void {
    let prevented = false
    this.emit('will-quit', { preventDefault: () => (prevented = true) })
    if (!prevented) process.exit(0)
  }
}

export const app = new StandInApp()
pages.on('web-contents-created', (event, contents) => app.emit('web-contents-created', event, contents))
pages.on('window-closed', () => app.windowClosed())
// Electron quits in order on these; so must whatever stands in for it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.quit())

export { StandInWindow as BrowserWindow, StandInChannel as MessageChannelMain }

export const protocol = {
  registerSchemesAsPrivileged: (schemes) => {
    for (const { scheme, privileges } of schemes)
      recorded.privilegedSchemes.push({ scheme, privileges: { ...privileges } as Record<string, boolean> })
  },
  handle: (scheme, handler) => {
    handlers.protocols.set(scheme, handler)
  },
} satisfies Pick<Electron.Protocol, 'registerSchemesAsPrivileged' | 'handle'>

export const ipcMain = {
  on: (channel: string, listener: (event: Electron.IpcMainEvent, ...args: unknown[]) => void) => {
    handlers.ipc.set(channel, listener)
  },
  handle: (channel, listener) => {
    handlers.invoke.set(channel, listener)
  },
} satisfies { on: unknown } & Pick<Electron.IpcMain, 'handle'>

export const globalShortcut = {
  register: (accelerator, callback) => {
    if (recorded.takenShortcuts.has(accelerator)) return false
    recorded.shortcuts.set(accelerator, callback)
    return true
  },
  isRegistered: (accelerator) => recorded.shortcuts.has(accelerator),
  unregister: (accelerator) => {
    recorded.shortcuts.delete(accelerator)
  },
} satisfies Pick<Electron.GlobalShortcut, 'register' | 'isRegistered' | 'unregister'>

type UsedOfSession = Pick<Electron.Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'>
const defaultSession = {
  setPermissionRequestHandler: (handler) => {
    handlers.permissionRequest = handler
  },
  setPermissionCheckHandler: (handler) => {
    handlers.permissionCheck = handler
  },
  setDevicePermissionHandler: (handler) => {
    handlers.devicePermission = handler
  },
  webRequest: {
    onBeforeRequest: (listener: NonNullable<(typeof handlers)['beforeRequest']>) => {
      handlers.beforeRequest = listener
    },
  },
} satisfies UsedOfSession & { webRequest: unknown }
export const session = { defaultSession }

export const Menu = {
  buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => new StandInMenu(template),
  setApplicationMenu: (menu: StandInMenu | null) => {
    recorded.applicationMenu = menu
  },
}

export class Tray extends EventEmitter implements Pick<Electron.Tray, 'setToolTip' | 'destroy'> {
  setToolTip(toolTip: string): void {
    recorded.tray.toolTip = toolTip
  }
  setContextMenu(menu: StandInMenu | null): void {
    recorded.tray.menu = menu
  }
  destroy(): void {
    recorded.tray.menu = null
  }
}

export class Notification implements Pick<Electron.Notification, 'show'> {
  readonly #options: Electron.NotificationConstructorOptions
  constructor(options: Electron.NotificationConstructorOptions = {}) {
    this.#options = options
  }
  static isSupported(): boolean {
    return true
  }
  show(): void {
    recorded.notifications.push({ title: this.#options.title ?? '', body: this.#options.body ?? '' })
  }
}

export const dialog = {
  showErrorBox: (title, content) => {
    recorded.errorBoxes.push({ title, content })
  },
} satisfies Pick<Electron.Dialog, 'showErrorBox'>

export const shell = {
  openExternal: async (url) => {
    recorded.openedExternally.push(url)
  },
} satisfies Pick<Electron.Shell, 'openExternal'>

const display = { workArea: { x: 0, y: 0, width: 1920, height: 1040 } } satisfies Pick<Electron.Display, 'workArea'>
export const screen = { getAllDisplays: () => [display] }
export const powerMonitor = new EventEmitter()

obey((request) => carryOut(request, { app, powerMonitor }))
