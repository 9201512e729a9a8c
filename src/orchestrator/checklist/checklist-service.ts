import type { ChecklistRequest, ChecklistState } from '#contract/checklist.ts'
import { AppError } from '#domain/errors.ts'
import type { Clock } from '#platform/clock.ts'
import type { DataDirectory } from '#platform/data-directory.ts'
import { withDeadline } from '#platform/deadline.ts'
import type { Logger } from '#platform/log/logger.ts'
import { type ManagedThread, startThread } from '#platform/threads/managed-thread.ts'
import type { ChecklistOrder, FromChecklist } from '#workers/checklist.messages.ts'
import type { ReachableDatabase } from '../replica/replica-service.ts'
import type { HttpFront } from '../workstation-options.ts'
import type { ChecklistControl } from './checklist-control.ts'

const FRONT_DEADLINE_MS = 10_000
/** Each check has a deadline of its own; this is for the thread that lost them. */
const ALL_DEADLINE_MS = 3_600_000
const STOP_DEADLINE_MS = 3_000
const MEMORY_MB = 512

export interface ChecklistServiceOptions {
  readonly directory: DataDirectory
  readonly version: string
  readonly workerUrl: URL
  /** Throws `AppError`. */
  readonly openFront: (() => Promise<HttpFront>) | undefined
  readonly database: () => ReachableDatabase
  readonly clock: Clock
  readonly logger: Logger
}

/** Measures the checklist in a thread of its own, from outside: over HTTP, as a stranger would. */
export class ChecklistService implements ChecklistControl {
  readonly #options: ChecklistServiceOptions
  #state: ChecklistState = { running: null, last: null, problem: null }
  #ended: Promise<void> | undefined
  #leave = new AbortController()

  constructor(options: ChecklistServiceOptions) {
    this.#options = options
  }

  state(): ChecklistState {
    return this.#state
  }

  start({ load }: ChecklistRequest): ChecklistState {
    if (this.#ended !== undefined)
      throw new AppError('CONFLICT', 'The checklist is being measured. Nothing was started. Wait for it, or cancel it first.')
    this.#leave = new AbortController()
    const running = { started_at: this.#options.clock.now(), done: 0, total: 0, name: '' }
    this.#state = { ...this.#state, running, problem: null }
    this.#ended = this.#measure(load, this.#leave.signal)
    return this.#state
  }

  cancel(): ChecklistState {
    if (this.#ended === undefined) throw new AppError('CONFLICT', 'The checklist is not being measured. Nothing was changed.')
    this.#leave.abort()
    return this.#state
  }

  async stop(): Promise<void> {
    this.#leave.abort()
    await withDeadline(this.#ended ?? Promise.resolve(), STOP_DEADLINE_MS, 'The end of the checklist').catch(() => undefined)
  }

  /** Never rejects. */
  async #measure(isLoadAllowed: boolean, signal: AbortSignal): Promise<void> {
    const { logger } = this.#options
    let front: HttpFront | AppError | undefined
    let thread: ManagedThread<never, FromChecklist> | undefined
    let outcome: Partial<ChecklistState>
    try {
      front = await this.#open()
      thread = this.#begin(front, isLoadAllowed)
      outcome = { last: await withDeadline(this.#result(thread, signal), ALL_DEADLINE_MS, 'The checklist') }
    } catch (error) {
      if (!(error instanceof AppError)) logger.error({ err: error }, 'The checklist ended by a fault')
      const words = error instanceof AppError ? error.message : 'The checklist ended by a fault inside; see the log. Nothing was changed.'
      outcome = { problem: words }
    }
    await thread?.terminate()
    if (front !== undefined && !(front instanceof AppError))
      await front.close().catch((error: unknown) => logger.warn({ err: error }, 'The front of the checklist did not close'))
    this.#state = { ...this.#state, running: null, ...outcome }
    this.#ended = undefined
  }

  /** Without a front most is not measured, and that is what the checklist then says. */
  async #open(): Promise<HttpFront | AppError> {
    const { openFront } = this.#options
    try {
      if (openFront === undefined) throw new AppError('NOT_FOUND', 'This workstation was started without an HTTP front.')
      return await withDeadline(openFront(), FRONT_DEADLINE_MS, 'The start of an HTTP front')
    } catch (error) {
      if (error instanceof AppError) return error
      throw error
    }
  }

  #begin(front: HttpFront | AppError, isLoadAllowed: boolean): ManagedThread<never, FromChecklist> {
    const { directory, version, workerUrl, database } = this.#options
    const target = database()
    const order: ChecklistOrder = {
      front: front instanceof AppError ? { absence: front.message } : { url: front.url, token: front.token },
      version,
      directory,
      database:
        target.state === 'ready'
          ? { connection: target.connection }
          : { absence: `The database of this workstation is not there (${target.detail}).` },
      isLoadAllowed,
    }
    const resourceLimits = { maxOldGenerationSizeMb: MEMORY_MB }
    return startThread<never, FromChecklist>({ url: workerUrl, name: 'checklist', resourceLimits, workerData: order })
  }

  #result(thread: ManagedThread<never, FromChecklist>, signal: AbortSignal): Promise<NonNullable<ChecklistState['last']>> {
    return new Promise((resolve, reject) => {
      const canceled = (): void =>
        reject(new AppError('CONFLICT', 'The measurement was stopped before its end. What it had found is gone.'))
      if (signal.aborted) return canceled()
      signal.addEventListener('abort', canceled, { once: true })
      thread.onMessage((message) => {
        if (message.type === 'Done') return resolve(message.checklist)
        const { running } = this.#state
        const { done, total, name } = message
        if (running !== null) this.#state = { ...this.#state, running: { ...running, done, total, name } }
      })
      void thread.exited.then(({ exitCode, error }) =>
        reject(
          new AppError('WORKER_EXITED', `The thread of the checklist ended (${error?.message ?? `code ${exitCode}`}). Measure it again.`, {
            cause: error,
          }),
        ),
      )
    })
  }
}
