import type { JournalEntry } from '#domain/facts.ts'

/** Read side of the journal: what followers (replica, screens) see. Entries come in order without a gap. */
export interface FactSource {
  /** Names this journal for ever; a copy of it restored elsewhere keeps the name. */
  readonly journalId: string
  /** Sequence of the newest durable entry; 0 when empty. */
  head(): number
  /** At most `limit` entries after `afterSeq`. */
  read(afterSeq: number, limit: number): readonly JournalEntry[]
}
