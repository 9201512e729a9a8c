import type { RawCell } from '../sources/import-source.ts'

const SPECIAL = /[\\\t\n\r]/
const ALL_SPECIAL = /[\\\t\n\r]/g
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** A cell as the text form of COPY has it. */
export function copyCell(cell: string | number | boolean | null | undefined): string {
  if (cell === null || cell === undefined) return '\\N'
  if (typeof cell === 'boolean') return cell ? 't' : 'f'
  if (typeof cell === 'number') return String(cell)
  return SPECIAL.test(cell) ? escapeText(cell) : cell
}

export function escapeText(text: string): string {
  return text.replace(ALL_SPECIAL, (found) => ESCAPES[found] ?? found)
}

/** A row as one line, without its line end. */
export function copyLine(cells: readonly RawCell[]): string {
  let line = ''
  for (let index = 0; index < cells.length; index += 1) {
    if (index > 0) line += '\t'
    line += copyCell(cells[index])
  }
  return line
}

/** Bytes as the hexadecimal form of bytea, to stand in a line of COPY. */
export function copyBytes(bytes: Uint8Array): string {
  return `\\\\x${Buffer.from(bytes).toString('hex')}`
}
