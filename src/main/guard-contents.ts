import type { App, Session, Shell } from 'electron'
import type { Logger } from '#platform/log/logger.ts'
import { isAllowedLink } from './external-links.ts'
import { originOf } from './trusted-page.ts'

/** What a page may load. Anything else is cancelled before it leaves the machine. */
const LOADABLE: ReadonlySet<string> = new Set(['app:', 'blob:', 'data:', 'devtools:'])
/** Writing text to the clipboard, for "copy as CSV". Reading it stays refused like every other power. */
const GRANTED_PERMISSION = 'clipboard-sanitized-write'

/** Nails every page of the program to our own: no navigation, no second window, no embedded browser. */
export function guardContents(app: App, shell: Shell, origin: string, logger: Logger): void {
  app.on('web-contents-created', (_event, contents) => {
    const refuse = (kind: string) => (details: Electron.Event<{ url: string }>) => {
      if (originOf(details.url) === origin) return
      details.preventDefault()
      logger.warn({ kind, url: details.url }, 'refused to leave the page')
    }
    contents.on('will-navigate', refuse('navigation'))
    contents.on('will-frame-navigate', refuse('frame navigation'))
    contents.on('will-redirect', refuse('redirect'))
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(({ url }) => {
      if (isAllowedLink(url)) shell.openExternal(url).catch((error: unknown) => logger.warn({ error, url }, 'could not open the browser'))
      else logger.warn({ url }, 'refused to open a window')
      return { action: 'deny' }
    })
  })
}

/** Refuses cameras, places, notifications, devices and the rest, and every load that is not ours. */
export function guardSession(session: Session, origin: string, logger: Logger): void {
  const granted = (permission: string, url: string | undefined) =>
    permission === GRANTED_PERMISSION && url !== undefined && originOf(url) === origin
  session.setPermissionRequestHandler((_contents, permission, answer, details) => {
    const yes = granted(permission, details.requestingUrl) && details.isMainFrame
    if (!yes) logger.warn({ permission }, 'refused a permission')
    answer(yes)
  })
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin) => granted(permission, requestingOrigin))
  session.setDevicePermissionHandler(() => false)
  session.webRequest.onBeforeRequest((details, answer) => {
    const { url } = details
    const cancel = !isOurs(url, origin)
    if (cancel) logger.warn({ url }, 'refused to load')
    answer({ cancel })
  })
}

/** In development the page comes from a local server, which also pushes changes over a WebSocket. */
function isOurs(url: string, origin: string): boolean {
  if (!URL.canParse(url)) return false
  return LOADABLE.has(new URL(url).protocol) || originOf(url) === origin || originOf(url) === origin.replace(/^http/, 'ws')
}
