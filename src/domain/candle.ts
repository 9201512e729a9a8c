import type { InstrumentSymbol } from './ids.ts'
import type { Price } from './money/price.ts'
import type { Quantity } from './money/quantity.ts'

export const TIMEFRAMES = ['1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '12h', '1d'] as const
export type Timeframe = (typeof TIMEFRAMES)[number]

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

export function isTimeframe(text: string): text is Timeframe {
  return (TIMEFRAMES as readonly string[]).includes(text)
}

/** Length of a candle in milliseconds. */
export function timeframeMs(timeframe: Timeframe): number {
  const unit = UNIT_MS[timeframe.slice(-1)]
  if (unit === undefined) throw new RangeError(`unknown timeframe: ${timeframe}`)
  return Number(timeframe.slice(0, -1)) * unit
}

/** One closed bar. `openTime` is UTC milliseconds; the bar covers `[openTime, openTime + timeframe)`. */
export interface Candle {
  readonly symbol: InstrumentSymbol
  readonly timeframe: Timeframe
  readonly openTime: number
  readonly open: Price
  readonly high: Price
  readonly low: Price
  readonly close: Price
  readonly volume: Quantity
}

/** What strategies and charts see: plain numbers, for indicators and pixels only. */
export interface CandleBar {
  readonly openTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}
