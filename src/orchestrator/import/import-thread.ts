import type { ImportProgressView } from '#contract/import.ts'
import { AppError } from '#domain/errors.ts'
import { compiledCodeEnvironment } from '#platform/compiled-code.ts'
import type { Logger } from '#platform/log/logger.ts'
import { startThread } from '#platform/threads/managed-thread.ts'
import type { FromImport, ImportAnswers, ImportJob, ToImport } from '#workers/import.messages.ts'

/** An import that grew without bound would take the engine's memory with it. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 64, maxOldGenerationSizeMb: 512 } as const

export interface ThreadedJob<K extends ImportJob['kind']> {
  readonly answer: Promise<ImportAnswers[K]>
  /** Ends it where it can go on from. */
  cancel(): void
  /** Ends it at once. */
  terminate(): Promise<void>
}

export interface JobListeners {
  readonly onRun?: ((runId: string) => void) | undefined
  readonly onProgress?: ((progress: ImportProgressView) => void) | undefined
}

/** Does a job in a thread of its own, so that the engine and the screens keep their processor. */
export function startImportJob<J extends ImportJob>(
  url: URL,
  job: J,
  logger: Logger,
  { onRun, onProgress }: JobListeners = {},
): ThreadedJob<J['kind']> {
  const thread = startThread<ToImport, FromImport>({
    url,
    name: `import ${job.kind}`,
    resourceLimits: RESOURCE_LIMITS,
    env: compiledCodeEnvironment(),
  })
  const answer = Promise.withResolvers<ImportAnswers[J['kind']]>()
  thread.onMessage((message) => {
    switch (message.type) {
      case 'Run':
        return onRun?.(message.runId)
      case 'Progress':
        return onProgress?.(message.progress)
      case 'Done':
        // A thread answers the one job it was given.
        return answer.resolve(message.answer as ImportAnswers[J['kind']])
      case 'Failed':
        return answer.reject(new AppError(message.code, message.message))
      case 'Log':
        return logger[message.level](message.fields, message.message)
    }
  })
  void thread.exited.then(({ exitCode, error }) =>
    answer.reject(
      new AppError(
        'WORKER_EXITED',
        `The thread of the import ended (${error?.message ?? `code ${exitCode}`}). What it did goes on where it stopped when it is started again.`,
        { cause: error },
      ),
    ),
  )
  thread.post({ type: 'Begin', job })
  return { answer: answer.promise, cancel: () => thread.post({ type: 'Cancel' }), terminate: () => thread.terminate() }
}
