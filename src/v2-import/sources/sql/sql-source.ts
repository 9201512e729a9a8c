import { AppError } from '#domain/errors.ts'
import { FindingList } from '../finding-list.ts'
import { tableKey } from '../import-source.ts'
import type { ImportSource, RawRow, ReadOptions, SourceFinding, SourceIdentity, TableInfo } from '../import-source.ts'
import { inBatches } from '../row-batches.ts'
import { refuseFile, type Refuse } from '../source-failure.ts'
import { RowCollector } from './row-collector.ts'
import { SqlIndex, type SqlRange } from './sql-index.ts'
import { DEFAULT_SETTINGS, SqlReader } from './sql-reader.ts'
import { TextBytes } from '../text-bytes.ts'

const ADVICE = 'Make the dump again with: pg_dump --format=plain (without --create), or give the archive or the CSV files.'

/**
 * A plain SQL dump (also gzip): rows of COPY blocks and of INSERTs with literal values; columns, types and keys from CREATE
 * TABLE and ALTER TABLE. Nothing is executed. Opening reads the file once to find the tables, reading a table only its part.
 */
export async function openSqlSource(path: string, options: ReadOptions = {}): Promise<ImportSource> {
  const refuse = refuseFile(path, ADVICE)
  const bytes = await TextBytes.open(path, refuse)
  try {
    const findings = new FindingList()
    const reading = (): ReturnType<typeof readingOf> => readingOf(reader)
    const index: SqlIndex = new SqlIndex({ path, findings, refuse, reading })
    const start = { offset: await bytes.markLength(), settings: DEFAULT_SETTINGS }
    const reader: SqlReader = new SqlReader(index, refuse, start)
    let damage: AppError | undefined
    const chunks = untilDamage(bytes.stream(start.offset, undefined, options.signal), (error) => {
      damage = error
    })
    for await (const chunk of chunks) reader.push(chunk)
    damage ??= finishing(reader)
    return new SqlSource({ bytes, refuse, findings, tables: index.tables(), damage, encoding: reader.settings.encoding })
  } catch (error) {
    await bytes.close()
    throw error
  }
}

function readingOf(reader: SqlReader) {
  return { decoding: reader.decoding, backslashStrings: reader.settings.backslashStrings, settings: reader.settings }
}

/** The chunks before the damage, which is reported and not thrown. */
async function* untilDamage(chunks: AsyncIterable<Buffer>, report: (damage: AppError) => void): AsyncGenerator<Buffer, void, void> {
  try {
    yield* chunks
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    report(error)
  }
}

function finishing(reader: SqlReader): AppError | undefined {
  try {
    reader.finish()
    return undefined
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

interface SqlSourceParts {
  readonly bytes: TextBytes
  readonly refuse: Refuse
  readonly findings: FindingList
  readonly tables: ReturnType<SqlIndex['tables']>
  readonly damage: AppError | undefined
  readonly encoding: string
}

class SqlSource implements ImportSource {
  readonly identity: SourceIdentity
  readonly damage: AppError | undefined
  readonly #parts: SqlSourceParts

  constructor(parts: SqlSourceParts) {
    const { file, isGzip } = parts.bytes
    this.#parts = parts
    this.damage = parts.damage
    this.identity = {
      kind: 'sql',
      description: isGzip ? 'plain SQL, gzip' : 'plain SQL',
      location: file.path,
      files: [file.info],
      encoding: parts.encoding,
      facts: {},
    }
  }

  tables(): readonly TableInfo[] {
    return this.#parts.tables.map((table) => table.info)
  }

  rows(table: TableInfo, options: ReadOptions = {}): AsyncIterable<readonly RawRow[]> {
    const found = this.#parts.tables.find(({ info }) => info.key === table.key)
    if (found === undefined) throw new Error(`table ${table.key} is not of this source`)
    return inBatches(this.#lots(table, found.ranges, options.signal))
  }

  findings(): readonly SourceFinding[] {
    return this.#parts.findings.list()
  }

  close(): Promise<void> {
    return this.#parts.bytes.close()
  }

  async *#lots(table: TableInfo, ranges: readonly SqlRange[], signal?: AbortSignal): AsyncGenerator<readonly RawRow[], void, void> {
    let reader: SqlReader
    const collector = new RowCollector({
      columns: table.columns.map((column) => column.name),
      accepts: (header) => tableKey(header.schema, header.name) === table.key,
      reading: () => readingOf(reader),
    })
    for (const range of ranges) {
      reader = new SqlReader(collector, this.#parts.refuse, { offset: range.start, settings: range.settings })
      yield* sqlLots(reader, collector, this.#parts.bytes.stream(range.start, range.end, signal))
    }
  }
}

/** Rows of a SQL text lot by lot; if it is damaged, those before the damage and then the error. */
export async function* sqlLots(
  reader: SqlReader,
  collector: RowCollector,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<readonly RawRow[], void, void> {
  try {
    for await (const chunk of chunks) {
      reader.push(chunk)
      yield collector.take()
    }
    reader.finish()
  } catch (error) {
    yield collector.take()
    throw error
  }
  yield collector.take()
}
