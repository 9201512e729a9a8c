import type { App } from 'electron'
import { withDeadline } from '#platform/deadline.ts'
import type { Logger } from '#platform/log/logger.ts'

/** The journal is safe at any moment; this is for an orderly end of threads and of Postgres. */
const QUIT_DEADLINE_MS = 20_000

export interface Quitting {
  /** True from the first wish to quit on: then closing the window closes it. */
  inProgress(): boolean
}

/** However quitting began (menu, tray, signal, end of the session), the workstation stops before the process ends. */
export function quitInOrder(app: App, stop: () => Promise<void>, logger: Logger): Quitting {
  let inProgress = false
  let stopping = false
  app.on('before-quit', () => {
    inProgress = true
  })
  app.on('will-quit', (event) => {
    event.preventDefault()
    if (stopping) return
    stopping = true
    withDeadline(stop(), QUIT_DEADLINE_MS, 'The end of the workstation').then(
      () => app.exit(0),
      (error: unknown) => {
        logger.error({ error }, 'the workstation did not stop in order')
        app.exit(1)
      },
    )
  })
  return { inProgress: () => inProgress }
}
