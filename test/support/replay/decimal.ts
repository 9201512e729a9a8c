/** Exact decimals over bigint, for tests only: shares no code with `domain/money`. The value is `units / 10 ** scale`. */
export interface Decimal {
  readonly units: bigint
  readonly scale: number
}

export const ZERO: Decimal = { units: 0n, scale: 0 }

export function decimal(text: string): Decimal {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (match === null) throw new Error(`not a decimal: ${text}`)
  const [, sign, whole = '', fraction = ''] = match
  const units = BigInt(whole + fraction)
  return { units: sign === '-' ? -units : units, scale: fraction.length }
}

function unitsAt(value: Decimal, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale)
}

export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale }
}

export const negate = (a: Decimal): Decimal => ({ units: -a.units, scale: a.scale })
export const subtract = (a: Decimal, b: Decimal): Decimal => add(a, negate(b))
export const multiply = (a: Decimal, b: Decimal): Decimal => ({ units: a.units * b.units, scale: a.scale + b.scale })
export const isSame = (a: Decimal, b: Decimal): boolean => subtract(a, b).units === 0n
export const absolute = (a: Decimal): Decimal => (a.units < 0n ? negate(a) : a)
export const isLess = (a: Decimal, b: Decimal): boolean => subtract(a, b).units < 0n

/** `a / b` rounded to `scale` digits; a tie goes to the even digit. */
export function divideHalfEven(a: Decimal, b: Decimal, scale: number): Decimal {
  const over = a.units * 10n ** BigInt(scale + b.scale)
  const under = b.units * 10n ** BigInt(a.scale)
  const negative = over < 0n !== under < 0n
  const [n, d] = [over < 0n ? -over : over, under < 0n ? -under : under]
  let quotient = n / d
  const twice = (n % d) * 2n
  if (twice > d || (twice === d && quotient % 2n === 1n)) quotient += 1n
  return { units: negative ? -quotient : quotient, scale }
}

/** Rounded up (away from zero for positive values) to `scale` digits. */
export function roundUp(a: Decimal, scale: number): Decimal {
  if (a.scale <= scale) return a
  const step = 10n ** BigInt(a.scale - scale)
  return { units: (a.units + step - 1n) / step, scale }
}

/** Shortest decimal text, for comparing and for messages. */
export function show({ units, scale }: Decimal): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '')
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}
