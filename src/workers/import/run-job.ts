import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { IMPORT_STEPS, type ImportAnalysisView, type ImportProgressView } from '#contract/import.ts'
import { AppError } from '#domain/errors.ts'
import { systemClock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import { closeQuietly } from '#storage/postgres/connection.ts'
import { openDatabase } from '#storage/postgres/open-database.ts'
import { analyseSource } from '#v2-import/analyse/analyse-source.ts'
import { planOf } from '#v2-import/mapping/import-plan.ts'
import { inspectSource } from '#v2-import/migration/inspect-source.ts'
import { MIGRATION_STEPS, type MigrationPlace, type MigrationStep } from '#v2-import/migration/migration-order.ts'
import { rollBackMigration } from '#v2-import/migration/roll-back-migration.ts'
import { runMigration } from '#v2-import/migration/run-migration.ts'
import { listStoredRuns, REPORT_TEXT_FILE } from '#v2-import/migration/stored-runs.ts'
import { IMPORTS_FOLDER } from '#v2-import/migration/run-record.ts'
import { reportMarkdown } from '#v2-import/run/import-report.ts'
import { openSource } from '#v2-import/sources/open-source.ts'
import type { ImportAnswers, ImportJob, ImportPlace, ReportWithText } from '../import.messages.ts'
import { analysisViewOf } from './analysis-view.ts'
import { reportViewOf, rollbackViewOf, runViewOf, sourceViewOf } from './views.ts'

// The contract names the steps for callers, the migration for itself: one list.
IMPORT_STEPS satisfies readonly MigrationStep[]
MIGRATION_STEPS satisfies readonly (typeof IMPORT_STEPS)[number][]

export interface JobSurroundings {
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly onRun: (runId: string) => void
  readonly onProgress: (progress: ImportProgressView) => void
}

/** The newest; older ones are still on the disk. */
const RUNS_MAX = 50

type Of<K extends ImportJob['kind']> = Extract<ImportJob, { readonly kind: K }>

/** Does one job. Throws `AppError`, or the reason of the signal. */
export async function runJob(job: ImportJob, around: JobSurroundings): Promise<ImportAnswers[ImportJob['kind']]> {
  switch (job.kind) {
    case 'list':
      return (await listStoredRuns(job.directory.path)).slice(0, RUNS_MAX).map(runViewOf)
    case 'verify':
      throw new AppError('REFUSED', 'Not there yet. Nothing was done.')
    case 'analyse':
      return analyse(job, around)
    case 'inspect':
      return sourceViewOf(await inspectSource(job, around.signal))
    case 'import':
      return bring(job, around)
    case 'rollback':
      return rollbackViewOf(await rollBackMigration(job.runId, await placeOf(job.place, around.logger)))
  }
}

async function bring({ choice, place }: Of<'import'>, { logger, signal, onRun, onProgress }: JobSurroundings): Promise<ReportWithText> {
  const report = await runMigration(choice, await placeOf(place, logger), {
    signal,
    onRun,
    onProgress: ({ step, done, total, unit, perSecond, remainingMs }) =>
      onProgress({ step, done, total: total ?? null, unit, per_second: perSecond, remaining_ms: remainingMs ?? null }),
  })
  const file = join(place.directory.path, IMPORTS_FOLDER, report.runId, REPORT_TEXT_FILE)
  // A dry run leaves nothing on the disk.
  const markdown = await readFile(file, 'utf8').catch(() => reportMarkdown(report))
  return { report: reportViewOf(report), markdown }
}

async function analyse(
  { source: location, timeZone }: Of<'analyse'>,
  { signal, onProgress }: JobSurroundings,
): Promise<ImportAnalysisView> {
  const source = await openSource(location, { signal })
  try {
    const began = systemClock.elapsed()
    const analysis = await analyseSource(source, {
      signal,
      plan: planOf({ timeZone }),
      nowMs: systemClock.now(),
      onProgress: ({ rows, total }) => onProgress(readProgress(rows, total, systemClock.elapsed() - began)),
    })
    return analysisViewOf(analysis)
  } finally {
    await source.close()
  }
}

function readProgress(done: number, total: number | undefined, elapsedMs: number): ImportProgressView {
  const perSecond = elapsedMs > 0 ? (done / elapsedMs) * 1_000 : 0
  const remaining = total === undefined || perSecond === 0 ? null : (Math.max(0, total - done) / perSecond) * 1_000
  return { step: 'analyse', done, total: total ?? null, unit: 'rows', per_second: perSecond, remaining_ms: remaining }
}

/** The database with all migrations applied. */
async function placeOf(place: ImportPlace, logger: Logger): Promise<MigrationPlace> {
  const { connection, migrationsDirectory, directory, configPath, env } = place
  closeQuietly(await openDatabase({ connection, migrationsDirectory, applicationName: 'bot-trading import', logger }))
  return { connection, directory, configPath, env, clock: systemClock }
}
