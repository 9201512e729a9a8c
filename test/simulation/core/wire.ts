import type { Scheduler } from './scheduler.ts'

/** A message port between two threads: in order, nothing lost, a little later. Cut when one end dies. */
export class Wire<T> {
  readonly #scheduler: Scheduler
  readonly #name: string
  readonly #latencyMs: () => number
  readonly #deliver: (message: T) => void
  readonly #waiting: T[] = []
  #last = 0
  #cut = false

  constructor(options: {
    readonly scheduler: Scheduler
    readonly name: string
    readonly latencyMs: () => number
    readonly deliver: (message: T) => void
  }) {
    this.#scheduler = options.scheduler
    this.#name = options.name
    this.#latencyMs = options.latencyMs
    this.#deliver = options.deliver
  }

  send(message: T): void {
    if (this.#cut) return
    // A heap breaks ties at random; a hair's breadth keeps the order.
    this.#last = Math.max(this.#last + 0.001, this.#scheduler.now + this.#latencyMs())
    this.#waiting.push(message)
    // Whichever event comes first hands over the oldest message: a machine that stood still mixes up the events, never the port.
    this.#scheduler.machineAt(this.#last, this.#name, () => {
      const oldest = this.#waiting.shift()
      if (!this.#cut && oldest !== undefined) this.#deliver(oldest)
    })
  }

  cut(): void {
    this.#cut = true
  }
}
