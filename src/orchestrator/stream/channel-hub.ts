import { CHANNELS, type Channel } from '#contract/stream.ts'
import type { Clock } from '#platform/clock.ts'
import type { StreamEvent, StreamState } from '../read-model/stream-event.ts'
import type { SendFrame, StreamSession } from '../workstation-api.ts'
import { EventRing, type EventFrame } from './event-ring.ts'
import { FollowerSession } from './follower-session.ts'

/** Events kept per channel for `resume`. */
export const RESUME_EVENTS_MAX = 1_000
/** A state (a price, a forming candle, a position's value) is sent at most this often per key. */
export const STATE_INTERVAL_MS = 100
/** Room for a million events a second per channel before the numbers of two runs could meet. */
const SEQ_PER_MS = 1_000

export interface ChannelHubOptions {
  readonly clock: Clock
  /** What a channel looks like right now; `symbol` narrows it. */
  readonly snapshot: (channel: Channel, symbol: string | undefined) => unknown
  /** Runs something once after a while; answers with what calls it off. Real timers by default. */
  readonly schedule?: ((run: () => void, delayMs: number) => () => void) | undefined
}

/**
 * Numbers events per channel and hands them to followers. Numbers start at the time of start, so a follower who comes
 * back after a restart with an old number gets a snapshot, never somebody else's events.
 */
export class ChannelHub {
  readonly #options: ChannelHubOptions
  readonly #rings: ReadonlyMap<Channel, EventRing>
  readonly #sessions = new Set<FollowerSession>()
  readonly #states = new Map<string, StreamState>()
  #cancelFlush: (() => void) | undefined

  constructor(options: ChannelHubOptions) {
    this.#options = options
    const start = options.clock.now() * SEQ_PER_MS
    this.#rings = new Map(CHANNELS.map((channel) => [channel, new EventRing(RESUME_EVENTS_MAX, start)]))
  }

  /** One event, to every follower of the channel, now. */
  publish(channel: Channel, ts: number, data: unknown): void {
    const frame = this.#ring(channel).append({ channel, ts, data })
    for (const session of this.#sessions) session.deliver(frame)
  }

  /** A state: sent at most every 100 ms per channel and key, always as it stands when it is sent. */
  publishState(state: StreamState): void {
    this.#states.set(`${state.channel} ${state.key}`, state)
    this.#cancelFlush ??= (this.#options.schedule ?? startTimer)(() => this.flush(), STATE_INTERVAL_MS)
  }

  emit(events: readonly StreamEvent[]): void {
    for (const event of events) {
      if ('key' in event) this.publishState(event)
      else this.publish(event.channel, event.ts, event.data)
    }
  }

  /** Sends the states that wait. */
  flush(): void {
    this.#cancelFlush?.()
    this.#cancelFlush = undefined
    const states = [...this.#states.values()]
    this.#states.clear()
    for (const state of states) {
      const data = state.latest()
      if (data !== undefined) this.publish(state.channel, state.ts, data)
    }
  }

  openStream(send: SendFrame): StreamSession {
    const session = new FollowerSession(this, send, () => this.#sessions.delete(session))
    this.#sessions.add(session)
    return session
  }

  seq(channel: Channel): number {
    return this.#ring(channel).seq
  }

  snapshot(channel: Channel, symbol: string | undefined): unknown {
    return this.#options.snapshot(channel, symbol)
  }

  /** Events after `seq`, or undefined when they cannot all be given. */
  eventsAfter(channel: Channel, seq: number): EventFrame[] | undefined {
    return this.#ring(channel).after(seq)
  }

  get sessionCount(): number {
    return this.#sessions.size
  }

  /** Ends every session and the timer. */
  close(): void {
    this.#cancelFlush?.()
    this.#cancelFlush = undefined
    this.#states.clear()
    for (const session of this.#sessions) session.close()
  }

  #ring(channel: Channel): EventRing {
    const ring = this.#rings.get(channel)
    if (ring === undefined) throw new Error(`no such channel: ${channel}`)
    return ring
  }
}

function startTimer(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs)
  timer.unref()
  return () => clearTimeout(timer)
}
