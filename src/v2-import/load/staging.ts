import { escapeLiteral } from 'pg'
import { ruleFor } from '../mapping/known-tables.ts'
import type { TableInfo } from '../sources/import-source.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import { RECORD_TABLE_NAMES, SENT_WITH_ROWS } from './record-columns.ts'
import type { Counted } from './row-writer.ts'

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

/** What the reading could not tell by itself, and has left to the server. */
export interface Loaded {
  /** Orders of trades that were left out, as the orders table has them. */
  readonly linkedOrders: number
  /** False: there may be more of them among what was staged. */
  readonly areLinksDecided: boolean
  /** Rows whose key may have come before. */
  readonly undecidedKeys: number
  /** Rows whose key came before. */
  readonly repeatedKeys: number
}

export interface ReadTable {
  readonly number: number
  readonly keyColumns: readonly string[]
  readonly rows: number
  readonly notes: readonly Counted[]
}

/**
 * The tables of a run before anybody sees them; they become its partitions. They are filled in one transaction a connection, of which that
 * of the rows ends last and says so: before that nothing counts, and a reading that was interrupted begins anew.
 */
export class Staging {
  readonly schema: string
  readonly runId: string
  readonly #system: string
  readonly #database: ImportDatabase

  /** `database`: where the rows go. */
  constructor(database: ImportDatabase, runId: string, system: string) {
    this.#database = database
    this.runId = runId
    this.#system = system
    this.schema = stagingSchema(runId)
  }

  /** The place, and the fingerprint of what will be in it. */
  async make(fingerprint: string, startedMs: number): Promise<void> {
    const { schema } = this
    await this.#database.run(`
      CREATE SCHEMA "${schema}";
      CREATE TABLE "${schema}".run (fingerprint text NOT NULL, started_ms bigint NOT NULL);
      CREATE TABLE "${schema}".notes (table_key text NOT NULL, rule text NOT NULL, column_name text NOT NULL, note text NOT NULL, count bigint NOT NULL);
      CREATE TABLE "${schema}".tables (LIKE imported.tables)`)
    await this.#database.query(`INSERT INTO "${schema}".run VALUES ($1, $2)`, [fingerprint, startedMs])
  }

  async makeRows(): Promise<void> {
    await this.#makeTable(this.#database, 'rows')
    await this.#database.run(`ALTER TABLE "${this.schema}".rows ALTER variant SET DEFAULT ''`)
    for (const name of SENT_WITH_ROWS) await this.#makeTable(this.#database, name)
  }

  /** What an earlier attempt left is taken away: its records came, its rows did not. */
  async makeRecords(database: ImportDatabase): Promise<void> {
    for (const name of RECORD_TABLE_NAMES) {
      if (SENT_WITH_ROWS.has(name)) continue
      await database.run(`DROP TABLE IF EXISTS "${this.schema}".${name}`)
      await this.#makeTable(database, name)
    }
  }

  /** Of the shape of a partition, and with a constraint that says so: to take it in, nobody has to look at its rows. */
  async #makeTable(database: ImportDatabase, name: string): Promise<void> {
    const [table, run] = [`"${this.schema}".${name}`, escapeLiteral(this.runId)]
    await database.run(`
      CREATE TABLE ${table} (LIKE imported.${name} INCLUDING CONSTRAINTS, CONSTRAINT of_run CHECK (run_id = ${run})) WITH (autovacuum_enabled = false);
      ALTER TABLE ${table} ALTER system SET DEFAULT ${escapeLiteral(this.#system)}, ALTER run_id SET DEFAULT ${run}`)
  }

  /** What comes next is of this table. */
  async beginTable(table: TableInfo, [rows, records]: readonly [ImportDatabase, ImportDatabase]): Promise<void> {
    const key = escapeLiteral(table.key)
    await rows.run(`ALTER TABLE "${this.schema}".rows ALTER table_key SET DEFAULT ${key}`)
    if (ruleFor(table) === undefined) return
    for (const name of RECORD_TABLE_NAMES) {
      const database = SENT_WITH_ROWS.has(name) ? rows : records
      await database.run(`ALTER TABLE "${this.schema}".${name} ALTER table_key SET DEFAULT ${key}`)
    }
  }

  async noteTable(table: TableInfo, { number, keyColumns, rows, notes }: ReadTable): Promise<void> {
    const columns = table.columns.map(({ name, type }) => ({ name, type: type ?? null }))
    await this.#database.query(
      `INSERT INTO "${this.schema}".tables (run_id, table_key, number, columns, key_columns, source_rows) VALUES ($1, $2, $3, $4, $5, $6)`,
      [this.runId, table.key, number, JSON.stringify(columns), JSON.stringify(keyColumns), rows],
    )
    for (const { rule, column, text, count } of notes)
      await this.#database.query(`INSERT INTO "${this.schema}".notes VALUES ($1, $2, $3, $4, $5)`, [table.key, rule, column, text, count])
  }

  async noteLoaded({ linkedOrders, areLinksDecided, undecidedKeys, repeatedKeys }: Loaded): Promise<void> {
    await this.#database.run(`
      CREATE TABLE "${this.schema}".loaded AS SELECT ${linkedOrders}::bigint AS "linkedOrders", ${areLinksDecided} AS "areLinksDecided",
             ${undecidedKeys}::bigint AS "undecidedKeys", ${repeatedKeys}::bigint AS "repeatedKeys"`)
  }

  /** Undefined: it is not loaded. */
  async loaded(): Promise<Loaded | undefined> {
    if (!(await this.has('loaded'))) return undefined
    const [loaded] = await this.#database.query<Loaded & Record<string, unknown>>(`SELECT * FROM "${this.schema}".loaded`)
    return loaded
  }

  async has(table: string): Promise<boolean> {
    const [row] = await this.#database.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
      `"${this.schema}".${table}`,
    ])
    return row?.there === true
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
