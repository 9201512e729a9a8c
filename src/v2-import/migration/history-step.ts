import { isLive } from '../load/move-to-live.ts'
import { dropStaging, stagingSchema } from '../load/staging.ts'
import { ImportDatabase } from '../run/import-database.ts'
import type { ImportReport } from '../run/import-report.ts'
import { type ImportProgress, runImport } from '../run/run-import.ts'
import { findRun, verifyImport } from '../run/verify-import.ts'
import type { ImportSource } from '../sources/import-source.ts'
import type { MigrationContext } from './migration-context.ts'

/** Imports and verifies the history; of a run whose rows came before a crash it only verifies. Throws `AppError`. */
export async function bringHistory(context: MigrationContext, source: ImportSource): Promise<ImportReport> {
  const { choice, place, options, plan, runId } = context
  const { connection, clock } = place
  const { signal } = options
  if (!choice.isDryRun && (await isBrought(context))) {
    const run = await findRun(connection, runId)
    const rows = run.counts.tables.reduce((sum, table) => sum + table.source, 0)
    const began = clock.elapsed()
    let done = 0
    const onRows = (more: number): void => {
      done += more
      const perSecond = (done / Math.max(1, clock.elapsed() - began)) * 1_000
      tell(context, { phase: 'verify', rows: done, total: rows, rowsPerSecond: perSecond })
    }
    const report = await verifyImport({ connection, run, source, clock, onRows, signal })
    await forgetStaging(context)
    return { ...report, isResumed: true }
  }
  return await runImport({
    connection,
    source,
    plan,
    isDryRun: choice.isDryRun,
    runId: choice.isDryRun ? undefined : runId,
    clock,
    signal,
    onProgress: (news) => tell(context, news),
  })
}

function tell({ options }: MigrationContext, { phase, rows, total, rowsPerSecond }: ImportProgress): void {
  const remainingMs = total === undefined || rowsPerSecond === 0 ? undefined : (Math.max(0, total - rows) / rowsPerSecond) * 1_000
  const step = phase === 'verify' ? 'verify' : 'history'
  options.onProgress?.({ step, done: rows, total, unit: 'rows', perSecond: rowsPerSecond, remainingMs })
}

async function isBrought({ place, runId }: MigrationContext): Promise<boolean> {
  const database = await ImportDatabase.open(place.connection)
  try {
    return await isLive(database, runId)
  } finally {
    await database.close()
  }
}

async function forgetStaging({ place, runId }: MigrationContext): Promise<void> {
  const database = await ImportDatabase.open(place.connection)
  try {
    await dropStaging(database, stagingSchema(runId))
  } finally {
    await database.close()
  }
}
