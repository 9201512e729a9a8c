import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { AppError } from '#domain/errors.ts'

const FOLDER = 'bot-trading'
/** Only the owner: it holds the token and, later, secrets. */
const PRIVATE_MODE = 0o700

/** Where the data lives when nobody says: the platform's place for user data. */
export function defaultDataDirectory(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string {
  if (platform === 'win32') return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), FOLDER)
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', FOLDER)
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), FOLDER)
}

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

/** Who holds it, as far as it has said. */
function otherInstance(path: string): string {
  try {
    const said: unknown = JSON.parse(readFileSync(join(path, 'instance.json'), 'utf8'))
    if (typeof said === 'object' && said !== null && 'pid' in said && 'url' in said)
      return `Another instance (process ${String(said.pid)}, ${String(said.url)})`
  } catch {
    // It may not have got that far, or be a desktop window without an address.
  }
  return 'Another instance'
}

/**
 * Holds the directory for one instance. The lock is the operating system's, taken through SQLite, so a killed process
 * leaves none behind. Throws `DATA_DIR_LOCKED` naming the other instance.
 */
export function lockDataDirectory(path: string): { readonly release: () => void } {
  const db = new Database(join(path, 'instance.lock'), { timeout: 0 })
  try {
    db.pragma('locking_mode = EXCLUSIVE')
    db.exec('CREATE TABLE IF NOT EXISTS holder (id INTEGER PRIMARY KEY, pid INTEGER NOT NULL)')
    db.prepare('INSERT OR REPLACE INTO holder (id, pid) VALUES (1, ?)').run(process.pid)
  } catch (error) {
    db.close()
    throw new AppError(
      'DATA_DIR_LOCKED',
      `${otherInstance(path)} works on ${path}. This one did not start and changed nothing. Use the running one, or stop it first, or give --data-dir another directory.`,
      { cause: error },
    )
  }
  return { release: () => void db.close() }
}
