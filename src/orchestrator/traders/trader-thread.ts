import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { AppError } from '#domain/errors.ts'
import type { TraderConfig } from '#domain/trader.ts'
import { pause, withDeadline } from '#platform/deadline.ts'
import type { Logger } from '#platform/log/logger.ts'
import { startThread, type ManagedThread } from '#platform/threads/managed-thread.ts'
import {
  TRADER_RESOURCE_LIMITS,
  type FromTrader,
  type ToTrader,
  type TraderInit,
  type TraderPong,
  type TraderReady,
} from '#workers/trader.messages.ts'

const READY_DEADLINE_MS = 20_000
const STOP_DEADLINE_MS = 1_000
/** Pings within the allowed silence: so many in a row without an answer end a trader. */
const PINGS_PER_SILENCE = 5

export interface TraderThreadOptions {
  readonly url: URL
  readonly config: TraderConfig
  readonly cachePath: string
  readonly strategyDirectory: string
  readonly silenceMaxMs: number
  readonly elapsed: () => number
  readonly logger: Logger
}

/** One trader's thread: started, watched by pings, ended for good when it is silent too long. */
export class TraderThread {
  /** The engine's end of the line to this trader. */
  readonly enginePort: MessagePort
  readonly #thread: ManagedThread<never, FromTrader>
  readonly #control: MessagePort
  readonly #options: TraderThreadOptions
  readonly #ready = Promise.withResolvers<TraderReady>()
  readonly #ended = Promise.withResolvers<AppError>()
  readonly #stopping = new AbortController()
  #failure: AppError | undefined
  #heardAt: number
  pong: TraderPong | undefined

  constructor(options: TraderThreadOptions) {
    this.#options = options
    this.#heardAt = options.elapsed()
    this.#ready.promise.catch(() => undefined)
    const engine = new MessageChannel()
    const control = new MessageChannel()
    this.enginePort = engine.port2
    this.#control = control.port2
    const { config, cachePath, strategyDirectory } = options
    const init: TraderInit = { type: 'Init', config, cachePath, strategyDirectory, enginePort: engine.port1, controlPort: control.port1 }
    this.#thread = startThread({
      url: options.url,
      name: `trader ${config.traderId}`,
      resourceLimits: TRADER_RESOURCE_LIMITS,
      workerData: init,
      transferList: [engine.port1, control.port1],
    })
    this.#control.on('message', (message: FromTrader) => this.#receive(message))
    void this.#thread.exited.then(({ exitCode, error }) => {
      this.#end(
        this.#failure ??
          new AppError('WORKER_EXITED', `The strategy's thread ended (${error?.message ?? `code ${exitCode}`}).`, { cause: error }),
      )
    })
  }

  /** Resolves when the thread is gone, whatever the reason; after `stop` too. */
  get ended(): Promise<AppError> {
    return this.#ended.promise
  }

  get stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  async ready(): Promise<TraderReady> {
    const ready = await withDeadline(this.#ready.promise, READY_DEADLINE_MS, 'The strategy')
    void this.#watch()
    return ready
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#post({ type: 'Stop' })
    await withDeadline(this.#thread.exited, STOP_DEADLINE_MS, 'The end of the thread').catch(() => undefined)
    await this.#thread.terminate()
    this.#control.close()
  }

  #post(message: ToTrader): void {
    this.#control.postMessage(message)
  }

  #receive(message: FromTrader): void {
    this.#heardAt = this.#options.elapsed()
    if (message.type === 'Ready') this.#ready.resolve(message)
    else if (message.type === 'Pong') this.pong = message
    else if (message.type === 'Log') this.#options.logger[message.level]({ trader: this.#options.config.traderId }, message.message)
    else this.#failure = new AppError('STRATEGY_INVALID', message.message)
  }

  /**
   * An endless loop answers no ping; a stall shorter than the allowed silence is left alone. Counted in pings, not in time: when
   * this machine has slept, the answers lie here unread, and the trader is not to blame.
   */
  async #watch(): Promise<void> {
    const { silenceMaxMs, elapsed } = this.#options
    let missed = 0
    for (let n = 1; !this.#stopping.signal.aborted; n += 1) {
      const heardAt = this.#heardAt
      this.#post({ type: 'Ping', n })
      await pause(silenceMaxMs / PINGS_PER_SILENCE, this.#stopping.signal)
      missed = this.#heardAt === heardAt ? missed + 1 : 0
      if (this.#stopping.signal.aborted || missed < PINGS_PER_SILENCE) continue
      const silenceMs = elapsed() - this.#heardAt
      this.#failure = new AppError(
        'STRATEGY_FAILED',
        `The strategy gave no sign of life for ${Math.round(silenceMs)} ms (allowed: ${silenceMaxMs} ms), so its thread was ended. Its positions and orders stay as they are.`,
      )
      await this.#thread.terminate()
      return
    }
  }

  #end(reason: AppError): void {
    this.#stopping.abort()
    this.#ready.reject(reason)
    this.#ended.resolve(reason)
  }
}
