import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { AppError } from '#domain/errors.ts'
import type { RawPage } from './chain-check.ts'

const VERSION_MAX = 2
const PAGES_AT_ONCE = 500
const BUSY_TIMEOUT_MS = 5_000
/** Below any number a row may have, so that one hidden before the first is seen. */
const BELOW_ALL = -(2n ** 63n)

export interface RawSnapshot {
  readonly seq: number
  readonly body: unknown
  readonly hash: unknown
}

/** What is looked at: the file as it stands at the start. A workstation that goes on writing appends behind it. */
export interface RawEnd {
  readonly lastPage: number
  readonly snapshots: readonly RawSnapshot[]
}

/** A journal file, read and never written, beside a running workstation or without one. Knows tables and columns, nothing else. */
export class RawJournal {
  readonly #db: Database.Database
  /** In version 1 each record was one fact. */
  readonly #factsColumn: string

  /** Throws `FILE_INVALID` for a file that is not there, `JOURNAL_NEWER`, and SQLite's own errors. */
  constructor(path: string) {
    if (!existsSync(path))
      throw new AppError(
        'FILE_INVALID',
        `There is no journal at ${path}. Nothing was checked. Give --data-dir of the workstation, or --journal.`,
      )
    this.#db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
    this.#db.pragma('mmap_size = 0')
    const version = Number(this.#db.pragma('user_version', { simple: true }))
    if (version > VERSION_MAX) {
      this.#db.close()
      throw new AppError(
        'JOURNAL_NEWER',
        `The journal at ${path} is of version ${version}; this program checks up to ${VERSION_MAX}. Nothing was checked. Use the newer program.`,
      )
    }
    this.#factsColumn = version === 1 ? '1 AS facts' : 'facts'
  }

  meta(key: string): string | null {
    return this.#db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?').get(key)?.value ?? null
  }

  /** Snapshots and end in one look: read apart, a running workstation could put a snapshot behind the end. */
  end(): RawEnd {
    return this.#db.transaction(() => ({
      lastPage: this.#db.prepare<[], { seq: number | null }>('SELECT max(seq) AS seq FROM journal').get()?.seq ?? 0,
      snapshots: this.#db.prepare<[], RawSnapshot>('SELECT seq, CAST(body AS BLOB) AS body, hash FROM snapshots ORDER BY seq').all(),
    }))()
  }

  /** Pages in the order of the file. Read in portions, so that the writer's log is never held up. */
  *pages(lastPage: number): Generator<RawPage> {
    const columns = `seq, ts, CAST(body AS BLOB) AS body, hash, ${this.#factsColumn}`
    const select = this.#db.prepare<[bigint | number, number], RawPage>(
      `SELECT ${columns} FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ${PAGES_AT_ONCE}`,
    )
    let after: bigint | number = BELOW_ALL
    for (;;) {
      const portion = select.all(after, lastPage)
      yield* portion
      const last = portion.at(-1)
      if (portion.length < PAGES_AT_ONCE || typeof last?.seq !== 'number') return
      after = last.seq
    }
  }

  close(): void {
    this.#db.close()
  }
}
