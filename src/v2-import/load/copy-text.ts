import type { RawCell } from '../sources/import-source.ts'

const SPECIAL = /[\\\t\n\r]/

/** A cell as the text form of COPY has it. */
export function copyCell(cell: string | number | boolean | null | undefined): string {
  if (cell === null || cell === undefined) return '\\N'
  if (typeof cell === 'boolean') return cell ? 't' : 'f'
  if (typeof cell === 'number') return String(cell)
  return SPECIAL.test(cell) ? escapeText(cell) : cell
}

/** One character at a time over the whole text: several times faster than a callback for each one that is found. */
export function escapeText(text: string): string {
  let escaped = text
  if (escaped.includes('\\')) escaped = escaped.replaceAll('\\', '\\\\')
  if (escaped.includes('\t')) escaped = escaped.replaceAll('\t', '\\t')
  if (escaped.includes('\n')) escaped = escaped.replaceAll('\n', '\\n')
  if (escaped.includes('\r')) escaped = escaped.replaceAll('\r', '\\r')
  return escaped
}

/** A row as one line of COPY, which itself stands as one cell in another: hence all of it is escaped twice. */
export function copyLineAsCell(cells: readonly RawCell[]): string {
  let line = ''
  for (let index = 0; index < cells.length; index += 1) {
    const cell = cells[index]
    if (index > 0) line += '\\t'
    if (cell === null || cell === undefined) line += '\\\\N'
    else line += SPECIAL.test(cell) ? escapeText(escapeText(cell)) : cell
  }
  return line
}

/** Bytes as the hexadecimal form of bytea, to stand in a line of COPY. */
export function copyBytes(bytes: Uint8Array): string {
  return `\\\\x${Buffer.from(bytes).toString('hex')}`
}
