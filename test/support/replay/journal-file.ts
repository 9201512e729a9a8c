import { createHash } from 'node:crypto'
import Database from 'better-sqlite3'

export interface JournalRow {
  readonly seq: number
  readonly body: string
  readonly hash: Buffer
}

/** Looks at a journal from outside, as any program may. */
export function readJournal(path: string): readonly JournalRow[] {
  const db = new Database(path, { readonly: true, fileMustExist: true })
  try {
    return db.prepare<[], JournalRow>('SELECT seq, body, hash FROM journal ORDER BY seq').all()
  } finally {
    db.close()
  }
}

export interface TailFact {
  readonly type: string
  readonly clientOrderId?: string
  readonly openTime?: number
}

/** The first thing that is wrong with the chain; undefined when every record follows from the one before it. */
export function brokenLink(rows: readonly JournalRow[]): string | undefined {
  let previous = '0'.repeat(64)
  for (const [index, { seq, body, hash }] of rows.entries()) {
    if (seq !== index + 1) return `record ${index + 1} is missing, ${seq} is there`
    const expected = createHash('sha256').update(`${previous}|${seq}|${body}`).digest('hex')
    if (expected !== hash.toString('hex')) return `the hash of record ${seq} does not fit`
    previous = expected
  }
  return undefined
}

/** How far a journal has grown, asked again and again while another process writes it. */
export class JournalGauge {
  readonly #path: string
  #db: Database.Database | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** 0 while there is none. */
  head(): number {
    try {
      this.#db ??= new Database(this.#path, { readonly: true, fileMustExist: true })
      return this.#db.prepare<[], { seq: number | null }>('SELECT max(seq) AS seq FROM journal').get()?.seq ?? 0
    } catch {
      this.close()
      return 0
    }
  }

  /** The newest facts, newest first. */
  tail(count: number): readonly TailFact[] {
    const rows = this.#db?.prepare<[number], { body: string }>('SELECT body FROM journal ORDER BY seq DESC LIMIT ?').all(count) ?? []
    return rows.map(({ body }) => JSON.parse(body) as TailFact)
  }

  close(): void {
    this.#db?.close()
    this.#db = undefined
  }
}
