import type { MessagePort, ResourceLimits } from 'node:worker_threads'
import type { TraderConfig } from '#domain/trader.ts'
import { builtInStrategies, describeStrategy } from '#strategies/registry.ts'
import type { StrategyInfo } from '#strategies/registry.ts'

/**
 * What a trader thread and its supervisor say to each other, over the control port. Market data and answers go over the
 * engine port, in the words of `engine/ports.ts`.
 *
 *   supervisor                         trader thread
 *   Init (workerData, or first message to the worker) → loads the strategy, opens the cache
 *                                      ← Ready, or Failed and the thread ends
 *   Ping every second or so            → Pong; none in time means the strategy does not return: terminate the thread
 *   Stop                               → answers nothing more, thread ends with code 0
 */

export interface TraderDeadlines {
  /** For one `analyze` that returns a promise, milliseconds. A loop that never returns shows as missing pongs. */
  readonly analyzeMs: number
  /** For importing the strategy's file. */
  readonly loadMs: number
  /** For the candle cache to hold the candle before the one to answer. */
  readonly historyMs: number
}

export const DEFAULT_TRADER_DEADLINES: TraderDeadlines = Object.freeze({ analyzeMs: 5_000, loadMs: 10_000, historyMs: 2_000 })

export interface TraderInit {
  readonly type: 'Init'
  readonly config: TraderConfig
  /** SQLite file of closed candles. Without it the trader starts with no history. */
  readonly cachePath?: string | undefined
  /** Where a person's own strategies lie. Without it only the built-in ones exist. */
  readonly strategyDirectory?: string | undefined
  readonly enginePort: MessagePort
  readonly controlPort: MessagePort
  readonly deadlines?: Partial<TraderDeadlines> | undefined
}

export type ToTrader = { readonly type: 'Ping'; readonly n: number } | { readonly type: 'Stop' }

export interface TraderReady {
  readonly type: 'Ready'
  readonly strategy: StrategyInfo
  readonly symbols: readonly string[]
  readonly timeframe: string
  readonly params: Readonly<Record<string, number>>
  readonly warmup: number
}

export interface TraderPong {
  readonly type: 'Pong'
  readonly n: number
  /** Steps answered since the thread began, those with an error included. */
  readonly steps: number
  readonly signals: number
  readonly errors: number
  /** Errors since the last good answer: the number to stop a trader by. */
  readonly consecutiveErrors: number
  /** Steps that wait. */
  readonly queued: number
  /** Open time of the last candle answered, UTC milliseconds. */
  readonly lastStepTime?: number | undefined
}

/** The thread cannot go on and ends with code 1 after saying so. */
export interface TraderFailed {
  readonly type: 'Failed'
  readonly code: string
  readonly message: string
}

export interface TraderLog {
  readonly type: 'Log'
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
}

export type FromTrader = TraderReady | TraderPong | TraderFailed | TraderLog

/** Steps that may wait in the thread. The engine sends the next candle after the answer, so more is a fault. */
export const TRADER_QUEUE_MAX = 256

/**
 * Memory of one trader thread. Beyond it V8 ends this thread alone (`ERR_WORKER_OUT_OF_MEMORY`). A trader with a built-in
 * strategy holds about 10 MB.
 */
export const TRADER_RESOURCE_LIMITS: ResourceLimits = Object.freeze({
  maxOldGenerationSizeMb: 256,
  maxYoungGenerationSizeMb: 32,
  stackSizeMb: 4,
})

/** For `new Worker(url, { ...TRADER_WORKER_OPTIONS, workerData, transferList })`: no environment, so no secrets; no arguments; bounded memory. */
export const TRADER_WORKER_OPTIONS = Object.freeze({ env: {}, argv: [], execArgv: [], resourceLimits: TRADER_RESOURCE_LIMITS })

/** The built-in strategies as screens and lists need them. */
export const BUILT_IN_STRATEGIES: readonly StrategyInfo[] = Object.freeze(builtInStrategies.map(describeStrategy))
