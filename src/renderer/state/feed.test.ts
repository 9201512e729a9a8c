// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Channel } from '#contract/stream.ts'
import type { StreamClient, StreamHandlers, StreamStatus } from '#renderer/client/stream-client.ts'
import { onCandles, startFeed } from './feed.ts'
import { orders, positions, prices, trades, useConnection, useSystem } from './stores.ts'

let handlers: Map<Channel, StreamHandlers<Channel>>
let say: (status: StreamStatus) => void
let stop: () => void
let frames: FrameRequestCallback[]

beforeEach(() => {
  handlers = new Map()
  frames = []
  vi.stubGlobal('requestAnimationFrame', (run: FrameRequestCallback) => frames.push(run))
  vi.stubGlobal('cancelAnimationFrame', () => undefined)
  const stream: StreamClient = {
    subscribe: (channel, _filter, given) => {
      handlers.set(channel, given as unknown as StreamHandlers<Channel>)
      return () => handlers.delete(channel)
    },
    onStatus: (listener) => {
      say = listener
      return () => undefined
    },
    status: () => ({ state: 'live' }),
    age: () => 0,
    retryNow: () => undefined,
    close: () => undefined,
  }
  stop = startFeed(stream)
})
afterEach(() => {
  stop()
  vi.unstubAllGlobals()
})

const nextFrame = (): void => frames.splice(0).forEach((run) => run(0))
const of = (channel: Channel): StreamHandlers<Channel> => handlers.get(channel)!

it('applies many events once, on the next frame', () => {
  of('trades').onSnapshot([{ id: 'a' }] as never)
  const drawn = vi.fn()
  const off = trades.use.subscribe(drawn)
  for (let i = 0; i < 500; i += 1) of('trades').onEvent({ id: `t${i}` } as never, 1)
  expect(drawn).not.toHaveBeenCalled()
  expect(frames).toHaveLength(1)
  nextFrame()
  expect(drawn).toHaveBeenCalledOnce()
  expect(trades.use.getState().rows).toHaveLength(501)
  off()
})

it('keeps one price a symbol', () => {
  of('prices').onSnapshot([] as never)
  of('prices').onEvent({ symbol: 'BTC/USDT', last: '1' } as never, 1)
  of('prices').onEvent({ symbol: 'BTC/USDT', last: '2' } as never, 1)
  nextFrame()
  expect(prices.use.getState().rows).toEqual([{ symbol: 'BTC/USDT', last: '2' }])
})

it('marks what it has as stale when the line is lost, and as live when the channel follows again', () => {
  of('orders').onSnapshot([{ id: 'o' }] as never)
  of('system').onSnapshot({ mode: 'paper' } as never)
  say({ state: 'lost', since: 42, retryAt: 50, reason: 'gone' })
  expect(orders.use.getState().phase).toEqual({ kind: 'stale', since: 42 })
  expect(useSystem.getState().phase).toEqual({ kind: 'stale', since: 42 })
  expect(orders.use.getState().rows).toHaveLength(1)
  const { turns } = useConnection.getState()
  say({ state: 'live' })
  of('orders').onLive?.()
  of('system').onLive?.()
  expect(orders.use.getState().phase.kind).toBe('live')
  expect(useSystem.getState().phase.kind).toBe('live')
  expect(useConnection.getState().turns).toBe(turns + 1)
})

it('keeps the mark when the line is lost between an event and its frame, and shows the event', () => {
  of('positions').onSnapshot([{ id: 'a' }] as never)
  of('positions').onEvent({ id: 'b' } as never, 1)
  say({ state: 'lost', since: 42, retryAt: 50, reason: 'gone' })
  nextFrame()
  expect(positions.use.getState().phase).toEqual({ kind: 'stale', since: 42 })
  expect(positions.use.getState().rows).toHaveLength(2)
})

it('hands candles on in batches', () => {
  const batches: number[] = []
  const off = onCandles((events) => batches.push(events.length))
  of('candles').onEvent({ symbol: 'a' } as never, 1)
  of('candles').onEvent({ symbol: 'b' } as never, 1)
  nextFrame()
  expect(batches).toEqual([2])
  off()
})
