/** Digits after the point that are kept; the domain's decimals take no more. */
const SCALE_MAX = 30
const TEXT_LENGTH_MAX = 80

/**
 * A number as plain decimal text: the shortest digits that read back as the same number, never with an exponent
 * (`1e-7` becomes `0.0000001`). Digits beyond the 30th after the point are cut. This is the one place where a strategy's
 * floats become money text. Throws `RangeError` for NaN, infinities and numbers of more than 80 characters.
 */
export function decimalText(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not a quantity or price`)
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value))
  if (match === null) throw new RangeError(`${value} is not a quantity or price`)
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] = match
  const shift = Number(exponent)
  const digits = whole + fraction
  const point = whole.length + shift
  const left = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  const right = (point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits).slice(0, SCALE_MAX).replace(/0+$/, '')
  const text = right === '' ? left : `${left}.${right}`
  if (text.length > TEXT_LENGTH_MAX) throw new RangeError(`${value} has too many digits for a quantity or price`)
  return text === '0' ? '0' : sign + text
}
