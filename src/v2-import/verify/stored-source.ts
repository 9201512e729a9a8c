import type { ImportDatabase } from '../run/import-database.ts'
import { decodeCopyLine } from '../sources/copy-line.ts'
import type { ImportSource, RawRow, ReadOptions, SourceIdentity, TableInfo } from '../sources/import-source.ts'
import { BATCH_ROWS_MAX } from '../sources/limits.ts'
import { rowDamage } from '../sources/row-batches.ts'
import { UTF8 } from '../sources/text-decoding.ts'

interface StoredTable {
  readonly key: string
  readonly columns: readonly { readonly name: string; readonly type: string | null }[]
  readonly keys: readonly string[]
  readonly rows: number
}

/**
 * The rows of a run as they were kept word for word, in the form of a source: what its records are compared with when the source itself
 * is not there. Rows that an earlier run brought are that run's and not among them.
 */
export async function openStoredSource(database: ImportDatabase, runId: string): Promise<ImportSource> {
  const tables = await database.query<StoredTable & Record<string, unknown>>(
    `SELECT t.table_key AS key, t.columns, t.key_columns AS keys, (SELECT count(*) FROM imported.rows r WHERE (r.run_id, r.table_key) = (t.run_id, t.table_key)) AS rows
       FROM imported.tables t WHERE run_id = $1 ORDER BY number`,
    [runId],
  )
  return new StoredSource(database, runId, tables)
}

class StoredSource implements ImportSource {
  readonly damage = undefined
  readonly identity: SourceIdentity
  readonly #database: ImportDatabase
  readonly #runId: string
  readonly #tables: readonly TableInfo[]

  constructor(database: ImportDatabase, runId: string, tables: readonly StoredTable[]) {
    this.#database = database
    this.#runId = runId
    this.#tables = tables.map(({ key, columns, keys, rows }) => ({
      key,
      schema: '',
      name: key,
      columns: columns.map(({ name, type }) => ({ name, type: type ?? undefined })),
      primaryKey: keys,
      rowCount: rows,
      origin: 'imported.rows',
    }))
    this.identity = {
      kind: 'postgres',
      description: 'the rows as they were kept',
      location: runId,
      files: [],
      encoding: UTF8.name,
      facts: {},
    }
  }

  tables(): readonly TableInfo[] {
    return this.#tables
  }

  async *rows({ key, columns }: TableInfo, { signal }: ReadOptions = {}): AsyncGenerator<readonly RawRow[], void, void> {
    let last = 0
    while (true) {
      signal?.throwIfAborted()
      const stored = await this.#database.query<{ number: number; line: string | null; bytes: Buffer | null }>(
        `SELECT number, line, bytes FROM imported.rows WHERE run_id = $1 AND table_key = $2 AND number > $3 ORDER BY number LIMIT ${BATCH_ROWS_MAX}`,
        [this.#runId, key, last],
      )
      if (stored.length === 0) return
      last = stored.at(-1)?.number ?? last
      yield stored.map(({ number, line, bytes }) => {
        const content =
          line === null
            ? rowDamage('wrong-cell-count', 'it could not be split when it was read', bytes ?? Buffer.alloc(0))
            : decodeCopyLine(Buffer.from(line), columns.length, UTF8)
        return 'rule' in content
          ? { number, offset: -1, cells: [], damage: content }
          : { number, offset: -1, cells: content, damage: undefined }
      })
    }
  }

  findings(): readonly [] {
    return []
  }

  /** The connection is its owner's. */
  close(): Promise<void> {
    return Promise.resolve()
  }
}
