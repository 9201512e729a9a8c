import type { ColumnInfo } from '../import-source.ts'
import { decodeInsertRow } from '../sql/insert-row.ts'
import { DEFAULT_SETTINGS, SqlReader, type RowsHeader, type SqlVisitor } from '../sql/sql-reader.ts'
import type { ScannedPiece } from '../sql/statement-scanner.ts'
import type { ArchiveTable } from './archive-tables.ts'
import type { EntryReading } from './entry-rows.ts'

/** The table with the columns of its INSERTs: those the first one names, else those of its definition, else column1, column2 … */
export async function learnColumns(table: ArchiveTable, text: AsyncIterable<Buffer>, reading: EntryReading): Promise<ArchiveTable> {
  const first = new FirstInsert(reading)
  const settings = { ...DEFAULT_SETTINGS, encoding: reading.settings.encoding, backslashStrings: reading.settings.backslashStrings }
  const reader = new SqlReader(first, reading.refuse, { offset: 0, settings })
  for await (const chunk of text) {
    reader.push(chunk)
    if (first.width !== undefined) break
  }
  const declared = table.info.columns
  if (first.header?.columns === undefined && (declared.length > 0 || first.width === undefined)) return table
  const names = first.header?.columns ?? Array.from({ length: first.width ?? 0 }, (_, index) => `column${index + 1}`)
  if (first.header?.columns === undefined) {
    const message = 'neither the rows nor a CREATE TABLE name its columns; they are called column1, column2 …'
    reading.findings.add('columns-unknown', table.info.key, message)
  }
  const types = new Map(declared.map((column) => [column.name, column.type]))
  const columns = names.map((name): ColumnInfo => ({ name, type: types.get(name) }))
  return { ...table, info: { ...table.info, columns } }
}

class FirstInsert implements SqlVisitor {
  readonly #reading: EntryReading
  header: RowsHeader | undefined
  /** Values in the first row; undefined before it was seen. */
  width: number | undefined

  constructor(reading: EntryReading) {
    this.#reading = reading
  }

  insert(header: RowsHeader): void {
    this.header ??= header
  }

  insertRow(piece: ScannedPiece): void {
    if (this.width !== undefined) return
    const { decoding, settings } = this.#reading
    const cells = decodeInsertRow(piece.bytes, { decoding, backslashStrings: settings.backslashStrings })
    this.width = 'rule' in cells ? 0 : cells.length
  }

  statement(): void {
    // Only the first INSERT matters.
  }

  copy(header: RowsHeader): ReturnType<SqlVisitor['copy']> {
    this.header ??= header
    return { columns: undefined, firstNumber: 1, decodes: false }
  }

  copyRows(): void {
    this.width ??= 0
  }

  copyEnd(): void {
    this.width ??= 0
  }

  insertEnd(): void {
    // The next one may follow.
  }
}
