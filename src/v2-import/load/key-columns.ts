import type { ImportDatabase } from '../run/import-database.ts'

/** By table key: the columns by which a run told the rows of a table apart. */
export type KeyColumns = ReadonlyMap<string, readonly string[]>

/** As they are recorded with a run that stands. */
export async function recordedKeyColumns(database: ImportDatabase, runId: string): Promise<KeyColumns> {
  return keyColumnsIn(database, 'imported', runId)
}

/** As the table `tables` of a schema has them. */
export async function keyColumnsIn(database: ImportDatabase, schema: string, runId: string): Promise<KeyColumns> {
  const recorded = await database.query<{ tableKey: string; keys: readonly string[] }>(
    `SELECT table_key AS "tableKey", key_columns AS keys FROM "${schema}".tables WHERE run_id = $1`,
    [runId],
  )
  return new Map(recorded.map(({ tableKey, keys }) => [tableKey, keys]))
}
