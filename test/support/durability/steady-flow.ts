import type { Fact } from '#domain/facts.ts'
import { TestJournal } from '#test/support/postgres-replica.ts'
import { ExpectedTables, type Tables } from './expected-tables.ts'

const TICK_MS = 50

/** Facts into a real journal, so many a second for the whole time, whatever Postgres does. */
export class SteadyFlow implements Disposable {
  readonly journal = new TestJournal()
  readonly #facts: readonly Fact[]
  readonly #timer: NodeJS.Timeout
  readonly #started = performance.now()
  readonly #expected = new ExpectedTables()
  #foldedSeq = 0
  #head = 0

  constructor(facts: readonly Fact[], options: { readonly perSecond: number; readonly onHead: (seq: number) => void }) {
    this.#facts = facts
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - this.#started) / 1_000) * options.perSecond)
      const batch = this.#facts.slice(this.#head, due)
      if (batch.length === 0) return
      // Each returned append is an "ok" of the set method: from here on the fact must never be missed.
      this.#head = this.journal.append(batch)
      options.onHead(this.#head)
    }, TICK_MS)
  }

  /** The last fact that the journal has promised to keep. */
  get head(): number {
    return this.#head
  }

  get perSecond(): number {
    return this.#head / ((performance.now() - this.#started) / 1_000)
  }

  /** The tables as they should be at this place of the journal; places never go back. */
  expectedAt(seq: number): Tables {
    if (seq < this.#foldedSeq) throw new Error(`folded up to ${this.#foldedSeq} already`)
    this.#expected.add(this.journal.reader.read(this.#foldedSeq, seq - this.#foldedSeq))
    this.#foldedSeq = seq
    return this.#expected.tables
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.journal[Symbol.dispose]()
  }
}
