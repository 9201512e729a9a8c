import { statusView } from '#contract/views.ts'
import { ImportDatabase } from '#v2-import/run/import-database.ts'
import { listStoredRuns } from '#v2-import/migration/stored-runs.ts'
import { type Check, judged, type Measured, notRun } from '../check.ts'

/** Facts the copy in Postgres may be behind while trading goes on. */
const LAG_MAX = 1_000
const COUNTS = 'rows of schema imported are as many as the report of the import says'

interface TableCount {
  readonly name: string
  readonly imported: number
  readonly parked: number
}

interface RunCounts {
  readonly runId: string
  readonly tables: readonly TableCount[]
}

export const REPLICA: Check = {
  area: 'database',
  name: 'copy of the journal in Postgres',
  needsWorkstation: true,
  async measure({ probe }) {
    const { replica } = await probe.read('/system/status', statusView)
    const name = 'copy of the journal in Postgres'
    const expectation = `streaming, at most ${LAG_MAX} facts behind`
    if (replica.state === 'disabled') return [notRun(name, expectation, 'the workstation runs without Postgres')]
    return [
      judged(replica.state === 'streaming' && replica.lag_events <= LAG_MAX, {
        name,
        value: `${replica.state}, ${replica.seq} facts, ${replica.lag_events} behind`,
        expectation,
        detail: replica.reason ?? '',
      }),
    ]
  },
}

/** Counted now in the database, against what was recorded with the run and what its report on disk says. */
export const IMPORTED_ROWS: Check = {
  area: 'database',
  name: COUNTS,
  needsWorkstation: false,
  async measure({ database, directory }) {
    const reports = (await listStoredRuns(directory.path)).filter(({ state, report }) => state === 'done' && report?.dryRun === false)
    const connection = await database()
    const runs = await recordedRuns(connection)
    const expected = new Map(runs.map((run) => [run.runId, run]))
    for (const { runId, report } of reports) if (report !== undefined) expected.set(runId, { runId, tables: report.tables })
    if (expected.size === 0) return [notRun(COUNTS, COUNTS, 'no import is recorded here')]
    const found = await countedRows(connection)
    return [...expected.values()].flatMap((run) => compare(run, found.get(run.runId) ?? new Map()))
  },
}

type Connection = Parameters<typeof ImportDatabase.open>[0]

async function recordedRuns(connection: Connection): Promise<readonly RunCounts[]> {
  return await inDatabase(connection, (database) =>
    database.query<{ runId: string; tables: readonly TableCount[] }>(
      `SELECT run_id AS "runId", counts -> 'tables' AS tables FROM imported.runs ORDER BY started_ms`,
    ),
  )
}

type Found = ReadonlyMap<string, Pick<TableCount, 'imported' | 'parked'>>

async function countedRows(connection: Connection): Promise<ReadonlyMap<string, Found>> {
  const rows = await inDatabase(connection, (database) =>
    database.query<{ runId: string; table: string; imported: number; parked: number }>(
      `SELECT run_id AS "runId", table_key AS "table", (count(*) FILTER (WHERE outcome IN ('mapped', 'kept')))::float8 AS imported,
              (count(*) FILTER (WHERE outcome = 'parked'))::float8 AS parked
         FROM imported.rows GROUP BY 1, 2`,
    ),
  )
  const counts = new Map<string, Map<string, Pick<TableCount, 'imported' | 'parked'>>>()
  for (const { runId, table, imported, parked } of rows) {
    const tables = counts.get(runId) ?? new Map<string, Pick<TableCount, 'imported' | 'parked'>>()
    counts.set(runId, tables.set(table, { imported, parked }))
  }
  return counts
}

function compare({ runId, tables }: RunCounts, found: Found): readonly Measured[] {
  return tables.map(({ name, imported, parked }) => {
    const now = found.get(name) ?? { imported: 0, parked: 0 }
    return judged(now.imported === imported && now.parked === parked, {
      name: `rows of ${name}, import ${runId}`,
      value: `${now.imported} imported, ${now.parked} parked`,
      expectation: `${imported} imported, ${parked} parked, as its report says`,
    })
  })
}

async function inDatabase<T>(connection: Connection, work: (database: ImportDatabase) => Promise<T>): Promise<T> {
  const database = await ImportDatabase.open(connection)
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}
