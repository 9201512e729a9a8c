import type { AppError } from '#domain/errors.ts'
import type { EngineAnswer, EngineCommand } from '#engine/ports.ts'
import type { Logger } from '#platform/log/logger.ts'
import type { ComponentBoard } from '../component-board.ts'
import { EngineThread, type EngineReady } from './engine-thread.ts'
import { ExchangeThread, type ExchangeThreadOptions } from './exchange-thread.ts'

const STOP_DEADLINE_MS = 5_000

export interface CoreOptions {
  readonly workerUrl: (name: string) => URL
  readonly journalPath: string
  readonly instance?: string | undefined
  readonly purpose: string
  readonly lockStep: boolean
  /** Which start of this data directory it is: rises by one with each. */
  readonly startNumber: number
  /** Number of the account's lease; 0 where none is needed. */
  readonly fence: number
  /** Why nothing may be sent; undefined when the account is ours. */
  readonly shadow: string | undefined
  readonly exchange: Pick<ExchangeThreadOptions, 'start' | 'candleCachePath' | 'onNews' | 'onProgress'>
  readonly onHead: (seq: number, ts: number) => void
  readonly onReplayDone: () => void
  readonly board: ComponentBoard
  readonly logger: Logger
}

export interface CoreFailure {
  readonly part: 'engine' | 'exchange'
  readonly reason: AppError
}

/**
 * Engine and exchange threads, which live and die together: an exchange without its engine has nobody to answer, and an
 * engine that lost its exchange recovers best the way it starts, from the journal.
 */
export class Core {
  readonly #options: CoreOptions
  readonly engine: EngineThread
  readonly #exchange: ExchangeThread
  #comparedAt: number | undefined

  constructor(options: CoreOptions) {
    const { workerUrl, journalPath, instance, purpose, lockStep, fence, shadow, onHead, onReplayDone, logger, board } = options
    this.#options = options
    board.see('engine', 'starting', 'reading the journal')
    board.see('exchange', 'starting', 'opening the market')
    const journal = { journalPath, instance, purpose, lockStep }
    this.engine = new EngineThread({
      url: workerUrl('engine'),
      journalUrl: workerUrl('journal'),
      ...journal,
      fence,
      shadow,
      onHead,
      onReplayDone,
    })
    this.#exchange = new ExchangeThread({
      ...options.exchange,
      url: workerUrl(options.exchange.start.worker),
      enginePort: this.engine.exchangePort,
      logger: logger.child({ component: 'exchange' }),
    })
    this.failed = Promise.race([
      this.engine.failed.then((reason) => ({ part: 'engine' as const, reason })),
      this.#exchange.failed.then((reason) => ({ part: 'exchange' as const, reason })),
    ])
  }

  /** Resolves with the first of the two that fails, and its reason. */
  readonly failed: Promise<CoreFailure>

  /** The journal is read and the exchange's rules are known; the market is closed. A failure of either part is thrown. */
  async ready(): Promise<EngineReady> {
    const ready = await this.engine.ready()
    const { recoveredFacts, recoveryMs } = ready
    const { board, startNumber } = this.#options
    board.see(
      'engine',
      'starting',
      `start ${startNumber} of this directory, journal read: ${recoveredFacts} facts in ${Math.round(recoveryMs)} ms`,
    )
    await Promise.race([this.engine.exchangeReady(), this.#exchange.failed.then((reason) => Promise.reject(reason))])
    return ready
  }

  /** From now on nothing but questions is sent. */
  loseLease(why: string): void {
    this.engine.loseLease(why)
  }

  async openMarket(): Promise<void> {
    await this.engine.openMarket()
    this.#options.board.see('engine', 'running', 'reconciled with the exchange')
    this.#options.board.see('exchange', 'running', 'market open')
  }

  /** When the account was last compared with the exchange, as far as the engine has told. Most comparisons find nothing new and leave no fact. */
  get comparedAt(): number | undefined {
    return this.#comparedAt
  }

  series(): ReturnType<ExchangeThread['series']> {
    return this.#exchange.series()
  }

  request(command: EngineCommand): Promise<EngineAnswer> {
    return this.engine.request(command)
  }

  /** Asks both for a sign of life and notes what they have done. A thread that does not answer is told by `ok: false`. */
  async check(): Promise<{ readonly ok: boolean }> {
    const { board } = this.#options
    const [engine, exchange] = await Promise.allSettled([this.engine.ping(), this.#exchange.ping()])
    if (engine.status === 'fulfilled') {
      const { inputs, commits, head, reconciled, workingOrders, waiting, comparedAt } = engine.value
      this.#comparedAt = comparedAt
      board.see(
        'engine',
        reconciled ? 'running' : 'starting',
        `${inputs} inputs, ${commits} commits, journal ${head}, ${workingOrders} working orders, ${waiting} waiting`,
      )
    } else board.see('engine', 'down', String(engine.reason))
    if (exchange.status === 'fulfilled') {
      const counters = exchange.value
      const evidence =
        counters === undefined
          ? 'opening the market'
          : `${counters.candles} candles, ${counters.commands} commands, ${counters.reports} reports, ${counters.openOrders} open orders`
      // A thread that lives is not yet an exchange that answers.
      const isConnected = engine.status !== 'fulfilled' || engine.value.connected
      const state = counters === undefined ? 'starting' : isConnected ? 'running' : 'degraded'
      board.see('exchange', state, isConnected ? evidence : `the exchange does not answer; ${evidence}`)
    } else board.see('exchange', 'down', String(exchange.reason))
    return { ok: engine.status === 'fulfilled' && exchange.status === 'fulfilled' }
  }

  async stop(): Promise<void> {
    await this.#exchange.stop(STOP_DEADLINE_MS)
    this.#options.board.see('exchange', 'stopped', 'stopped')
    await this.engine.stop(STOP_DEADLINE_MS)
    this.#options.board.see('engine', 'stopped', 'journal closed')
  }
}
