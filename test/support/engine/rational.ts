/** An exact fraction over bigint, for tests only: an oracle that shares no code with `domain/money`. The divisor is positive. */
export interface Rational {
  readonly over: bigint
  readonly under: bigint
}

export function rational(over: bigint, under = 1n): Rational {
  if (under === 0n) throw new Error('division by zero in the oracle')
  return under < 0n ? { over: -over, under: -under } : { over, under }
}

/** Reads decimal text digit by digit. */
export function rationalOf(text: string): Rational {
  const negative = text.startsWith('-')
  let over = 0n
  let under = 1n
  let afterPoint = false
  for (const character of negative ? text.slice(1) : text) {
    if (character === '.') {
      afterPoint = true
      continue
    }
    over = over * 10n + BigInt(character)
    if (afterPoint) under *= 10n
  }
  return { over: negative ? -over : over, under }
}

/** Where one divisor goes into the other, as powers of ten do, it is kept: sums stay short. */
export function plus(a: Rational, b: Rational): Rational {
  if (a.under % b.under === 0n) return { over: a.over + b.over * (a.under / b.under), under: a.under }
  if (b.under % a.under === 0n) return { over: b.over + a.over * (b.under / a.under), under: b.under }
  return rational(a.over * b.under + b.over * a.under, a.under * b.under)
}
export const minus = (a: Rational, b: Rational): Rational => plus(a, rational(-b.over, b.under))
export const times = (a: Rational, b: Rational): Rational => rational(a.over * b.over, a.under * b.under)
export const over = (a: Rational, b: Rational): Rational => rational(a.over * b.under, a.under * b.over)
export const sum = (all: readonly Rational[]): Rational => all.reduce(plus, rational(0n))

/** Negative, zero or positive. */
export function sign(a: Rational): -1 | 0 | 1 {
  if (a.over === 0n) return 0
  return a.over < 0n ? -1 : 1
}

export const order = (a: Rational, b: Rational): -1 | 0 | 1 => sign(minus(a, b))
export const isSame = (a: Rational, b: Rational): boolean => order(a, b) === 0

/** The largest whole number that is not above `a`. */
export function floor(a: Rational): bigint {
  const quotient = a.over / a.under
  return a.over < 0n && a.over % a.under !== 0n ? quotient - 1n : quotient
}

/** Rounds to a whole number by the plain definition of each direction. */
export function toWhole(a: Rational, rounding: 'floor' | 'ceil' | 'half-even'): bigint {
  const low = floor(a)
  if (isSame(a, rational(low))) return low
  if (rounding === 'floor') return low
  if (rounding === 'ceil') return low + 1n
  const middle = order(minus(a, rational(low)), rational(1n, 2n))
  if (middle === 0) return low % 2n === 0n ? low : low + 1n
  return middle < 0 ? low : low + 1n
}
