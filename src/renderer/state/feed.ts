import type { StoreApi } from 'zustand'
import type { Channel, ChannelData } from '#contract/stream.ts'
import type { CandleEvent } from '#contract/views.ts'
import type { StreamClient, StreamHandlers } from '#renderer/client/stream-client.ts'
import type { Phase, RowsStore } from './rows.ts'
import type { ValueState } from './stores.ts'
import { alerts, balances, differences, orders, positions, prices, signals, trades, useConnection, useRisk, useSystem } from './stores.ts'

/** Events kept back for the next frame; above it they are applied at once, so nothing grows in a hidden window. */
const PENDING_MAX = 20_000
/** A hidden window draws no frames; its stores follow at this pace. */
const HIDDEN_FLUSH_MS = 250

/** Runs what was scheduled once per animation frame, or on a slow timer while nobody looks. */
export function createFrameBatcher(flush: () => void): { readonly request: () => void; readonly cancel: () => void } {
  let frame: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const run = (): void => {
    frame = undefined
    timer = undefined
    flush()
  }
  return {
    request: () => {
      if (frame !== undefined || timer !== undefined) return
      if (document.hidden) timer = setTimeout(run, HIDDEN_FLUSH_MS)
      else frame = requestAnimationFrame(run)
    },
    cancel: () => {
      if (frame !== undefined) cancelAnimationFrame(frame)
      clearTimeout(timer)
    },
  }
}

type CandleListener = (events: readonly CandleEvent[]) => void
const candleListeners = new Set<CandleListener>()

/** Candle events as they come, batched per frame. */
export function onCandles(listener: CandleListener): () => void {
  candleListeners.add(listener)
  return () => candleListeners.delete(listener)
}

interface Sink {
  flush(): void
  setPhase(phase: Phase): void
}

interface FeedParts {
  readonly stream: StreamClient
  readonly request: () => void
  readonly sinks: Sink[]
  readonly stops: (() => void)[]
}

type RowChannel = Exclude<Channel, 'system' | 'risk' | 'candles' | 'ml'>

function followRows<C extends RowChannel>(parts: FeedParts, channel: C, store: RowsStore<ChannelData[C]>): void {
  let pending: ChannelData[C][] = []
  const flush = (): void => {
    if (pending.length === 0) return
    const batch = pending
    pending = []
    store.putAll(batch)
  }
  const handlers: StreamHandlers<Channel> = {
    onSnapshot: (rows) => {
      pending = []
      store.replace(rows as unknown as readonly ChannelData[C][])
    },
    onEvent: (row) => {
      pending.push(row as ChannelData[C])
      if (pending.length >= PENDING_MAX) flush()
      else parts.request()
    },
    onLive: () => {
      if (store.use.getState().phase.kind === 'stale') store.setPhase({ kind: 'live' })
    },
  }
  parts.stops.push(parts.stream.subscribe(channel, {}, handlers as unknown as StreamHandlers<C>))
  parts.sinks.push({ flush, setPhase: (phase) => store.setPhase(phase) })
}

function followValue<C extends 'system' | 'risk'>(parts: FeedParts, channel: C, use: StoreApi<ValueState<ChannelData[C]>>): void {
  const apply = (value: ChannelData[C]): void => use.setState({ phase: { kind: 'live' }, value })
  const setPhase = (phase: Phase): void => {
    const now = use.getState().phase
    if (phase.kind === 'stale' ? now.kind === 'live' : now.kind === 'stale') use.setState({ phase })
  }
  const handlers: StreamHandlers<C> = {
    // A snapshot of these two is the thing itself; one in a list is taken as well.
    onSnapshot: (value) => apply((Array.isArray(value) ? value.at(-1) : value) as ChannelData[C]),
    onEvent: apply,
    onLive: () => setPhase({ kind: 'live' }),
  }
  parts.stops.push(parts.stream.subscribe(channel, {}, handlers))
  parts.sinks.push({ flush: () => undefined, setPhase })
}

function followCandles(parts: FeedParts): void {
  let pending: CandleEvent[] = []
  const flush = (): void => {
    if (pending.length === 0) return
    const batch = pending
    pending = []
    for (const listener of candleListeners) listener(batch)
  }
  const stop = parts.stream.subscribe(
    'candles',
    {},
    {
      onSnapshot: () => undefined,
      onEvent: (event) => {
        pending.push(event)
        if (pending.length >= PENDING_MAX) flush()
        else parts.request()
      },
    },
  )
  parts.stops.push(stop)
  parts.sinks.push({ flush, setPhase: () => undefined })
}

/** Fills the stores from the stream: snapshots at once, deltas once a frame; marks all of it stale when the line is lost. */
export function startFeed(stream: StreamClient): () => void {
  const sinks: Sink[] = []
  const batcher = createFrameBatcher(() => {
    for (const sink of sinks) sink.flush()
  })
  const parts: FeedParts = { stream, request: batcher.request, sinks, stops: [] }
  followValue(parts, 'system', useSystem)
  followValue(parts, 'risk', useRisk)
  followRows(parts, 'balances', balances)
  followRows(parts, 'positions', positions)
  followRows(parts, 'orders', orders)
  followRows(parts, 'trades', trades)
  followRows(parts, 'signals', signals)
  followRows(parts, 'alerts', alerts)
  followRows(parts, 'prices', prices)
  followRows(parts, 'differences', differences)
  followCandles(parts)
  parts.stops.push(
    stream.onStatus((status) => {
      useConnection.setState(({ turns }) => ({ status, turns: turns + (status.state === 'live' ? 1 : 0) }))
      if (status.state !== 'lost') return
      for (const sink of sinks) {
        // What came before the loss is drawn now: in the next frame it would pass for news and take the mark away.
        sink.flush()
        sink.setPhase({ kind: 'stale', since: status.since })
      }
    }),
  )
  return () => {
    batcher.cancel()
    for (const stop of parts.stops) stop()
  }
}
