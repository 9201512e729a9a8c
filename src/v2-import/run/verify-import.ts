import { AppError } from '#domain/errors.ts'
import type { Clock } from '#platform/clock.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { type NoteCount, standingParked, type TableCounts } from '../load/count-rows.ts'
import type { FileSeal } from '../load/fingerprint.ts'
import { RESET_AUTOVACUUM } from '../load/partitions.ts'
import type { ImportPlan } from '../mapping/import-plan.ts'
import type { ImportSource, SourceIdentity } from '../sources/import-source.ts'
import { openStoredSource } from '../verify/stored-source.ts'
import { recordedKeyColumns } from '../load/key-columns.ts'
import { SecondReading } from '../verify/second-reading.ts'
import { verifyRun } from '../verify/verify-run.ts'
import { ImportDatabase } from './import-database.ts'
import type { Check, ImportReport, Verification } from './import-report.ts'
import { MemoryWatch } from './memory-watch.ts'
import { naiveTimes } from './run-import.ts'

export interface RecordedRun {
  readonly runId: string
  readonly system: string
  readonly source: Pick<SourceIdentity, 'kind' | 'description' | 'location'> & { readonly files: readonly FileSeal[] }
  readonly plan: ImportPlan
  readonly counts: { readonly tables: readonly TableCounts[]; readonly notes: readonly NoteCount[]; readonly linkedOrders: number }
}

/** What was recorded with a run. Throws `NOT_FOUND`. */
export async function findRun(connection: PgConnection, runId: string): Promise<RecordedRun> {
  const database = await ImportDatabase.open(connection)
  try {
    const [run] = await database.query<RecordedRun & Record<string, unknown>>(
      'SELECT run_id AS "runId", system, source, plan, counts FROM imported.runs WHERE run_id = $1',
      [runId],
    )
    if (run !== undefined) return run
    const known = await database.query<{ runId: string }>('SELECT run_id AS "runId" FROM imported.runs ORDER BY started_ms DESC LIMIT 5')
    const words = known.length === 0 ? 'There is none.' : `There are ${known.map((each) => each.runId).join(', ')}.`
    throw new AppError('NOT_FOUND', `There is no import with the run id ${runId}. Nothing was done. ${words}`)
  } finally {
    await database.close()
  }
}

export interface VerifyImportOrder {
  readonly connection: PgConnection
  readonly run: RecordedRun
  /** The source of the run, opened again; closed by whoever opened it. */
  readonly source: ImportSource
  readonly clock: Clock
  readonly onRows?: ((rows: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const NOTHING_CHANGED = 'Nothing was changed; the import was not checked. Verify it again when that is mended.'

/** Verifies an import that was done before. Throws `AppError` if it cannot be done. */
export async function verifyImport(order: VerifyImportOrder): Promise<ImportReport> {
  const { run, source } = order
  return verified(
    order,
    () => Promise.resolve({ source, seals: run.source.files }),
    (verification) => verification,
  )
}

/**
 * Verifies an import whose source is not there: its records against its rows as they were kept word for word. What needs the source
 * itself counts as not run, for the reason `missing`. Throws `AppError` if it cannot be done.
 */
export async function verifyKept(order: Omit<VerifyImportOrder, 'source'> & { readonly missing: string }): Promise<ImportReport> {
  const kept = async (connect: Connect) => ({ source: await openStoredSource(await connect(), order.run.runId), seals: [] })
  return verified(order, kept, (verification) => withoutSource(verification, order.missing))
}

/** Opens one more connection for as long as the verification takes. */
type Connect = () => Promise<ImportDatabase>
type Opened = Pick<VerifyImportOrder, 'source'> & { readonly seals: readonly FileSeal[] }

async function verified(
  { connection, run, clock, onRows, signal }: Omit<VerifyImportOrder, 'source'>,
  open: (connect: Connect) => Promise<Opened>,
  judged: (verification: Verification) => Verification,
): Promise<ImportReport> {
  const began = clock.elapsed()
  const memory = new MemoryWatch()
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => memory.stop())
  const connect = async (): Promise<ImportDatabase> => {
    const opened = await ImportDatabase.open(connection, signal)
    cleanup.defer(() => opened.close())
    opened.consequence = NOTHING_CHANGED
    return opened
  }
  const [database, second, reader] = [await connect(), await connect(), await connect()]
  await database.lock()
  const { source, seals } = await open(connect)
  const keyColumns = await recordedKeyColumns(database, run.runId)
  const reading = await SecondReading.begin({ reader, runId: run.runId, source, keyColumns, onRows: () => undefined, signal })
  cleanup.use(reading)
  const verification = await verifyRun({
    databases: [database, second],
    run,
    source,
    reading,
    seals,
    plan: run.plan,
    counts: run.counts.tables,
    naiveTimes: naiveTimes(run.counts),
    preparations: [],
    onRows: onRows ?? (() => undefined),
    signal,
  })
  await database.tidy(RESET_AUTOVACUUM)
  const parked = await standingParked(database, run.runId)
  const durationMs = clock.elapsed() - began
  const rows = run.counts.tables.reduce((sum, table) => sum + table.source, 0)
  return {
    ...judged(verification),
    ...run.counts,
    parked,
    runId: run.runId,
    dryRun: false,
    isResumed: false,
    source: run.source,
    decisions: run.plan.decisions,
    findings: source.findings(),
    settings: undefined,
    models: undefined,
    durationMs,
    rowsPerSecond: (rows / durationMs) * 1_000,
    rssMaxBytes: memory.maxBytes(),
  }
}

/** Checks that say nothing when the rows as they were kept stand for the source. */
const OF_THE_SOURCE = ['N1', 'N5', 'N11']

function withoutSource({ checks, differences }: Verification, missing: string): Verification {
  const isOf = (check: Check, names: readonly string[]): boolean => names.includes(check.name.split(' ')[0] ?? '')
  const judge = (check: Check): Check => {
    const { name, status, detail } = check
    if (isOf(check, OF_THE_SOURCE) || (isOf(check, ['N2']) && status === 'passed')) return { name, status: 'not_run', detail: missing }
    return status === 'not_run' ? check : { ...check, detail: `${detail}; against the rows as they were kept, not the source: ${missing}` }
  }
  return { checks: checks.map(judge), differences }
}
