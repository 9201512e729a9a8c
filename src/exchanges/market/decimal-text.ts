/** Digits a double can hold for certain. More of them are the print of a double, not of a price. */
const SIGNIFICANT_DIGITS_MAX = 15
const DECIMAL = /^(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2}))?$/

/**
 * Plain decimal text of a number as tables hold it, without needless zeros: `46385.50` → `46385.5`, `5.33e-05` →
 * `0.0000533`, `0.07545453000000001` (a printed double) → `0.07545453`. Undefined when it is not a finite decimal of 0 or more.
 */
export function plainDecimal(text: string): string | undefined {
  const match = DECIMAL.exec(text)
  if (match === null) return undefined
  const [, whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  const point = whole.length + Number(exponent) - (whole.length + fraction.length - digits.length)
  const rounded = roundDigits(digits)
  return place(rounded.digits, point + rounded.carry)
}

function roundDigits(digits: string): { readonly digits: string; readonly carry: number } {
  if (digits.length <= SIGNIFICANT_DIGITS_MAX) return { digits, carry: 0 }
  const up = digits.charCodeAt(SIGNIFICANT_DIGITS_MAX) >= '5'.charCodeAt(0)
  const kept = (BigInt(digits.slice(0, SIGNIFICANT_DIGITS_MAX)) + (up ? 1n : 0n)).toString()
  return { digits: kept, carry: kept.length - SIGNIFICANT_DIGITS_MAX }
}

/** Sets the point behind the first `point` digits (it may lie outside them). */
function place(digits: string, point: number): string {
  if (digits === '') return '0'
  const padded = digits.padEnd(point, '0')
  const whole = point > 0 ? padded.slice(0, point) : '0'
  const fraction = (point > 0 ? padded.slice(point) : '0'.repeat(-point) + padded).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}
