import { CHANNELS, clientFrame, type Channel, type ClientFrame, type ServerFrame } from '#contract/stream.ts'
import type { SendFrame, StreamSession } from '../workstation-api.ts'
import type { EventFrame } from './event-ring.ts'

/** What a session needs of the hub. */
interface Source {
  seq(channel: Channel): number
  snapshot(channel: Channel, symbol: string | undefined): unknown
  eventsAfter(channel: Channel, seq: number): EventFrame[] | undefined
}

/** Symbols one follower may name per channel. */
const SYMBOLS_MAX = 100

/**
 * One follower: which channels and symbols it hears. It keeps no queue: what `send` does not take closes the session.
 * With a symbol filter the numbers a follower sees have gaps where other symbols' events were.
 */
export class FollowerSession implements StreamSession {
  readonly #source: Source
  readonly #send: SendFrame
  readonly #closed: () => void
  /** Null: every symbol. */
  readonly #channels = new Map<Channel, Set<string> | null>()
  #open = true

  constructor(source: Source, send: SendFrame, closed: () => void) {
    this.#source = source
    this.#send = send
    this.#closed = closed
  }

  /** Takes whatever arrived: a frame that is none is answered with an error, never thrown. */
  receive(frame: ClientFrame): void {
    if (!this.#open) return
    const parsed = clientFrame.safeParse(frame)
    if (!parsed.success) {
      this.#give(refusal(frame))
      return
    }
    const { data } = parsed
    switch (data.action) {
      case 'ping':
        this.#give({ type: 'pong' })
        return
      case 'auth':
        this.#give({ type: 'authenticated' })
        return
      case 'subscribe':
        this.#follow(data.channel, data.symbol)
        return
      case 'resume':
        this.#follow(data.channel, data.symbol, data.seq)
        return
      case 'unsubscribe':
        this.#unfollow(data.channel, data.symbol)
        return
    }
  }

  /** Passes an event on if this follower asked for it. */
  deliver(frame: EventFrame): void {
    const symbols = this.#channels.get(frame.channel)
    if (symbols === undefined || !this.#open) return
    if (symbols === null || isOf(frame.data, symbols)) this.#give(frame)
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#channels.clear()
    this.#closed()
  }

  #follow(channel: Channel, symbol: string | undefined, resumeSeq?: number): void {
    const symbols = this.#channels.get(channel)
    if (symbol === undefined) this.#channels.set(channel, null)
    else if (symbols === undefined) this.#channels.set(channel, new Set([symbol]))
    else if (symbols !== null && symbols.size >= SYMBOLS_MAX) {
      this.#give({
        type: 'error',
        code: 'TOO_MANY_SYMBOLS',
        message: `at most ${SYMBOLS_MAX} symbols per channel; subscribe without a symbol to hear all`,
      })
      return
    } else symbols?.add(symbol)

    const missed = resumeSeq === undefined ? undefined : this.#source.eventsAfter(channel, resumeSeq)
    if (resumeSeq !== undefined && missed !== undefined) {
      this.#give({ type: 'subscribed', channel, seq: resumeSeq })
      for (const frame of missed) this.deliver(frame)
      return
    }
    const seq = this.#source.seq(channel)
    this.#give({ type: 'subscribed', channel, seq })
    if (this.#open) this.#give({ type: 'snapshot', channel, seq, data: this.#source.snapshot(channel, symbol) })
  }

  #unfollow(channel: Channel, symbol: string | undefined): void {
    const symbols = this.#channels.get(channel)
    if (symbol === undefined || symbols === null) this.#channels.delete(channel)
    else if (symbols?.delete(symbol) === true && symbols.size === 0) this.#channels.delete(channel)
    this.#give({ type: 'unsubscribed', channel })
  }

  #give(frame: ServerFrame): void {
    if (this.#open && !this.#send(frame)) this.close()
  }
}

function isOf(data: unknown, symbols: ReadonlySet<string>): boolean {
  const symbol = typeof data === 'object' && data !== null && 'symbol' in data ? data.symbol : undefined
  return typeof symbol !== 'string' || symbols.has(symbol)
}

function refusal(frame: unknown): ServerFrame {
  const channel = typeof frame === 'object' && frame !== null && 'channel' in frame ? frame.channel : undefined
  if (typeof channel === 'string' && !(CHANNELS as readonly string[]).includes(channel)) {
    return { type: 'error', code: 'UNKNOWN_CHANNEL', message: `no channel "${channel.slice(0, 40)}"; there are ${CHANNELS.join(', ')}` }
  }
  return {
    type: 'error',
    code: 'BAD_FRAME',
    message: 'expected {"action":"subscribe"|"unsubscribe"|"resume"|"ping","channel"?,"symbol"?,"seq"?}',
  }
}
