import type { MessagePort } from 'node:worker_threads'
import type { Candle } from '#domain/candle.ts'
import type { PaperSessionConfig } from '#exchanges/paper-session.ts'
import type { SessionCounters } from '#exchanges/session/exchange-session.ts'
import type { Quote } from '#engine/ports.ts'
import type { MarketSeries } from '#exchanges/market/market-source.ts'

/** What main and an exchange thread say to each other, over the worker's own port. The engine has a port of its own (`engine/ports.ts`). */

export interface InitExchange {
  readonly type: 'Init'
  /** Messages `FromExchange` and `ToExchange`. Must be in the transfer list. */
  readonly enginePort: MessagePort
  readonly session: PaperSessionConfig
  /** SQLite file of the candle cache. */
  readonly candleCachePath: string
}

export type ToExchangeWorker =
  | InitExchange
  | { readonly type: 'Ping'; readonly id: number }
  /** Answered by `Stopped`; then the thread ends by itself. */
  | { readonly type: 'Stop' }

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type FromExchangeWorker =
  /** Files are checked and the engine has been told; nothing moves before its `RestoreExchange`. */
  | { readonly type: 'Ready'; readonly series: readonly MarketSeries[] }
  | { readonly type: 'Pong'; readonly id: number; readonly counters: SessionCounters | undefined }
  | { readonly type: 'Log'; readonly level: LogLevel; readonly component: string; readonly fields: object; readonly message: string }
  | { readonly type: 'ReplayProgress'; readonly file: string; readonly processed: number; readonly total: number; readonly done: boolean }
  /** For screens, at most ten a second: the latest quote of each symbol that moved, and candles that are not closed yet. */
  | { readonly type: 'Quotes'; readonly quotes: readonly Quote[]; readonly forming: readonly Candle[] }
  /** The session ended by an error; the engine was told that the exchange is not connected. */
  | { readonly type: 'Failed'; readonly code: string; readonly message: string }
  | { readonly type: 'Stopped' }
