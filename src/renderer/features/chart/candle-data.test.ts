import { expect, it } from 'vitest'
import type { SignalView, TradeView } from '#contract/views.ts'
import type { Bar } from './candle-data.ts'
import { barTime, fillMarks, mergeBars, signalMarks, sortMarks, toBar } from './candle-data.ts'
import type { ChartColors } from './theme.ts'
import { faded } from './theme.ts'

const colors = { up: '#00ff00', down: '#ff0000', look: '#ffaa00' } as ChartColors
const bar = (time: number, close: number): Bar => ({ time: time as Bar['time'], open: 1, high: 2, low: 0, close, volume: 1 })
const fill = (ts: number, side: 'BUY' | 'SELL'): TradeView => ({ ts, side }) as TradeView

it('reads a candle', () => {
  expect(toBar({ open_time: 60_000, open: '1.5', high: '2', low: '1', close: '1.75', volume: '10' })).toEqual({
    time: 60,
    open: 1.5,
    high: 2,
    low: 1,
    close: 1.75,
    volume: 10,
  })
})

it('merges without doubles, in order; the newer wins', () => {
  expect(mergeBars([bar(1, 1), bar(2, 1)], [bar(2, 9), bar(0, 1)]).map(({ time, close }) => [time, close])).toEqual([
    [0, 1],
    [1, 1],
    [2, 9],
  ])
})

it('marks each bar once a side, under buys and above sells, in time order', () => {
  const marks = sortMarks(fillMarks([fill(130_000, 'SELL'), fill(70_000, 'BUY'), fill(90_000, 'BUY')], 60_000, colors))
  expect(marks.map(({ time, shape, position }) => [time, shape, position])).toEqual([
    [60, 'arrowUp', 'belowBar'],
    [120, 'arrowDown', 'aboveBar'],
  ])
  expect(barTime(119_999, 60_000)).toBe(60)
})

it('marks refused signals only', () => {
  const signals = [
    { ts: 1_000, outcome: 'DENIED' },
    { ts: 2_000, outcome: 'ACCEPTED' },
    { ts: 61_000, outcome: 'ACCEPTED' },
  ] as SignalView[]
  expect(signalMarks(signals, 60_000, colors).map((mark) => mark.time)).toEqual([0])
})

it('fades a token colour', () => expect(faded('#102030', 0.5)).toBe('#10203080'))
