import { SCALE_MAX } from '#domain/money/fixed.ts'
import { quoted, type CellFault } from '../rules.ts'

/** Digits of a number, those of an expanded exponent included; as many as the exact decimals of this program can carry. */
const DIGITS_MAX = 60
const SHAPE = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,4}))?$/
const [ZERO, NINE, POINT, MINUS] = [0x30, 0x39, 0x2e, 0x2d]

/**
 * A decimal with every digit of the source: `24.00000000` stays, `1e-05` becomes `0.00001`, `+.5` becomes `0.5`. What comes out is
 * spelled as Postgres spells a NUMERIC, so it goes through one unchanged. NaN, infinities and separators are faults.
 */
export function readDecimal(text: string): string | CellFault {
  return isPlain(text) ? text : expand(text)
}

/** A whole number; `12.0` is one, as exports by pandas write it. */
export function readInteger(text: string): number | CellFault {
  const decimal = readDecimal(text)
  if (typeof decimal !== 'string') return decimal
  const value = Number(decimal)
  const point = decimal.indexOf('.')
  if (Number.isSafeInteger(value) && (point === -1 || /^0*$/.test(decimal.slice(point + 1)))) return value
  return { rule: 'not-an-integer', reason: `${quoted(text)} is not a whole number` }
}

/** Digits with at most one point inside, no needless zero in front, no minus before zero: nothing to be changed. */
function isPlain(text: string): boolean {
  const { length } = text
  const first = text.charCodeAt(0) === MINUS ? 1 : 0
  if (length === first || length > DIGITS_MAX) return false
  let point = -1
  let hasValue = false
  for (let at = first; at < length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === POINT && point === -1 && at > first && at < length - 1) point = at
    else if (code > ZERO && code <= NINE) hasValue = true
    else if (code !== ZERO) return false
  }
  if (first === 1 && !hasValue) return false
  if (point !== -1 && length - point - 1 > SCALE_MAX) return false
  const whole = (point === -1 ? length : point) - first
  return whole === 1 || text.charCodeAt(first) !== ZERO
}

function expand(text: string): string | CellFault {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = SHAPE.exec(text.trim()) ?? []
  if (whole === '' && fraction === '') return { rule: 'not-a-decimal', reason: `${quoted(text)} is not a number` }
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  const tooMany: CellFault = { rule: 'too-many-digits', reason: `${quoted(text)} has more digits than a number may have here` }
  if (digits.length > DIGITS_MAX || point > DIGITS_MAX || digits.length - point > SCALE_MAX) return tooMany
  const padded = digits.padEnd(point, '0').padStart(digits.length - Math.min(point, 0), '0')
  const split = Math.max(point, 0)
  const before = padded.slice(0, split).replace(/^0+(?=\d)/, '') || '0'
  const after = padded.slice(split)
  if (before.length + after.length > DIGITS_MAX) return tooMany
  const value = after === '' ? before : `${before}.${after}`
  return sign === '-' && /[1-9]/.test(digits) ? `-${value}` : value
}
