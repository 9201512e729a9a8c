import { AppError } from '#domain/errors.ts'
import type { MigrationChoice, MigrationOptions, MigrationPlace, MigrationReport } from './migration-order.ts'

/** All that version 2 held, in one run. Throws `AppError`; the same choice goes on where it stopped. */
export async function runMigration(
  _choice: MigrationChoice,
  _place: MigrationPlace,
  _options: MigrationOptions = {},
): Promise<MigrationReport> {
  return await Promise.reject(new AppError('REFUSED', 'Not there yet. Nothing was done.'))
}
