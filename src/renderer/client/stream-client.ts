import type { Channel, ChannelData, ClientFrame, ServerFrame } from '#contract/stream.ts'

/** One open line to the workstation; what carries it is decided elsewhere. */
export interface StreamConnection {
  send(frame: ClientFrame): void
  close(): void
}
export interface ConnectionEvents {
  /** The line is open and the caller is known. */
  onOpen(): void
  onFrame(frame: ServerFrame): void
  onClose(reason: string): void
}
export type Connect = (events: ConnectionEvents) => StreamConnection

type Snapshot<C extends Channel> = C extends 'system' | 'risk' ? ChannelData[C] : readonly ChannelData[C][]

export interface StreamHandlers<C extends Channel> {
  onSnapshot(data: Snapshot<C>): void
  onEvent(data: ChannelData[C], ts: number): void
  /** The channel follows the workstation again, with or without news. */
  onLive?(): void
}

export type StreamStatus =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** `since` is UTC milliseconds of the last frame; `retryAt` of the next try. */
  | { readonly state: 'lost'; readonly since: number; readonly retryAt: number; readonly reason: string }
  | { readonly state: 'unauthorized' }

export interface StreamClient {
  subscribe<C extends Channel>(channel: C, filter: { readonly symbol?: string }, handlers: StreamHandlers<C>): () => void
  status(): StreamStatus
  onStatus(listener: (status: StreamStatus) => void): () => void
  /** Milliseconds since the last frame of any kind. */
  age(): number
  retryNow(): void
  close(): void
}

export const PING_EVERY_MS = 5_000
/** No frame for this long: the line is dead, whatever it says. */
export const SILENCE_MAX_MS = 12_000
export const BACKOFF_FIRST_MS = 500
export const BACKOFF_MAX_MS = 15_000
/** A gap that a resume did not heal in this time is answered by a fresh snapshot. */
const GAP_HEAL_MS = 3_000
/** Channels whose every event counts; the others carry the newest state, so a skipped one is harmless. */
const GAPLESS: ReadonlySet<Channel> = new Set(['trades', 'orders', 'positions', 'signals', 'alerts'])
const UNAUTHORIZED_CODES = new Set(['UNAUTHORIZED', 'FORBIDDEN', 'AUTH_FAILED', 'AUTH_REQUIRED', 'INVALID_TOKEN'])

interface Listener {
  readonly symbol: string | undefined
  readonly handlers: StreamHandlers<Channel>
}
interface ChannelState {
  readonly listeners: Set<Listener>
  seq: number | undefined
  healTimer: ReturnType<typeof setTimeout> | undefined
}

function symbolOf(data: unknown): unknown {
  return typeof data === 'object' && data !== null ? Reflect.get(data, 'symbol') : undefined
}

/** Full jitter over an exponential ceiling, so that many windows do not come back at once. */
export function backoffMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** attempt)
  return Math.round(ceiling / 2 + (ceiling / 2) * random())
}

class ReconnectingStream implements StreamClient {
  readonly #connect: Connect
  readonly #random: () => number
  readonly #channels = new Map<Channel, ChannelState>()
  readonly #statusListeners = new Set<(status: StreamStatus) => void>()
  #status: StreamStatus = { state: 'connecting' }
  #connection: StreamConnection | undefined
  #generation = 0
  #attempt = 0
  #lastFrameAt = performance.now()
  #lastFrameTime = Date.now()
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  readonly #watch: ReturnType<typeof setInterval>
  #closed = false

  constructor(options: { readonly connect: Connect; readonly random?: () => number }) {
    this.#connect = options.connect
    this.#random = options.random ?? Math.random
    this.#watch = setInterval(() => this.#checkSilence(), PING_EVERY_MS)
    this.#open()
  }

  subscribe<C extends Channel>(channel: C, filter: { readonly symbol?: string }, handlers: StreamHandlers<C>): () => void {
    const state = this.#channels.get(channel) ?? { listeners: new Set<Listener>(), seq: undefined, healTimer: undefined }
    this.#channels.set(channel, state)
    const listener: Listener = { symbol: filter.symbol, handlers: handlers as StreamHandlers<Channel> }
    state.listeners.add(listener)
    if (this.#status.state === 'live') this.#send({ action: 'subscribe', channel })
    return () => {
      state.listeners.delete(listener)
      if (state.listeners.size > 0) return
      clearTimeout(state.healTimer)
      this.#channels.delete(channel)
      this.#send({ action: 'unsubscribe', channel })
    }
  }

  status(): StreamStatus {
    return this.#status
  }

  onStatus(listener: (status: StreamStatus) => void): () => void {
    this.#statusListeners.add(listener)
    listener(this.#status)
    return () => this.#statusListeners.delete(listener)
  }

  age(): number {
    return performance.now() - this.#lastFrameAt
  }

  retryNow(): void {
    if (this.#status.state !== 'lost') return
    clearTimeout(this.#retryTimer)
    this.#open()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#watch)
    clearTimeout(this.#retryTimer)
    for (const state of this.#channels.values()) clearTimeout(state.healTimer)
    this.#connection?.close()
  }

  #open(): void {
    this.#generation += 1
    const generation = this.#generation
    const current = (): boolean => generation === this.#generation && !this.#closed
    this.#lastFrameAt = performance.now()
    this.#connection = this.#connect({
      onOpen: () => current() && this.#onOpen(),
      onFrame: (frame) => current() && this.#onFrame(frame),
      onClose: (reason) => current() && this.#lose(reason),
    })
  }

  #onOpen(): void {
    this.#attempt = 0
    this.#touch()
    this.#setStatus({ state: 'live' })
    for (const [channel, state] of this.#channels) {
      this.#send(state.seq === undefined ? { action: 'subscribe', channel } : { action: 'resume', channel, seq: state.seq })
    }
    // Frames are answered in order: the pong says that every resume before it has been dealt with.
    this.#send({ action: 'ping' })
  }

  #onFrame(frame: ServerFrame): void {
    this.#touch()
    switch (frame.type) {
      case 'snapshot':
        this.#onSnapshot(frame.channel, frame.seq, frame.data)
        break
      case 'event':
        this.#onEvent(frame)
        break
      case 'subscribed':
        this.#markLive(frame.channel)
        break
      case 'pong':
        for (const channel of this.#channels.keys()) this.#markLive(channel)
        break
      case 'error':
        if (UNAUTHORIZED_CODES.has(frame.code)) this.#refuse()
        break
      case 'authenticated':
      case 'unsubscribed':
        break
    }
  }

  #onSnapshot(channel: Channel, seq: number, data: unknown): void {
    const state = this.#channels.get(channel)
    if (state === undefined) return
    this.#healed(state)
    state.seq = seq
    for (const { symbol, handlers } of state.listeners) {
      const wanted = symbol === undefined || !Array.isArray(data) ? data : data.filter((row: unknown) => symbolOf(row) === symbol)
      handlers.onSnapshot(wanted as Snapshot<Channel>)
    }
  }

  #onEvent(frame: Extract<ServerFrame, { type: 'event' }>): void {
    const state = this.#channels.get(frame.channel)
    if (state?.seq === undefined || frame.seq <= state.seq) return
    if (GAPLESS.has(frame.channel) && frame.seq > state.seq + 1) {
      this.#heal(frame.channel, state, state.seq)
      return
    }
    this.#healed(state)
    state.seq = frame.seq
    for (const { symbol, handlers } of state.listeners) {
      if (symbol === undefined || symbolOf(frame.data) === symbol) handlers.onEvent(frame.data as ChannelData[Channel], frame.ts)
    }
  }

  /** Asks once for what is missing; if that does not come, starts the channel afresh. */
  #heal(channel: Channel, state: ChannelState, seq: number): void {
    if (state.healTimer !== undefined) return
    this.#send({ action: 'resume', channel, seq })
    state.healTimer = setTimeout(() => {
      state.healTimer = undefined
      state.seq = undefined
      this.#send({ action: 'unsubscribe', channel })
      this.#send({ action: 'subscribe', channel })
    }, GAP_HEAL_MS)
  }

  #healed(state: ChannelState): void {
    clearTimeout(state.healTimer)
    state.healTimer = undefined
  }

  #markLive(channel: Channel): void {
    for (const { handlers } of this.#channels.get(channel)?.listeners ?? []) handlers.onLive?.()
  }

  #checkSilence(): void {
    if (this.#status.state === 'live') {
      if (this.age() > SILENCE_MAX_MS) this.#lose('no word from the workstation')
      else this.#send({ action: 'ping' })
    } else if (this.#status.state === 'connecting' && this.age() > SILENCE_MAX_MS) this.#lose('no answer')
  }

  #lose(reason: string): void {
    if (this.#status.state === 'unauthorized') return
    this.#generation += 1
    this.#connection?.close()
    this.#connection = undefined
    const since = this.#status.state === 'lost' ? this.#status.since : this.#lastFrameTime
    const delay = backoffMs(this.#attempt, this.#random)
    this.#attempt += 1
    clearTimeout(this.#retryTimer)
    this.#retryTimer = setTimeout(() => this.#open(), delay)
    this.#setStatus({ state: 'lost', since, retryAt: Date.now() + delay, reason })
  }

  #refuse(): void {
    this.#setStatus({ state: 'unauthorized' })
    this.#connection?.close()
  }

  #send(frame: ClientFrame): void {
    if (this.#status.state === 'live') this.#connection?.send(frame)
  }

  #touch(): void {
    this.#lastFrameAt = performance.now()
    this.#lastFrameTime = Date.now()
  }

  #setStatus(status: StreamStatus): void {
    this.#status = status
    for (const listener of this.#statusListeners) listener(status)
  }
}

/** Follows the stream for as long as the page lives: comes back by itself, resumes where it was, and knows its age. */
export function createStreamClient(options: { readonly connect: Connect; readonly random?: () => number }): StreamClient {
  return new ReconnectingStream(options)
}
