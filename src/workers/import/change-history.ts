import { IMPORT_STEPS, type RollbackView } from '#contract/import.ts'
import { systemClock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import { closeQuietly } from '#storage/postgres/connection.ts'
import { openDatabase } from '#storage/postgres/open-database.ts'
import { MIGRATION_STEPS, type MigrationPlace, type MigrationReport, type MigrationStep } from '#v2-import/migration/migration-order.ts'
import { migrationMarkdown } from '#v2-import/migration/migration-report.ts'
import { rollBackMigration } from '#v2-import/migration/roll-back-migration.ts'
import { runMigration } from '#v2-import/migration/run-migration.ts'
import type { ImportPlace, ReportWithText } from '../import.messages.ts'
import type { JobOf, JobSurroundings } from './job-surroundings.ts'
import { verifyAgain } from './verify-again.ts'
import { reportViewOf, rollbackViewOf } from './views.ts'

// The contract names the steps for callers, the migration for itself: one list.
IMPORT_STEPS satisfies readonly MigrationStep[]
MIGRATION_STEPS satisfies readonly (typeof IMPORT_STEPS)[number][]

export async function bring(
  { choice, place }: JobOf<'import'>,
  { logger, signal, onRun, onProgress }: JobSurroundings,
): Promise<ReportWithText> {
  const report = await runMigration(choice, await placeOf(place, logger), {
    signal,
    onRun,
    onProgress: ({ step, done, total, unit, perSecond, remainingMs }) =>
      onProgress({ step, done, total: total ?? null, unit, per_second: perSecond, remaining_ms: remainingMs ?? null }),
  })
  return withText(report)
}

export async function verify(job: JobOf<'verify'>, around: JobSurroundings): Promise<ReportWithText> {
  return withText(await verifyAgain(job, await placeOf(job.place, around.logger), around))
}

export async function takeBack({ runId, place }: JobOf<'rollback'>, { logger }: JobSurroundings): Promise<RollbackView> {
  return rollbackViewOf(await rollBackMigration(runId, await placeOf(place, logger)))
}

function withText(report: MigrationReport): ReportWithText {
  return { report: reportViewOf(report), markdown: migrationMarkdown(report) }
}

/** The database with all migrations applied. */
async function placeOf(place: ImportPlace, logger: Logger): Promise<MigrationPlace> {
  const { connection, migrationsDirectory, directory, configPath, env } = place
  closeQuietly(await openDatabase({ connection, migrationsDirectory, applicationName: 'bot-trading import', logger }))
  return { connection, directory, configPath, env, clock: systemClock }
}
