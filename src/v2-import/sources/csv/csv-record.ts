import type { RawCell, RowDamage } from '../import-source.ts'
import { COLUMNS_MAX } from '../limits.ts'
import { rowDamage } from '../row-batches.ts'
import type { TextDecoding } from '../text-decoding.ts'

const QUOTE = '"'

/**
 * The cells of one record (without its line end). An empty cell without quotes is NULL, `""` the empty text, as in
 * Postgres; of more than `COLUMNS_MAX` cells one more is given, to be refused. A quote inside an unquoted cell, or text behind a closing quote, is damage.
 */
export function decodeCsvRecord(record: Buffer, delimiter: string, decoding: TextDecoding): readonly RawCell[] | RowDamage {
  const text = decoding.decode(record)
  if (text === undefined) return rowDamage('invalid-encoding', `the row is not valid ${decoding.name}`, record)
  if (text.includes('\0')) return rowDamage('nul-byte', 'the row holds the byte 0', record)
  if (!text.includes(QUOTE)) return text.split(delimiter, COLUMNS_MAX + 1).map((cell) => (cell === '' ? null : cell))
  const cells: RawCell[] = []
  let at = 0
  while (at <= text.length && cells.length <= COLUMNS_MAX) {
    if (text[at] === QUOTE) {
      const end = closingQuote(text, at + 1)
      const next = end + 1
      if (end === -1 || (next < text.length && text[next] !== delimiter))
        return rowDamage('bad-quoting', `cell ${cells.length + 1} of the row is not quoted as CSV demands`, record)
      const cell = text.slice(at + 1, end)
      cells.push(cell.includes(QUOTE) ? cell.replaceAll('""', QUOTE) : cell)
      at = next + 1
    } else {
      const found = text.indexOf(delimiter, at)
      const end = found === -1 ? text.length : found
      const cell = text.slice(at, end)
      if (cell.includes(QUOTE)) return rowDamage('bad-quoting', `cell ${cells.length + 1} of the row has a quote inside`, record)
      cells.push(cell === '' ? null : cell)
      at = end + 1
    }
  }
  return cells
}

/** A quote that no second one follows; -1 if there is none. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf(QUOTE, from)
  while (at !== -1 && text[at + 1] === QUOTE) at = text.indexOf(QUOTE, at + 2)
  return at
}
