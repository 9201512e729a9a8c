import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import type { ClientFrame, ServerFrame } from '#contract/stream.ts'
import { ChannelHub, RESUME_EVENTS_MAX } from './channel-hub.ts'

const clock = { now: () => 1_000, elapsed: () => 0 }

function makeHub() {
  const timers: (() => void)[] = []
  const hub = new ChannelHub({
    clock,
    snapshot: (channel, symbol) => [channel, symbol ?? null],
    schedule: (run) => {
      timers.push(run)
      return () => void timers.splice(timers.indexOf(run), 1)
    },
  })
  return { hub, timers }
}

function follow(hub: ChannelHub, accepts: () => boolean = () => true) {
  const frames: ServerFrame[] = []
  const session = hub.openStream((frame) => {
    if (!accepts()) return false
    frames.push(frame)
    return true
  })
  return { session, frames, seqs: () => frames.flatMap((frame) => (frame.type === 'event' ? [frame.seq] : [])) }
}

describe('ChannelHub', () => {
  it('numbers each channel for itself, one by one', () => {
    const { hub } = makeHub()
    const start = hub.seq('orders')
    hub.publish('orders', 1, {})
    hub.publish('trades', 1, {})
    hub.publish('orders', 2, {})
    expect([hub.seq('orders') - start, hub.seq('trades') - start]).toEqual([2, 1])
  })

  it('gives a follower everything after its number or a snapshot, whatever was missed', () => {
    fc.assert(
      fc.property(fc.nat(2_500), fc.nat(2_600), (published, seen) => {
        const { hub } = makeHub()
        const start = hub.seq('orders')
        for (let i = 0; i < published; i += 1) hub.publish('orders', i, { i })
        const { session, frames, seqs } = follow(hub)
        session.receive({ action: 'resume', channel: 'orders', seq: start + seen })
        hub.publish('orders', 0, {})
        const missed = published - seen
        if (missed < 0 || missed > RESUME_EVENTS_MAX) {
          expect(frames.map((frame) => frame.type)).toEqual(['subscribed', 'snapshot', 'event'])
          expect(frames[1]).toMatchObject({ seq: start + published })
        } else {
          expect(frames[0]).toEqual({ type: 'subscribed', channel: 'orders', seq: start + seen })
          expect(seqs()).toEqual(Array.from({ length: missed + 1 }, (_, i) => start + seen + i + 1))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('never answers the number of an earlier run with events of this one', () => {
    const earlier = new ChannelHub({ clock, snapshot: () => [] })
    for (let i = 0; i < 100_000; i += 1) earlier.publish('orders', i, i)
    const later = new ChannelHub({ clock: { now: () => 1_000 + 200, elapsed: () => 0 }, snapshot: () => [] })
    for (let i = 0; i < 10; i += 1) later.publish('orders', i, i)
    const { session, frames } = follow(later)
    session.receive({ action: 'resume', channel: 'orders', seq: earlier.seq('orders') })
    expect(frames.map((frame) => frame.type)).toEqual(['subscribed', 'snapshot'])
  })

  it('holds a state back for a moment and then sends it as it stands then, once a key', () => {
    const { hub, timers } = makeHub()
    const { session, frames } = follow(hub)
    session.receive({ action: 'subscribe', channel: 'prices' })
    let price = 1
    const state = (key: string) => ({ channel: 'prices', ts: price, key, latest: () => ({ key, price }) }) as const
    hub.emit([state('BTC'), state('ETH')])
    price = 2
    hub.emit([state('BTC')])
    price = 3
    expect(timers).toHaveLength(1)
    expect(frames).toHaveLength(2)
    timers[0]?.()
    expect(frames.slice(2)).toMatchObject([{ data: { key: 'BTC', price: 3 } }, { data: { key: 'ETH', price: 3 } }])
  })

  it('closes a session whose client is too slow, at once and for good', () => {
    const { hub } = makeHub()
    let reads = true
    const slow = follow(hub, () => reads)
    const good = follow(hub)
    for (const { session } of [slow, good]) session.receive({ action: 'subscribe', channel: 'orders' })
    reads = false
    hub.publish('orders', 1, {})
    reads = true
    hub.publish('orders', 2, {})
    expect(hub.sessionCount).toBe(1)
    expect(slow.seqs()).toEqual([])
    expect(good.seqs()).toHaveLength(2)
    slow.session.receive({ action: 'ping' })
    expect(slow.frames.at(-1)?.type).toBe('snapshot')
  })

  it('knows every channel of the contract, also the one nothing comes from yet', () => {
    const { hub } = makeHub()
    const { session, frames } = follow(hub)
    session.receive({ action: 'subscribe', channel: 'ml' })
    session.receive({ action: 'subscribe', channel: 'no-such' } as unknown as ClientFrame)
    expect(frames.map((frame) => frame.type)).toEqual(['subscribed', 'snapshot', 'error'])
    expect(frames.at(-1)).toMatchObject({ code: 'UNKNOWN_CHANNEL' })
  })

  it('filters by symbols, each added or taken away', () => {
    const { hub } = makeHub()
    const { session, frames } = follow(hub)
    const heard = (): unknown[] => frames.flatMap((frame) => (frame.type === 'event' ? [(frame.data as { symbol: string }).symbol] : []))
    const say = (): void => {
      for (const symbol of ['A', 'B', 'C']) hub.publish('orders', 1, { symbol })
    }
    session.receive({ action: 'subscribe', channel: 'orders', symbol: 'A' })
    session.receive({ action: 'subscribe', channel: 'orders', symbol: 'B' })
    say()
    session.receive({ action: 'unsubscribe', channel: 'orders', symbol: 'A' })
    say()
    session.receive({ action: 'subscribe', channel: 'orders' })
    say()
    session.receive({ action: 'unsubscribe', channel: 'orders' })
    say()
    expect(heard()).toEqual(['A', 'B', 'B', 'A', 'B', 'C'])
  })
})
