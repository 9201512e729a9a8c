import type { Fact, JournalEntry } from '#domain/facts.ts'
import { parseFact } from './fact-text.ts'

/**
 * Facts in one row of the journal. One row and one hash for many facts is 3.5 times as fast as a row for each; beyond 64
 * nothing is gained, and a reader who wants one fact would read too much.
 */
export const PAGE_FACTS_MAX = 64

/** A row of the journal: consecutive facts, one a line, of which `seq` is the first. */
export interface JournalPage {
  readonly seq: number
  readonly facts: number
  readonly body: string
}

/** A page on its way to the journal, which gives it its place. */
export interface NewPage {
  /** Time of its first fact. */
  readonly ts: number
  readonly facts: number
  readonly body: string
}

/** Throws a RangeError for a time that is none. */
export function pagesOf(facts: readonly Fact[]): readonly NewPage[] {
  const pages: NewPage[] = []
  for (let at = 0; at < facts.length; at += PAGE_FACTS_MAX) {
    const page = facts.slice(at, at + PAGE_FACTS_MAX)
    pages.push({ ts: page[0]?.ts ?? 0, facts: page.length, body: writePage(page) })
  }
  return pages
}

/** Facts as the lines of one page. JSON never holds a raw line break, so lines split without a parser. Throws a RangeError for a time that is none. */
export function writePage(facts: readonly Fact[]): string {
  return facts.map(writeLine).join('\n')
}

function writeLine(fact: Fact): string {
  if (!Number.isSafeInteger(fact.ts)) throw new RangeError(`${fact.type} has no time in whole milliseconds: ${fact.ts}`)
  return JSON.stringify(fact)
}

/** Sequence of the last fact of a page. */
export function lastSeq({ seq, facts }: JournalPage): number {
  return seq + facts - 1
}

/** The entries of a page after `afterSeq`, in order. Throws a RangeError when the page does not hold as many as it says. */
export function* entriesAfter(page: JournalPage, afterSeq: number): Generator<JournalEntry> {
  const lines = page.body.split('\n')
  if (lines.length !== page.facts) throw new RangeError(`page ${page.seq} holds ${lines.length} facts and says ${page.facts}`)
  for (let seq = Math.max(page.seq, afterSeq + 1); seq <= lastSeq(page); seq += 1) {
    yield { seq, fact: parseFact(lines[seq - page.seq] ?? '') }
  }
}
