import { AppError } from '#domain/errors.ts'
import { RECORD_TABLE_NAMES } from '../load/record-columns.ts'
import { dropStaging, stagingSchema } from '../load/staging.ts'
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
  await database.transaction(async () => {
    for (const name of [...RECORD_TABLE_NAMES, 'rows', 'tables', 'runs'])
      removed[name] = await database.change(`DELETE FROM imported.${name} WHERE run_id = $1`, [runId])
  })
  await dropStaging(database, stagingSchema(runId))
  return { runId, removed, laterRuns: later.map((each) => each.runId) }
}
