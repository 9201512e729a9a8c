import { COLUMNS_MAX } from './limits.ts'
import { rowDamage } from './row-batches.ts'
import type { RawCell, RowDamage } from './import-source.ts'
import type { TextDecoding } from './text-decoding.ts'

const BACKSLASH = 0x5c
const TAB = 0x09
/** Any backslash but that of a cell that is `\N` and nothing else. */
const ESCAPE_BUT_NULL = /\\(?!N(?:\t|$))|(?<=[^\t])\\N/
/** Escapes that make a byte, or stand before a tab or the end of the row: rare, and only right when done byte by byte. */
const BYTE_ESCAPE = /\\(?:[0-7x\t\n]|$)/
/** What stands behind a backslash where `copyLine` writes one. */
const OWN_ESCAPES = '\\tnr'
const NEEDS_ESCAPE = /[\\\t\n\r]/

const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/** A row of COPY: its cells, and its text where that is what `copyLine` makes of the cells. */
export interface CopyRow {
  readonly cells: readonly RawCell[]
  readonly line: string | undefined
}

/** The cells of one row of COPY text (without its line end), or its damage. `columns` undefined: any number of cells. */
export function decodeCopyLine(line: Buffer, columns: number | undefined, decoding: TextDecoding): readonly RawCell[] | RowDamage {
  const row = decodeCopyRow(line, columns, decoding)
  return 'rule' in row ? row : row.cells
}

/** As `decodeCopyLine`, of a row in which no bare carriage return stands. */
export function decodeCopyRow(line: Buffer, columns: number | undefined, decoding: TextDecoding): CopyRow | RowDamage {
  const text = decoding.decode(line)
  if (text === undefined) return rowDamage('invalid-encoding', `the row is not valid ${decoding.name}`, line)
  let cells: readonly RawCell[] | RowDamage
  const most = (columns ?? COLUMNS_MAX) + 1
  let isBytewise = false
  let isOwn = true
  if (!ESCAPE_BUT_NULL.test(text)) {
    const split: RawCell[] = text.split('\t', most)
    for (let index = 0; index < split.length; index += 1) if (split[index] === '\\N') split[index] = null
    cells = split
  } else if (BYTE_ESCAPE.test(text)) {
    isBytewise = true
    isOwn = false
    cells = decodeBytewise(line, decoding, most)
  } else {
    const split: RawCell[] = text.split('\t', most)
    isOwn = decodeCells(split)
    cells = split
  }
  if (!Array.isArray(cells)) return cells as RowDamage
  if (columns !== undefined && cells.length !== columns) {
    // A table without columns has empty lines as rows.
    if (columns === 0 && line.length === 0) return { cells: [], line: '' }
    return rowDamage(
      'wrong-cell-count',
      `the row has ${cells.length}${cells.length === most ? ' or more' : ''} cells, which do not fit the columns`,
      line,
    )
  }
  // An escape makes that byte only where it is done byte by byte.
  if (isBytewise ? cells.some((cell: RawCell) => cell?.includes('\0') === true) : text.includes('\0'))
    return rowDamage('nul-byte', 'a cell holds the byte 0', line)
  return { cells: cells as readonly RawCell[], line: isOwn ? text : undefined }
}

/** Cells as one row of COPY, without its line end. */
export function copyLine(cells: readonly RawCell[]): string {
  return cells.map((cell) => (cell === null ? '\\N' : NEEDS_ESCAPE.test(cell) ? escapeCell(cell) : cell)).join('\t')
}

/** One character at a time over the whole text: several times faster than a callback for each one that is found. */
function escapeCell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
}

/** Decodes in place. Whether `copyLine` would write every one of them the same way again. */
function decodeCells(cells: RawCell[]): boolean {
  let isOwn = true
  for (let index = 0; index < cells.length; index += 1) {
    const raw = cells[index]
    if (raw === '\\N') cells[index] = null
    else if (raw?.includes('\\') === true) {
      cells[index] = decodeCell(raw)
      isOwn &&= hasOwnEscapes(raw)
    }
  }
  return isOwn
}

function hasOwnEscapes(raw: string): boolean {
  for (let at = raw.indexOf('\\'); at !== -1; at = raw.indexOf('\\', at + 2)) if (!OWN_ESCAPES.includes(raw.charAt(at + 1))) return false
  return true
}

function decodeCell(raw: string): string {
  let at = raw.indexOf('\\')
  let cell = ''
  let from = 0
  while (at !== -1) {
    const escaped = raw.charAt(at + 1)
    cell += raw.slice(from, at) + (ESCAPED[escaped] ?? escaped)
    from = at + 2
    at = raw.indexOf('\\', from)
  }
  return cell + raw.slice(from)
}

function decodeBytewise(line: Buffer, decoding: TextDecoding, most: number): readonly RawCell[] | RowDamage {
  const cells: RawCell[] = []
  for (const raw of splitAtTabs(line, most)) {
    if (raw.length === 2 && raw[0] === BACKSLASH && raw[1] === 0x4e) {
      cells.push(null)
      continue
    }
    const bytes = unescapeBytes(raw)
    if (bytes === undefined) return rowDamage('bad-escape', 'a cell ends in the middle of an escape', line)
    const cell = decoding.decode(bytes)
    if (cell === undefined) return rowDamage('invalid-encoding', `escaped bytes of a cell are not valid ${decoding.name}`, line)
    cells.push(cell)
  }
  return cells
}

/** Cuts at tabs that no backslash stands before, at most so often that a row of too many cells shows. */
function splitAtTabs(line: Buffer, most: number): readonly Buffer[] {
  const cells: Buffer[] = []
  let start = 0
  for (let at = 0; at < line.length && cells.length < most; at += 1) {
    if (line[at] === BACKSLASH) at += 1
    else if (line[at] === TAB) {
      cells.push(line.subarray(start, at))
      start = at + 1
    }
  }
  cells.push(line.subarray(start))
  return cells
}

const BYTE_OF: Readonly<Record<number, number>> = { 0x62: 8, 0x66: 12, 0x6e: 10, 0x72: 13, 0x74: 9, 0x76: 11 }

function unescapeBytes(raw: Buffer): Buffer | undefined {
  const bytes = Buffer.alloc(raw.length)
  let length = 0
  for (let at = 0; at < raw.length; at += 1) {
    let value = raw[at] ?? 0
    if (value === BACKSLASH) {
      at += 1
      const escaped = raw[at]
      if (escaped === undefined) return undefined
      const number = numericEscape(raw, at)
      value = number?.value ?? BYTE_OF[escaped] ?? escaped
      at += (number?.digits ?? 1) - 1
    }
    bytes[length] = value
    length += 1
  }
  return bytes.subarray(0, length)
}

/** `\ooo` (one to three octal digits) or `\xhh` (one or two hexadecimal ones); `digits` counts the `x` too. */
function numericEscape(raw: Buffer, at: number): { readonly value: number; readonly digits: number } | undefined {
  const hexadecimal = raw[at] === 0x78
  const [base, first, most] = hexadecimal ? [16, at + 1, 2] : [8, at, 3]
  let [value, count] = [0, 0]
  while (count < most) {
    const digit = digitOf(raw[first + count])
    if (digit >= base) break
    value = value * base + digit
    count += 1
  }
  return count === 0 ? undefined : { value: value & 0xff, digits: count + (hexadecimal ? 1 : 0) }
}

function digitOf(byte: number | undefined): number {
  if (byte === undefined) return Number.POSITIVE_INFINITY
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : Number.POSITIVE_INFINITY
}
