import { hash, randomInt, randomUUID } from 'node:crypto'
import Database from 'better-sqlite3'
import { AppError } from '#domain/errors.ts'
import type { Fact, JournalEntry } from '#domain/facts.ts'
import { failpoint } from '#platform/failpoint.ts'
import { entriesAfter, lastSeq, pagesOf, type JournalPage, type NewPage } from './journal-page.ts'
import { GENESIS_HASH, recordHash } from './record-hash.ts'
import { JOURNAL_SCHEMA, JOURNAL_STEPS, JOURNAL_VERSION } from './schema.ts'
import { writeFailed } from './write-failed.ts'

const SNAPSHOTS_KEPT = 2
const BUSY_TIMEOUT_MS = 2_000
const PAGE_BYTES = 4_096
/**
 * The log is folded into the file when it holds about so many pages; more would slow readers and restarts. A fold stops the
 * writer for as long as it writes and syncs these pages. After a small commit, when somebody waits for the next one, it is
 * done in small portions: 250 pages take a millisecond, 2,000 take eight. Between large ones that would only mean more syncs.
 */
const FOLD_PAGES = 250
const FOLD_PAGES_LARGE = 2_000
const LARGE_COMMIT_PAGES = 64
/** Where nobody folds, or a fold did not succeed, SQLite does so itself within a commit. */
const WAL_PAGES_MAX = 4_000
const SYNCHRONOUS_FULL = 2

export interface JournalOptions {
  readonly path: string
  /** Names the installation inside order ids: four base-36 digits. Chosen at random when the journal is new and none is given. */
  readonly instance?: string
  /** What this journal is for (`demo`, `replay:…`). A journal of another purpose is refused, so invented and real money never mix. */
  readonly purpose?: string
}

interface Row extends JournalPage {
  readonly hash: Buffer
}

interface SnapshotRow {
  readonly seq: number
  readonly body: string
  readonly hash: Buffer
}

const ROW = 'SELECT seq, facts, body, hash FROM journal'

/**
 * The record of everything: facts in order, hash-chained, on the disk before anyone hears of them. One writer, WAL,
 * `synchronous=FULL`, checked at open because better-sqlite3 is built with NORMAL, which may lose commits at power loss.
 */
export class Journal {
  readonly #db: Database.Database
  readonly #insert: Database.Statement<[number, number, string, Buffer, number]>
  readonly #insertPages: (pages: readonly NewPage[]) => void
  readonly journalId: string
  readonly instance: string
  #seq: number
  #hash: string
  #broken = false
  /** Pages in the log, about, and how many of them the last commit wrote. */
  #logPages = 0
  #commitPages = 0

  constructor(options: JournalOptions) {
    this.#db = openDatabase(options.path)
    const meta = readMeta(this.#db, options)
    this.journalId = meta.journalId
    this.instance = meta.instance
    const last = this.#db.prepare<[], Row>(`${ROW} ORDER BY seq DESC LIMIT 1`).get()
    this.#seq = last === undefined ? 0 : lastSeq(last)
    this.#hash = last?.hash.toString('hex') ?? GENESIS_HASH
    this.#insert = this.#db.prepare('INSERT INTO journal (seq, ts, body, hash, facts) VALUES (?, ?, ?, ?, ?)')
    this.#insertPages = this.#db.transaction((pages: readonly NewPage[]) => this.#insertAll(pages))
  }

  /** Sequence of the newest durable fact. */
  get head(): number {
    return this.#seq
  }

  /**
   * Appends facts in one transaction and returns once the disk has them. Throws `JOURNAL_WRITE_FAILED`; then none of them
   * is there, nothing behind them may leave, and the journal takes no more until it is opened again.
   */
  append(facts: readonly Fact[]): number {
    return this.#appending(() => pagesOf(facts))
  }

  /** As `append`, of facts that were made into pages elsewhere. */
  appendPages(pages: readonly NewPage[]): number {
    return this.#appending(() => pages)
  }

  #appending(make: () => readonly NewPage[]): number {
    if (this.#broken) throw writeFailed()
    const seq = this.#seq
    const before = this.#hash
    try {
      const pages = make()
      if (pages.length > 0) this.#insertPages(pages)
    } catch (error) {
      this.#broken = true
      this.#seq = seq
      this.#hash = before
      throw writeFailed(error)
    }
    return this.#seq
  }

  /**
   * Folds the log into the file if it has grown. To be called when what waited for the last commit is out, so that nobody
   * waits for this. The facts are on the disk already: if it fails, it is tried again later.
   */
  foldLog(): void {
    if (this.#broken || this.#logPages < (this.#commitPages < LARGE_COMMIT_PAGES ? FOLD_PAGES : FOLD_PAGES_LARGE)) return
    this.#logPages = 0
    try {
      this.#db.pragma('wal_checkpoint(PASSIVE)')
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error
    }
  }

  #insertAll(pages: readonly NewPage[]): void {
    this.#commitPages = 0
    for (const { ts, facts, body } of pages) {
      const seq = this.#seq + 1
      this.#hash = recordHash(this.#hash, seq, body)
      this.#insert.run(seq, ts, body, Buffer.from(this.#hash, 'hex'), facts)
      this.#seq += facts
      this.#commitPages += 1 + Math.ceil(body.length / PAGE_BYTES)
    }
    this.#logPages += this.#commitPages
    failpoint('P1', () => pages.some(({ body }) => body.includes('"type":"OrderSubmitted"')))
  }

  /** Saves a state so that the next start needs only what came after. `seq`: its last fact; `sha256` of its text, in hex. */
  writeSnapshot(body: string, seq = this.#seq, sha256 = hash('sha256', body, 'hex')): void {
    this.#db.transaction(() => {
      this.#db.prepare('INSERT OR REPLACE INTO snapshots (seq, body, hash) VALUES (?, ?, ?)').run(seq, body, Buffer.from(sha256, 'hex'))
      failpoint('P12')
      this.#db.prepare('DELETE FROM snapshots WHERE seq NOT IN (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT ?)').run(SNAPSHOTS_KEPT)
    })()
  }

  /** Snapshots whose text is whole, newest first. Throws `JOURNAL_CORRUPT` when one is newer than the last record: the end of the journal is missing. */
  readSnapshots(): readonly { readonly seq: number; readonly body: string }[] {
    const rows = this.#db.prepare<[], SnapshotRow>('SELECT seq, body, hash FROM snapshots ORDER BY seq DESC').all()
    const newest = rows[0]?.seq ?? 0
    if (newest > this.#seq) throw corrupt(this.#seq + 1, `it is missing, and a snapshot of record ${newest} says it was there`)
    return rows.filter((row) => hash('sha256', row.body, 'hex') === row.hash.toString('hex'))
  }

  /** Facts after `afterSeq`, each page checked against the chain. Throws `JOURNAL_CORRUPT` naming the first bad record. */
  *verified(afterSeq: number): Generator<JournalEntry> {
    const before = afterSeq === 0 ? undefined : this.#pageAt(afterSeq)
    if (afterSeq > 0 && (before === undefined || lastSeq(before) < afterSeq)) throw corrupt(afterSeq, 'it is missing')
    const isWhole = before === undefined || lastSeq(before) === afterSeq
    // From inside a page the page itself is checked, against the one before it.
    const known = isWhole ? before : before.seq === 1 ? undefined : this.#pageAt(before.seq - 1)
    let previous = known?.hash.toString('hex') ?? GENESIS_HASH
    let expected = known === undefined ? 1 : lastSeq(known) + 1
    for (const row of this.#db.prepare<[number], Row>(`${ROW} WHERE seq >= ? ORDER BY seq`).iterate(expected)) {
      if (row.seq !== expected) throw corrupt(expected, `the next record is ${row.seq}`)
      const found = recordHash(previous, row.seq, row.body)
      if (found !== row.hash.toString('hex')) throw corrupt(row.seq, 'its hash does not fit')
      yield* checkedEntries(row, afterSeq)
      previous = found
      expected = lastSeq(row) + 1
    }
  }

  #pageAt(seq: number): Row | undefined {
    return this.#db.prepare<[number], Row>(`${ROW} WHERE seq <= ? ORDER BY seq DESC LIMIT 1`).get(seq)
  }

  close(): void {
    this.#db.close()
  }
}

/** The number of facts is not part of the hash, so it is checked against the text that is. */
function checkedEntries(row: Row, afterSeq: number): JournalEntry[] {
  try {
    return [...entriesAfter(row, afterSeq)]
  } catch (error) {
    if (error instanceof RangeError) throw corrupt(row.seq, error.message)
    throw error
  }
}

function corrupt(seq: number, what: string): AppError {
  return new AppError(
    'JOURNAL_CORRUPT',
    `Journal record ${seq} is damaged: ${what}. Nothing was traded. Restore the journal from a backup, or move it away and rebuild from Postgres and the exchange.`,
  )
}

function openDatabase(path: string): Database.Database {
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS })
  try {
    checkIsDatabase(db, path)
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('mmap_size = 0')
    db.pragma(`wal_autocheckpoint = ${WAL_PAGES_MAX}`)
    const mode = db.pragma('journal_mode', { simple: true })
    const synchronous = db.pragma('synchronous', { simple: true })
    if (mode !== 'wal' || synchronous !== SYNCHRONOUS_FULL) {
      throw new AppError(
        'JOURNAL_NOT_DURABLE',
        `The journal at ${path} cannot be made durable (mode ${String(mode)}, synchronous ${String(synchronous)}; wal and 2 are needed). Nothing was traded. Put the data directory on a local disk.`,
      )
    }
    const version = Number(db.pragma('user_version', { simple: true }))
    if (version > JOURNAL_VERSION) {
      throw new AppError(
        'JOURNAL_NEWER',
        `The journal at ${path} is of version ${version}; this program knows ${JOURNAL_VERSION}. Nothing was changed. Start the newer program.`,
      )
    }
    if (version < JOURNAL_VERSION) {
      db.transaction(() => {
        for (const { from, sql } of JOURNAL_STEPS) if (version > 0 && version <= from) db.exec(sql)
        db.exec(JOURNAL_SCHEMA)
        db.pragma(`user_version = ${JOURNAL_VERSION}`)
      })()
    }
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function checkIsDatabase(db: Database.Database, path: string): void {
  try {
    db.pragma('schema_version')
  } catch (error) {
    if (!(error instanceof Database.SqliteError) || !(error.code === 'SQLITE_NOTADB' || error.code.startsWith('SQLITE_CORRUPT')))
      throw error
    throw new AppError(
      'JOURNAL_CORRUPT',
      `${path} is not a journal or is damaged beyond reading. Nothing was changed. Restore it from a backup, or move it away and rebuild from Postgres and the exchange.`,
      { cause: error },
    )
  }
}

const BASE36_4 = 36 ** 4
function readMeta(
  db: Database.Database,
  { path, instance, purpose = 'unnamed' }: JournalOptions,
): { readonly journalId: string; readonly instance: string } {
  const read = db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?')
  const stored = { journalId: read.get('journal_id')?.value, instance: read.get('instance')?.value, purpose: read.get('purpose')?.value }
  if (stored.purpose !== undefined && stored.purpose !== purpose) {
    db.close()
    throw new AppError(
      'REFUSED',
      `The journal at ${path} belongs to "${stored.purpose}", not to "${purpose}". Nothing was changed. Give --data-dir another directory for this run.`,
    )
  }
  if (stored.journalId !== undefined && stored.instance !== undefined) return { journalId: stored.journalId, instance: stored.instance }
  const fresh = { journalId: randomUUID(), instance: instance ?? randomInt(BASE36_4).toString(36).padStart(4, '0') }
  const write = db.prepare('INSERT INTO meta (key, value) VALUES (?, ?)')
  db.transaction(() => {
    write.run('journal_id', fresh.journalId)
    write.run('instance', fresh.instance)
    write.run('purpose', purpose)
  })()
  return fresh
}
