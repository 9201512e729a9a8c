import type { Candle, Timeframe } from '#domain/candle.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import type { RestoreExchange } from '#engine/ports.ts'
import type { MarketSlice } from '../paper/market-slice.ts'
import type { PaperInstrument } from '../paper/paper-instrument.ts'

/** Where closed candles are kept for readers of history. The worker gives it; the exchange does not know what is behind. */
export interface CandleSink {
  putCandles(candles: readonly Candle[]): void
}

/** One move of the market: first orders meet the slices, then the candles are closed. */
export interface MarketMove {
  /** The exchange's time after the move, UTC milliseconds. */
  readonly ts: number
  readonly slices: readonly MarketSlice[]
  /** Closed with this move, by symbol, finer timeframes first. They are in the candle sink already. */
  readonly candles: readonly Candle[]
  /** Candles that are not closed yet, for screens. */
  readonly forming: readonly Candle[]
}

export interface MarketProgress {
  readonly file: string
  readonly processed: number
  readonly total: number
  readonly done: boolean
}

export interface MarketSeries {
  readonly symbol: InstrumentSymbol
  readonly timeframe: Timeframe
}

/** What moves prices. Opened once; then asked for one move after another, by one caller. */
export interface MarketSource {
  /** The next move leaves only when everyone has answered the last. */
  readonly lockStep: boolean
  readonly instruments: readonly PaperInstrument[]
  /** Which candles it gives. */
  readonly series: readonly MarketSeries[]
  /** The market's time before anything has moved, UTC milliseconds. */
  readonly startTime: number
  /** Goes on behind the cursors. Answers with the last known stretch of each symbol, for prices only. */
  resume(cursors: RestoreExchange['cursors']): Promise<readonly MarketSlice[]>
  /** Waits until the next move is due. Undefined: the market is over, or `signal` was aborted. */
  next(signal: AbortSignal): Promise<MarketMove | undefined>
  /** How far a replay is; undefined for a market without an end. */
  progress(): MarketProgress | undefined
  close(): Promise<void>
}
