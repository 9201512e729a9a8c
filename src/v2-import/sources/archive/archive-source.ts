import { AppError } from '#domain/errors.ts'
import { ByteCursor } from '../byte-cursor.ts'
import type { ByteFile } from '../byte-file.ts'
import type { Compression } from '../compression/decompress.ts'
import { FindingList } from '../finding-list.ts'
import type { ImportSource, RawRow, ReadOptions, SourceFinding, SourceIdentity, TableInfo } from '../import-source.ts'
import { inBatches } from '../row-batches.ts'
import { refuseFile, type Refuse } from '../source-failure.ts'
import { textDecoding, UTF8 } from '../text-decoding.ts'
import { readArchiveContents, type ArchiveEntry } from './archive-contents.ts'
import { ARCHIVE_FORMAT, readArchiveHeader, type ArchiveHeader } from './archive-header.ts'
import { archiveSettings, archiveTables, type ArchiveTable } from './archive-tables.ts'
import { copyLots, copyPieces, entryText, insertLots, type EntryReading, type EntryText } from './entry-rows.ts'
import { learnColumns } from './learn-columns.ts'

const ADVICE = 'Make the dump again with: pg_dump --format=custom (or give the plain SQL or CSV files).'

export interface StoredEntry {
  /** As stored: still compressed. */
  readonly bytes: AsyncIterable<Buffer>
  readonly compression: Compression
  /** Offset in the archive, if it is in the archive. */
  readonly begin: number | undefined
}

/** Where the data of entries is kept: in the archive itself or in files beside it. */
export interface EntryStore {
  open(entry: ArchiveEntry, signal?: AbortSignal): Promise<StoredEntry>
  readonly files: SourceIdentity['files']
  close(): Promise<void>
}

export interface ArchiveParts {
  readonly header: ArchiveHeader
  readonly entries: readonly ArchiveEntry[]
  readonly store: EntryStore
  readonly identity: Pick<SourceIdentity, 'kind' | 'location' | 'description'>
  readonly refuse: Refuse
}

/** Reads header and table of contents of an archive file; the cursor then stands behind them. */
export async function readArchiveStart(file: ByteFile, refuse: Refuse) {
  const bytes = new ByteCursor(file, 0, refuse)
  const { header, cursor } = await readArchiveHeader(bytes, refuse)
  const entries = await readArchiveContents(cursor, header, refuse)
  return { header, entries, cursor }
}

export function refuseArchive(path: string): Refuse {
  return refuseFile(path, ADVICE)
}

export function describeArchive(header: ArchiveHeader): string {
  const form = header.format === ARCHIVE_FORMAT.custom ? 'custom' : 'directory'
  const compression = header.compression === 'zlib' ? 'gzip' : header.compression
  return `pg_dump archive 1.${header.version}, ${form} format, compression ${compression}`
}

/** The tables of an archive whose start has been read. Throws `AppError`. */
export async function openArchive(parts: ArchiveParts, signal?: AbortSignal): Promise<ImportSource> {
  const { entries, refuse } = parts
  const findings = new FindingList()
  const settings = archiveSettings(entries)
  const decoding = textDecoding(settings.encoding)
  if (decoding === undefined)
    throw refuse(`its text is in ${settings.encoding}, which is not read; pg_dump --encoding=UTF8 makes one that is`)
  const reading: EntryReading = { settings, decoding, findings, refuse }
  const tables: ArchiveTable[] = []
  for (const table of archiveTables(entries, findings, refuse)) {
    tables.push(table.form === 'inserts' ? await learntColumns(parts, table, reading, signal) : table)
  }
  return new ArchiveSource(parts, tables, reading)
}

/** Damage of the data shows when the rows are read; the columns then stay as the archive defines them. */
async function learntColumns(parts: ArchiveParts, table: ArchiveTable, reading: EntryReading, signal?: AbortSignal): Promise<ArchiveTable> {
  try {
    return await learnColumns(table, (await textOf(parts, table, signal)).text, reading)
  } catch (error) {
    if (error instanceof AppError) return table
    throw error
  }
}

async function textOf(parts: ArchiveParts, table: ArchiveTable, signal?: AbortSignal): Promise<EntryText> {
  const { bytes, compression, begin } = await parts.store.open(table.entry, signal)
  const words = `in the data of table ${table.info.key}, which begins here,`
  return { text: entryText(bytes, compression, (what, cause) => parts.refuse(`${words} ${what}`, begin, cause)), begin }
}

class ArchiveSource implements ImportSource {
  readonly identity: SourceIdentity
  readonly damage: AppError | undefined = undefined
  readonly #parts: ArchiveParts
  readonly #tables: readonly ArchiveTable[]
  readonly #reading: EntryReading

  constructor(parts: ArchiveParts, tables: readonly ArchiveTable[], reading: EntryReading) {
    this.#parts = parts
    this.#tables = tables
    this.#reading = reading
    const { database, serverVersion, dumpVersion, createdAt } = parts.header
    const facts = { database, serverVersion, dumpVersion, createdAt }
    const stated = Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
    this.identity = {
      ...parts.identity,
      files: parts.store.files,
      encoding: reading.decoding.name,
      facts: Object.fromEntries(stated),
    }
  }

  tables(): readonly TableInfo[] {
    return this.#tables.map((table) => table.info)
  }

  rows(table: TableInfo, options: ReadOptions = {}): AsyncIterable<readonly RawRow[]> {
    const found = this.#tables.find(({ info }) => info.key === table.key)
    if (found === undefined) throw new Error(`table ${table.key} is not of this source`)
    return inBatches(this.#lots(found, options.signal))
  }

  copyText(table: TableInfo, options: ReadOptions = {}): AsyncIterable<Buffer> | undefined {
    const found = this.#tables.find(({ info }) => info.key === table.key)
    return found?.form === 'copy' && this.#reading.decoding === UTF8 ? this.#pieces(found, options.signal) : undefined
  }

  findings(): readonly SourceFinding[] {
    return this.#reading.findings.list()
  }

  close(): Promise<void> {
    return this.#parts.store.close()
  }

  async *#lots(table: ArchiveTable, signal?: AbortSignal): AsyncGenerator<readonly RawRow[], void, void> {
    if (table.form === 'unreadable') throw this.#parts.refuse(`the COPY statement of table ${table.info.key} is not of a form that is read`)
    const text = await textOf(this.#parts, table, signal)
    yield* table.form === 'copy' ? copyLots(text, table.info, this.#reading) : insertLots(text, table.info, this.#reading)
  }

  async *#pieces(table: ArchiveTable, signal?: AbortSignal): AsyncGenerator<Buffer, void, void> {
    yield* copyPieces(await textOf(this.#parts, table, signal), table.info, this.#reading)
  }
}
