/** Exact decimals for the checkers: bigint at one fixed scale. Shares no code with `domain/money`. */
const DIGITS = 24
export const ONE = 10n ** BigInt(DIGITS)

/** Reads decimal text. Throws for anything else, and for more than 24 digits after the point. */
export function dec(text: string): bigint {
  const negative = text.charCodeAt(0) === 45
  const point = text.indexOf('.')
  const whole = text.slice(negative ? 1 : 0, point === -1 ? undefined : point)
  const fraction = point === -1 ? '' : text.slice(point + 1)
  if (fraction.length > DIGITS || !/^\d+$/.test(whole + fraction)) throw new Error(`not a decimal the checkers can read: ${text}`)
  const value = BigInt(whole + fraction.padEnd(DIGITS, '0'))
  return negative ? -value : value
}

/** Exact product; throws when it needs more than 24 digits, which no amount of the simulation does. */
export function mul(a: bigint, b: bigint): bigint {
  const product = a * b
  if (product % ONE !== 0n) throw new Error('the checkers would have to round')
  return product / ONE
}

export const abs = (a: bigint): bigint => (a < 0n ? -a : a)
export const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
export const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** For messages. */
export function show(a: bigint): string {
  const digits = abs(a).toString().padStart(DIGITS + 1, '0')
  const fraction = digits.slice(-DIGITS).replace(/0+$/, '')
  return `${a < 0n ? '-' : ''}${digits.slice(0, -DIGITS)}${fraction === '' ? '' : `.${fraction}`}`
}
