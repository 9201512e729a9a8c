import type { CandleEvent, CandleView } from '#contract/views.ts'
import type { Candle, CandleBar, Timeframe } from '#domain/candle.ts'
import { parseSymbol } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { CandleReader } from '#storage/cache/candle-cache.ts'

export function candleEventOf(candle: Candle, closed: boolean): CandleEvent {
  return {
    symbol: candle.symbol,
    timeframe: candle.timeframe,
    closed,
    candle: {
      open_time: candle.openTime,
      open: Price.format(candle.open),
      high: Price.format(candle.high),
      low: Price.format(candle.low),
      close: Price.format(candle.close),
      volume: Quantity.format(candle.volume),
    },
  }
}

export interface CandleQuestion {
  readonly symbol: string
  readonly timeframe: Timeframe
  readonly limit: number
  readonly before?: number | undefined
  /** Open time of the last candle that has happened: the cache of a replay knows the future, a chart must not. */
  readonly newest: number
}

/** Bars of the cache as a chart asks for them, oldest first. */
export function candlesBefore(cache: CandleReader, { symbol, timeframe, limit, before, newest }: CandleQuestion): CandleView[] {
  const until = before === undefined ? newest : Math.min(newest, before - 1)
  return cache.lastBars(parseSymbol(symbol), timeframe, until, limit).map(viewOfBar)
}

/** Digits that a float of the cache is shown with; cut of zeros at the end. */
const BAR_DIGITS = 10
const plain = (value: number): string => value.toFixed(BAR_DIGITS).replace(/\.?0+$/, '')

function viewOfBar({ openTime, open, high, low, close, volume }: CandleBar): CandleView {
  return { open_time: openTime, open: plain(open), high: plain(high), low: plain(low), close: plain(close), volume: plain(volume) }
}
