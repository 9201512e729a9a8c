/** What the process under test and the test say to each other over Node's own process channel. Plain JSON. */

/** Test → stand-in: do what a person, the desktop or a hostile page would do. */
export interface Commands {
  /** What has been asked of Electron so far. */
  state(): DesktopState
  /** Presses global keys; false if nobody registered them. */
  pressShortcut(input: { readonly accelerator: string }): boolean
  /** The desktop forgets our keys; nobody else holds them. */
  loseShortcut(input: { readonly accelerator: string }): void
  clickMenu(input: { readonly menu: 'tray' | 'application'; readonly id: string }): void
  closeWindow(): { readonly hidden: boolean }
  quit(): void
  navigate(input: { readonly url: string; readonly event: 'will-navigate' | 'will-frame-navigate' | 'will-redirect' }): {
    readonly prevented: boolean
  }
  attachWebview(): { readonly prevented: boolean }
  openWindow(input: { readonly url: string }): { readonly action: string }
  requestPermission(input: { readonly permission: string; readonly url: string }): {
    readonly requested: boolean
    readonly checked: boolean
  }
  /** Whether a load would be cancelled. */
  load(input: { readonly url: string }): { readonly cancelled: boolean }
  /** Asks the custom protocol, as the page would. */
  fetchApp(input: { readonly url: string }): {
    readonly status: number
    readonly headers: Record<string, string>
    readonly bodyBase64: string
  }
  power(input: { readonly event: 'suspend' | 'resume' }): void
  /** A message on an IPC channel from the page, or from one that pretends to be. Answers what a handler returned. */
  ipcSend(input: IpcFromPage): void
  ipcInvoke(input: IpcFromPage): unknown
  portData(input: { readonly port: number; readonly data: unknown }): void
  portClose(input: { readonly port: number }): void
}

export interface IpcFromPage {
  readonly channel: string
  readonly args: readonly unknown[]
  /** URL of the frame it comes from. */
  readonly url: string
  readonly frame: 'main' | 'inner'
}

export interface MenuEntry {
  readonly id: string
  readonly label: string
  readonly enabled: boolean
  readonly checked: boolean
}

export interface DesktopState {
  readonly windows: readonly { readonly options: Record<string, unknown>; readonly url: string; readonly visible: boolean }[]
  readonly shortcuts: readonly string[]
  readonly trayMenu: readonly MenuEntry[]
  readonly trayToolTip: string
  readonly applicationMenu: readonly MenuEntry[]
  readonly notifications: readonly { readonly title: string; readonly body: string }[]
  readonly errorBoxes: readonly { readonly title: string; readonly content: string }[]
  readonly openedExternally: readonly string[]
  readonly privilegedSchemes: readonly { readonly scheme: string; readonly privileges: Record<string, boolean> }[]
  readonly sandboxEnabled: boolean
  /** How many messages with ports were posted to a page. */
  readonly portsPosted: number
}

/** Stand-in → test, unasked. */
export type Told =
  | { readonly told: 'load'; readonly url: string; readonly preloadFile: string; readonly arguments: readonly string[] }
  | { readonly told: 'ipc'; readonly channel: string; readonly message: unknown; readonly ports: readonly number[] }
  | { readonly told: 'port-data'; readonly port: number; readonly data: unknown }
  | { readonly told: 'port-close'; readonly port: number }

export type CommandName = keyof Commands
export type CommandInput<K extends CommandName> = Parameters<Commands[K]> extends [infer Input] ? Input : undefined
export interface Request {
  readonly id: number
  readonly command: CommandName
  readonly input: unknown
}
export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly message: string }
