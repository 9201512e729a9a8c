import { at, blank, checkPeriod, firstNumber } from './series.ts'
import type { Series } from './series.ts'

/** Greatest of the last `period` values. */
export function highest(input: Series, period: number): Float64Array {
  return extreme(input, period, (candidate, held) => candidate >= held)
}

/** Least of the last `period` values. */
export function lowest(input: Series, period: number): Float64Array {
  return extreme(input, period, (candidate, held) => candidate <= held)
}

/** Keeps the indices that may still become the extreme, best first: each enters and leaves once, so the whole is O(n). */
function extreme(input: Series, period: number, replaces: (candidate: number, held: number) => boolean): Float64Array {
  checkPeriod(period)
  const output = blank(input.length)
  const start = firstNumber(input)
  const held = new Int32Array(input.length)
  let head = 0
  let tail = 0
  for (let i = start; i < input.length; i += 1) {
    while (tail > head && replaces(at(input, i), at(input, at(held, tail - 1)))) tail -= 1
    held[tail] = i
    tail += 1
    if (at(held, head) <= i - period) head += 1
    if (i >= start + period - 1) output[i] = at(input, at(held, head))
  }
  return output
}
