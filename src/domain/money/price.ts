import * as fixed from './fixed.ts'
import type { Fixed, Rounding } from './fixed.ts'

/** What one unit of the base costs, in the quote currency of its instrument. Never negative. */
export type Price = Fixed<'Price'>

function parse(text: string): Price {
  const price = fixed.parse<'Price'>(text)
  if (price.units < 0n) throw new RangeError(`price is negative: ${text}`)
  return price
}

export const Price = Object.freeze({
  parse,
  format: fixed.format,
  compare: (a: Price, b: Price) => fixed.compare(a, b),
  add: (a: Price, b: Price): Price => fixed.add(a, b),
  subtract: (a: Price, b: Price): Price => fixed.subtract(a, b),
  /** To the instrument's tick, in the named direction. */
  roundToTick: (price: Price, tick: Price, rounding: Rounding): Price => fixed.roundToStep(price, tick, rounding),
  isOnTick: (price: Price, tick: Price): boolean => fixed.compare(fixed.roundToStep(price, tick, 'floor'), price) === 0,
  isPositive: (price: Price): boolean => price.units > 0n,
  toNumber: fixed.toNumber,
})
