import Database from 'better-sqlite3'
import { AppError } from '#domain/errors.ts'
import type { JournalEntry } from '#domain/facts.ts'
import type { FactSource } from './fact-source.ts'
import { entriesAfter, type JournalPage } from './journal-page.ts'

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
  // Not named `seq`: ordered by an alias of that name, the whole journal would be read and sorted.
  const head = db.prepare<[], { head: number }>('SELECT seq + facts - 1 AS head FROM journal ORDER BY seq DESC LIMIT 1')
  const forward = db.prepare<[number, number], JournalPage>(
    'SELECT seq, facts, body FROM journal WHERE seq >= (SELECT coalesce(max(seq), 0) FROM journal WHERE seq <= ?) ORDER BY seq LIMIT ?',
  )
  const backward = db.prepare<[number, number], JournalPage>('SELECT seq, facts, body FROM journal WHERE seq < ? ORDER BY seq DESC LIMIT ?')
  return {
    journalId: id,
    head: () => head.get()?.head ?? 0,
    read: (afterSeq, limit) => collect(forward.iterate(afterSeq + 1, limit), limit, (page) => entriesAfter(page, afterSeq)),
    readBackwards: (beforeSeq, limit) =>
      collect(backward.iterate(beforeSeq, limit), limit, (page) =>
        [...entriesAfter(page, 0)].filter(({ seq }) => seq < beforeSeq).reverse(),
      ),
    close: () => db.close(),
  }
}

/** The first `limit` entries of the pages, as `entriesOf` orders them. */
function collect(pages: Iterable<JournalPage>, limit: number, entriesOf: (page: JournalPage) => Iterable<JournalEntry>): JournalEntry[] {
  const entries: JournalEntry[] = []
  if (limit <= 0) return entries
  for (const page of pages) {
    for (const entry of entriesOf(page)) {
      entries.push(entry)
      if (entries.length === limit) return entries
    }
  }
  return entries
}
