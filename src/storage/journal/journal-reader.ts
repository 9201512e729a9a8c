import Database from 'better-sqlite3'
import { AppError } from '#domain/errors.ts'
import type { JournalEntry } from '#domain/facts.ts'
import type { FactSource } from './fact-source.ts'
import { parseFact } from './fact-text.ts'

export interface JournalReader extends FactSource {
  /** At most `limit` entries before `beforeSeq`, newest first. */
  readBackwards(beforeSeq: number, limit: number): readonly JournalEntry[]
  close(): void
}

/** A read-only view of the journal for other threads; sees what is committed, never blocks the writer. */
export function openJournalReader(path: string): JournalReader {
  const db = new Database(path, { readonly: true, fileMustExist: true })
  db.pragma('mmap_size = 0')
  const id = db.prepare<[], { value: string }>("SELECT value FROM meta WHERE key = 'journal_id'").get()?.value
  if (id === undefined) {
    db.close()
    throw new AppError(
      'JOURNAL_CORRUPT',
      `The journal at ${path} has no identity. Nothing was read. It may not have been created completely; start the workstation again.`,
    )
  }
  const head = db.prepare<[], { seq: number | null }>('SELECT max(seq) AS seq FROM journal')
  const forward = db.prepare<[number, number], { seq: number; body: string }>(
    'SELECT seq, body FROM journal WHERE seq > ? ORDER BY seq LIMIT ?',
  )
  const backward = db.prepare<[number, number], { seq: number; body: string }>(
    'SELECT seq, body FROM journal WHERE seq < ? ORDER BY seq DESC LIMIT ?',
  )
  const entry = (row: { seq: number; body: string }): JournalEntry => ({ seq: row.seq, fact: parseFact(row.body) })
  return {
    journalId: id,
    head: () => head.get()?.seq ?? 0,
    read: (afterSeq, limit) => forward.all(afterSeq, limit).map(entry),
    readBackwards: (beforeSeq, limit) => backward.all(beforeSeq, limit).map(entry),
    close: () => db.close(),
  }
}
