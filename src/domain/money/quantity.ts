import * as fixed from './fixed.ts'
import type { Fixed, Rounding } from './fixed.ts'

/** How much of the base. Never negative; the side of an order gives the direction. */
export type Quantity = Fixed<'Quantity'>
/** A quantity with direction: a long position is positive, a short one negative. */
export type SignedQuantity = Fixed<'SignedQuantity'>

function checked(quantity: Quantity): Quantity {
  if (quantity.units < 0n) throw new RangeError(`quantity is negative: ${fixed.format(quantity)}`)
  return quantity
}

export const Quantity = Object.freeze({
  ZERO: fixed.make<'Quantity'>(0n, 0),
  parse: (text: string): Quantity => checked(fixed.parse<'Quantity'>(text)),
  format: fixed.format,
  compare: (a: Quantity, b: Quantity) => fixed.compare(a, b),
  add: (a: Quantity, b: Quantity): Quantity => fixed.add(a, b),
  /** Throws `RangeError` when `b` exceeds `a`. */
  subtract: (a: Quantity, b: Quantity): Quantity => checked(fixed.subtract(a, b)),
  min: (a: Quantity, b: Quantity): Quantity => (fixed.compare(a, b) <= 0 ? a : b),
  /** To the instrument's lot, in the named direction. */
  roundToLot: (quantity: Quantity, lot: Quantity, rounding: Rounding): Quantity => fixed.roundToStep(quantity, lot, rounding),
  isZero: (quantity: Quantity): boolean => quantity.units === 0n,
  toNumber: fixed.toNumber,
})

export const SignedQuantity = Object.freeze({
  ZERO: fixed.make<'SignedQuantity'>(0n, 0),
  parse: (text: string): SignedQuantity => fixed.parse<'SignedQuantity'>(text),
  format: fixed.format,
  add: (a: SignedQuantity, b: SignedQuantity): SignedQuantity => fixed.add(a, b),
  of: (quantity: Quantity, side: 'BUY' | 'SELL'): SignedQuantity =>
    fixed.make<'SignedQuantity'>(side === 'BUY' ? quantity.units : -quantity.units, quantity.scale),
  /** The size without its direction. */
  magnitude: (value: SignedQuantity): Quantity => fixed.make<'Quantity'>(value.units < 0n ? -value.units : value.units, value.scale),
  isZero: (value: SignedQuantity): boolean => value.units === 0n,
  toNumber: fixed.toNumber,
})
