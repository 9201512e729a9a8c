import type { ImportedRecord, Note, Verdict } from '../mapping/imported-records.ts'
import type { CopyBuffers } from '../run/copy-buffers.ts'
import { copyLine } from '../sources/copy-line.ts'
import type { RawCell, RawRow } from '../sources/import-source.ts'
import { RECORD_TABLES, type RecordTable, SENT_WITH_ROWS } from './record-columns.ts'

/** What is not named here is the same for all rows of a table: the staging has it as a default. */
const ROW_COLUMNS = 'row_key, number, outcome, rule, column_name, reason, line, bytes'
const [BETWEEN, QUOTE] = ['\u0001', '\u0002']
const EMPTY = QUOTE + QUOTE
/** Cells are parted by characters that hardly any text holds: so a row of COPY can stand in one as it is. Between two of them is NULL. */
const CSV = String.raw`FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02', ESCAPE E'\x02'`
/** As the lines of a `RowWriter` go to tables that were made in the same transaction, so that nobody has to look again whether they count. */
export const STAGED_FORM = `WITH (${CSV}, FREEZE)`
/** Line ends in a cell, as they stand in a row of COPY. */
const [LINE_FEED, CARRIAGE_RETURN] = [String.raw`\n`, String.raw`\r`]
const QUOTE_IN_JSON = String.raw`\"`
const TO_BE_QUOTED = new RegExp(`[${BETWEEN}${QUOTE}\r\n]`)
/** What JSON may have to escape, with quotes and but for them. */
const NOT_PLAIN = /[^ !#-[\]-\uD7FF\uE000-\uFFFF]/
const BEYOND_QUOTES = /[^ -[\]-\uD7FF\uE000-\uFFFF]/

export interface Counted extends Note {
  readonly count: number
}

interface RecordTarget extends RecordTable {
  readonly buffers: CopyBuffers
  readonly into: string
}

/** Turns the rows of one table and their verdicts into lines of COPY, in the form `STAGED_FORM`. */
export class RowWriter {
  readonly #rows: CopyBuffers
  readonly #rowsInto: string
  readonly #targets: ReadonlyMap<string, RecordTarget>
  readonly #notes = new Map<Note, number>()
  readonly #names = new Map<string, string>()

  constructor(schema: string, { rows, records }: { readonly rows: CopyBuffers; readonly records: CopyBuffers }) {
    this.#rows = rows
    this.#rowsInto = `"${schema}".rows (${ROW_COLUMNS})`
    const targets = Object.entries(RECORD_TABLES).map(([kind, table]) => {
      const into = `"${schema}".${table.name} (${['row_key', 'part', ...table.columns, 'extras'].join(', ')})`
      return [kind, { ...table, into, buffers: SENT_WITH_ROWS.has(table.name) ? rows : records }] as const
    })
    this.#targets = new Map(targets)
  }

  write(row: RawRow, key: string, verdict: Verdict): void {
    const { number, line, bytes } = row
    const rowKey = csvCell(key)
    const head = `${rowKey}${BETWEEN}${number}${BETWEEN}${verdict.outcome}${BETWEEN}${reasonCells(verdict)}${BETWEEN}`
    const isAsItIs = line !== undefined && isUnquoted(line)
    if (isAsItIs && bytes !== undefined) this.#rows.addAround(this.#rowsInto, [head, bytes, `${BETWEEN}\n`])
    else this.#rows.add(this.#rowsInto, `${head}${contentCells(row)}\n`)
    if (verdict.outcome !== 'mapped') return
    const isPlain = isAsItIs && !line.includes(LINE_FEED) && !line.includes(CARRIAGE_RETURN)
    for (const record of verdict.records) this.#writeRecord(record, rowKey, isPlain)
    for (const note of verdict.notes) this.#notes.set(note, (this.#notes.get(note) ?? 0) + 1)
  }

  notes(): readonly Counted[] {
    return [...this.#notes].map(([note, count]) => ({ ...note, count }))
  }

  /** `isPlain`: no cell of its row holds what has to be quoted, and so none of its fields, which are made of nothing else. */
  #writeRecord(record: ImportedRecord, rowKey: string, isPlain: boolean): void {
    const target = this.#targets.get(record.kind)
    if (target === undefined) throw new Error(`there is no table for ${record.kind}`)
    let line = `${rowKey}${BETWEEN}${target.part(record)}`
    for (const read of target.values) {
      const value = read(record)
      if (value === undefined) line += BETWEEN
      else if (typeof value === 'string') line += isPlain && value !== '' ? `${BETWEEN}${value}` : `${BETWEEN}${csvCell(value)}`
      else if (typeof value === 'number') line += `${BETWEEN}${value}`
      else line += value ? `${BETWEEN}t` : `${BETWEEN}f`
    }
    target.buffers.add(target.into, `${line}${BETWEEN}${this.#extrasText(record)}\n`)
  }

  /** As `JSON.stringify` would write it; nothing in it has to be quoted. */
  #extrasText({ extras }: ImportedRecord): string {
    let text = ''
    for (const name in extras) {
      const separator = text === '' ? '{' : ','
      text += `${separator}${this.#names.get(name) ?? this.#nameText(name)}${jsonText(extras[name])}`
    }
    return text === '' ? '{}' : `${text}}`
  }

  #nameText(name: string): string {
    const text = `${JSON.stringify(name)}:`
    this.#names.set(name, text)
    return text
  }
}

function csvCell(cell: RawCell | undefined): string {
  if (cell === null || cell === undefined) return ''
  if (cell === '') return EMPTY
  return TO_BE_QUOTED.test(cell) ? `${QUOTE}${cell.replaceAll(QUOTE, EMPTY)}${QUOTE}` : cell
}

/** Whether a text without line ends can stand in a cell as it is. */
function isUnquoted(line: string): boolean {
  return line !== '' && !line.includes(BETWEEN) && !line.includes(QUOTE)
}

function jsonText(cell: RawCell | undefined): string {
  if (cell === null || cell === undefined) return 'null'
  if (!NOT_PLAIN.test(cell)) return `"${cell}"`
  // A text that is JSON itself, mostly: its quotes are all that has to be escaped.
  return BEYOND_QUOTES.test(cell) ? JSON.stringify(cell) : `"${cell.replaceAll('"', QUOTE_IN_JSON)}"`
}

/** Rule, column and reason. */
function reasonCells(verdict: Verdict): string {
  if (verdict.outcome === 'parked') return `${verdict.rule}${BETWEEN}${csvCell(verdict.column)}${BETWEEN}${csvCell(verdict.reason)}`
  if (verdict.outcome === 'skipped') return `${verdict.rule}${BETWEEN}${BETWEEN}${csvCell(verdict.reason)}`
  return `${BETWEEN}${BETWEEN}`
}

/** The row as one line of COPY; or the bytes of a damaged one, as the hexadecimal form of bytea. */
function contentCells({ cells, damage, line }: RawRow): string {
  if (damage !== undefined) return `${BETWEEN}\\x${Buffer.from(damage.bytes).toString('hex')}`
  return `${csvCell(line ?? copyLine(cells))}${BETWEEN}`
}
