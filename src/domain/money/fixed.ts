declare const kind: unique symbol

/**
 * An exact decimal: `units × 10^-scale`. Plain, so it survives `postMessage` unchanged. Readonly to the compiler and never
 * shared through a cache: freezing each value at run time took a fifth of the engine's time.
 * `Kind` is a name only the compiler sees; it keeps a price from being used as a quantity.
 */
export interface Fixed<Kind extends string> {
  readonly units: bigint
  readonly scale: number
  readonly [kind]: Kind
}

/** Which way a value that does not fit a step is moved. There is no default: the caller says it. */
export type Rounding = 'floor' | 'ceil' | 'half-even'

/** Digits after the point that any value may carry. More is a sign of a mistake, not of precision. */
export const SCALE_MAX = 30
/** Longest text that is read as a decimal. */
const TEXT_LENGTH_MAX = 80
const PATTERN = /^(-?)(\d+)(?:\.(\d+))?$/

const POWERS: readonly bigint[] = Array.from({ length: 2 * SCALE_MAX + 1 }, (_, n) => 10n ** BigInt(n))

/** `10^n`. Throws `RangeError` when n lies outside 0..60. */
export function pow10(n: number): bigint {
  const power = POWERS[n]
  if (power === undefined) throw new RangeError(`no power of ten for ${n}`)
  return power
}

/** Builds a value; the one place where the compile-time kind is attached. Scale is 0..30. */
export function make<K extends string>(units: bigint, scale: number): Fixed<K> {
  if (scale < 0 || scale > SCALE_MAX) throw new RangeError(`scale ${scale} is outside 0..${SCALE_MAX}`)
  return { units, scale } as Fixed<K>
}

/** Reads plain decimal text (`-12.50`). No exponent, no sign `+`, no blanks. Throws `RangeError`. */
export function parse<K extends string>(text: string): Fixed<K> {
  const match = text.length <= TEXT_LENGTH_MAX ? PATTERN.exec(text) : null
  if (match === null) throw new RangeError(`not a decimal: ${text.slice(0, TEXT_LENGTH_MAX)}`)
  const fraction = match[3] ?? ''
  return make<K>(BigInt(`${match[1]}${match[2]}${fraction}`), fraction.length)
}

/** Writes all digits the value carries: `{ units: 1250n, scale: 2 }` is `12.50`. */
export function format({ units, scale }: Fixed<string>): string {
  if (scale === 0) return units.toString()
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return units < 0n ? `-${text}` : text
}

/** The units of `value` at a scale at least its own. */
export function unitsAt(value: Fixed<string>, scale: number): bigint {
  return scale === value.scale ? value.units : value.units * pow10(scale - value.scale)
}

export function add<K extends string>(a: Fixed<K>, b: Fixed<K>): Fixed<K> {
  const scale = a.scale > b.scale ? a.scale : b.scale
  return make<K>(unitsAt(a, scale) + unitsAt(b, scale), scale)
}

export function subtract<K extends string>(a: Fixed<K>, b: Fixed<K>): Fixed<K> {
  const scale = a.scale > b.scale ? a.scale : b.scale
  return make<K>(unitsAt(a, scale) - unitsAt(b, scale), scale)
}

/** Exact product; the scale is the sum of both scales. */
export function multiply<K extends string>(a: Fixed<string>, b: Fixed<string>): Fixed<K> {
  return make<K>(a.units * b.units, a.scale + b.scale)
}

/** Negative, zero or positive as `a` is below, equal to or above `b`. */
export function compare(a: Fixed<string>, b: Fixed<string>): -1 | 0 | 1 {
  const scale = a.scale > b.scale ? a.scale : b.scale
  const left = unitsAt(a, scale)
  const right = unitsAt(b, scale)
  if (left === right) return 0
  return left < right ? -1 : 1
}

/** Integer division that shows which way it rounds. `divisor` must not be zero. */
export function divideUnits(dividend: bigint, divisor: bigint, rounding: Rounding): bigint {
  if (divisor === 0n) throw new RangeError('division by zero')
  const [n, d] = divisor < 0n ? [-dividend, -divisor] : [dividend, divisor]
  const quotient = n / d
  const rest = n % d
  if (rest === 0n) return quotient
  const floor = rest < 0n ? quotient - 1n : quotient
  if (rounding === 'floor') return floor
  if (rounding === 'ceil') return floor + 1n
  const twice = 2n * (n - floor * d)
  if (twice === d) return floor % 2n === 0n ? floor : floor + 1n
  return twice > d ? floor + 1n : floor
}

/** `a / b` with `scale` digits after the point. */
export function divide<K extends string>(a: Fixed<string>, b: Fixed<string>, scale: number, rounding: Rounding): Fixed<K> {
  const shift = scale + b.scale - a.scale
  const dividend = shift >= 0 ? a.units * pow10(shift) : a.units
  const divisor = shift >= 0 ? b.units : b.units * pow10(-shift)
  return make<K>(divideUnits(dividend, divisor, rounding), scale)
}

/** The nearest multiple of `step` in the named direction. `step` must be positive. */
export function roundToStep<K extends string>(value: Fixed<K>, step: Fixed<K>, rounding: Rounding): Fixed<K> {
  if (step.units <= 0n) throw new RangeError(`step ${format(step)} is not positive`)
  const scale = value.scale > step.scale ? value.scale : step.scale
  const stepUnits = unitsAt(step, scale)
  const rounded = divideUnits(unitsAt(value, scale), stepUnits, rounding) * stepUnits
  return make<K>(divideUnits(rounded, pow10(scale - step.scale), 'floor'), step.scale)
}

/** Rounds to `scale` digits; a value that already has fewer keeps them. */
export function roundToScale<K extends string>(value: Fixed<K>, scale: number, rounding: Rounding): Fixed<K> {
  if (value.scale <= scale) return value
  return make<K>(divideUnits(value.units, pow10(value.scale - scale), rounding), scale)
}

/** Drops zeros behind the last digit that counts; `12.500` becomes `12.5`. */
export function trim<K extends string>(value: Fixed<K>): Fixed<K> {
  let { units, scale } = value
  while (scale > 0 && units % 10n === 0n) {
    units /= 10n
    scale -= 1
  }
  return scale === value.scale ? value : make<K>(units, scale)
}

export function negate<K extends string>(value: Fixed<K>): Fixed<K> {
  return make<K>(-value.units, value.scale)
}

export function absolute<K extends string>(value: Fixed<K>): Fixed<K> {
  return value.units < 0n ? negate(value) : value
}

/** For pixels, indicators and model features only; money never comes back from here. */
export function toNumber(value: Fixed<string>): number {
  return Number(format(value))
}
