import * as fixed from '#domain/money/fixed.ts'

/** How a language writes numbers. The narrow no-break space keeps groups together without a line break. */
export interface NumberStyle {
  readonly group: string
  readonly point: string
}
export type Language = 'en' | 'ru'
export const NUMBER_STYLES: Readonly<Record<Language, NumberStyle>> = {
  en: { group: ',', point: '.' },
  ru: { group: '\u202f', point: ',' },
}

/** The typographic minus: as wide as a digit, unlike the hyphen. */
const MINUS = '\u2212'
const DECIMAL = /^-?\d+(\.\d+)?$/

export function isDecimal(text: string): boolean {
  return text.length <= 80 && DECIMAL.test(text)
}

export interface DecimalOptions {
  /** Digits after the point: rounded half-even when there are more, filled with zeros when there are fewer. Absent: as it is. */
  readonly digits?: number | undefined
  /** Writes `+` before what is above zero. */
  readonly signed?: boolean | undefined
  /** Drops zeros behind the last digit that counts. */
  readonly trim?: boolean | undefined
}

function grouped(whole: string, group: string): string {
  let text = ''
  for (let i = 0; i < whole.length; i += 1) text += i > 0 && (whole.length - i) % 3 === 0 ? group + whole[i] : whole[i]
  return text
}

function rounded(text: string, { digits, trim }: DecimalOptions): string {
  const value = fixed.parse<'Shown'>(text)
  const cut = digits === undefined ? value : fixed.roundToScale(value, Math.min(digits, fixed.SCALE_MAX), 'half-even')
  if (trim === true) return fixed.format(fixed.trim(cut))
  const missing = Math.max(0, (digits ?? 0) - cut.scale)
  const plain = fixed.format(cut)
  return missing === 0 ? plain : `${plain}${cut.scale === 0 ? '.' : ''}${'0'.repeat(missing)}`
}

/** Decimal text for people. Never passes through a float; what is not a decimal is shown as it is. */
export function formatDecimal(text: string, style: NumberStyle, options: DecimalOptions = {}): string {
  if (!isDecimal(text)) return text
  const plain = rounded(text, options)
  const negative = plain.startsWith('-')
  const [whole = '0', fraction] = (negative ? plain.slice(1) : plain).split('.')
  const zero = /^0*$/.test(whole) && /^0*$/.test(fraction ?? '')
  const sign = zero ? '' : negative ? MINUS : options.signed === true ? '+' : ''
  return `${sign}${grouped(whole, style.group)}${fraction === undefined ? '' : style.point + fraction}`
}

/** −1, 0 or 1. */
export function signOf(text: string | null | undefined): -1 | 0 | 1 {
  if (text === null || text === undefined || !isDecimal(text) || !/[1-9]/.test(text)) return 0
  return text.startsWith('-') ? -1 : 1
}

/** Digits after the point that a step such as a tick size asks for: `0.50` → 1. */
export function scaleOfStep(step: string): number {
  return fixed.trim(fixed.parse(step)).scale
}

/** `part / whole` in percent with `digits` digits, exact and rounded half-even; undefined when the whole is zero. */
export function percentOf(part: string, whole: string, digits: number): string | undefined {
  const divisor = fixed.parse<'Whole'>(whole)
  if (divisor.units === 0n) return undefined
  const hundredfold = fixed.multiply<'Part'>(fixed.parse(part), fixed.make(100n, 0))
  return fixed.format(fixed.divide(hundredfold, divisor, digits, 'half-even'))
}

export function subtractDecimal(a: string, b: string): string {
  return fixed.format(fixed.trim(fixed.subtract(fixed.parse<'Any'>(a), fixed.parse<'Any'>(b))))
}

export function addDecimal(a: string, b: string): string {
  return fixed.format(fixed.trim(fixed.add(fixed.parse<'Any'>(a), fixed.parse<'Any'>(b))))
}

/** Reads what a person typed, in either language's writing, as plain decimal text; undefined when it is no number. */
export function readDecimal(typed: string): string | undefined {
  const plain = typed.replace(/[\s\u202f\u00a0]/g, '').replace(/^\u2212/, '-')
  const point = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain) ? plain.replaceAll(',', '') : plain.replace(',', '.')
  return isDecimal(point) ? point : undefined
}
