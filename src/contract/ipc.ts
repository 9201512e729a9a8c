/** Names on Electron's border, known to main, preload and renderer. */
export const IPC = {
  /** main → preload → page: carries two MessagePorts, [calls, stream]. */
  ports: 'workstation:ports',
  /** preload → main: the page is ready for its ports. */
  hello: 'workstation:hello',
  /** preload → main, answered: the stop hotkey and whether it is registered. */
  hotkey: 'workstation:hotkey',
} as const

/** What preload puts on `window.workstation`; nothing else crosses. */
export interface WorkstationBridge {
  readonly kind: 'electron'
  readonly version: string
  /** Whether the global stop hotkey is registered, and how it is written. */
  readonly hotkey: () => Promise<{ readonly accelerator: string; readonly registered: boolean }>
}
