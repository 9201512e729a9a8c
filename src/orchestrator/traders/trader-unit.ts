import type { MessagePort } from 'node:worker_threads'
import type { TraderView } from '#contract/views.ts'
import type { TraderId } from '#domain/ids.ts'
import type { TraderConfig, TraderState } from '#domain/trader.ts'
import type { Logger } from '#platform/log/logger.ts'
import { TraderThread } from './trader-thread.ts'

/** Restarts in a row before a trader stays in error until a person starts it. */
export const RESTARTS_MAX = 5
const BACKOFF_FIRST_MS = 1_000
const BACKOFF_MAX_MS = 30_000
/** A trader that ran this long has earned its restarts back. */
const STABLE_AFTER_MS = 60_000
/** Failed steps in a row after which a trader is stopped: it only fills the log. */
const CONSECUTIVE_ERRORS_MAX = 20
const ERROR_CHECK_MS = 1_000

export interface TraderUnitOptions {
  readonly config: TraderConfig
  readonly workerUrl: URL
  readonly cachePath: string
  readonly strategyDirectory: string
  readonly silenceMaxMs: number
  readonly elapsed: () => number
  readonly logger: Logger
  readonly attach: (traderId: TraderId, port: MessagePort) => void
  readonly detach: (traderId: TraderId) => void
  /** Records the state; resolves once it is durable. */
  readonly onState: (state: TraderState, reason?: string) => Promise<void>
}

/** The life of one trader: created → initializing → ready → running ⇄ paused → stopping → stopped; error from any. */
export class TraderUnit {
  readonly #options: TraderUnitOptions
  config: TraderConfig
  state: TraderState = 'created'
  #thread: TraderThread | undefined
  #restarts = 0
  #startedAt = 0
  #retry: NodeJS.Timeout | undefined
  #errorCheck: NodeJS.Timeout | undefined
  #past = { steps: 0, errors: 0 }

  constructor(options: TraderUnitOptions) {
    this.#options = options
    this.config = options.config
  }

  get isUp(): boolean {
    return this.#thread !== undefined || (this.config.kind === 'manual' && this.state === 'running')
  }

  counters(): Pick<TraderView, 'steps' | 'last_step_at' | 'errors' | 'restarts'> {
    const pong = this.#thread?.pong
    return {
      steps: this.#past.steps + (pong?.steps ?? 0),
      last_step_at: pong?.lastStepTime ?? null,
      errors: this.#past.errors + (pong?.errors ?? 0),
      restarts: this.#restarts,
    }
  }

  async start(): Promise<void> {
    clearTimeout(this.#retry)
    if (this.isUp) return this.setPaused(this.config.desired === 'paused')
    const { onState } = this.#options
    await onState('initializing')
    if (this.config.kind === 'manual') {
      await onState('ready')
      return onState('running')
    }
    const { traderId } = this.config
    const thread = new TraderThread({ ...this.#options, url: this.#options.workerUrl, config: this.config })
    this.#thread = thread
    void thread.ended.then((reason) => this.#ended(thread, reason.message))
    try {
      await thread.ready()
    } catch {
      await thread.stop()
      return
    }
    this.#startedAt = this.#options.elapsed()
    this.#options.attach(traderId, thread.enginePort)
    await onState('ready')
    await onState('running')
    if (this.config.desired === 'paused') await onState('paused')
    this.#errorCheck = setInterval(() => this.#checkErrors(thread), ERROR_CHECK_MS)
  }

  async stop(): Promise<void> {
    clearTimeout(this.#retry)
    const { onState } = this.#options
    if (this.#thread === undefined && this.config.kind === 'strategy') {
      if (this.state !== 'stopped') await onState('stopped')
      return
    }
    await onState('stopping')
    await this.close()
    await onState('stopped')
  }

  async setPaused(paused: boolean): Promise<void> {
    if (paused && this.state === 'running') await this.#options.onState('paused')
    else if (!paused && this.state === 'paused') await this.#options.onState('running')
    else if (!this.isUp) await this.start()
  }

  /** Ends the thread without a word in the journal. */
  async close(): Promise<void> {
    clearTimeout(this.#retry)
    clearInterval(this.#errorCheck)
    const thread = this.#thread
    this.#thread = undefined
    if (thread === undefined) return
    this.#options.detach(this.config.traderId)
    await thread.stop()
  }

  /** The thread is gone though nobody asked: say why, and try again a little later each time. */
  #ended(thread: TraderThread, reason: string): void {
    if (this.#thread !== thread) return
    this.#thread = undefined
    clearInterval(this.#errorCheck)
    this.#past = { steps: this.#past.steps + (thread.pong?.steps ?? 0), errors: this.#past.errors + 1 + (thread.pong?.errors ?? 0) }
    this.#options.detach(this.config.traderId)
    if (this.#startedAt > 0 && this.#options.elapsed() - this.#startedAt > STABLE_AFTER_MS) this.#restarts = 0
    const again = this.#restarts < RESTARTS_MAX
    const waitMs = Math.min(BACKOFF_FIRST_MS * 2 ** this.#restarts, BACKOFF_MAX_MS)
    const next = again
      ? `It is started again in ${waitMs / 1_000} s.`
      : 'It is not started again by itself; correct the strategy and press start.'
    this.#options.logger.warn({ trader: this.config.traderId, restarts: this.#restarts }, reason)
    this.#own(this.#options.onState('error', `${reason} ${next}`))
    if (!again) return
    this.#retry = setTimeout(() => {
      this.#restarts += 1
      this.#own(this.start())
    }, waitMs)
  }

  #checkErrors(thread: TraderThread): void {
    if ((thread.pong?.consecutiveErrors ?? 0) < CONSECUTIVE_ERRORS_MAX || this.#thread !== thread) return
    this.#restarts = RESTARTS_MAX
    this.#own(
      this.close().then(() =>
        this.#options.onState(
          'error',
          `The strategy failed on ${CONSECUTIVE_ERRORS_MAX} candles in a row and was stopped. Its positions stay open. Correct it and press start.`,
        ),
      ),
    )
  }

  #own(promise: Promise<void>): void {
    promise.catch((error: unknown) =>
      this.#options.logger.error({ trader: this.config.traderId, error: String(error) }, 'A change of a trader could not be recorded'),
    )
  }
}
