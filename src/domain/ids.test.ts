import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { makeClientOrderId, parseClientOrderId, parseSymbol, parseTraderId } from './ids.ts'

const traderId = parseTraderId('trader-1')

describe('makeClientOrderId', () => {
  it('is 26 alphanumerics for any time until 5188 and any count', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 36 ** 9 - 1 }),
        fc.integer({ min: 1, max: 36 ** 6 - 1 }),
        fc.integer({ min: 0, max: 10 ** 9 }),
        (time, sequence, fence) => {
          expect(makeClientOrderId({ instance: 'ab12', traderId, fence, time, sequence })).toMatch(/^[0-9a-z]{26}$/)
        },
      ),
    )
  })

  it('never names two orders alike, and sorts by time within a trader', () => {
    const ids = Array.from({ length: 5_000 }, (_, i) =>
      makeClientOrderId({ instance: 'ab12', traderId, time: 1_700_000_000_000 + Math.floor(i / 7), sequence: i + 1 }),
    )
    expect(new Set(ids).size).toBe(ids.length)
    expect([...ids].sort()).toEqual(ids)
  })

  it('carries the fence between trader and time; without one it is 0', () => {
    const parts = { instance: 'ab12', traderId, time: 1, sequence: 1 }
    expect(makeClientOrderId({ ...parts, fence: 37 }).slice(8, 11)).toBe('011')
    expect(makeClientOrderId(parts)).toBe(makeClientOrderId({ ...parts, fence: 0 }))
    expect(makeClientOrderId({ ...parts, fence: 2 }) > makeClientOrderId({ ...parts, fence: 1, time: 2 })).toBe(true)
  })

  it('reads ids from before the fence', () => {
    const old = 'ab12zzzz0lt2x3y4z000000001'
    expect(parseClientOrderId(old)).toBe(old)
  })

  it.each(['', 'abc', 'abcde', 'ABCD', 'ab-1'])('refuses the instance %j', (instance) => {
    expect(() => makeClientOrderId({ instance, traderId, time: 1, sequence: 1 })).toThrow(RangeError)
  })
})

describe('names from outside', () => {
  it.each(['BTCUSDT', 'btc/usdt', 'BTC/USDT ', 'BTC/', '/USDT', 'ВТС/USDT', 'BTC/USDT:', ''])('refuse the symbol %j', (text) => {
    expect(() => parseSymbol(text)).toThrow(RangeError)
  })

  it.each(['', 'a|b', 'A', '-a', 'a b', 'a'.repeat(41)])('refuse the trader %j', (text) => {
    expect(() => parseTraderId(text)).toThrow(RangeError)
  })
})
