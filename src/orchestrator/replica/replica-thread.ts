import { AppError } from '#domain/errors.ts'
import { withDeadline } from '#platform/deadline.ts'
import type { Logger } from '#platform/log/logger.ts'
import { startThread, type ManagedThread } from '#platform/threads/managed-thread.ts'
import type { HistoryList, HistoryPage, HistoryQuery } from '#storage/postgres/history.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import type { FromReplica, ToReplica } from '#workers/replica.messages.ts'

const HISTORY_DEADLINE_MS = 5_000
/** Keeps a long outage's backlog from growing the process: batches are small and read from the disk. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 96 } as const
export type ReplicaNews = Extract<FromReplica, { readonly type: 'ReplicaStatus' }>

export interface ReplicaThreadOptions {
  readonly url: URL
  readonly journalPath: string
  readonly migrationsDirectory: string
  readonly connection: PgConnection | 'none' | undefined
  /** Last fact of the journal before this start of the program. */
  readonly pastSeq?: number | undefined
  readonly logger: Logger
  readonly onStatus: (status: ReplicaNews) => void
}

/** The replica thread as the main thread sees it. */
export class ReplicaThread {
  readonly #thread: ManagedThread<ToReplica, FromReplica>
  readonly #options: ReplicaThreadOptions
  readonly #failed = Promise.withResolvers<AppError>()
  readonly #stopped = Promise.withResolvers<void>()
  readonly #questions = new Map<number, PromiseWithResolvers<HistoryPage>>()
  #nextId = 1
  #isDead = false

  constructor(options: ReplicaThreadOptions) {
    this.#options = options
    this.#thread = startThread({ url: options.url, name: 'replica', resourceLimits: RESOURCE_LIMITS })
    this.#thread.onMessage((message) => this.#receive(message))
    void this.#thread.exited.then(({ exitCode, error }) => {
      this.#isDead = true
      this.#stopped.resolve()
      this.#die(
        new AppError(
          'WORKER_EXITED',
          `The replica thread ended (${error?.message ?? `code ${exitCode}`}). Trading goes on from the journal; Postgres catches up when it is back.`,
          { cause: error },
        ),
      )
    })
    const { journalPath, migrationsDirectory, connection, pastSeq } = options
    this.#thread.post({ type: 'Init', journalPath, migrationsDirectory, connection, pastSeq })
  }

  get failed(): Promise<AppError> {
    return this.#failed.promise
  }

  connect(connection: PgConnection): void {
    this.#thread.post({ type: 'Connect', connection })
  }

  notice(seq: number): void {
    if (!this.#isDead) this.#thread.post({ type: 'Head', seq })
  }

  async history<List extends HistoryList>(query: HistoryQuery<List>): Promise<HistoryPage<List>> {
    const requestId = this.#nextId++
    const deferred = Promise.withResolvers<HistoryPage>()
    this.#questions.set(requestId, deferred)
    this.#thread.post({ type: 'History', requestId, query })
    try {
      // The thread answers each question with rows of the list that was asked for.
      return (await withDeadline(deferred.promise, HISTORY_DEADLINE_MS, 'The page from Postgres')) as HistoryPage<List>
    } finally {
      this.#questions.delete(requestId)
    }
  }

  async stop(deadlineMs: number): Promise<void> {
    if (!this.#isDead) {
      this.#thread.post({ type: 'Stop', deadlineMs })
      await withDeadline(this.#stopped.promise, deadlineMs * 2, 'The stop of the replica').catch(() => undefined)
    }
    await this.#thread.terminate()
  }

  #receive(message: FromReplica): void {
    switch (message.type) {
      case 'ReplicaStatus':
        return this.#options.onStatus(message)
      case 'HistoryAnswer': {
        const question = this.#questions.get(message.requestId)
        return message.ok ? question?.resolve(message.page) : question?.reject(new AppError(message.code, message.message))
      }
      case 'Pong':
        return
      case 'Log':
        return this.#options.logger[message.level](message.fields, message.message)
      case 'Failed':
        return this.#die(new AppError('WORKER_CRASHED', message.message))
      case 'Stopped':
        return this.#stopped.resolve()
    }
  }

  #die(reason: AppError): void {
    this.#failed.resolve(reason)
    for (const question of this.#questions.values()) question.reject(reason)
    this.#questions.clear()
  }
}
