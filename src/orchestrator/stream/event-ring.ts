import type { ServerFrame } from '#contract/stream.ts'

export type EventFrame = Extract<ServerFrame, { readonly type: 'event' }>

/** The last events of one channel, so that a follower who was away for a moment can go on without a gap. */
export class EventRing {
  readonly #capacity: number
  readonly #frames: EventFrame[] = []
  #seq: number

  /** `seq` is the number before the first event. */
  constructor(capacity: number, seq: number) {
    this.#capacity = capacity
    this.#seq = seq
  }

  get seq(): number {
    return this.#seq
  }

  /** Makes the next event, numbered one higher than the last. */
  append(event: Pick<EventFrame, 'channel' | 'ts' | 'data'>): EventFrame {
    this.#seq += 1
    const frame: EventFrame = { type: 'event', channel: event.channel, seq: this.#seq, ts: event.ts, data: event.data }
    this.#frames[this.#seq % this.#capacity] = frame
    return frame
  }

  /** Events after `seq`, oldest first; undefined when some of them are gone, or were never ours. */
  after(seq: number): EventFrame[] | undefined {
    if (seq > this.#seq || this.#seq - seq > this.#capacity) return undefined
    const frames: EventFrame[] = []
    for (let next = seq + 1; next <= this.#seq; next += 1) {
      const frame = this.#frames[next % this.#capacity]
      if (frame?.seq !== next) return undefined
      frames.push(frame)
    }
    return frames
  }
}
