import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '#domain/errors.ts'
import { writeFailure } from '#platform/durable-file.ts'
import { LockFile } from '#platform/lease/lock-file.ts'
import { IMPORTS_FOLDER } from './run-record.ts'

const LOCK_NAME = '.lock'

/** One run or rollback at a time works on a data directory. Throws `CONFLICT`. A killed one leaves no lock behind. */
export async function holdRuns(dataDirectory: string, now: number): Promise<Disposable> {
  const folder = join(dataDirectory, IMPORTS_FOLDER)
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw writeFailure(folder, error)
  })
  const taken = LockFile.take(join(folder, LOCK_NAME), { directory: dataDirectory, now })
  if ('lock' in taken) return { [Symbol.dispose]: () => taken.lock.release() }
  const who = taken.holder === undefined ? 'Another import' : `Another import (process ${taken.holder.pid})`
  throw new AppError('CONFLICT', `${who} works on ${dataDirectory}. Nothing was done. Try again when it has ended.`, { cause: taken.cause })
}
