import { basename } from 'node:path'
import { tableKey, type RawRow, type TableInfo } from '../import-source.ts'
import { CHUNK_BYTES } from '../limits.ts'
import { rowDamage } from '../row-batches.ts'
import { refuseFile, type Refuse } from '../source-failure.ts'
import { TextBytes } from '../text-bytes.ts'
import type { TextDecoding } from '../text-decoding.ts'
import { csvColumns, detectDelimiter, type Delimiter } from './csv-header.ts'
import { decodeCsvRecord } from './csv-record.ts'
import { CsvRecords, type CsvRecord } from './csv-records.ts'

const ADVICE = 'Export the table again as CSV with a header, in UTF-8.'
/** The export of a v2 installation is called `v2_TABLE.csv`. */
const FILE_NAME = /^(?:v2_)?(?<table>.+?)\.(?:csv|tsv)(?:\.gz)?$/i
const UTF16_MARKS = ['fffe', 'feff']

export function isCsvName(name: string): boolean {
  return FILE_NAME.test(name)
}

/** One CSV file: its table and how to read it. */
export interface CsvFile {
  readonly table: TableInfo
  readonly delimiter: Delimiter
  readonly bytes: TextBytes
  readonly refuse: Refuse
  /** Offset behind the mark of UTF-8, if there is one. */
  readonly start: number
}

/** Opens a CSV file and reads its header, which may have at most `CHUNK_BYTES`. Throws `AppError`. */
export async function openCsvFile(path: string, decoding: TextDecoding): Promise<CsvFile> {
  const refuse = refuseFile(path, ADVICE)
  const bytes = await TextBytes.open(path, refuse)
  try {
    const start = await bytes.markLength()
    const beginning = await firstBytes(bytes, start)
    if (UTF16_MARKS.includes(beginning.subarray(0, 2).toString('hex'))) throw refuse('it is in UTF-16, only UTF-8 is read', 0)
    // The header is read with each delimiter's rule of quotes: where it ends depends on quotes alone in practice.
    const delimiter = detectDelimiter(beginning.toString('latin1').split('\n', 1)[0] ?? '')
    const records = new CsvRecords(delimiter, start)
    const [complete] = records.push(beginning)
    const header = complete ?? (beginning.length < CHUNK_BYTES ? records.finish() : { openQuote: start })
    if (header === undefined) throw refuse('it is empty', start)
    if ('openQuote' in header) throw refuse('its header does not end', start)
    const name = FILE_NAME.exec(basename(path))?.groups?.['table'] ?? basename(path)
    const columns = csvColumns(header, delimiter, decoding, refuse).map((column) => ({ name: column, type: undefined }))
    const table = { key: tableKey('public', name), schema: 'public', name, columns, primaryKey: [], rowCount: undefined }
    return { table: { ...table, origin: basename(path) }, delimiter, bytes, refuse, start }
  } catch (error) {
    await bytes.close()
    throw error
  }
}

async function firstBytes(bytes: TextBytes, start: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const chunk of bytes.stream(start, start + CHUNK_BYTES)) parts.push(chunk)
  return Buffer.concat(parts)
}

/** The rows of a CSV file lot by lot. */
export async function* csvLots(file: CsvFile, decoding: TextDecoding, signal?: AbortSignal): AsyncGenerator<readonly RawRow[], void, void> {
  const records = new CsvRecords(file.delimiter, file.start)
  const width = file.table.columns.length
  let number = 0
  const rowsOf = (found: readonly CsvRecord[]): readonly RawRow[] => {
    const rows: RawRow[] = []
    for (const record of found) {
      // A line without anything is no row, except where a row has but one cell, which may be NULL.
      if (record.bytes.length === 0 && width > 1) continue
      if (number > 0) rows.push(rowOf(record, number, file, decoding))
      number += 1
    }
    return rows
  }
  for await (const chunk of file.bytes.stream(file.start, undefined, signal)) yield rowsOf(records.push(chunk))
  const last = records.finish()
  if (last === undefined) return
  if ('openQuote' in last) throw file.refuse('a quoted cell of the row that begins here never ends', last.openQuote)
  yield rowsOf([last])
}

function rowOf(record: CsvRecord, number: number, file: CsvFile, decoding: TextDecoding): RawRow {
  const { offset, bytes, length } = record
  const damaged = (damage: RawRow['damage']): RawRow => ({ number, offset, cells: [], damage })
  if (length > bytes.length + 2) return damaged(rowDamage('row-too-long', `the row has ${length} bytes, which is too long`, bytes))
  const cells = decodeCsvRecord(bytes, file.delimiter, decoding)
  if ('rule' in cells) return damaged(cells)
  if (cells.length === file.table.columns.length) return { number, offset, cells, damage: undefined }
  return damaged(rowDamage('wrong-cell-count', `the row has ${cells.length} cells, which do not fit the columns`, bytes))
}
