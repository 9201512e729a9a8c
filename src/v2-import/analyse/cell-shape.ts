import type { CellShape } from './source-analysis.ts'

const INTEGER = /^[+-]?\d{1,40}$/
const DECIMAL = /^[+-]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][+-]?\d{1,4})?$/
const CALENDAR = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}|$)/i
const BOOLEANS: ReadonlySet<string> = new Set(['t', 'f', 'true', 'false', 'True', 'False', 'TRUE', 'FALSE'])
const NUMBER_LENGTH_MAX = 90
const BOOLEAN_LENGTH_MAX = 5

const [ZERO, NINE, PLUS, POINT, BRACE, BRACKET] = [0x30, 0x39, 0x2b, 0x2e, 0x7b, 0x5b]

/** What a cell that is not empty looks like. */
export function shapeOf(cell: string): CellShape {
  const first = cell.charCodeAt(0)
  if (first >= PLUS && first <= NINE && (first >= ZERO || first <= POINT)) {
    if (cell.length > NUMBER_LENGTH_MAX) return 'text'
    if (INTEGER.test(cell)) return 'integer'
    if (DECIMAL.test(cell)) return 'decimal'
    return CALENDAR.test(cell) ? 'time' : 'text'
  }
  if (first === BRACE || first === BRACKET) return 'json'
  return cell.length <= BOOLEAN_LENGTH_MAX && BOOLEANS.has(cell) ? 'boolean' : 'text'
}
