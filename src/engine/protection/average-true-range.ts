import type { Candle } from '#domain/candle.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Price } from '#domain/money/price.ts'
import type { InstrumentSymbol, TraderId } from '#domain/ids.ts'
import { candleKey, type AverageTrueRange, type EngineState } from '../state.ts'

/** Wilder's window. */
export const ATR_BARS = 14
/** Digits kept of an average; the rounding of one bar fades with the next ones. */
const ATR_SCALE = 12

/**
 * The average true range after one more bar: the mean of the first 14 true ranges, then `(13 × before + now) / 14`.
 * Wilder, New Concepts in Technical Trading Systems, 1978. The first bar has no close before it: its range is high − low.
 */
export function nextAverageTrueRange(before: AverageTrueRange | undefined, { high, low, close }: Candle): AverageTrueRange {
  const range = trueRange(before?.previousClose, high, low)
  if (before === undefined) return { bars: 1, previousClose: close, value: range }
  const bars = Math.min(ATR_BARS + 1, before.bars + 1)
  if (bars < ATR_BARS) return { bars, previousClose: close, value: Price.add(before.value, range) }
  const sum = bars === ATR_BARS ? Price.add(before.value, range) : Price.add(fixed.multiply(before.value, THIRTEEN), range)
  return { bars, previousClose: close, value: fixed.divide<'Price'>(sum, FOURTEEN, ATR_SCALE, 'half-even') }
}
const THIRTEEN = fixed.make<'Factor'>(BigInt(ATR_BARS - 1), 0)
const FOURTEEN = fixed.make<'Factor'>(BigInt(ATR_BARS), 0)

function trueRange(previousClose: Price | undefined, high: Price, low: Price): Price {
  if (previousClose === undefined) return Price.subtract(high, low)
  const top = Price.compare(high, previousClose) > 0 ? high : previousClose
  const bottom = Price.compare(low, previousClose) < 0 ? low : previousClose
  return Price.subtract(top, bottom)
}

/** Of the trader's own timeframe; undefined before 14 bars: nothing is guessed. */
export function averageTrueRange(state: EngineState, traderId: TraderId, symbol: InstrumentSymbol): Price | undefined {
  const timeframe = state.traders.get(traderId)?.config.timeframe
  const range = timeframe === undefined ? undefined : state.averageTrueRanges.get(candleKey(symbol, timeframe))
  return range === undefined || range.bars < ATR_BARS ? undefined : range.value
}
