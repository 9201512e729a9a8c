import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFailure } from '#platform/durable-file.ts'
import { backupDirectory } from '../backup/backup-directory.ts'
import { readUnchanged } from '../backup/read-unchanged.ts'
import { meterOf, type MigrationContext, type V2Folder } from './migration-context.ts'
import type { BackupOutcome } from './migration-order.ts'
import { type MigrationRecord, removeDrafts } from './run-record.ts'

const BACKUP_FOLDER = 'backup'

/** Packs the folder of version 2, once for a run. `bytes` is how many it holds. Throws `AppError`. */
export async function backUp(
  context: MigrationContext,
  { record, folder, bytes }: { readonly record: MigrationRecord; readonly folder: V2Folder; readonly bytes: number },
): Promise<BackupOutcome> {
  const { choice, runId, options, place } = context
  const done = record.content.backup
  if (done !== null && (await isStillThere(done))) return done
  const target = choice.backupDirectory ?? join(record.folder, BACKUP_FOLDER)
  await mkdir(target, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw writeFailure(target, error)
  })
  const path = join(target, `v2-${runId}.tar.gz`)
  // Of this run by its name: an archive that was not written down is not known to be whole.
  await rm(path, { force: true })
  await removeDrafts([path])
  // Each byte is read twice: into the archive, and to compare.
  const meter = meterOf(context, { step: 'backup', unit: 'bytes', total: 2 * bytes })
  let compared = bytes
  const report = await backupDirectory(folder.path, path, {
    clock: place.clock,
    signal: options.signal,
    onProgress: (progress) => {
      if (progress.phase === 'read') meter.reach(progress.bytes)
      if (progress.phase === 'compare') meter.reach((compared += progress.bytes))
    },
  })
  const { sha256, files, sourceBytes, leftOut, changedWhileRead, sourceChanged } = report
  const changed = [...new Set([...changedWhileRead, ...sourceChanged])]
  const outcome = { path: report.path, bytes: report.bytes, sha256, files, sourceBytes, leftOut, changed }
  await record.change({ backup: outcome })
  return outcome
}

async function isStillThere({ path, sha256 }: BackupOutcome): Promise<boolean> {
  const seal = await readUnchanged(path, undefined).catch(() => undefined)
  return seal?.sha256 === sha256
}
