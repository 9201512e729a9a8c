import { AppError } from '#domain/errors.ts'
import { PARTED_TABLES, partitionOf } from '../load/partitions.ts'
import { dropStaging, stagingSchemas } from '../load/staging.ts'
import { type ImportDatabase } from '../run/import-database.ts'

export interface RolledBack {
  readonly runId: string
  /** Rows taken away, by table of schema `imported`. */
  readonly removed: Readonly<Record<string, number>>
  /** Runs that came after this one over the same installation: rows they found already imported are gone now. */
  readonly laterRuns: readonly string[]
}

/** Takes away all that a run brought, and nothing else, in one transaction. Throws `AppError`. */
export async function rollBack(database: ImportDatabase, runId: string): Promise<RolledBack> {
  await database.lock()
  const [run] = await database.query<{ system: string; startedMs: number }>(
    'SELECT system, started_ms AS "startedMs" FROM imported.runs WHERE run_id = $1',
    [runId],
  )
  if (run === undefined)
    throw new AppError(
      'NOT_FOUND',
      `There is no import with the run id ${runId}. Nothing was changed. See the report of the import for its id.`,
    )
  const later = await database.query<{ runId: string }>(
    'SELECT run_id AS "runId" FROM imported.runs WHERE system = $1 AND started_ms >= $2 AND run_id <> $3 ORDER BY started_ms',
    [run.system, run.startedMs, runId],
  )
  const removed: Record<string, number> = {}
  await database.decisiveTransaction(async () => {
    for (const name of PARTED_TABLES) removed[name] = await removePartition(database, name, runId)
    for (const name of ['tables', 'runs']) removed[name] = await database.change(`DELETE FROM imported.${name} WHERE run_id = $1`, [runId])
  })
  // Also of other runs: what was settled there was settled by the history as it was.
  for (const schema of await stagingSchemas(database)) await dropStaging(database, schema)
  return { runId, removed, laterRuns: later.map((each) => each.runId) }
}

/** How many rows went with it. */
async function removePartition(database: ImportDatabase, table: string, runId: string): Promise<number> {
  const [counted] = await database.query<{ rows: number }>(`SELECT count(*) AS rows FROM imported.${table} WHERE run_id = $1`, [runId])
  await database.run(`DROP TABLE IF EXISTS ${partitionOf(table, runId)}`)
  return counted?.rows ?? 0
}
