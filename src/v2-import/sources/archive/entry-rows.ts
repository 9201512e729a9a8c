import { CompressionError } from '../compression/compression-error.ts'
import { decompress, type Compression } from '../compression/decompress.ts'
import { CopyEnd } from '../copy-end.ts'
import { CopyRows } from '../copy-rows.ts'
import type { FindingList } from '../finding-list.ts'
import type { RawRow, TableInfo } from '../import-source.ts'
import type { Refuse } from '../source-failure.ts'
import { RowCollector } from '../sql/row-collector.ts'
import { DEFAULT_SETTINGS, SqlReader } from '../sql/sql-reader.ts'
import { sqlLots } from '../sql/sql-source.ts'
import type { TextDecoding } from '../text-decoding.ts'
import type { ArchiveSettings } from './archive-tables.ts'

export interface EntryReading {
  readonly settings: ArchiveSettings
  readonly decoding: TextDecoding
  readonly findings: FindingList
  readonly refuse: Refuse
}

/** The text of an entry and where in the archive its data begins, if it is in the archive. */
export interface EntryText {
  readonly text: AsyncIterable<Buffer>
  readonly begin: number | undefined
}

/** The text of one entry. Damage of the compression is told with the name of the table. */
export async function* entryText(
  stored: AsyncIterable<Buffer>,
  compression: Compression,
  fail: (what: string, cause: unknown) => Error,
): AsyncGenerator<Buffer, void, void> {
  try {
    yield* decompress(stored, compression)
  } catch (error) {
    throw error instanceof CompressionError ? fail(error.message, error) : error
  }
}

/** Rows that stand as COPY text, up to its closing line, without which the data is cut off. */
export async function* copyLots(
  { text, begin }: EntryText,
  table: TableInfo,
  reading: EntryReading,
): AsyncGenerator<readonly RawRow[], void, void> {
  const rows = new CopyRows({ columns: table.columns.length, decoding: reading.decoding, offset: 0, firstNumber: 1 })
  let length = 0
  for await (const chunk of text) {
    const rest = rows.ended ? chunk : undefined
    if (rest === undefined) yield rows.push(chunk)
    length += chunk.length
    const behind = rest ?? (rows.ended ? chunk.subarray(chunk.length - (length - rows.position)) : undefined)
    if (behind !== undefined && behind.toString('latin1').trim() !== '')
      reading.findings.add('unexpected-content', table.key, 'there is text behind the last row; it was not read', rows.position)
  }
  if (rows.ended) return
  throw reading.refuse(
    `the data of table ${table.key}, which begins here, ends after ${rows.nextNumber - 1} rows without its last line`,
    begin,
  )
}

/** The same text as it stands, up to its closing line. */
export async function* copyPieces(
  { text, begin }: EntryText,
  table: TableInfo,
  { refuse }: EntryReading,
): AsyncGenerator<Buffer, void, void> {
  const end = new CopyEnd()
  for await (const chunk of text) {
    const piece = end.before(chunk)
    if (piece.length > 0) yield piece
  }
  if (!end.isReached) throw refuse(`the data of table ${table.key}, which begins here, ends without its last line`, begin)
}

/** Rows that stand as INSERT statements. All of them are the table's, by whatever name it is inserted into. */
export async function* insertLots(
  { text }: EntryText,
  table: TableInfo,
  reading: EntryReading,
): AsyncGenerator<readonly RawRow[], void, void> {
  const { backslashStrings } = reading.settings
  const collector = new RowCollector({
    columns: table.columns.map((column) => column.name),
    accepts: () => true,
    reading: () => ({ decoding: reading.decoding, backslashStrings }),
  })
  const settings = { ...DEFAULT_SETTINGS, encoding: reading.settings.encoding, backslashStrings }
  yield* sqlLots(new SqlReader(collector, reading.refuse, { offset: 0, settings }), collector, text)
}
