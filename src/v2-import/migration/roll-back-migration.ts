import { AppError } from '#domain/errors.ts'
import type { MigrationPlace } from './migration-order.ts'
import type { RollbackReport } from './rollback-report.ts'

/** Takes back what a run brought. Throws `AppError`. */
export async function rollBackMigration(_runId: string, _place: MigrationPlace): Promise<RollbackReport> {
  return await Promise.reject(new AppError('REFUSED', 'Not there yet. Nothing was done.'))
}
