import { ema, rma, sma } from './moving-averages.ts'
import { at, blank, checkPeriod, firstNumber, typicalPrice } from './series.ts'
import type { Columns, Series } from './series.ts'
import { highest, lowest } from './window.ts'

type HighLowClose = Pick<Columns, 'high' | 'low' | 'close'>

/** Upper and lower limits around a middle line. */
export interface Channel {
  readonly upper: Float64Array
  readonly middle: Float64Array
  readonly lower: Float64Array
}

/** The bar's range, gaps from the close before included. First value at index 1. */
export function trueRange({ high, low, close }: HighLowClose): Float64Array {
  return close.map((_, i) => {
    if (i === 0) return Number.NaN
    const before = at(close, i - 1)
    return Math.max(at(high, i) - at(low, i), Math.abs(at(high, i) - before), Math.abs(at(low, i) - before))
  })
}

/** Wilder's average of the true range, in price units. First value at index `period`. */
export function atr(bars: HighLowClose, period = 14): Float64Array {
  return rma(trueRange(bars), period)
}

/** `atr` in percent of the close. */
export function natr(bars: HighLowClose, period = 14): Float64Array {
  return atr(bars, period).map((value, i) => (at(bars.close, i) === 0 ? 0 : (value / at(bars.close, i)) * 100))
}

/** Population standard deviation of the last `period` values. */
export function standardDeviation(input: Series, period: number): Float64Array {
  checkPeriod(period, 2)
  const output = blank(input.length)
  const start = firstNumber(input)
  // Sums of squares of prices near 60,000 cancel to noise; measured from a value of the window they do not.
  let origin = 0
  let sum = 0
  let squares = 0
  for (let i = start; i < input.length; i += 1) {
    if ((i - start) % period === 0) {
      origin = at(input, i)
      sum = 0
      squares = 0
      for (let j = Math.max(start, i - period); j < i; j += 1) {
        sum += at(input, j) - origin
        squares += (at(input, j) - origin) ** 2
      }
    }
    if (i >= start + period) {
      const gone = at(input, i - period) - origin
      sum -= gone
      squares -= gone * gone
    }
    const value = at(input, i) - origin
    sum += value
    squares += value * value
    if (i >= start + period - 1) output[i] = Math.sqrt(Math.max(0, squares / period - (sum / period) ** 2))
  }
  return output
}

/** SMA with bands `deviations` population standard deviations away. */
export function bollinger(input: Series, period = 20, deviations = 2): Channel {
  const middle = sma(input, period)
  const width = standardDeviation(input, period)
  return {
    upper: middle.map((value, i) => value + deviations * at(width, i)),
    middle,
    lower: middle.map((value, i) => value - deviations * at(width, i)),
  }
}

/** EMA of the typical price with bands `multiple` ATRs away. */
export function keltner(bars: HighLowClose, period = 20, multiple = 2): Channel {
  const middle = ema(typicalPrice(bars), period)
  const width = atr(bars, period)
  return {
    upper: middle.map((value, i) => value + multiple * at(width, i)),
    middle,
    lower: middle.map((value, i) => value - multiple * at(width, i)),
  }
}

/** Highest high and lowest low of the last `period` bars, this one included, and their mean. */
export function donchian(bars: Pick<Columns, 'high' | 'low'>, period = 20): Channel {
  const upper = highest(bars.high, period)
  const lower = lowest(bars.low, period)
  return { upper, middle: upper.map((value, i) => (value + at(lower, i)) / 2), lower }
}
