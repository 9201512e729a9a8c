import type { Fact, JournalEntry } from '#domain/facts.ts'
import { parseFact } from '#storage/journal/fact-text.ts'
import { GENESIS_HASH, recordHash } from '#storage/journal/record-hash.ts'
import type { Random } from '../core/random.ts'

/** A batch of facts as text: what one transaction writes. */
export interface Page {
  readonly seq: number
  readonly count: number
  readonly body: string
  readonly hash: string
}

interface StoredSnapshot {
  readonly seq: number
  readonly body: string
  readonly hash: string
}

/**
 * The journal as a disk would have it: pages of text with the real hash chain. A page that was written and not synced may be
 * lost, whole, or torn when the machine dies. Offers what recovery reads of the real journal.
 */
export class DiskJournal {
  readonly journalId = 'simulated'
  readonly instance: string
  readonly #pages: Page[] = []
  #unsynced: Page | undefined
  #snapshots: StoredSnapshot[] = []
  /** What a crash left of a torn page: read at the next start, recognised and cut. */
  #tail: Page | undefined
  isFull = false
  tornPages = 0

  constructor(instance: string) {
    this.instance = instance
  }

  /** Sequence of the newest durable fact. */
  get head(): number {
    const last = this.#pages.at(-1)
    return last === undefined ? 0 : last.seq + last.count - 1
  }

  get headHash(): string {
    return this.#pages.at(-1)?.hash ?? GENESIS_HASH
  }

  get pages(): readonly Page[] {
    return this.#pages
  }

  /** Throws when the disk is full; then nothing of it is there. */
  append(facts: readonly Fact[]): Page {
    if (this.isFull) throw new Error('JOURNAL_WRITE_FAILED')
    if (this.#unsynced !== undefined) throw new Error('the simulation wrote twice without a sync')
    const body = facts.map((fact) => JSON.stringify(fact)).join('\n')
    const seq = this.head + 1
    this.#unsynced = { seq, count: facts.length, body, hash: recordHash(this.headHash, seq, body) }
    return this.#unsynced
  }

  sync(): void {
    if (this.#unsynced !== undefined) this.#pages.push(this.#unsynced)
    this.#unsynced = undefined
  }

  /** The power goes: an unsynced page is gone, there, or torn. */
  crash(random: Random, tears: boolean): void {
    const page = this.#unsynced
    this.#unsynced = undefined
    if (page === undefined) return
    if (tears) this.#tail = { ...page, body: page.body.slice(0, random.below(page.body.length)) }
    else if (random.chance(0.5)) this.#pages.push(page)
  }

  /** What a start does first: a last page that does not fit its hash was never committed. */
  open(): void {
    const tail = this.#tail
    this.#tail = undefined
    if (tail === undefined) return
    this.tornPages += 1
    // A page that fits by luck would have been committed: then it counts.
    if (recordHash(this.headHash, tail.seq, tail.body) === tail.hash) this.#pages.push(tail)
  }

  writeSnapshot(body: string, isWhole: boolean): void {
    const hash = recordHash('snapshot', this.head, body)
    this.#snapshots = [{ seq: this.head, body: isWhole ? body : body.slice(0, body.length >> 1), hash }, ...this.#snapshots].slice(0, 2)
  }

  readSnapshots(): readonly StoredSnapshot[] {
    if ((this.#snapshots[0]?.seq ?? 0) > this.head) throw new Error('JOURNAL_CORRUPT: a snapshot is newer than the journal')
    return this.#snapshots.filter(({ seq, body, hash }) => recordHash('snapshot', seq, body) === hash)
  }

  *verified(afterSeq: number): Generator<JournalEntry> {
    let previous = GENESIS_HASH
    let expected = 1
    for (const page of this.#pages) {
      if (page.seq !== expected || recordHash(previous, page.seq, page.body) !== page.hash)
        throw new Error(`JOURNAL_CORRUPT at ${page.seq}`)
      if (page.seq + page.count - 1 > afterSeq) {
        for (const [index, line] of page.body.split('\n').entries())
          if (page.seq + index > afterSeq) yield { seq: page.seq + index, fact: parseFact(line) }
      }
      previous = page.hash
      expected += page.count
    }
  }

  /** Facts with `afterSeq < seq <= untilSeq`, unchecked. */
  *entries(afterSeq: number, untilSeq: number): Generator<JournalEntry> {
    for (let n = this.#pageAfter(afterSeq); n < this.#pages.length; n += 1) {
      const page = this.#pages[n] as Page
      if (page.seq > untilSeq) return
      for (const [index, line] of page.body.split('\n').entries()) {
        const seq = page.seq + index
        if (seq > afterSeq && seq <= untilSeq) yield { seq, fact: parseFact(line) }
      }
    }
  }

  /** The first page with a fact after that one. */
  #pageAfter(seq: number): number {
    let [low, high] = [0, this.#pages.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const { seq: first, count } = this.#pages[middle] as Page
      if (first + count - 1 <= seq) low = middle + 1
      else high = middle
    }
    return low
  }
}
