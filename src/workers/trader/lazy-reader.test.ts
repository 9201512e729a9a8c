import { describe, expect, it } from 'vitest'
import { parseSymbol } from '#domain/ids.ts'
import { createLazyReader } from './lazy-reader.ts'

const symbol = parseSymbol('BTC/USDT')
const bar = { openTime: 0, open: 1, high: 1, low: 1, close: 1, volume: 1 }

describe('lazy reader', () => {
  it('is empty while the cache cannot be read, says so once a time, and heals', () => {
    const warnings: string[] = []
    let state: 'missing' | 'broken' | 'good' = 'missing'
    let closed = 0
    const reader = createLazyReader(
      () => {
        if (state === 'missing') throw new Error('no file')
        return {
          lastBars() {
            if (state === 'broken') throw new Error('damaged')
            return [bar]
          },
          close: () => (closed += 1),
        }
      },
      (message) => warnings.push(message),
    )
    const ask = () => reader.lastBars(symbol, '1m', 0, 1)
    expect([ask(), ask()]).toEqual([[], []])
    state = 'good'
    expect([ask(), ask()]).toEqual([[bar], [bar]])
    state = 'broken'
    expect([ask(), ask()]).toEqual([[], []])
    expect(warnings.map((text) => text.match(/no file|damaged/)?.[0])).toEqual(['no file', 'damaged'])
    expect(closed).toBe(2)
  })
})
