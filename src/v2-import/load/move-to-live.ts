import type { ImportPlan } from '../mapping/import-plan.ts'
import type { SourceIdentity } from '../sources/import-source.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import type { FileSeal } from './fingerprint.ts'
import { attachPartition, PARTED_TABLES } from './partitions.ts'
import type { Staging } from './staging.ts'

/** Enough to choose by; the server refines it when it looks after its tables. */
const STATISTICS_TARGET = 20

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

/** All staged rows and records, and the run they belong to, in one short transaction. Throws `AppError`. */
export async function moveToLive(database: ImportDatabase, staging: Staging, run: RunRecord): Promise<void> {
  const { schema, runId } = staging
  const { identity, seals } = run
  const source = {
    kind: identity.kind,
    description: identity.description,
    location: identity.location,
    facts: identity.facts,
    files: seals,
  }
  await database.decisiveTransaction(async () => {
    await refuseKnown(database, schema)
    await database.query('INSERT INTO imported.runs (run_id, system, started_ms, source, plan, counts) VALUES ($1, $2, $3, $4, $5, $6)', [
      runId,
      run.system,
      run.startedMs,
      JSON.stringify(source),
      JSON.stringify(run.plan),
      JSON.stringify(run.counts),
    ])
    await database.run(`INSERT INTO imported.tables SELECT * FROM "${schema}".tables`)
    for (const table of PARTED_TABLES)
      if ((await database.query(`SELECT FROM "${schema}".${table} LIMIT 1`)).length > 0)
        await attachPartition(database, { schema, table, runId })
  })
}

/** The keys of a partition hold within its run: that none of its rows stands in another is looked up, as late as can be. */
async function refuseKnown(database: ImportDatabase, schema: string): Promise<void> {
  const [before] = await database.query('SELECT FROM imported.rows LIMIT 1')
  if (before === undefined) return
  const known = await database.query<{ key: string }>(
    `SELECT s.table_key || ' ' || s.row_key AS key FROM "${schema}".rows s JOIN imported.rows l USING (system, table_key, row_key, variant) LIMIT 1`,
  )
  if (known[0] !== undefined) throw new Error(`the row ${known[0].key} stands already; it was to be found when the staging was settled`)
}

/** What the server has to know of the new rows to find its way among them, table by table. */
export const LIVE_ANALYSES = PARTED_TABLES.map((name) => async (database: ImportDatabase): Promise<void> => {
  const columns = await searchedColumns(database, name)
  await database.run(`SET default_statistics_target = ${STATISTICS_TARGET}`)
  await database.run(`ANALYZE imported.${name} (${columns})`)
  await database.run('RESET default_statistics_target')
})

/** All but the wide ones, which nobody searches by. */
async function searchedColumns(database: ImportDatabase, table: string): Promise<string> {
  const columns = await database.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
        AND attname NOT IN ('extras', 'line', 'bytes', 'reason') ORDER BY attnum`,
    [`imported.${table}`],
  )
  return columns.map(({ name }) => name).join(', ')
}
