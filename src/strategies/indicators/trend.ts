import { at, blank, checkPeriod, firstNumber } from './series.ts'
import type { Columns, Series } from './series.ts'
import { trueRange } from './volatility.ts'

export interface DirectionalMovement {
  /** Strength of the trend, whatever its direction, 0..100. First value at index `2·period − 1`. */
  readonly adx: Float64Array
  /** First value at index `period`. */
  readonly plusDi: Float64Array
  readonly minusDi: Float64Array
}

/** Wilder's directional movement. The running sums begin with `period − 1` bars, as TA-Lib does. */
export function adx(bars: Pick<Columns, 'high' | 'low' | 'close'>, period = 14): DirectionalMovement {
  checkPeriod(period, 2)
  const { high, low } = bars
  const ranges = trueRange(bars)
  const [strength, plusDi, minusDi] = [blank(ranges.length), blank(ranges.length), blank(ranges.length)]
  const [plus, minus, range] = [runningSum(period), runningSum(period), runningSum(period)]
  let sumDx = 0
  let average = 0
  for (let i = 1; i < ranges.length; i += 1) {
    const up = at(high, i) - at(high, i - 1)
    const down = at(low, i - 1) - at(low, i)
    const plusSum = plus(up > 0 && up > down ? up : 0)
    const minusSum = minus(down > 0 && down > up ? down : 0)
    const rangeSum = range(at(ranges, i))
    if (i < period) continue
    plusDi[i] = rangeSum === 0 ? 0 : (100 * plusSum) / rangeSum
    minusDi[i] = rangeSum === 0 ? 0 : (100 * minusSum) / rangeSum
    const both = at(plusDi, i) + at(minusDi, i)
    const dx = both === 0 ? undefined : (100 * Math.abs(at(plusDi, i) - at(minusDi, i))) / both
    if (i < 2 * period) sumDx += dx ?? 0
    if (i === 2 * period - 1) average = sumDx / period
    if (i >= 2 * period && dx !== undefined) average = (average * (period - 1) + dx) / period
    if (i >= 2 * period - 1) strength[i] = average
  }
  return { adx: strength, plusDi, minusDi }
}

/** A plain sum of the first `period − 1` values, from then on `sum − sum/period + value`. */
function runningSum(period: number): (value: number) => number {
  let sum = 0
  let count = 0
  return (value) => {
    count += 1
    sum = count < period ? sum + value : sum - sum / period + value
    return sum
  }
}

export interface LinearRegression {
  /** The fitted line at the last of the `period` values. */
  readonly value: Float64Array
  /** Its rise per bar. */
  readonly slope: Float64Array
}

/** Least-squares line through the last `period` values. */
export function linearRegression(input: Series, period = 14): LinearRegression {
  checkPeriod(period, 2)
  const [value, slope] = [blank(input.length), blank(input.length)]
  const start = firstNumber(input)
  const meanX = (period - 1) / 2
  const spread = (period * (period * period - 1)) / 12
  for (let i = start + period - 1; i < input.length; i += 1) {
    let sum = 0
    let product = 0
    for (let j = 0; j < period; j += 1) {
      const y = at(input, i - period + 1 + j)
      sum += y
      product += (j - meanX) * y
    }
    slope[i] = product / spread
    value[i] = sum / period + at(slope, i) * meanX
  }
  return { value, slope }
}
