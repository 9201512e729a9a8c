import { verifyBackup } from '#v2-import/backup/verify-backup.ts'
import { MigrationRecord } from '#v2-import/migration/run-record.ts'
import { type Check, judged, notRun } from '../check.ts'

const NAME = 'backup of version 2'
const EXPECTATION = 'it can be read to its end, and every file has the hash its manifest says'

/** The last backup of an import, read from its first byte to its last. */
export const BACKUP: Check = {
  area: 'backup',
  name: NAME,
  needsWorkstation: false,
  async measure({ directory }, signal) {
    const runs = await MigrationRecord.list(directory.path)
    const backup = runs.find(({ content }) => content.backup !== null && content.state !== 'rolled_back')?.content.backup
    if (backup === undefined || backup === null) return [notRun(NAME, EXPECTATION, 'no import of this workstation made one')]
    const { files, bytes, problems } = await verifyBackup(backup.path, signal)
    return [
      judged(problems.length === 0 && files === backup.files, {
        name: NAME,
        value: `${files} files, ${bytes} bytes, ${problems.length} problems`,
        expectation: `${EXPECTATION}; ${backup.files} files`,
        detail: [backup.path, ...problems.slice(0, 10)].join('; '),
      }),
    ]
  },
}
