import { systemClock } from '#platform/clock.ts'
import type { MigrationPlace, MigrationReport } from '#v2-import/migration/migration-order.ts'
import { listStoredRuns } from '#v2-import/migration/stored-runs.ts'
import type { Check } from '#v2-import/run/import-report.ts'
import { findRun, verifyImport } from '#v2-import/run/verify-import.ts'
import { openSource } from '#v2-import/sources/open-source.ts'
import type { JobSurroundings } from './job-surroundings.ts'
import { meterOf } from './progress-meter.ts'

/** Settings, models, and the comparison with the exchange. */
const NOT_OF_HISTORY = /^N1[02]\b/

export interface VerifyAgain {
  readonly runId: string
  /** Where the source is now; else where it was. */
  readonly source: string | undefined
}

/** Compares a run's history with its source once more. Settings, models and strategies keep the result the run itself had. */
export async function verifyAgain(
  { runId, source: location }: VerifyAgain,
  place: MigrationPlace,
  { signal, onProgress }: Pick<JobSurroundings, 'signal' | 'onProgress'>,
): Promise<MigrationReport> {
  const run = await findRun(place.connection, runId)
  const stored = (await listStoredRuns(place.directory.path)).find((one) => one.runId === runId)?.report
  await using cleanup = new AsyncDisposableStack()
  const source = await openSource(location ?? run.source.location, { signal })
  cleanup.defer(() => source.close())
  const total = run.counts.tables.reduce((sum, table) => sum + table.source, 0)
  const meter = meterOf('verify', total, onProgress)
  const fresh = await verifyImport({ connection: place.connection, run, source, clock: systemClock, onRows: meter, signal })
  return {
    ...fresh,
    checks: stored === undefined ? fresh.checks : renewed(stored.checks, fresh.checks),
    steps: stored?.steps ?? [],
    backup: stored?.backup,
    settings: stored?.settings,
    models: stored?.models,
    strategies: stored?.strategies,
  }
}

/** Of history the new results, in the place of the old ones; what was not compared again keeps its own. */
function renewed(stored: readonly Check[], fresh: readonly Check[]): readonly Check[] {
  const known = new Map(fresh.filter(({ name }) => !NOT_OF_HISTORY.test(name)).map((check) => [check.name, check]))
  return stored.map((check) => known.get(check.name) ?? check)
}
