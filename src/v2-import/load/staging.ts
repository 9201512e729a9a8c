import type { TableInfo } from '../sources/import-source.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import { RECORD_TABLE_NAMES } from './record-columns.ts'

const PREFIX = 'import_'

/** The names of all schemas in which an import stages; left behind by one that was killed. */
export async function stagingSchemas(database: ImportDatabase): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^${PREFIX}[0-9]{8}t[0-9]{6}_[0-9a-f]{6}$' ORDER BY nspname`,
  )
  return rows.map(({ name }) => name)
}

export function stagingSchema(runId: string): string {
  return PREFIX + runId
}

export async function dropStaging(database: ImportDatabase, schema: string): Promise<void> {
  await database.run(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
}

/** What a table was when its reading ended. */
export interface StagedTable {
  readonly tableKey: string
  readonly rows: number
}

/**
 * Tables of a run that are not logged, so fast, and empty after a crash of the server: `steps` goes with them, so what it says is there.
 * A table of the source counts as staged when its step is written, which is after all its rows.
 */
export class Staging {
  readonly schema: string
  readonly runId: string
  readonly #database: ImportDatabase

  constructor(database: ImportDatabase, runId: string) {
    this.#database = database
    this.runId = runId
    this.schema = stagingSchema(runId)
  }

  /** Empty tables, and the fingerprint of what will be in them. */
  async make(fingerprint: string, startedMs: number): Promise<void> {
    const { schema } = this
    const records = RECORD_TABLE_NAMES.map(
      (name) => `CREATE UNLOGGED TABLE "${schema}".${name} (LIKE imported.${name}) WITH (autovacuum_enabled = false);`,
    )
    await this.#database.run(`
      CREATE SCHEMA "${schema}";
      CREATE UNLOGGED TABLE "${schema}".run (fingerprint text NOT NULL, started_ms bigint NOT NULL);
      CREATE UNLOGGED TABLE "${schema}".steps (table_key text PRIMARY KEY, rows bigint NOT NULL);
      CREATE UNLOGGED TABLE "${schema}".notes (table_key text NOT NULL, rule text NOT NULL, column_name text NOT NULL, note text NOT NULL, count bigint NOT NULL);
      CREATE UNLOGGED TABLE "${schema}".tables (LIKE imported.tables);
      CREATE UNLOGGED TABLE "${schema}".rows (LIKE imported.rows) WITH (autovacuum_enabled = false);
      ${records.join('\n')}`)
    await this.#database.query(`INSERT INTO "${schema}".run VALUES ($1, $2)`, [fingerprint, startedMs])
  }

  async staged(): Promise<readonly StagedTable[]> {
    return this.#database.query<{ tableKey: string; rows: number }>(`SELECT table_key AS "tableKey", rows FROM "${this.schema}".steps`)
  }

  /** Tables of which something may be staged, whole or not. */
  async begun(): Promise<readonly string[]> {
    const rows = await this.#database.query<{ tableKey: string }>(`SELECT table_key AS "tableKey" FROM "${this.schema}".tables`)
    return rows.map(({ tableKey }) => tableKey)
  }

  /** Of the longest table of the source. */
  async mostRows(): Promise<number> {
    const [row] = await this.#database.query<{ most: number }>(`SELECT coalesce(max(rows), 0) AS most FROM "${this.schema}".steps`)
    return row?.most ?? 0
  }

  /** Takes away what an interrupted reading of the table left, and the room it took: it may have been the last there was. */
  async forget(tableKey: string): Promise<void> {
    for (const name of ['rows', 'tables', 'notes', ...RECORD_TABLE_NAMES]) {
      const gone = await this.#database.change(`DELETE FROM "${this.schema}".${name} WHERE table_key = $1`, [tableKey])
      if (gone > 0) await this.#database.run(`VACUUM "${this.schema}".${name}`)
    }
  }

  async noteTable(table: TableInfo, number: number, keyColumns: readonly string[]): Promise<void> {
    const columns = table.columns.map(({ name, type }) => ({ name, type: type ?? null }))
    await this.#database.query(
      `INSERT INTO "${this.schema}".tables (run_id, table_key, number, columns, key_columns, source_rows) VALUES ($1, $2, $3, $4, $5, 0)`,
      [this.runId, table.key, number, JSON.stringify(columns), JSON.stringify(keyColumns)],
    )
  }

  async finish(tableKey: string, rows: number): Promise<void> {
    await this.#database.query(`UPDATE "${this.schema}".tables SET source_rows = $2 WHERE table_key = $1`, [tableKey, rows])
    await this.#database.query(`INSERT INTO "${this.schema}".steps VALUES ($1, $2)`, [tableKey, rows])
  }

  async noteAll(tableKey: string, notes: readonly { rule: string; column: string; text: string; count: number }[]): Promise<void> {
    for (const { rule, column, text, count } of notes)
      await this.#database.query(`INSERT INTO "${this.schema}".notes VALUES ($1, $2, $3, $4, $5)`, [tableKey, rule, column, text, count])
  }
}

/** The run of an interrupted import of the very same source, which can be gone on with. */
export async function findInterrupted(
  database: ImportDatabase,
  fingerprint: string,
): Promise<{ readonly runId: string; readonly startedMs: number } | undefined> {
  for (const schema of await stagingSchemas(database)) {
    const [there] = await database.query<{ whole: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS whole`, [`"${schema}".run`])
    if (there?.whole !== true) continue
    const [run] = await database.query<{ fingerprint: string; startedMs: number }>(
      `SELECT fingerprint, started_ms AS "startedMs" FROM "${schema}".run`,
    )
    if (run?.fingerprint === fingerprint) return { runId: schema.slice(PREFIX.length), startedMs: run.startedMs }
  }
  return undefined
}
