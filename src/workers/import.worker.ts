import { parentPort, type MessagePort } from 'node:worker_threads'
import { AppError } from '#domain/errors.ts'
import type { Logger } from '#platform/log/logger.ts'
import { ProgressThrottle } from './import/progress-throttle.ts'
import { runJob } from './import/run-job.ts'
import type { FromImport, ImportJob, ToImport } from './import.messages.ts'

if (parentPort === null) throw new Error('import.worker.ts runs in a worker thread only')
const control: MessagePort = parentPort
const canceled = new AbortController()
let hasBegun = false

function say(message: FromImport): void {
  control.postMessage(message)
}

const at = (level: Extract<FromImport, { readonly type: 'Log' }>['level']) => (fields: object, message: string) =>
  say({ type: 'Log', level, fields, message })
const logger: Logger = { debug: () => undefined, info: at('info'), warn: at('warn'), error: at('error'), child: () => logger }

/** One job, then the thread ends by itself. */
async function begin(job: ImportJob): Promise<void> {
  const throttle = new ProgressThrottle((progress) => say({ type: 'Progress', progress }))
  try {
    const answer = await runJob(job, {
      logger,
      signal: canceled.signal,
      onRun: (runId) => say({ type: 'Run', runId }),
      onProgress: (progress) => throttle.take(progress),
    })
    throttle.flush()
    say({ type: 'Done', answer })
  } catch (error) {
    if (error instanceof AppError) say({ type: 'Failed', code: error.code, message: error.message })
    else {
      logger.error({ err: error }, 'An import ended by a fault')
      say({
        type: 'Failed',
        code: 'WORKER_CRASHED',
        message: `The import ended by a fault inside (${error instanceof Error ? error.message : String(error)}). It goes on where it stopped when it is started again; see the log.`,
      })
    }
  } finally {
    control.close()
  }
}

control.on('message', (message: ToImport) => {
  if (message.type === 'Cancel') {
    canceled.abort(
      new AppError(
        'DEADLINE_EXCEEDED',
        'The import was interrupted. The imported history is as it was. The same choice goes on where it stopped.',
      ),
    )
  } else if (!hasBegun) {
    hasBegun = true
    void begin(message.job)
  }
})
