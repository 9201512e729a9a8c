/** Reads what a venue sent without trusting any of it. Throws `RangeError` naming the field that is not as documented. */

export type Row = Readonly<Record<string, unknown>>

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function rowIn(parent: unknown, name: string): Row {
  const value = isRow(parent) ? parent[name] : undefined
  if (!isRow(value)) throw new RangeError(`${name} is not an object`)
  return value
}

export function listIn(parent: Row, name: string): readonly unknown[] {
  const value = parent[name]
  if (!Array.isArray(value)) throw new RangeError(`${name} is not a list`)
  return value
}

export function textIn(row: Row, name: string): string {
  const value = row[name]
  if (typeof value !== 'string') throw new RangeError(`${name} is not text`)
  return value
}

/** Decimal text; a JSON number is refused, for it may have lost digits already. */
export function decimalIn(row: Row, name: string): string {
  const text = textIn(row, name)
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new RangeError(`${name} is not a decimal: ${text.slice(0, 40)}`)
  return text
}

/** Undefined for what venues write when there is nothing: an empty text, or zero. */
export function positiveIn(row: Row, name: string): string | undefined {
  const value = row[name]
  if (value === undefined || value === '') return undefined
  const text = decimalIn(row, name)
  return /^-?0+(\.0+)?$/.test(text) ? undefined : text
}

/** Whole milliseconds, as text or as a number. */
export function timeIn(row: Row, name: string): number {
  const value = Number(row[name])
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} is not a time: ${String(row[name]).slice(0, 40)}`)
  return value
}

/** Text, or nothing where the field is absent or something else: for words that are only shown. */
export function wordsIn(row: Row, name: string): string {
  const value = row[name]
  return typeof value === 'string' ? value : ''
}
