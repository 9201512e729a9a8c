import { at, blank, checkPeriod, firstNumber } from './series.ts'
import type { Series } from './series.ts'

/** Mean of the last `period` values. First value at index `period - 1`. */
export function sma(input: Series, period: number): Float64Array {
  checkPeriod(period)
  const output = blank(input.length)
  const start = firstNumber(input)
  let sum = 0
  for (let i = start; i < input.length; i += 1) {
    sum += at(input, i)
    if (i < start + period - 1) continue
    output[i] = sum / period
    sum -= at(input, i - period + 1)
  }
  return output
}

/** Smoothing that begins at index `first` with the plain mean of the `period` values up to it. */
function smoothFrom(input: Series, period: number, first: number, step: (previous: number, value: number) => number): Float64Array {
  const output = blank(input.length)
  if (first >= input.length) return output
  let value = 0
  for (let i = first - period + 1; i <= first; i += 1) value += at(input, i)
  value /= period
  output[first] = value
  for (let i = first + 1; i < input.length; i += 1) {
    value = step(value, at(input, i))
    output[i] = value
  }
  return output
}

/** As `ema`, but its first value stands at `first` and is the mean of the `period` values up to there. */
export function emaFrom(input: Series, period: number, first: number): Float64Array {
  const weight = 2 / (period + 1)
  return smoothFrom(input, period, first, (previous, value) => (value - previous) * weight + previous)
}

/** Exponential average, weight `2 / (period + 1)`, begun with the mean of the first `period` values (as TA-Lib does). */
export function ema(input: Series, period: number): Float64Array {
  checkPeriod(period)
  return emaFrom(input, period, firstNumber(input) + period - 1)
}

/** Wilder's average, weight `1 / period`, begun with the mean of the first `period` values. Also known as SMMA. */
export function rma(input: Series, period: number): Float64Array {
  checkPeriod(period)
  return smoothFrom(input, period, firstNumber(input) + period - 1, (previous, value) => (previous * (period - 1) + value) / period)
}

/** Linearly weighted average: the newest value weighs `period`, the oldest 1. */
export function wma(input: Series, period: number): Float64Array {
  checkPeriod(period)
  const output = blank(input.length)
  const start = firstNumber(input)
  const divisor = (period * (period + 1)) / 2
  let weighted = 0
  let sum = 0
  for (let i = start; i < input.length; i += 1) {
    const value = at(input, i)
    if (i < start + period) {
      weighted += value * (i - start + 1)
      sum += value
    } else {
      weighted += period * value - sum
      sum += value - at(input, i - period)
    }
    if (i >= start + period - 1) output[i] = weighted / divisor
  }
  return output
}

/** `2·EMA − EMA(EMA)`. First value at index `2·(period − 1)`. */
export function dema(input: Series, period: number): Float64Array {
  const once = ema(input, period)
  const twice = ema(once, period)
  return twice.map((value, i) => 2 * at(once, i) - value)
}

/** `3·EMA − 3·EMA(EMA) + EMA(EMA(EMA))`. First value at index `3·(period − 1)`. */
export function tema(input: Series, period: number): Float64Array {
  const once = ema(input, period)
  const twice = ema(once, period)
  const thrice = ema(twice, period)
  return thrice.map((value, i) => value + (3 * at(once, i) - 3 * at(twice, i)))
}

/** Hull: `WMA(2·WMA(period/2) − WMA(period), √period)`; half rounded down, root rounded to the nearest. */
export function hma(input: Series, period: number): Float64Array {
  checkPeriod(period, 2)
  const full = wma(input, period)
  const half = wma(input, Math.floor(period / 2))
  return wma(
    full.map((value, i) => 2 * at(half, i) - value),
    Math.round(Math.sqrt(period)),
  )
}

const KAMA_FAST = 2 / (2 + 1)
const KAMA_SLOW = 2 / (30 + 1)

/** Kaufman: follows fast (EMA 2) in a straight move and slowly (EMA 30) in noise. First value at index `period`. */
export function kama(input: Series, period: number): Float64Array {
  checkPeriod(period, 2)
  const output = blank(input.length)
  const start = firstNumber(input)
  let noise = 0
  let value = at(input, start + period - 1)
  for (let i = start + 1; i < input.length; i += 1) {
    noise += Math.abs(at(input, i) - at(input, i - 1))
    if (i < start + period) continue
    if (i > start + period) noise -= Math.abs(at(input, i - period) - at(input, i - period - 1))
    const change = Math.abs(at(input, i) - at(input, i - period))
    const efficiency = noise <= change || noise === 0 ? 1 : change / noise
    const weight = (efficiency * (KAMA_FAST - KAMA_SLOW) + KAMA_SLOW) ** 2
    value += (at(input, i) - value) * weight
    output[i] = value
  }
  return output
}
