import type { ImportPlan } from '../mapping/import-plan.ts'
import type { SourceIdentity } from '../sources/import-source.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import type { FileSeal } from './fingerprint.ts'
import { dropIndexes, type Growth } from './index-rebuild.ts'
import { RECORD_TABLE_NAMES } from './record-columns.ts'
import type { Staging } from './staging.ts'

/** Enough to choose by; the server refines it when it looks after its tables. */
const STATISTICS_TARGET = 20
const ROW_COLUMNS = 'system, table_key, row_key, variant, run_id, number, outcome, rule, column_name, reason, line, bytes'

export interface RunRecord {
  readonly system: string
  readonly startedMs: number
  readonly identity: SourceIdentity
  readonly seals: readonly FileSeal[]
  readonly plan: ImportPlan
  readonly counts: unknown
}

/** Whether the rows of this run stand in the live tables. */
export async function isLive(database: ImportDatabase, runId: string): Promise<boolean> {
  return (await database.query('SELECT FROM imported.runs WHERE run_id = $1', [runId])).length > 0
}

/** All staged rows and records, and the run they belong to, in one transaction. Gives how many rows are new. Throws `AppError`. */
export async function moveToLive(database: ImportDatabase, staging: Staging, run: RunRecord): Promise<number> {
  const { schema, runId } = staging
  const { identity, seals } = run
  const source = {
    kind: identity.kind,
    description: identity.description,
    location: identity.location,
    facts: identity.facts,
    files: seals,
  }
  return database.transaction(async () => {
    await database.query('INSERT INTO imported.runs (run_id, system, started_ms, source, plan, counts) VALUES ($1, $2, $3, $4, $5, $6)', [
      runId,
      run.system,
      run.startedMs,
      JSON.stringify(source),
      JSON.stringify(run.plan),
      JSON.stringify(run.counts),
    ])
    await database.run(`INSERT INTO imported.tables SELECT * FROM "${schema}".tables`)
    const restoreIndexes = await dropIndexes(database, await growthsOf(database, staging), await staging.mostRows())
    const rows = await database.change(`
      INSERT INTO imported.rows (${ROW_COLUMNS}) SELECT ${ROW_COLUMNS} FROM "${schema}".rows WHERE is_known IS NULL ON CONFLICT DO NOTHING`)
    for (const name of RECORD_TABLE_NAMES)
      await database.run(`INSERT INTO imported.${name} SELECT * FROM "${schema}".${name} ON CONFLICT DO NOTHING`)
    await restoreIndexes()
    return rows
  })
}

/** Gives back the room that a move which failed took in the live tables: it may have been the last there was. */
export async function clearAfterFailedMove(database: ImportDatabase): Promise<void> {
  for (const name of ['rows', ...RECORD_TABLE_NAMES]) await database.tidy(`VACUUM (SKIP_LOCKED) imported.${name}`)
}

/** What the server has to know of the new rows to find its way among them. */
export async function analyzeLive(database: ImportDatabase): Promise<void> {
  await database.run(`SET default_statistics_target = ${STATISTICS_TARGET}`)
  for (const name of ['rows', ...RECORD_TABLE_NAMES])
    await database.run(`ANALYZE imported.${name} (${await searchedColumns(database, name)})`)
  await database.run('RESET default_statistics_target')
}

/** By the bytes they take. */
async function growthsOf(database: ImportDatabase, { schema }: Staging): Promise<readonly Growth[]> {
  return database.query<Growth & Record<string, unknown>>(
    `SELECT name AS "table", pg_relation_size(format('imported.%I', name)) AS held, pg_relation_size(format('%I.%I', $2::text, name)) AS added
       FROM unnest($1::text[]) name`,
    [['rows', ...RECORD_TABLE_NAMES], schema],
  )
}

/** All but the wide ones, which nobody searches by. */
async function searchedColumns(database: ImportDatabase, table: string): Promise<string> {
  const columns = await database.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
        AND attname NOT IN ('extras', 'line', 'bytes', 'reason') ORDER BY attnum`,
    [`imported.${table}`],
  )
  return columns.map(({ name }) => name).join(', ')
}
