import { describe, expect, it } from 'vitest'
import type { CandleBar } from '#domain/candle.ts'
import { parseSymbol } from '#domain/ids.ts'
import { HISTORY_BARS } from '#strategies/strategy.ts'
import { createCandleHistory } from './candle-history.ts'
import type { CandleHistoryReader } from './candle-history.ts'

const MINUTE = 60_000
const symbol = parseSymbol('BTC/USDT')
const bar = (n: number): CandleBar => ({ openTime: n * MINUTE, open: n, high: n, low: n, close: n, volume: 1 })
const series = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => bar(from + i))
const closes = (bars: readonly CandleBar[]) => bars.map(({ close }) => close)

function cacheOf(bars: CandleBar[]): CandleHistoryReader & { bars: CandleBar[]; reads: number } {
  return {
    bars,
    reads: 0,
    lastBars(_symbol, _timeframe, until, limit) {
      this.reads += 1
      return this.bars.filter(({ openTime }) => openTime <= until).slice(-limit)
    },
  }
}

function historyOn(reader?: CandleHistoryReader, waitMs = 60) {
  const warnings: string[] = []
  const history = createCandleHistory({
    reader,
    symbol,
    timeframe: '1m',
    waitMs,
    elapsed: () => performance.now(),
    warn: (text) => warnings.push(text),
  })
  return {
    warnings,
    next: async (n: number, previous?: number) =>
      closes(await history.next({ bar: bar(n), previousOpenTime: previous === undefined ? undefined : previous * MINUTE })),
  }
}

describe('candle history', () => {
  it('begins with exactly the last 500 bars of the cache and reads no more while bars follow each other', async () => {
    const cache = cacheOf(series(0, 1_200))
    const history = historyOn(cache)
    expect(await history.next(900, 899)).toEqual(closes(series(401, 900)))
    expect(await history.next(901, 900)).toEqual(closes(series(402, 901)))
    expect(cache.reads).toBe(1)
  })

  it('gives the same window after a restart as without one', async () => {
    const cache = cacheOf([])
    const steady = historyOn(cache)
    for (let n = 0; n < 700; n += 1) {
      const window = await steady.next(n, n === 0 ? undefined : n - 1)
      if (n % 97 === 0 || n > 690) expect(await historyOn(cache).next(n, n === 0 ? undefined : n - 1)).toEqual(window)
      expect(window).toHaveLength(Math.min(n + 1, HISTORY_BARS))
      cache.bars.push(bar(n))
    }
  })

  it('reads again after a gap, and when the engine has sent bars in between', async () => {
    const cache = cacheOf(series(0, 50))
    const history = historyOn(cache)
    await history.next(10, 9)
    expect(await history.next(20, 19)).toEqual(closes(series(0, 20)))
    expect(await history.next(5, 4)).toEqual(closes(series(0, 5)))
  })

  it('notices a gap by the time alone, when the engine does not say what it sent before', async () => {
    const cache = cacheOf(series(0, 50))
    const history = historyOn(cache)
    await history.next(10)
    expect(await history.next(20)).toEqual(closes(series(0, 20)))
  })

  it('takes a gap of the market as it is', async () => {
    const cache = cacheOf([...series(0, 10), ...series(15, 20)])
    const history = historyOn(cache)
    expect(await history.next(15, 10)).toEqual(closes([...series(0, 10), bar(15)]))
    const without = historyOn()
    await without.next(10)
    expect(await without.next(15, 10)).toEqual([10, 15])
  })

  it('waits for a cache that is behind', async () => {
    const cache = cacheOf(series(0, 8))
    const history = historyOn(cache, 2_000)
    const window = history.next(10, 9)
    setTimeout(() => cache.bars.push(bar(9)), 30)
    expect(await window).toEqual(closes(series(0, 10)))
    expect(history.warnings).toEqual([])
  })

  it('begins anew with a warning when the cache stays behind, and heals when it has caught up', async () => {
    const cache = cacheOf(series(0, 5))
    const history = historyOn(cache)
    expect(await history.next(10, 9)).toEqual([10])
    expect(history.warnings).toHaveLength(1)
    expect(await history.next(11, 10)).toEqual([10, 11])
    cache.bars.push(...series(6, 11))
    expect(await history.next(12, 11)).toEqual(closes(series(0, 12)))
    expect(history.warnings).toHaveLength(1)
  })

  it('hands out frozen bars in frozen lists', async () => {
    const history = createCandleHistory({ symbol, timeframe: '1m', waitMs: 0, elapsed: () => 0, warn: () => undefined })
    const window = await history.next({ bar: bar(1) })
    expect(Object.isFrozen(window) && window.every(Object.isFrozen)).toBe(true)
  })
})
