import { closeSync, fstatSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import Database from 'better-sqlite3'
import { z } from 'zod'

const OWNER_ONLY = 0o600
/** Two that start at the same moment stand in each other's way for an instant; one of them must win. */
const BUSY_TIMEOUT_MS = 250
/** A winner says who it is a moment after it has won. */
const HOLDER_WAIT = { tries: 10, ms: 20 } as const
/** Where SQLite counts the changes of a file, in its header. */
const CHANGE_COUNTER = { offset: 24, bytes: 4 } as const

const holder = z.object({
  pid: z.number().int(),
  host: z.string(),
  directory: z.string(),
  fence: z.number().int(),
  since: z.number(),
})
/** Who holds a lock, for the one who did not get it. */
export type Holder = z.infer<typeof holder>

export type Taken = { readonly lock: LockFile } | { readonly holder: Holder | undefined; readonly cause: unknown }

/**
 * An exclusive lock of the operating system on a file, taken through SQLite, so a killed process leaves none behind. Each
 * holder gets a fencing number one above the last one's, kept in the file itself. The file is never deleted: a second file
 * under the same name would be a second lock. Nobody in this process may open it by other means, since closing any handle of a
 * file drops the process's locks on it (POSIX).
 */
export class LockFile {
  readonly fence: number
  readonly #path: string
  readonly #db: Database.Database
  /** Opened after the lock was won and closed after it is given back; see above. */
  readonly #handle: number
  readonly #counter: string
  #released = false

  private constructor(path: string, db: Database.Database, fence: number) {
    this.#path = path
    this.#db = db
    this.fence = fence
    this.#handle = openSync(path, 'r')
    this.#counter = this.#changeCounter()
  }

  /** Tries once. The loser learns who holds it, as far as that one has said. Other failures of the file are thrown. */
  static take(path: string, about: { readonly directory: string; readonly now: number }): Taken {
    const db = new Database(path, { timeout: BUSY_TIMEOUT_MS })
    let fence: number
    try {
      fence = raiseFence(db)
    } catch (error) {
      db.close()
      if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return { holder: awaitHolder(path), cause: error }
      throw error
    }
    try {
      writeHolder(path, { pid: process.pid, host: hostname(), directory: about.directory, fence, since: about.now })
      return { lock: new LockFile(path, db, fence) }
    } catch (error) {
      db.close()
      throw error
    }
  }

  /** Why the lock is no longer ours; undefined while it is. */
  check(): string | undefined {
    if (this.#released) return 'it was given back'
    const ours = fstatSync(this.#handle, { bigint: true })
    const there = statSync(this.#path, { bigint: true, throwIfNoEntry: false })
    if (there === undefined) return `its file ${this.#path} was deleted`
    if (there.ino !== ours.ino || there.dev !== ours.dev) return `its file ${this.#path} was replaced`
    return this.#changeCounter() === this.#counter ? undefined : `another process has written its file ${this.#path}`
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    rmSync(holderFile(this.#path), { force: true })
    this.#db.close()
    closeSync(this.#handle)
  }

  #changeCounter(): string {
    const bytes = Buffer.alloc(CHANGE_COUNTER.bytes)
    readSync(this.#handle, bytes, 0, CHANGE_COUNTER.bytes, CHANGE_COUNTER.offset)
    return bytes.toString('hex')
  }
}

/** Takes the lock and the next number in one step. The mode is set inside, so that the commit keeps the lock it has. */
function raiseFence(db: Database.Database): number {
  db.exec('BEGIN EXCLUSIVE')
  try {
    db.pragma('locking_mode = EXCLUSIVE')
    db.exec('CREATE TABLE IF NOT EXISTS fencing (id INTEGER PRIMARY KEY CHECK (id = 1), fence INTEGER NOT NULL) STRICT')
    const next = db
      .prepare<[], { fence: number }>(
        'INSERT INTO fencing (id, fence) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET fence = fence + 1 RETURNING fence',
      )
      .get()
    db.exec('COMMIT')
    if (next === undefined) throw new Error('the fencing number was not returned')
    return next.fence
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK')
    throw error
  }
}

const holderFile = (path: string): string => `${path}.json`

/** Beside the lock, because nobody can read what is locked. Replaced whole, so a reader never sees half of it. */
function writeHolder(path: string, about: Holder): void {
  const fresh = `${holderFile(path)}.${process.pid}`
  writeFileSync(fresh, JSON.stringify(about), { mode: OWNER_ONLY })
  renameSync(fresh, holderFile(path))
}

function awaitHolder(path: string): Holder | undefined {
  const nobodyWakes = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  for (let i = 0; i < HOLDER_WAIT.tries; i += 1) {
    const found = readHolder(path)
    if (found !== undefined) return found
    Atomics.wait(nobodyWakes, 0, 0, HOLDER_WAIT.ms)
  }
  return undefined
}

/** What the holder has said; nothing when it has said nothing yet, or when the words are those of one that is dead. */
function readHolder(path: string): Holder | undefined {
  try {
    const said = holder.parse(JSON.parse(readFileSync(holderFile(path), 'utf8')))
    return said.host === hostname() && !isAlive(said.pid) ? undefined : said
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** `process 4711 on desk, data directory /home/…`, for messages. */
export function describeHolder({ pid, host, directory }: Holder): string {
  return `process ${pid} on ${host}, data directory ${directory}`
}
