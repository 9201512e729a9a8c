import type { ParallelRunRequest, ParallelRunView } from '#contract/parallel-run.ts'
import { AppError } from '#domain/errors.ts'
import type { Clock } from '#platform/clock.ts'
import { withDeadline } from '#platform/deadline.ts'
import type { Logger } from '#platform/log/logger.ts'
import { type ManagedThread, startThread } from '#platform/threads/managed-thread.ts'
import type { FromParallelRun, ParallelRunOrder, ToParallelRun } from '#workers/parallel-run.messages.ts'
import type { History, TraderControl } from '../handlers/dependencies.ts'
import { withoutPassword, withPassword } from '../import/source-address.ts'
import type { ReadModel } from '../read-model/read-model.ts'
import { signalsSince } from './own-side.ts'
import type { ParallelRunControl } from './parallel-run-control.ts'

/** Below the deadline of the screens' calls. */
const FIRST_LOOK_DEADLINE_MS = 12_000
const MEMORY_MB = 256
const MS_PER_S = 1_000
const OFF: ParallelRunView = { state: 'off', source: null, started_at: null, looked_at: null, report: null, problem: null }

export interface ParallelRunServiceOptions {
  readonly readModel: ReadModel
  readonly history: Pick<History, 'signals'>
  readonly traders: Pick<TraderControl, 'list'>
  readonly workerUrl: URL
  readonly clock: Clock
  readonly logger: Logger
}

type Thread = ManagedThread<ToParallelRun, FromParallelRun>

/** Shadows version 2 in a thread of its own. It ends with the workstation; what was compared then is in no record. */
export class ParallelRunService implements ParallelRunControl {
  readonly #options: ParallelRunServiceOptions
  #state = OFF
  #thread: Thread | undefined

  constructor(options: ParallelRunServiceOptions) {
    this.#options = options
  }

  state(): ParallelRunView {
    return this.#state
  }

  async start(request: ParallelRunRequest): Promise<ParallelRunView> {
    if (this.#thread !== undefined)
      throw new AppError('CONFLICT', `${this.#state.source ?? 'Version 2'} is being followed. Nothing was started. End that first.`)
    const thread = this.#begin(request)
    this.#thread = thread
    const first = Promise.withResolvers<void>()
    this.#listen(thread, first)
    try {
      await withDeadline(first.promise, FIRST_LOOK_DEADLINE_MS, 'The first look at version 2')
      return this.#state
    } catch (error) {
      // Ended by a person meanwhile, it is theirs no more, and another may have begun.
      if (this.#thread === thread) {
        this.#thread = undefined
        this.#state = { ...this.#state, state: 'failed', problem: error instanceof AppError ? error.message : String(error) }
      }
      await thread.terminate()
      throw error
    }
  }

  async end(): Promise<ParallelRunView> {
    if (this.#thread === undefined) throw new AppError('CONFLICT', 'Version 2 is not being followed. Nothing was changed.')
    await this.stop()
    return this.#state
  }

  async stop(): Promise<void> {
    const thread = this.#thread
    if (thread === undefined) return
    this.#thread = undefined
    this.#state = { ...this.#state, state: 'stopped' }
    await thread.terminate()
  }

  #begin({ source, password, time_zone, since, window_s, same_time_s, same_size_bps }: ParallelRunRequest): Thread {
    const { workerUrl, clock } = this.#options
    const order: ParallelRunOrder = {
      source: withPassword(source, password),
      timeZone: time_zone,
      since,
      rules: { windowMs: window_s * MS_PER_S, sameTimeMs: same_time_s * MS_PER_S, sameSizeBps: same_size_bps },
    }
    this.#state = { ...OFF, state: 'running', source: withoutPassword(source), started_at: clock.now() }
    const resourceLimits = { maxOldGenerationSizeMb: MEMORY_MB }
    return startThread<ToParallelRun, FromParallelRun>({ url: workerUrl, name: 'parallel run', resourceLimits, workerData: order })
  }

  #listen(thread: Thread, first: PromiseWithResolvers<void>): void {
    thread.onMessage((message) => {
      if (message.type === 'Ask') return void this.#answer(thread, message.since)
      if (thread !== this.#thread) return
      if (message.type === 'Looked') {
        this.#state = { ...this.#state, looked_at: message.at, report: message.report, problem: null }
        return first.resolve()
      }
      this.#state = { ...this.#state, problem: message.message }
      first.reject(new AppError(message.code, message.message))
    })
    void thread.exited.then(({ exitCode, error }) => {
      const words = `The thread of the parallel run ended (${error?.message ?? `code ${exitCode}`}). Nothing was changed; start it again.`
      first.reject(new AppError('WORKER_EXITED', words, { cause: error }))
      if (thread !== this.#thread) return
      this.#options.logger.error({ err: error, exitCode }, 'The thread of the parallel run ended')
      this.#thread = undefined
      this.#state = { ...this.#state, state: 'failed', problem: words }
    })
  }

  async #answer(thread: Thread, since: number): Promise<void> {
    const { readModel, history, traders } = this.#options
    try {
      const signals = await signalsSince(readModel, history, since)
      thread.post({ type: 'Ours', side: { signals, symbols: traders.list().flatMap(({ symbols }) => symbols) } })
    } catch (error) {
      thread.post({ type: 'OursUnknown', message: error instanceof Error ? error.message : String(error) })
    }
  }
}
