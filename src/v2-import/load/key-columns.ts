import { keyColumnsOf } from '../mapping/known-tables.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import type { ImportSource } from '../sources/import-source.ts'

/** By table key: the columns by which a run tells the rows of a table apart. */
export type KeyColumns = ReadonlyMap<string, readonly string[]>

/** As an import of this source takes them. */
export function sourceKeyColumns(source: ImportSource): KeyColumns {
  return new Map(source.tables().map((table) => [table.key, keyColumnsOf(table)]))
}

/** As they are recorded with a run that stands. */
export async function recordedKeyColumns(database: ImportDatabase, runId: string): Promise<KeyColumns> {
  const recorded = await database.query<{ tableKey: string; keys: readonly string[] }>(
    `SELECT table_key AS "tableKey", key_columns AS keys FROM imported.tables WHERE run_id = $1`,
    [runId],
  )
  return new Map(recorded.map(({ tableKey, keys }) => [tableKey, keys]))
}
