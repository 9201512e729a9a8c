import type { CandlestickData, HistogramData, SeriesMarker, Time, UTCTimestamp } from 'lightweight-charts'
import type { CandleView, SignalView, TradeView } from '#contract/views.ts'
import type { ChartColors } from './theme.ts'
import { faded } from './theme.ts'

/** Marks kept on the chart, newest first; older ones are in the tables. */
const MARKS_MAX = 400

export interface Bar extends CandlestickData<UTCTimestamp> {
  readonly volume: number
}

const seconds = (ms: number): UTCTimestamp => (ms / 1_000) as UTCTimestamp

/** Pixels only: this is the one place where candle prices become floats. */
export function toBar(candle: CandleView): Bar {
  return {
    time: seconds(candle.open_time),
    open: Number(candle.open),
    high: Number(candle.high),
    low: Number(candle.low),
    close: Number(candle.close),
    volume: Number(candle.volume),
  }
}

export function toVolume(bar: Bar, colors: ChartColors): HistogramData<UTCTimestamp> {
  return { time: bar.time, value: bar.volume, color: faded(bar.close >= bar.open ? colors.up : colors.down, 0.28) }
}

/** Bars in time order without doubles; a later one wins. */
export function mergeBars(older: readonly Bar[], newer: readonly Bar[]): Bar[] {
  const byTime = new Map<number, Bar>()
  for (const bar of older) byTime.set(bar.time, bar)
  for (const bar of newer) byTime.set(bar.time, bar)
  return [...byTime.values()].toSorted((a, b) => a.time - b.time)
}

/** Open time of the bar that a moment falls into. */
export function barTime(ms: number, timeframeMs: number): UTCTimestamp {
  return seconds(ms - (ms % timeframeMs))
}

/** One arrow a bar and side, however many fills; the table has each. */
export function fillMarks(fills: readonly TradeView[], timeframeMs: number, colors: ChartColors): SeriesMarker<Time>[] {
  const groups = new Map<string, { readonly time: UTCTimestamp; readonly side: 'BUY' | 'SELL' }>()
  for (const fill of fills.slice(0, MARKS_MAX)) {
    const time = barTime(fill.ts, timeframeMs)
    groups.set(`${time}${fill.side}`, { time, side: fill.side })
  }
  return [...groups.values()].map(({ time, side }) => ({
    time,
    position: side === 'BUY' ? 'belowBar' : 'aboveBar',
    shape: side === 'BUY' ? 'arrowUp' : 'arrowDown',
    color: side === 'BUY' ? colors.up : colors.down,
    size: 1,
  }))
}

/** Signals that became no order, one amber dot a bar; accepted ones are seen by their fills. */
export function signalMarks(signals: readonly SignalView[], timeframeMs: number, colors: ChartColors): SeriesMarker<Time>[] {
  const times = new Set<UTCTimestamp>()
  for (const signal of signals.slice(0, MARKS_MAX)) if (signal.outcome === 'DENIED') times.add(barTime(signal.ts, timeframeMs))
  return [...times].map((time) => ({ time, position: 'aboveBar', shape: 'circle', color: colors.look, size: 0.4 }))
}

export function sortMarks(marks: SeriesMarker<Time>[]): SeriesMarker<Time>[] {
  return marks.toSorted((a, b) => Number(a.time) - Number(b.time))
}
