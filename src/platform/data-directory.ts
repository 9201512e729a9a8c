import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '#domain/errors.ts'
import { type Holder, LockFile } from './lease/lock-file.ts'

/** Only the owner: it holds the token and, later, secrets. */
const PRIVATE_MODE = 0o700

export interface DataDirectory {
  readonly path: string
  readonly journal: string
  readonly cache: string
  readonly postgres: string
  readonly strategies: string
  readonly logs: string
  readonly token: string
  /** What a running instance writes about itself, for the CLI. */
  readonly instance: string
}

/** Makes the directory and names what is in it. */
export function openDataDirectory(path: string): DataDirectory {
  const files: DataDirectory = {
    path,
    journal: join(path, 'journal.db'),
    cache: join(path, 'cache.db'),
    postgres: join(path, 'postgres'),
    strategies: join(path, 'strategies'),
    logs: join(path, 'logs'),
    token: join(path, 'api-token'),
    instance: join(path, 'instance.json'),
  }
  for (const folder of [path, files.strategies, files.logs]) mkdirSync(folder, { recursive: true, mode: PRIVATE_MODE })
  chmodSync(path, PRIVATE_MODE)
  return files
}

/** Who holds it, as far as it has said: its address too, when it is headless. */
function otherInstance(path: string, holder: Holder | undefined): string {
  try {
    const said: unknown = JSON.parse(readFileSync(join(path, 'instance.json'), 'utf8'))
    if (typeof said === 'object' && said !== null && 'pid' in said && 'url' in said && (holder === undefined || said.pid === holder.pid))
      return `Another instance (process ${String(said.pid)}, ${String(said.url)})`
  } catch {
    // It may not have got that far, or be a desktop window without an address.
  }
  return holder === undefined ? 'Another instance' : `Another instance (process ${holder.pid})`
}

/**
 * Holds the directory for one instance. The lock is the operating system's, so a killed process leaves none behind; `fence`
 * rises by one with each holder. Throws `DATA_DIR_LOCKED` naming the other instance.
 */
export function lockDataDirectory(path: string, now: number): LockFile {
  const taken = LockFile.take(join(path, 'instance.lock'), { directory: path, now })
  if ('lock' in taken) return taken.lock
  throw new AppError(
    'DATA_DIR_LOCKED',
    `${otherInstance(path, taken.holder)} works on ${path}. This one did not start and changed nothing. Use the running one, or stop it first, or give --data-dir another directory.`,
    { cause: taken.cause },
  )
}
