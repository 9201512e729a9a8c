import { expect, test } from 'vitest'
import { compareCash } from '#test/support/crash/compare-truth.ts'
import type { ExecutionRecord } from '#test/support/loopback-venue/venue-records.ts'

// The oracle of the crash tests, looked at itself: fills of different orders may reach the journal in another order than they were
// made in, and that alone is no fault. A digit of the cash is one.
const FEE = '0.01'
const execution = (seq: number, side: 'Buy' | 'Sell', ticks: number): ExecutionRecord => ({
  execId: `x${seq}`,
  orderId: `o${seq}`,
  orderLinkId: `c${seq}`,
  symbol: 'BTCUSDT',
  isMaker: true,
  seq,
  side,
  ticks,
  lots: 10,
  fee: FEE,
  execTime: seq,
})
const fill = (seq: number, side: 'BUY' | 'SELL', price: string) => ({
  tradeId: `x${seq}`,
  orderId: `c${seq}`,
  symbol: 'BTC/USDT:USDT',
  side,
  price,
  quantity: '0.01',
  fee: FEE,
})
// Bought at 100 and at 110, sold at 120, a hundredth each: 0.15 are settled by the average cost of both.
const THERE = {
  executions: [execution(1, 'Buy', 1_000), execution(2, 'Buy', 1_100), execution(3, 'Sell', 1_200)],
  wallet: '1000.12',
}
const [first, second, last] = [fill(1, 'BUY', '100'), fill(2, 'BUY', '110'), fill(3, 'SELL', '120')]

test('the same fills in the same order leave the same cash', () => {
  expect(compareCash({ start: '1000', cash: '1000.12', fills: [first, second, last] }, THERE)).toEqual([])
})

test('in another order more is settled and less is open: that is no difference', () => {
  expect(compareCash({ start: '1000', cash: '1000.17', fills: [first, last, second] }, THERE)).toEqual([])
})

test('cash that is not that of its own fills is one, in either order', () => {
  expect(compareCash({ start: '1000', cash: '1000.12', fills: [first, last, second] }, THERE)).toEqual([
    'cash: 1000.12 in the journal, 1000.17 by its own fills',
    'cash without what is open: 999.02 here, 999.07 there',
  ])
  expect(compareCash({ start: '1000', cash: '1000.120000000001', fills: [first, second, last] }, THERE)).toHaveLength(2)
})

test('a wallet that holds something else is one', () => {
  const there = { ...THERE, wallet: '1000.11' }
  expect(compareCash({ start: '1000', cash: '1000.12', fills: [first, second, last] }, there)).toEqual([
    'cash without what is open: 999.07 here, 999.06 there',
  ])
})
