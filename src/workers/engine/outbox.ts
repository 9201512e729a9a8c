/** Something that may leave only when the journal has what led to it. */
export interface Held {
  readonly leave: () => void
  /** It never will. */
  readonly giveUp?: () => void
}

interface Waiting extends Held {
  readonly seq: number
}

/** What the engine lets out, in the order it was decided, each behind its facts. */
export class Outbox {
  #waiting: Waiting[] = []

  /** `seq`: the last record it must not overtake; never lower than that of what was put before. */
  put(seq: number, held: Held): void {
    this.#waiting.push({ ...held, seq })
  }

  /** The journal is on the disk up to `head`. */
  release(head: number): void {
    const ready = this.#waiting.findIndex(({ seq }) => seq > head)
    for (const { leave } of this.#waiting.splice(0, ready === -1 ? this.#waiting.length : ready)) leave()
  }

  /** Nothing of it leaves any more. */
  giveUp(): void {
    for (const each of this.#waiting.splice(0)) each.giveUp?.()
  }
}
