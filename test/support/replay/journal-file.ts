import { createHash } from 'node:crypto'
import Database from 'better-sqlite3'

/** A record of the file: consecutive facts, one a line. */
export interface JournalPage {
  readonly seq: number
  readonly facts: number
  readonly body: string
  readonly hash: Buffer
}

export interface JournalRow {
  readonly seq: number
  readonly body: string
}

/** Looks at a journal from outside, as any program may. */
export function readJournal(path: string): readonly JournalPage[] {
  const db = new Database(path, { readonly: true, fileMustExist: true })
  try {
    return db.prepare<[], JournalPage>('SELECT seq, facts, body, hash FROM journal ORDER BY seq').all()
  } finally {
    db.close()
  }
}

export interface TailFact {
  readonly type: string
  readonly clientOrderId?: string
  readonly openTime?: number
}

/** The facts of the pages, one by one. */
export function factsOf(pages: readonly JournalPage[]): readonly JournalRow[] {
  return pages.flatMap(({ seq, body }) => body.split('\n').map((line, index) => ({ seq: seq + index, body: line })))
}

/** The first thing that is wrong with the chain; undefined when every record follows from the one before it. */
export function brokenLink(pages: readonly JournalPage[]): string | undefined {
  let previous = '0'.repeat(64)
  let next = 1
  for (const { seq, facts, body, hash } of pages) {
    if (seq !== next) return `record ${next} is missing, ${seq} is there`
    if (body.split('\n').length !== facts) return `record ${seq} does not hold the ${facts} facts it says`
    next += facts
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
      return this.#db.prepare<[], { seq: number | null }>('SELECT max(seq + facts - 1) AS seq FROM journal').get()?.seq ?? 0
    } catch {
      this.close()
      return 0
    }
  }

  /** The newest facts, newest first. */
  tail(count: number): readonly TailFact[] {
    const pages = this.#db?.prepare<[number], { body: string }>('SELECT body FROM journal ORDER BY seq DESC LIMIT ?').all(count) ?? []
    return pages
      .flatMap(({ body }) => body.split('\n').reverse())
      .slice(0, count)
      .map((line) => JSON.parse(line) as TailFact)
  }

  close(): void {
    this.#db?.close()
    this.#db = undefined
  }
}
