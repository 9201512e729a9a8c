import type { Random } from './random.ts'
import type { Trace } from './trace.ts'

interface Event {
  readonly time: number
  /** Events of one instant run in seeded disorder. */
  readonly tie: number
  readonly seq: number
  readonly name: string
  readonly run: () => void
  /** Happens on our machine: not while that stands still. */
  readonly onMachine: boolean
}

/** Between two events of one port: keeps their order where milliseconds are equal. */
const HAIR_MS = 0.001

const before = (a: Event, b: Event): boolean => (a.time !== b.time ? a.time < b.time : a.tie !== b.tie ? a.tie < b.tie : a.seq < b.seq)

/** Virtual time: one heap of events, one thread. `now` jumps from event to event. */
export class Scheduler {
  readonly #heap: Event[] = []
  readonly #random: Random
  readonly #trace: Trace
  #seq = 0
  #now: number
  #events = 0
  #frozenUntil = 0
  #thawed = 0

  constructor(start: number, random: Random, trace: Trace) {
    this.#now = start
    this.#random = random
    this.#trace = trace
  }

  /** True time, whole milliseconds: what no clock of the machine need agree with. */
  get now(): number {
    return Math.floor(this.#now)
  }

  get events(): number {
    return this.#events
  }

  /** Our machine stands still until then; the rest of the world does not. */
  freeze(untilTime: number): void {
    this.#frozenUntil = Math.max(this.#frozenUntil, untilTime)
    this.#thawed = 0
  }

  get frozenUntil(): number {
    return this.#frozenUntil
  }

  get isFrozen(): boolean {
    return this.#now < this.#frozenUntil
  }

  at(time: number, name: string, run: () => void): void {
    this.#seq += 1
    this.#push({ time: Math.max(time, this.#now), tie: this.#random.uint32(), seq: this.#seq, name, run, onMachine: false })
  }

  /** Of our machine, after a delay. */
  machine(delayMs: number, name: string, run: () => void): void {
    this.machineAt(this.#now + delayMs, name, run)
  }

  machineAt(time: number, name: string, run: () => void): void {
    this.#seq += 1
    this.#push({ time: Math.max(time, this.#now), tie: this.#random.uint32(), seq: this.#seq, name, run, onMachine: true })
  }

  #push(event: Event): void {
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
      if (next.onMachine && next.time < this.#frozenUntil) {
        this.#thawed += 1
        this.#push({ ...next, time: this.#frozenUntil + this.#thawed * HAIR_MS })
        continue
      }
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
