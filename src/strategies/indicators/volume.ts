import { at, blank, checkPeriod, typicalPrice } from './series.ts'
import type { Columns } from './series.ts'

/** On-balance volume: begins with the first bar's volume, as TA-Lib does; then adds on a rise and subtracts on a fall. */
export function obv({ close, volume }: Pick<Columns, 'close' | 'volume'>): Float64Array {
  let total = 0
  return close.map((value, i) => {
    const before = i === 0 ? Number.NEGATIVE_INFINITY : at(close, i - 1)
    if (value > before) total += at(volume, i)
    else if (value < before) total -= at(volume, i)
    return total
  })
}

type PriceVolume = Pick<Columns, 'high' | 'low' | 'close' | 'volume'>

/** Money flow index, 0..100. First value at index `period`. No flow at all gives 0. */
export function mfi(bars: PriceVolume, period = 14): Float64Array {
  checkPeriod(period, 2)
  const typical = typicalPrice(bars)
  const output = blank(typical.length)
  const flow = typical.map((value, i) => Math.sign(value - at(typical, i - 1)) * value * at(bars.volume, i))
  let positive = 0
  let negative = 0
  for (let i = 1; i < flow.length; i += 1) {
    const gone = i > period ? at(flow, i - period) : 0
    positive += Math.max(0, at(flow, i)) - Math.max(0, gone)
    negative += Math.max(0, -at(flow, i)) - Math.max(0, -gone)
    if (i >= period) output[i] = positive + negative === 0 ? 0 : (100 * positive) / (positive + negative)
  }
  return output
}

/** Typical price weighted by volume over the last `period` bars. Without volume: the typical price of the bar. */
export function vwap(bars: PriceVolume, period: number): Float64Array {
  checkPeriod(period)
  const typical = typicalPrice(bars)
  const output = blank(typical.length)
  for (let i = period - 1; i < typical.length; i += 1) {
    let value = 0
    let volume = 0
    for (let j = i - period + 1; j <= i; j += 1) {
      value += at(typical, j) * at(bars.volume, j)
      volume += at(bars.volume, j)
    }
    output[i] = volume === 0 ? at(typical, i) : value / volume
  }
  return output
}
