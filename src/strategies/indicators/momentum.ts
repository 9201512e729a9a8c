import { emaFrom, sma } from './moving-averages.ts'
import { at, blank, checkPeriod, firstNumber, typicalPrice } from './series.ts'
import type { Columns, Series } from './series.ts'
import { highest, lowest } from './window.ts'

/** Wilder's relative strength, 0..100. First value at index `period`. Without any movement it is 0, as in TA-Lib. */
export function rsi(input: Series, period: number): Float64Array {
  checkPeriod(period, 2)
  const output = blank(input.length)
  const start = firstNumber(input)
  let gain = 0
  let loss = 0
  for (let i = start + 1; i < input.length; i += 1) {
    const change = at(input, i) - at(input, i - 1)
    const up = change > 0 ? change : 0
    const down = change < 0 ? -change : 0
    if (i <= start + period) {
      gain += up / period
      loss += down / period
    } else {
      gain = (gain * (period - 1) + up) / period
      loss = (loss * (period - 1) + down) / period
    }
    if (i >= start + period) output[i] = gain + loss === 0 ? 0 : (100 * gain) / (gain + loss)
  }
  return output
}

export interface Macd {
  readonly macd: Float64Array
  readonly signal: Float64Array
  readonly histogram: Float64Array
}

/**
 * EMA(fast) − EMA(slow), its EMA, and their distance. Both averages begin at index `slow − 1`, the fast one with the mean
 * of the `fast` values up to there (as TA-Lib does).
 */
export function macd(input: Series, fast = 12, slow = 26, signalPeriod = 9): Macd {
  for (const period of [fast, slow, signalPeriod]) checkPeriod(period)
  if (fast >= slow) throw new RangeError(`macd: the fast period ${fast} must be below the slow period ${slow}`)
  const first = firstNumber(input) + slow - 1
  const slowLine = emaFrom(input, slow, first)
  const line = emaFrom(input, fast, first).map((value, i) => value - at(slowLine, i))
  const signal = emaFrom(line, signalPeriod, first + signalPeriod - 1)
  return { macd: line, signal, histogram: line.map((value, i) => value - at(signal, i)) }
}

export interface Stochastic {
  readonly k: Float64Array
  readonly d: Float64Array
}

/** Where the close lies in the range of the last `period` bars, 0..100: `k` smoothed by SMA(`smooth`), `d` = SMA of `k`. A range of nothing gives 0. */
export function stoch(bars: Pick<Columns, 'high' | 'low' | 'close'>, period = 14, smooth = 3, signalPeriod = 3): Stochastic {
  const top = highest(bars.high, period)
  const bottom = lowest(bars.low, period)
  const raw = bars.close.map((close, i) => {
    const range = at(top, i) - at(bottom, i)
    return range === 0 ? 0 : (100 * (close - at(bottom, i))) / range
  })
  const k = sma(raw, smooth)
  return { k, d: sma(k, signalPeriod) }
}

/** As the raw stochastic, counted from the top: 0 (at the high) down to −100. A range of nothing gives 0. */
export function williamsR(bars: Pick<Columns, 'high' | 'low' | 'close'>, period = 14): Float64Array {
  const top = highest(bars.high, period)
  const bottom = lowest(bars.low, period)
  return bars.close.map((close, i) => {
    const range = at(top, i) - at(bottom, i)
    return range === 0 ? 0 : (-100 * (at(top, i) - close)) / range
  })
}

/** Commodity channel index: distance of the typical price from its mean, in 0.015 mean deviations. Needs O(n · period). */
export function cci(bars: Pick<Columns, 'high' | 'low' | 'close'>, period = 20): Float64Array {
  checkPeriod(period, 2)
  const typical = typicalPrice(bars)
  return typical.map((value, i) => {
    if (i < period - 1) return Number.NaN
    let sum = 0
    for (let j = i - period + 1; j <= i; j += 1) sum += at(typical, j)
    const mean = sum / period
    let deviation = 0
    for (let j = i - period + 1; j <= i; j += 1) deviation += Math.abs(at(typical, j) - mean)
    return deviation === 0 ? 0 : (value - mean) / (0.015 * (deviation / period))
  })
}

/** Change against `period` values ago, in percent. */
export function roc(input: Series, period: number): Float64Array {
  checkPeriod(period)
  const output = blank(input.length)
  for (let i = firstNumber(input) + period; i < input.length; i += 1) {
    const before = at(input, i - period)
    output[i] = before === 0 ? 0 : (at(input, i) / before - 1) * 100
  }
  return output
}
