import { contextBridge, ipcRenderer } from 'electron'
import { IPC, type WorkstationBridge } from '#contract/ipc.ts'

/** Also known to `main/hotkey-channel`; a sandboxed preload and main share only the contract. */
const VERSION_ARGUMENT = '--workstation-version='

/** The little of the page used here. DOM types would leak into every Node file of the same program. */
interface Page {
  readonly location: { readonly origin: string }
  addEventListener(type: 'DOMContentLoaded', listener: () => void, options: { readonly once: true }): void
  postMessage(message: string, targetOrigin: string, transfer: readonly unknown[]): void
}
const page = globalThis as unknown as Page

const bridge: WorkstationBridge = {
  kind: 'electron',
  version: process.argv.find((argument) => argument.startsWith(VERSION_ARGUMENT))?.slice(VERSION_ARGUMENT.length) ?? '',
  hotkey: () => ipcRenderer.invoke(IPC.hotkey) as ReturnType<WorkstationBridge['hotkey']>,
}

contextBridge.exposeInMainWorld('workstation', bridge)
ipcRenderer.on(IPC.ports, (event) => page.postMessage(IPC.ports, page.location.origin, event.ports))
// By then the page's module has run and listens.
page.addEventListener('DOMContentLoaded', () => ipcRenderer.send(IPC.hello), { once: true })
