import type { ImportDatabase } from '../run/import-database.ts'
import type { Check, Verification } from '../run/import-report.ts'
import { checkStatistics } from './aggregate-checks.ts'
import { type Compared, compareAll } from './compare-all.ts'
import { ConnectionCrew } from './connection-crew.ts'
import { type SourceTable, sourceTables } from './read-again.ts'
import { checkCounts, checkHashes, checkKeys, checkRoundTrip, checkUntouched } from './run-checks.ts'
import { DIFFERENCES_MAX } from './run-key.ts'
import type { VerifyOrder } from './verify-order.ts'

const PREFIX = 'import_verify_'
/** Both connections are at work already; and where groups are few, as always here, the server overrates them and would sort whole tables. */
const SETTINGS = 'SET max_parallel_workers_per_gather = 0; SET enable_sort = off'
const RESET = 'RESET max_parallel_workers_per_gather; RESET enable_sort'

export function verificationSchema(runId: string): string {
  return PREFIX + runId
}

/** The names of all schemas of verifications; left behind by one that was killed. */
export async function verificationSchemas(database: ImportDatabase): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE left(nspname, length($1)) = $1 ORDER BY nspname`,
    [PREFIX],
  )
  return rows.map(({ name }) => name)
}

/**
 * Compares the source, read a second time, with what stands in the live tables, by the server and by rules of its own. Changes nothing
 * but a schema of its own, which is gone at the end. Throws `AppError` if it cannot be done.
 */
export async function verifyRun(order: VerifyOrder): Promise<Verification> {
  const { databases, run, plan } = order
  const [database] = databases
  const schema = verificationSchema(run.runId)
  try {
    await database.run(`DROP SCHEMA IF EXISTS "${schema}" CASCADE; CREATE SCHEMA "${schema}"`)
    for (const each of databases) {
      await each.run(`SET search_path = "${schema}", public; ${SETTINGS}`)
      await each.query(`SELECT set_config('TimeZone', $1, false)`, [plan.timeZone])
    }
    const tables = await tablesOf(order)
    const crew = new ConnectionCrew(databases, order.signal)
    try {
      return await verdict(order, tables, await compareAll(order, crew, tables))
    } finally {
      await crew.settled()
    }
  } finally {
    for (const each of databases) await each.tidy(`RESET search_path; SET TimeZone = 'UTC'; ${RESET}`)
    await database.tidy(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
  }
}

/** The tables of the source, with the columns by which the import told their rows apart. */
async function tablesOf({ databases: [database], run, source }: VerifyOrder): Promise<readonly SourceTable[]> {
  const recorded = await database.query<{ tableKey: string; keys: readonly string[] }>(
    'SELECT table_key AS "tableKey", key_columns AS keys FROM imported.tables WHERE run_id = $1',
    [run.runId],
  )
  const keyColumns = new Map(recorded.map(({ tableKey, keys }) => [tableKey, keys]))
  return sourceTables(source, (tableKey) => keyColumns.get(tableKey) ?? [])
}

async function verdict(order: VerifyOrder, tables: readonly SourceTable[], compared: Compared): Promise<Verification> {
  const { read, rows, records, rebuilt, others, sums, census, references, times } = compared
  const checked = [sums, checkStatistics(tables, rows), census, references, times]
  const differences = [...rows, ...records, ...rebuilt].flatMap((comparison) => comparison.differences).concat(others)
  const checks: readonly Check[] = [
    checkCounts(order.counts, read, rows),
    checkKeys(rows, differences),
    checkHashes(rows, records, differences),
    ...checked.map(({ check }) => check),
    checkRoundTrip(rebuilt),
    { name: 'N10 settings and models', status: 'not_run', detail: 'the rows of the database alone were imported' },
    await checkUntouched(order.source, order.seals),
    { name: 'N12 open orders and positions at the exchange', status: 'not_run', detail: 'the exchange was not asked' },
  ]
  const all = [...differences, ...checked.flatMap((each) => each.differences)]
  return { checks, differences: all.slice(0, DIFFERENCES_MAX) }
}
