/** Exact decimals for the checkers: bigint at one fixed scale. Shares no code with `domain/money`. */
const DIGITS = 24
export const ONE = 10n ** BigInt(DIGITS)
const STEPS: readonly bigint[] = Array.from({ length: DIGITS + 1 }, (_, n) => 10n ** BigInt(n))

/** Reads decimal text. Throws for anything else, and for more than 24 digits after the point. */
export function dec(text: string): bigint {
  const point = text.indexOf('.')
  if (point === -1) return BigInt(text) * ONE
  const digits = text.length - point - 1
  const step = STEPS[DIGITS - digits]
  if (step === undefined) throw new Error(`not a decimal the checkers can read: ${text}`)
  return BigInt(text.slice(0, point) + text.slice(point + 1)) * step
}

/** The same of a value in the engine's own form. */
export function decOf({ units, scale }: { readonly units: bigint; readonly scale: number }): bigint {
  const step = STEPS[DIGITS - scale]
  if (step === undefined) throw new Error(`${scale} digits are more than the checkers can read`)
  return units * step
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
  const digits = abs(a)
    .toString()
    .padStart(DIGITS + 1, '0')
  const fraction = digits.slice(-DIGITS).replace(/0+$/, '')
  return `${a < 0n ? '-' : ''}${digits.slice(0, -DIGITS)}${fraction === '' ? '' : `.${fraction}`}`
}
