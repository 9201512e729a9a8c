import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ClientFrame, ServerFrame } from '#contract/stream.ts'
import type { ConnectionEvents, StreamClient, StreamStatus } from './stream-client.ts'
import { BACKOFF_MAX_MS, backoffMs, createStreamClient, PING_EVERY_MS, SILENCE_MAX_MS } from './stream-client.ts'

/** The far end of the line, in the test's hands. */
class Line {
  readonly sent: ClientFrame[] = []
  closed = false
  readonly events: ConnectionEvents
  constructor(events: ConnectionEvents) {
    this.events = events
  }
  say(frame: ServerFrame): void {
    this.events.onFrame(frame)
  }
}

let lines: Line[] = []
let client: StreamClient
const last = (): Line => lines.at(-1)!
const trade = (seq: number): ServerFrame => ({
  type: 'event',
  channel: 'trades',
  seq,
  ts: 1,
  data: { id: `t${seq}`, symbol: seq % 2 === 0 ? 'BTC/USDT' : 'ETH/USDT' },
})

beforeEach(() => {
  vi.useFakeTimers()
  lines = []
  client = createStreamClient({
    random: () => 0.5,
    connect: (events) => {
      const line = new Line(events)
      lines.push(line)
      return { send: (frame) => void line.sent.push(frame), close: () => void (line.closed = true) }
    },
  })
})
afterEach(() => {
  client.close()
  vi.useRealTimers()
})

function follow(symbol?: string) {
  const seen: string[] = []
  const live = vi.fn()
  const stop = client.subscribe('trades', symbol === undefined ? {} : { symbol }, {
    onSnapshot: (rows) => seen.push(`snapshot ${rows.length}`),
    onEvent: (row) => seen.push(row.id),
    onLive: live,
  })
  return { seen, live, stop }
}

describe('the stream', () => {
  it('subscribes when the line opens, takes the snapshot, then events in order, each once', () => {
    const { seen } = follow()
    expect(last().sent).toEqual([])
    last().events.onOpen()
    expect(last().sent[0]).toEqual({ action: 'subscribe', channel: 'trades' })
    last().say({ type: 'snapshot', channel: 'trades', seq: 10, data: [{}, {}] })
    for (const seq of [11, 12, 12, 11, 13]) last().say(trade(seq))
    expect(seen).toEqual(['snapshot 2', 't11', 't12', 't13'])
  })

  it('filters by symbol on this side', () => {
    const { seen } = follow('BTC/USDT')
    last().events.onOpen()
    last().say({ type: 'snapshot', channel: 'trades', seq: 0, data: [{ symbol: 'ETH/USDT' }, { symbol: 'BTC/USDT' }] })
    last().say(trade(1))
    last().say(trade(2))
    expect(seen).toEqual(['snapshot 1', 't2'])
  })

  it('asks for what a gap hides, and starts afresh when that does not come', () => {
    const { seen } = follow()
    last().events.onOpen()
    last().say({ type: 'snapshot', channel: 'trades', seq: 1, data: [] })
    last().say(trade(5))
    last().say(trade(6))
    expect(seen).toEqual(['snapshot 0'])
    expect(last().sent.filter((frame) => frame.action === 'resume')).toEqual([{ action: 'resume', channel: 'trades', seq: 1 }])
    vi.advanceTimersByTime(3_100)
    expect(
      last()
        .sent.slice(-2)
        .map((frame) => frame.action),
    ).toEqual(['unsubscribe', 'subscribe'])
    last().say({ type: 'snapshot', channel: 'trades', seq: 6, data: [{}] })
    last().say(trade(7))
    expect(seen).toEqual(['snapshot 0', 'snapshot 1', 't7'])
  })

  it('does not mind gaps where only the newest state counts', () => {
    const seen: number[] = []
    client.subscribe('balances', {}, { onSnapshot: () => undefined, onEvent: (row) => seen.push(row.seq) })
    last().events.onOpen()
    last().say({ type: 'snapshot', channel: 'balances', seq: 1, data: [] })
    last().say({ type: 'event', channel: 'balances', seq: 9, ts: 1, data: { seq: 9 } })
    expect(seen).toEqual([9])
  })

  it('comes back by itself, resumes where it was, and says when the channel follows again', () => {
    const { seen, live } = follow()
    last().events.onOpen()
    last().say({ type: 'snapshot', channel: 'trades', seq: 4, data: [] })
    const states: StreamStatus['state'][] = []
    client.onStatus((status) => states.push(status.state))
    last().events.onClose('gone')
    expect(client.status()).toMatchObject({ state: 'lost', reason: 'gone' })
    vi.advanceTimersByTime(BACKOFF_MAX_MS)
    expect(lines).toHaveLength(2)
    last().events.onOpen()
    expect(last().sent).toEqual([{ action: 'resume', channel: 'trades', seq: 4 }, { action: 'ping' }])
    expect(live).not.toHaveBeenCalled()
    last().say({ type: 'pong' })
    expect(live).toHaveBeenCalledOnce()
    last().say(trade(5))
    expect(seen).toEqual(['snapshot 0', 't5'])
    expect(states).toEqual(['live', 'lost', 'live'])
  })

  it('takes silence for a lost line, and knows since when', () => {
    follow()
    last().events.onOpen()
    const heard = Date.now()
    vi.advanceTimersByTime(SILENCE_MAX_MS + PING_EVERY_MS)
    expect(client.status()).toMatchObject({ state: 'lost', since: heard })
    expect(lines[0]!.closed).toBe(true)
  })

  it('stays while pongs come', () => {
    last().events.onOpen()
    for (let i = 0; i < 10; i += 1) {
      vi.advanceTimersByTime(PING_EVERY_MS)
      last().say({ type: 'pong' })
    }
    expect(client.status().state).toBe('live')
    expect(last().sent.filter((frame) => frame.action === 'ping').length).toBeGreaterThan(9)
  })

  it('does not knock again with a token that was refused', () => {
    last().say({ type: 'error', code: 'UNAUTHORIZED', message: 'no' })
    last().events.onClose('closed')
    vi.advanceTimersByTime(BACKOFF_MAX_MS * 4)
    expect(client.status().state).toBe('unauthorized')
    expect(lines).toHaveLength(1)
  })

  it('hears nothing from a line it has left', () => {
    const { seen } = follow()
    const first = last()
    first.events.onOpen()
    first.events.onClose('gone')
    first.say({ type: 'snapshot', channel: 'trades', seq: 1, data: [] })
    expect(seen).toEqual([])
  })
})

it('waits longer each time, never above the ceiling, never less than half of it', () => {
  for (let attempt = 0; attempt < 12; attempt += 1) {
    const [least, most] = [backoffMs(attempt, () => 0), backoffMs(attempt, () => 0.999999)]
    expect(most).toBeLessThanOrEqual(BACKOFF_MAX_MS)
    expect(least).toBeGreaterThanOrEqual(Math.floor(most / 2))
  }
})
