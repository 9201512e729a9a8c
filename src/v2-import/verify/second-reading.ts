import type { KeyColumns } from '../load/key-columns.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import type { ImportSource } from '../sources/import-source.ts'
import type { TableReading } from './line-lots.ts'
import { readAgain, type SourceTable, sourceTables } from './read-again.ts'
import type { CountedTable } from './run-checks.ts'

const PREFIX = 'import_verify_'

/** The names of all schemas of second readings; left behind by one that was killed. */
export async function readingSchemas(database: ImportDatabase): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE left(nspname, length($1)) = $1 ORDER BY nspname`,
    [PREFIX],
  )
  return rows.map(({ name }) => name)
}

export interface ReadingOrder {
  /** Nobody else uses it while this lives. */
  readonly reader: ImportDatabase
  readonly runId: string
  readonly source: ImportSource
  /** Of the import that is checked. */
  readonly keyColumns: KeyColumns
  readonly onRows: (rows: number) => void
  readonly signal?: AbortSignal | undefined
}

/**
 * The source, read a second time into a schema of its own, table by table, from `begin` on: what stands is not looked at, so it may still be
 * on its way. The schema is gone when this is disposed of.
 */
export class SecondReading implements AsyncDisposable {
  readonly schema: string
  readonly tables: readonly SourceTable[]
  readonly #order: ReadingOrder
  readonly #stop = new AbortController()
  readonly #readings: ReadonlyMap<SourceTable, PromiseWithResolvers<TableReading>>
  readonly #done: Promise<void>

  private constructor(order: ReadingOrder, schema: string) {
    this.#order = order
    this.schema = schema
    this.tables = sourceTables(order.source, (tableKey) => order.keyColumns.get(tableKey) ?? [])
    this.#readings = new Map(this.tables.map((table) => [table, Promise.withResolvers<TableReading>()]))
    this.#done = this.#read()
    // What fails is thrown where it is waited for, which may be later.
    for (const each of [this.#done, ...[...this.#readings.values()].map(({ promise }) => promise)]) each.catch(() => undefined)
  }

  /** Throws `AppError` if there is no place for it; what fails later is thrown by the others. */
  static async begin(order: ReadingOrder): Promise<SecondReading> {
    const schema = PREFIX + order.runId
    const reading = `DROP SCHEMA IF EXISTS "${schema}" CASCADE; CREATE SCHEMA "${schema}"; SET search_path = "${schema}", public`
    await order.reader.run(reading)
    return new SecondReading(order, schema)
  }

  /** When a table is there as a whole. Throws `AppError`. */
  async of(table: SourceTable): Promise<TableReading> {
    const reading = await this.#readings.get(table)?.promise
    if (reading === undefined) throw new Error(`table ${table.info.key} is not of this source`)
    return reading
  }

  /** When all tables are there: how many rows each has. Throws `AppError`. */
  async counts(): Promise<readonly CountedTable[]> {
    await this.#done
    return Promise.all(this.tables.map(async (table) => ({ key: table.info.key, rows: (await this.of(table)).rows })))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { reader } = this.#order
    this.#stop.abort()
    await this.#done.catch(() => undefined)
    await reader.tidy(`RESET search_path; DROP SCHEMA IF EXISTS "${this.schema}" CASCADE`)
  }

  async #read(): Promise<void> {
    const { reader, source, onRows, signal } = this.#order
    const signals = [this.#stop.signal, ...(signal === undefined ? [] : [signal])]
    const onTable = (table: SourceTable, reading: TableReading): void => this.#readings.get(table)?.resolve(reading)
    try {
      await readAgain({ database: reader, source, tables: this.tables, onRows, onTable, signal: AbortSignal.any(signals) })
    } catch (error) {
      for (const { reject } of this.#readings.values()) reject(error)
      throw error
    }
  }
}
