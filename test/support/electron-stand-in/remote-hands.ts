import type { EventEmitter } from 'node:events'
import type * as Electron from 'electron'
import type { CommandInput, CommandName, Commands, DesktopState, IpcFromPage, MenuEntry, Request } from './control-protocol.ts'
import { recorded, type StandInMenu } from './recorded.ts'
import { portOfPage, StandInFrame, type StandInWindow } from './windows.ts'

/** What main has handed to Electron to be called back with. */
export const handlers = {
  protocols: new Map<string, (request: Request_) => Response | Promise<Response>>(),
  ipc: new Map<string, (event: Electron.IpcMainEvent, ...args: unknown[]) => void>(),
  invoke: new Map<string, (event: Electron.IpcMainInvokeEvent, ...args: unknown[]) => unknown>(),
  permissionRequest: null as Parameters<Electron.Session['setPermissionRequestHandler']>[0],
  permissionCheck: null as Parameters<Electron.Session['setPermissionCheckHandler']>[0],
  devicePermission: null as Parameters<Electron.Session['setDevicePermissionHandler']>[0],
  beforeRequest: null as
    | ((details: Electron.OnBeforeRequestListenerDetails, answer: (response: Electron.CallbackResponse) => void) => void)
    | null,
}
type Request_ = globalThis.Request

interface Desktop {
  readonly app: EventEmitter & { quit(): void }
  readonly powerMonitor: EventEmitter
}

type Hands = {
  readonly [K in CommandName]: (input: CommandInput<K>, desktop: Desktop) => ReturnType<Commands[K]> | Promise<ReturnType<Commands[K]>>
}

export async function carryOut(request: Request, desktop: Desktop): Promise<unknown> {
  const hand = hands[request.command] as (input: unknown, desktop: Desktop) => unknown
  return hand(request.input, desktop)
}

function window(): StandInWindow {
  const [first] = recorded.windows
  if (first === undefined) throw new Error('main has opened no window')
  return first
}

function preventable(): { readonly event: { preventDefault(): void }; prevented: () => boolean } {
  let prevented = false
  return { event: { preventDefault: () => (prevented = true) }, prevented: () => prevented }
}

const hands: Hands = {
  state: readState,
  pressShortcut: ({ accelerator }) => {
    const callback = recorded.shortcuts.get(accelerator)
    callback?.()
    return callback !== undefined
  },
  loseShortcut: ({ accelerator }) => {
    recorded.shortcuts.delete(accelerator)
  },
  clickMenu: ({ menu, id }) => {
    const clicked = menu === 'tray' ? recorded.tray.menu : recorded.applicationMenu
    if (clicked === null) throw new Error(`there is no ${menu} menu`)
    clicked.click(id)
  },
  closeWindow: () => {
    window().close()
    return { hidden: !window().isDestroyed() && !window().visible }
  },
  quit: (_input, { app }) => {
    setImmediate(() => app.quit())
  },
  navigate: ({ url, event: name }) => {
    const { event, prevented } = preventable()
    window().webContents.emit(name, { ...event, url, isMainFrame: true })
    return { prevented: prevented() }
  },
  attachWebview: () => {
    const { event, prevented } = preventable()
    window().webContents.emit('will-attach-webview', event, {}, {})
    return { prevented: prevented() }
  },
  openWindow: ({ url }) => {
    const details = { url, frameName: '', features: '', disposition: 'new-window', referrer: { url: '', policy: 'default' } } as const
    return { action: window().webContents.openHandler(details).action }
  },
  requestPermission: async ({ permission, url }) => {
    const requested = new Promise<boolean>((resolve) => {
      const details = { requestingUrl: url, isMainFrame: true }
      if (handlers.permissionRequest === null) resolve(true)
      else handlers.permissionRequest(window().webContents as unknown as Electron.WebContents, permission as 'midi', resolve, details)
    })
    const checked = handlers.permissionCheck?.(null, permission as 'midi', url, { isMainFrame: true, requestingUrl: url })
    return { requested: await requested, checked: checked ?? true }
  },
  load: ({ url }) =>
    new Promise((resolve) => {
      if (handlers.beforeRequest === null) resolve({ cancelled: false })
      else
        handlers.beforeRequest({ url } as Electron.OnBeforeRequestListenerDetails, ({ cancel }) => resolve({ cancelled: cancel === true }))
    }),
  fetchApp: async ({ url }) => {
    const handler = handlers.protocols.get(new URL(url).protocol.slice(0, -1))
    if (handler === undefined) throw new Error(`no protocol handler for ${url}`)
    const response = await handler(new Request(url))
    const body = Buffer.from(await response.arrayBuffer())
    return { status: response.status, headers: Object.fromEntries(response.headers), bodyBase64: body.toString('base64') }
  },
  power: ({ event }, { powerMonitor }) => {
    powerMonitor.emit(event)
  },
  ipcSend: (input) => {
    handlers.ipc.get(input.channel)?.(eventFrom(input) as unknown as Electron.IpcMainEvent, ...input.args)
  },
  ipcInvoke: (input) => {
    const handler = handlers.invoke.get(input.channel)
    if (handler === undefined) throw new Error(`No handler registered for '${input.channel}'`)
    return handler(eventFrom(input) as unknown as Electron.IpcMainInvokeEvent, ...input.args)
  },
  portData: ({ port, data }) => portOfPage(port)?.postMessage(data),
  portClose: ({ port }) => portOfPage(port)?.close(),
}

function eventFrom({ url, frame }: IpcFromPage): { readonly sender: unknown; readonly senderFrame: StandInFrame } {
  const contents = window().webContents
  if (frame === 'inner') return { sender: contents, senderFrame: new StandInFrame(url) }
  contents.mainFrame.url = url
  return { sender: contents, senderFrame: contents.mainFrame }
}

function entriesOf(menu: StandInMenu | null): readonly MenuEntry[] {
  return (menu?.entries() ?? []).map(({ id = '', label = '', enabled = true, checked = false }) => ({ id, label, enabled, checked }))
}

function readState(): DesktopState {
  return {
    windows: recorded.windows.map(({ options, url, visible }) => ({
      options: JSON.parse(JSON.stringify(options)) as Record<string, unknown>,
      url,
      visible,
    })),
    shortcuts: [...recorded.shortcuts.keys()],
    trayMenu: entriesOf(recorded.tray.menu),
    trayToolTip: recorded.tray.toolTip,
    applicationMenu: entriesOf(recorded.applicationMenu),
    notifications: recorded.notifications,
    errorBoxes: recorded.errorBoxes,
    openedExternally: recorded.openedExternally,
    privilegedSchemes: recorded.privilegedSchemes,
    sandboxEnabled: recorded.sandboxEnabled,
    portsPosted: recorded.portsPosted,
  }
}
