import type { IpcMainEvent, IpcMainInvokeEvent, WebContents } from 'electron'

/** Scheme and host of a URL, also for schemes whose `URL.origin` is the string "null". */
export function originOf(url: string): string | null {
  if (!URL.canParse(url)) return null
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}

/** Whether a message comes from the top frame of our own window, showing our own page. Frames inside it are strangers. */
export function isTrustedSender(event: IpcMainEvent | IpcMainInvokeEvent, window: WebContents, origin: string): boolean {
  const frame = event.senderFrame
  if (frame === null || event.sender !== window) return false
  return frame === window.mainFrame && originOf(frame.url) === origin
}
