import type { Random } from './random.ts'
import type { Trace } from './trace.ts'

interface Event {
  readonly time: number
  /** Events of one instant run in seeded disorder. */
  readonly tie: number
  readonly seq: number
  readonly name: string
  readonly run: () => void
}

const before = (a: Event, b: Event): boolean =>
  a.time !== b.time ? a.time < b.time : a.tie !== b.tie ? a.tie < b.tie : a.seq < b.seq

/** Virtual time: one heap of events, one thread. `now` jumps from event to event. */
export class Scheduler {
  readonly #heap: Event[] = []
  readonly #random: Random
  readonly #trace: Trace
  #seq = 0
  #now: number
  #events = 0

  constructor(start: number, random: Random, trace: Trace) {
    this.#now = start
    this.#random = random
    this.#trace = trace
  }

  /** True time, milliseconds: what no clock of the machine need agree with. */
  get now(): number {
    return this.#now
  }

  get events(): number {
    return this.#events
  }

  at(time: number, name: string, run: () => void): void {
    this.#seq += 1
    const event = { time: Math.max(time, this.#now), tie: this.#random.uint32(), seq: this.#seq, name, run }
    const heap = this.#heap
    let hole = heap.push(event) - 1
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      const above = heap[parent] as Event
      if (!before(event, above)) break
      heap[hole] = above
      hole = parent
    }
    heap[hole] = event
  }

  after(delayMs: number, name: string, run: () => void): void {
    this.at(this.#now + delayMs, name, run)
  }

  /** Runs events up to and including `until`. */
  runUntil(until: number): void {
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.time > until) break
      this.#pop()
      this.#now = next.time
      this.#events += 1
      this.#trace.note(next.time, next.name)
      next.run()
    }
    this.#now = Math.max(this.#now, until)
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Event
    if (heap.length === 0) return
    let hole = 0
    for (;;) {
      const left = 2 * hole + 1
      if (left >= heap.length) break
      const right = left + 1
      const smaller = right < heap.length && before(heap[right] as Event, heap[left] as Event) ? right : left
      if (!before(heap[smaller] as Event, last)) break
      heap[hole] = heap[smaller] as Event
      hole = smaller
    }
    heap[hole] = last
  }
}
