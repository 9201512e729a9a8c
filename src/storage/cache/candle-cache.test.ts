import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Candle } from '#domain/candle.ts'
import { parseSymbol } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { openCandleCache, openCandleCacheReader } from './candle-cache.ts'

const BTC = parseSymbol('BTC/USDT')
const ETH = parseSymbol('ETH/USDT')
const MINUTE_MS = 60_000

function candle(minute: number, close = `${100 + minute}.5`, symbol = BTC): Candle {
  const price = Price.parse(close)
  return {
    symbol,
    timeframe: '1m',
    openTime: minute * MINUTE_MS,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: Quantity.parse('0.00000001'),
  }
}
const minutes = (from: number, to: number): readonly Candle[] => Array.from({ length: to - from + 1 }, (_, n) => candle(from + n))

describe('candle cache', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'candle-cache-'))
    path = join(folder, 'cache.db')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('gives the last bars up to a time, oldest first, of the asked series only', () => {
    const cache = openCandleCache(path)
    cache.putCandles([...minutes(1, 10), candle(5, '7', ETH)])
    const bars = cache.lastBars(BTC, '1m', 8 * MINUTE_MS, 3)
    expect(bars.map((bar) => [bar.openTime / MINUTE_MS, bar.close])).toEqual([
      [6, 106.5],
      [7, 107.5],
      [8, 108.5],
    ])
    expect(bars[0]?.volume).toBe(1e-8)
    expect(cache.lastBars(ETH, '1m', 99 * MINUTE_MS, 9)).toHaveLength(1)
    expect(cache.lastBars(BTC, '5m', 99 * MINUTE_MS, 9)).toEqual([])
    cache.close()
  })

  test('a range includes both ends and keeps its limit', () => {
    const cache = openCandleCache(path)
    cache.putCandles(minutes(1, 10))
    const span = { fromOpenTime: 3 * MINUTE_MS, untilOpenTime: 6 * MINUTE_MS, limit: 100 }
    expect(cache.range(BTC, '1m', span).map((bar) => bar.openTime / MINUTE_MS)).toEqual([3, 4, 5, 6])
    expect(cache.range(BTC, '1m', { ...span, limit: 2 }).map((bar) => bar.openTime / MINUTE_MS)).toEqual([3, 4])
    cache.close()
  })

  test('a bar put again replaces the old one', () => {
    const cache = openCandleCache(path)
    cache.putCandles([candle(1, '10')])
    cache.putCandles([candle(1, '11')])
    expect(cache.lastBars(BTC, '1m', MINUTE_MS, 5).map((bar) => bar.close)).toEqual([11])
    cache.close()
  })

  test('a read-only connection sees what was put, at once, and survives the writer', () => {
    const cache = openCandleCache(path)
    const reader = openCandleCacheReader(path)
    cache.putCandles(minutes(1, 3))
    expect(reader.lastBars(BTC, '1m', 99 * MINUTE_MS, 9)).toHaveLength(3)
    cache.close()
    expect(reader.lastBars(BTC, '1m', 99 * MINUTE_MS, 2)).toHaveLength(2)
    reader.close()
  })

  test('keeps the newest bars of each series within its bound, also over restarts', () => {
    for (let round = 0; round < 3; round += 1) {
      const cache = openCandleCache(path, { barsPerSeriesMax: 100 })
      cache.putCandles([...minutes(round * 300 + 1, round * 300 + 300), candle(1, '1', ETH)])
      const bars = cache.lastBars(BTC, '1m', Number.MAX_SAFE_INTEGER, 10_000)
      expect(bars.length).toBeGreaterThanOrEqual(100)
      expect(bars.length).toBeLessThanOrEqual(200)
      expect(bars.at(-1)?.openTime).toBe((round * 300 + 300) * MINUTE_MS)
      expect(cache.lastBars(ETH, '1m', Number.MAX_SAFE_INTEGER, 10)).toHaveLength(1)
      cache.close()
    }
  })

  test.each([
    ['no database at all', () => Buffer.from('this is not a database, it only lies where one should be '.repeat(50))],
    ['a torn file', (whole: Buffer) => Buffer.concat([whole.subarray(0, 100), Buffer.alloc(whole.length - 100, 0x5a)])],
  ])('%s is replaced by an empty cache', (_, damage) => {
    const first = openCandleCache(path)
    first.putCandles(minutes(1, 2_000))
    first.close()
    writeFileSync(path, damage(readFileSync(path)))
    const cache = openCandleCache(path)
    expect(cache.lastBars(BTC, '1m', Number.MAX_SAFE_INTEGER, 10)).toEqual([])
    cache.putCandles(minutes(1, 5))
    expect(cache.lastBars(BTC, '1m', Number.MAX_SAFE_INTEGER, 10)).toHaveLength(5)
    cache.close()
  })

  test('a file of another version is replaced', () => {
    openCandleCache(path).close()
    const db = new Database(path)
    db.pragma('user_version = 99')
    db.close()
    const cache = openCandleCache(path)
    cache.putCandles(minutes(1, 2))
    expect(cache.lastBars(BTC, '1m', Number.MAX_SAFE_INTEGER, 10)).toHaveLength(2)
    cache.close()
  })

  test('a place where nothing can be written is an error, not an empty cache', () => {
    expect(() => openCandleCache(join(folder, 'missing', 'cache.db'))).toThrow()
    expect(() => openCandleCacheReader(path)).toThrow()
  })
})
