import { join } from 'node:path'
import { AppError } from '#domain/errors.ts'
import { PASSPHRASE_VARIABLE } from '#platform/secrets/secret-vault.ts'
import { isLive } from '../load/move-to-live.ts'
import { dropStaging, stagingSchema } from '../load/staging.ts'
import { rollBack } from '../rollback/roll-back.ts'
import { ImportDatabase } from '../run/import-database.ts'
import { rollbackSettings } from '../settings/rollback-settings.ts'
import { SettingsRun } from '../settings/settings-run.ts'
import type { MigrationPlace } from './migration-order.ts'
import { takeBackFiles } from './placed-files.ts'
import type { RollbackReport } from './rollback-report.ts'
import { IMPORTS_FOLDER, MigrationRecord, sweepDrafts } from './run-record.ts'
import { holdRuns } from './runs-lock.ts'
import { SecretStore } from './secret-store.ts'
import { ROLLBACK_FILE } from './stored-runs.ts'

/**
 * Takes back what a run brought: history, settings, secrets, models, strategies. What a person changed since stays and is listed; the
 * backup and the report stay too. May be called again after a crash. Throws `NOT_FOUND` for a run that brought nothing here or was taken
 * back, `REFUSED` without the passphrase when the run stored secrets; nothing is changed then.
 */
export async function rollBackMigration(runId: string, place: MigrationPlace): Promise<RollbackReport> {
  const { connection, directory, clock } = place
  const dataDirectory = directory.path
  await using cleanup = new AsyncDisposableStack()
  const record = await MigrationRecord.find(dataDirectory, runId)
  const database = await ImportDatabase.open(connection)
  cleanup.defer(() => database.close())
  if (record === undefined) return await rollBackRows(database, runId)
  if (record.content.state === 'rolled_back')
    throw new AppError('NOT_FOUND', `Run ${runId} was taken back already. Nothing was changed. What it left is in ${record.folder}.`)
  cleanup.use(await holdRuns(dataDirectory, clock.now()))
  const store = await SecretStore.open(place)
  cleanup.defer(() => store.close())
  const settingsRun = await SettingsRun.find(dataDirectory, runId)
  const vault = store.vault === 'none' ? undefined : store.vault
  if (settingsRun !== undefined && settingsRun.record.secrets.length > 0 && vault === undefined) throw noPassphrase(runId)
  await sweepDrafts(record, place.configPath)
  await record.change({ state: 'rolling_back' })
  const { history } = (await isLive(database, runId)) ? await rollBackRows(database, runId) : EMPTY
  await dropStaging(database, stagingSchema(runId))
  const settings =
    settingsRun === undefined || settingsRun.record.state === 'rolled_back'
      ? undefined
      : await rollbackSettings(runId, { dataDir: dataDirectory, vault })
  const files = await takeBackFiles(dataDirectory, record)
  await store.forgetIfEmpty(record)
  const { backup } = record.content
  const report: RollbackReport = {
    runId,
    history,
    restored: [...(settings?.restored ?? []), ...files.removed],
    secretsRemoved: settings?.secretsRemoved ?? [],
    kept: [
      ...(settings?.kept ?? []).map((each) => ({ ...each, reason: 'It was changed since the import.' })),
      ...files.changed.map((what) => ({ what, reason: 'It was changed since the import.' })),
      ...(backup === null ? [] : [{ what: backup.path, reason: 'The backup of version 2. Remove it by hand when nobody needs it.' }]),
      { what: join(dataDirectory, IMPORTS_FOLDER, runId), reason: 'The report and the record of the import.' },
    ],
  }
  await record.write(ROLLBACK_FILE, `${JSON.stringify(report, undefined, 1)}\n`)
  await record.change({ state: 'rolled_back', folders: [], files: [], isVaultMade: false })
  return report
}

const EMPTY: Pick<RollbackReport, 'history'> = { history: { removed: {}, laterRuns: [] } }

/** Also of a run that brought rows alone, before there was a record of the rest. */
async function rollBackRows(database: ImportDatabase, runId: string): Promise<RollbackReport> {
  const { removed, laterRuns } = await rollBack(database, runId)
  return { runId, history: { removed, laterRuns }, restored: [], secretsRemoved: [], kept: [] }
}

function noPassphrase(runId: string): AppError {
  return new AppError(
    'REFUSED',
    `Run ${runId} stored secrets, and there is no passphrase to remove them. Nothing was changed. Set ${PASSPHRASE_VARIABLE}.`,
  )
}
