import * as fixed from './fixed.ts'
import type { Fixed, Rounding } from './fixed.ts'
import type { Price } from './price.ts'
import type { Quantity, SignedQuantity } from './quantity.ts'

/** ISO-like code of what an amount is counted in: `USDT`, `BTC`. */
export type Currency = string
/** An exact amount of one currency; may be negative. Amounts of two currencies never meet. */
export type Money = Fixed<'Money'> & { readonly currency: Currency }

function of(value: Fixed<string>, currency: Currency): Money {
  return { units: value.units, scale: value.scale, currency } as Money
}

function sameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) throw new TypeError(`${a.currency} and ${b.currency} cannot be combined`)
}

function make(units: bigint, scale: number, currency: Currency): Money {
  if (scale > fixed.SCALE_MAX) throw new RangeError(`scale ${scale} is outside 0..${fixed.SCALE_MAX}`)
  return { units, scale, currency } as Money
}

function add(a: Money, b: Money): Money {
  sameCurrency(a, b)
  if (a.scale === b.scale) return make(a.units + b.units, a.scale, a.currency)
  const scale = Math.max(a.scale, b.scale)
  return make(fixed.unitsAt(a, scale) + fixed.unitsAt(b, scale), scale, a.currency)
}

function subtract(a: Money, b: Money): Money {
  sameCurrency(a, b)
  if (a.scale === b.scale) return make(a.units - b.units, a.scale, a.currency)
  const scale = Math.max(a.scale, b.scale)
  return make(fixed.unitsAt(a, scale) - fixed.unitsAt(b, scale), scale, a.currency)
}

/** The same amount without zeros behind its last digit that counts. */
function trim(amount: Money): Money {
  if (amount.scale === 0 || amount.units % 10n !== 0n) return amount
  return of(fixed.trim<'Money'>(amount), amount.currency)
}

function compare(a: Money, b: Money): -1 | 0 | 1 {
  sameCurrency(a, b)
  return fixed.compare(a, b)
}

export const Money = Object.freeze({
  parse: (text: string, currency: Currency): Money => of(fixed.parse<'Money'>(text), currency),
  zero: (currency: Currency): Money => of(fixed.make<'Money'>(0n, 0), currency),
  format: fixed.format,
  add,
  subtract,
  compare,
  negate: (a: Money): Money => of(fixed.negate<'Money'>(a), a.currency),
  absolute: (a: Money): Money => of(fixed.absolute<'Money'>(a), a.currency),
  max: (a: Money, b: Money): Money => (compare(a, b) >= 0 ? a : b),
  /** `amount × parts / whole`, half-even with `scale` digits: the share of a cost that a part of a position carries. */
  share: (amount: Money, parts: Quantity, whole: Quantity, scale: number): Money =>
    of(fixed.divide(fixed.multiply(amount, parts), whole, scale, 'half-even'), amount.currency),
  roundToScale: (amount: Money, scale: number, rounding: Rounding): Money =>
    of(fixed.roundToScale<'Money'>(amount, scale, rounding), amount.currency),
  trim,
  isNegative: (amount: Money): boolean => amount.units < 0n,
  isZero: (amount: Money): boolean => amount.units === 0n,
  toNumber: fixed.toNumber,
})

/** What `quantity` costs at `price`, signed as the quantity is. Exact: no rounding happens here. */
export function notional(price: Price, quantity: Quantity | SignedQuantity, currency: Currency): Money {
  return make(price.units * quantity.units, price.scale + quantity.scale, currency)
}

/** `amount × bps / 10,000`. Exact. `bps` is decimal text in basis points, e.g. `5.5`. */
export function basisPoints(amount: Money, bps: Fixed<'BasisPoints'>): Money {
  return of(fixed.multiply(amount, fixed.make(bps.units, bps.scale + 4)), amount.currency)
}

/** A rate in hundredths of a percent. */
export type BasisPoints = Fixed<'BasisPoints'>
export const BasisPoints = Object.freeze({
  parse: (text: string): BasisPoints => fixed.parse<'BasisPoints'>(text),
  format: fixed.format,
})
