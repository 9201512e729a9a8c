import { EventEmitter } from 'node:events'
import type {
  BrowserWindow,
  BrowserWindowConstructorOptions,
  HandlerDetails,
  Rectangle,
  WebContents,
  WebFrameMain,
  WindowOpenHandlerResponse,
} from 'electron'
import { tell } from './control.ts'
import type { StandInPort } from './message-ports.ts'
import { recorded } from './recorded.ts'

/** Announces new pages, as `app` does. Set by `electron.ts`. */
export const pages = new EventEmitter()

const portsOfPage = new Map<number, StandInPort>()
let nextPort = 1

export function portOfPage(id: number): StandInPort | undefined {
  return portsOfPage.get(id)
}

export class StandInFrame implements Pick<WebFrameMain, 'url' | 'postMessage'> {
  url: string
  constructor(url: string) {
    this.url = url
  }
  /** A port that goes to the page lives on there; here stays a relay. */
  postMessage(channel: string, message: unknown, transfer: readonly unknown[] = []): void {
    const ids = transfer.map((port) => relay(port as StandInPort))
    if (ids.length > 0) recorded.portsPosted += 1
    tell({ told: 'ipc', channel, message, ports: ids })
  }
}

function relay(port: StandInPort): number {
  const id = nextPort++
  portsOfPage.set(id, port)
  port.on('message', (event: { readonly data: unknown }) => tell({ told: 'port-data', port: id, data: event.data }))
  port.on('close', () => {
    portsOfPage.delete(id)
    tell({ told: 'port-close', port: id })
  })
  port.start()
  return id
}

type OpenHandler = (details: HandlerDetails) => WindowOpenHandlerResponse

export class StandInContents extends EventEmitter implements Pick<WebContents, 'setWindowOpenHandler' | 'reload'> {
  readonly mainFrame = new StandInFrame('about:blank')
  openHandler: OpenHandler = () => ({ action: 'allow' })
  setWindowOpenHandler(handler: OpenHandler): void {
    this.openHandler = handler
  }
  reload(): void {
    this.emit('reloaded')
  }
}

type UsedOfWindow = Pick<
  BrowserWindow,
  | 'show'
  | 'hide'
  | 'focus'
  | 'isMinimized'
  | 'restore'
  | 'maximize'
  | 'isMaximized'
  | 'isDestroyed'
  | 'getNormalBounds'
  | 'loadURL'
  | 'close'
>

export class StandInWindow extends EventEmitter implements UsedOfWindow {
  readonly options: BrowserWindowConstructorOptions
  readonly webContents = new StandInContents()
  visible: boolean
  url = ''
  #destroyed = false
  #maximized = false

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super()
    this.options = options
    this.visible = options.show !== false
    recorded.windows.push(this)
    pages.emit('web-contents-created', {}, this.webContents)
  }
  async loadURL(url: string): Promise<void> {
    this.url = url
    this.webContents.mainFrame.url = url
    const { preload = '', additionalArguments = [] } = this.options.webPreferences ?? {}
    tell({ told: 'load', url, preloadFile: preload, arguments: additionalArguments })
    setImmediate(() => this.emit('ready-to-show'))
  }
  show(): void {
    this.visible = true
  }
  hide(): void {
    this.visible = false
  }
  focus(): void {
    this.emit('focus')
  }
  isMinimized(): boolean {
    return false
  }
  restore(): void {
    this.visible = true
  }
  maximize(): void {
    this.#maximized = true
  }
  isMaximized(): boolean {
    return this.#maximized
  }
  isDestroyed(): boolean {
    return this.#destroyed
  }
  getNormalBounds(): Rectangle {
    const { x = 0, y = 0, width = 800, height = 600 } = this.options
    return { x, y, width, height }
  }
  close(): void {
    if (this.#destroyed) return
    let prevented = false
    this.emit('close', { preventDefault: () => (prevented = true) })
    if (prevented) return
    this.#destroyed = true
    this.visible = false
    this.emit('closed')
    pages.emit('window-closed')
  }
}
