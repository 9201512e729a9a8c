import { timeframeMs, type Candle } from '#domain/candle.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import type { Price } from '#domain/money/price.ts'
import type { Quantity } from '#domain/money/quantity.ts'

/** A stretch of market to match against: a whole candle in a replay, a second of one in the demo. Covers `[openTime, closeTime)`. */
export interface MarketSlice {
  readonly symbol: InstrumentSymbol
  readonly openTime: number
  readonly closeTime: number
  readonly open: Price
  readonly high: Price
  readonly low: Price
  readonly close: Price
  readonly volume: Quantity
}

export function sliceOfCandle(candle: Candle): MarketSlice {
  const { symbol, openTime, open, high, low, close, volume } = candle
  return { symbol, openTime, closeTime: openTime + timeframeMs(candle.timeframe), open, high, low, close, volume }
}
