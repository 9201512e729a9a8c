import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '#domain/errors.ts'
import { PASSPHRASE_VARIABLE, type SecretVault } from '#platform/secrets/secret-vault.ts'
import { readIfThere, removeDurably, sha256Of, writeDurably } from '#platform/durable-file.ts'
import { isSealed, removeSeal } from './secret-seal.ts'
import { type ChangedFile, SettingsRun } from './settings-run.ts'

export interface RollbackOptions {
  readonly dataDir: string
  readonly vault: SecretVault | undefined
  /** Called when a step is on disk. */
  readonly onStep?: ((step: string) => void) | undefined
}

export interface SettingsRolledBack {
  readonly runId: string
  /** Files that are byte by byte as before. */
  readonly restored: readonly string[]
  /** Files and secrets that somebody changed since: they stay, and the old file is kept at `copy`. */
  readonly kept: readonly { readonly what: string; readonly copy?: string | undefined }[]
  readonly secretsRemoved: readonly string[]
}

/**
 * Undoes what a run did to the settings. May be called again after a crash. Throws `NOT_FOUND` for a run that changed nothing or was
 * rolled back, `REFUSED` without a vault when the run stored secrets; nothing is changed then.
 */
export async function rollbackSettings(runId: string, { dataDir, vault, onStep }: RollbackOptions): Promise<SettingsRolledBack> {
  const run = await SettingsRun.find(dataDir, runId)
  if (run === undefined || run.record.state === 'rolled_back')
    throw new AppError(
      'NOT_FOUND',
      `No settings of run ${runId} are applied here. Nothing was changed. Check the id and the data directory.`,
    )
  if (run.record.secrets.length > 0 && vault === undefined)
    throw new AppError(
      'REFUSED',
      `Run ${runId} stored secrets, and there is no passphrase to remove them. Nothing was changed. Set ${PASSPHRASE_VARIABLE}.`,
    )
  await run.change({ state: 'rolling_back' })
  onStep?.('record')
  const kept: SettingsRolledBack['kept'][number][] = []
  const restored: string[] = []
  for (const file of run.record.files.toReversed()) {
    const named = file.path ?? join(dataDir, file.name)
    const path = await realpath(named).catch(() => named)
    if (await restore(run, file, path)) restored.push(path)
    else kept.push({ what: path, copy: file.before === null ? undefined : run.copyOf(file.name) })
    onStep?.(`restore ${file.name}`)
  }
  const removed = vault === undefined ? [] : await removeSecrets(run, vault, kept)
  onStep?.('remove secrets')
  if (kept.some(({ copy }) => copy !== undefined)) await run.change({ state: 'rolled_back' })
  else await run.forget()
  return { runId, restored, kept, secretsRemoved: removed }
}

/** False when the file is neither as the run found it nor as it left it. */
async function restore(run: SettingsRun, file: ChangedFile, path: string): Promise<boolean> {
  const now = await readIfThere(path)
  const sha256 = now === undefined ? null : sha256Of(now)
  if (sha256 === file.before) return true
  if (sha256 !== file.after) return false
  if (file.before === null) {
    await removeDurably(path)
    return true
  }
  const copy = await readIfThere(run.copyOf(file.name))
  if (copy === undefined || sha256Of(copy) !== file.before)
    throw new AppError(
      'FILE_INVALID',
      `${run.copyOf(file.name)}, the copy of ${path}, is damaged. ${path} was left as it is. Restore it from a backup.`,
    )
  await writeDurably(path, copy, file.mode)
  return true
}

async function removeSecrets(run: SettingsRun, vault: SecretVault, kept: SettingsRolledBack['kept'][number][]): Promise<readonly string[]> {
  const removed: string[] = []
  for (const name of run.record.secrets) {
    if (isSealed(vault, run.record.run_id, name)) {
      await vault.remove(name)
      removed.push(name)
    } else if (vault.has(name)) kept.push({ what: `secret ${name}` })
  }
  await removeSeal(vault, run.record.run_id)
  return removed
}
