import type { MessagePortMain } from 'electron'
import { clientFrame } from '#contract/stream.ts'
import type { StreamSession, Workstation } from '#orchestrator/workstation-api.ts'
import type { Logger } from '#platform/log/logger.ts'

/**
 * Frames on their way to a page that has said nothing since. A message port has no `bufferedAmount`, so the page's own
 * words (it pings every few seconds, from the same thread that reads) are what shows that it keeps up.
 */
export const UNACKNOWLEDGED_FRAMES_MAX = 20_000

/**
 * The event stream of one page. A page that does not keep up loses its session and hears nothing more, not even a pong:
 * it notices the silence and resumes or subscribes again on the same port, which opens a fresh session.
 */
export function serveStream(port: MessagePortMain, workstation: Pick<Workstation, 'openStream'>, logger: Logger): void {
  let session: StreamSession | null = null
  let unacknowledged = 0

  const drop = (): void => {
    session?.close()
    session = null
  }
  const open = (): StreamSession => {
    unacknowledged = 0
    return workstation.openStream((frame) => {
      if (unacknowledged >= UNACKNOWLEDGED_FRAMES_MAX) {
        logger.warn({ unacknowledged }, 'the window does not keep up; its stream is closed until it asks again')
        queueMicrotask(drop)
        return false
      }
      unacknowledged += 1
      port.postMessage(frame)
      return true
    })
  }

  port.on('message', (event) => {
    const parsed = clientFrame.safeParse(event.data)
    if (!parsed.success) {
      logger.warn({ issues: parsed.error.issues.length }, 'refused a frame from the window')
      port.postMessage({ type: 'error', code: 'INVALID_FRAME', message: 'not a frame of this stream' })
      return
    }
    const frame = parsed.data
    if (session === null && frame.action !== 'subscribe' && frame.action !== 'resume' && unacknowledged > 0) return
    unacknowledged = 0
    session ??= open()
    session.receive(frame)
  })
  port.on('close', drop)
  port.start()
}
