import { AppError } from '#domain/errors.ts'
import { FindingList } from '../finding-list.ts'
import type { ImportSource, RawRow, ReadOptions, SourceFinding, SourceIdentity, TableInfo } from '../import-source.ts'
import { BATCH_BYTES_MAX, BATCH_ROWS_MAX, ROW_BYTES_MAX, TABLES_MAX } from '../limits.ts'
import { inBatches } from '../row-batches.ts'
import { describeTarget, LiveConnection, type LiveTarget } from './live-connection.ts'
import { liveTables, type LiveTable } from './live-tables.ts'

/**
 * The running database of v2, read in one read-only transaction (REPEATABLE READ): all tables as they were at one moment,
 * values spelt as pg_dump spells them. Rows come by primary key, else in the order in which the server stores them.
 */
export async function openLiveSource(target: LiveTarget): Promise<ImportSource> {
  const connection = await LiveConnection.open(target)
  try {
    const findings = new FindingList()
    const tables = await liveTables(connection, findings)
    if (tables.length > TABLES_MAX)
      throw new AppError(
        'REFUSED',
        `${describeTarget(target)} has more than ${TABLES_MAX} tables. Nothing was read. Name the database of v2.`,
      )
    const [[version = '', encoding = ''] = []] = await connection.query(
      "SELECT current_setting('server_version'), current_setting('server_encoding')",
    )
    const identity: SourceIdentity = {
      kind: 'postgres',
      description: `Postgres ${version}`,
      location: describeTarget(target),
      files: [],
      encoding: 'UTF8',
      facts: {
        host: target.host,
        port: String(target.port),
        database: target.database,
        serverVersion: version ?? '',
        serverEncoding: encoding ?? '',
      },
    }
    return new LiveSource({ identity, connection, tables, findings })
  } catch (error) {
    await connection.close()
    throw error
  }
}

interface LiveSourceParts {
  readonly identity: SourceIdentity
  readonly connection: LiveConnection
  readonly tables: readonly LiveTable[]
  readonly findings: FindingList
}

class LiveSource implements ImportSource {
  readonly identity: SourceIdentity
  readonly damage: AppError | undefined = undefined
  readonly #parts: LiveSourceParts
  #cursors = 0

  constructor(parts: LiveSourceParts) {
    this.#parts = parts
    this.identity = parts.identity
  }

  tables(): readonly TableInfo[] {
    return this.#parts.tables.map((table) => table.info)
  }

  rows(table: TableInfo, options: ReadOptions = {}): AsyncIterable<readonly RawRow[]> {
    const found = this.#parts.tables.find(({ info }) => info.key === table.key)
    if (found === undefined) throw new Error(`table ${table.key} is not of this source`)
    return inBatches(this.#lots(found, options.signal))
  }

  findings(): readonly SourceFinding[] {
    return this.#parts.findings.list()
  }

  close(): Promise<void> {
    return this.#parts.connection.close()
  }

  async *#lots(table: LiveTable, signal?: AbortSignal): AsyncGenerator<readonly RawRow[], void, void> {
    const { connection } = this.#parts
    if (table.rowBytesMax > ROW_BYTES_MAX)
      throw new AppError(
        'REFUSED',
        `Table ${table.info.key} has a row of ${table.rowBytesMax} bytes, ${ROW_BYTES_MAX} are read. The table was not read. Shorten the row.`,
      )
    this.#cursors += 1
    const cursor = `import_${this.#cursors}`
    // The widest row decides how many come at once, so that a lot never outgrows a batch.
    const lot = Math.max(1, Math.min(BATCH_ROWS_MAX, Math.floor(BATCH_BYTES_MAX / Math.max(1, table.rowBytesMax))))
    await connection.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${table.select}`)
    try {
      let number = 0
      while (true) {
        signal?.throwIfAborted()
        const rows = await connection.query(`FETCH ${lot} FROM ${cursor}`)
        if (rows.length === 0) return
        yield rows.map((cells) => {
          number += 1
          return { number, offset: -1, cells, damage: undefined }
        })
      }
    } finally {
      // A failed transaction refuses this too; the first error is the one to tell.
      await connection.query(`CLOSE ${cursor}`).catch(() => undefined)
    }
  }
}
