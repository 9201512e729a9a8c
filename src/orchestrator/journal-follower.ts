import type { JournalEntry } from '#domain/facts.ts'
import type { FactSource } from '#storage/journal/fact-source.ts'

const BATCH = 500

/** Reads the journal after the engine, in bounded batches with a breath between them, and hands the facts on in order. */
export class JournalFollower {
  readonly #source: FactSource
  readonly #onEntries: (entries: readonly JournalEntry[]) => void
  #seq: number
  #head: number
  #running = false
  #closed = false
  #caughtUp = Promise.withResolvers<void>()

  /** `afterSeq`: what came up to there is known already. */
  constructor(source: FactSource, onEntries: (entries: readonly JournalEntry[]) => void, afterSeq = 0) {
    this.#source = source
    this.#seq = afterSeq
    this.#onEntries = onEntries
    this.#head = source.head()
    this.#run()
  }

  get seq(): number {
    return this.#seq
  }

  get head(): number {
    return this.#head
  }

  notice(head: number): void {
    this.#head = Math.max(this.#head, head)
    this.#run()
  }

  /** Resolves once everything that was in the journal at the call has been handed on. */
  async caughtUp(): Promise<void> {
    while (!this.#closed && this.#seq < this.#head) await this.#caughtUp.promise
  }

  close(): void {
    this.#closed = true
    this.#caughtUp.resolve()
  }

  #run(): void {
    if (this.#running || this.#closed) return
    if (this.#seq >= this.#head) {
      this.#caughtUp.resolve()
      this.#caughtUp = Promise.withResolvers()
      return
    }
    this.#running = true
    setImmediate(() => {
      this.#running = false
      if (this.#closed) return
      const entries = this.#source.read(this.#seq, BATCH)
      const last = entries.at(-1)
      if (last === undefined) return
      this.#seq = last.seq
      this.#onEntries(entries)
      this.#run()
    })
  }
}
