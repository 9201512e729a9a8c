import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { parseSymbol } from '#domain/ids.ts'
import { SymbolReader } from './symbol-spelling.ts'

const perpetual = new SymbolReader('perpetual')
const spot = new SymbolReader('spot')

describe('symbols', () => {
  it.each(['BTCUSDT', 'btcusdt', 'BTC/USDT', 'btc/usdt', 'BTC-USDT', 'BTC_USDT', 'BTC-USDT-SWAP', 'BTC/USDT:USDT', ' BTCUSDT '])(
    'reads %j',
    (text) => {
      expect(perpetual.read(text)).toBe('BTC/USDT:USDT')
    },
  )

  it('reads the same names as spot pairs where the plan says so, except those that name the perpetual', () => {
    expect(['BTCUSDT', 'btcusdt', 'BTC/USDT', 'BTC-USDT'].map((text) => spot.read(text))).toEqual(
      Array.from({ length: 4 }, () => 'BTC/USDT'),
    )
    expect(['BTC-USDT-SWAP', 'BTC/USDT:USDT'].map((text) => spot.read(text))).toEqual(['BTC/USDT:USDT', 'BTC/USDT:USDT'])
    expect(spot.read('ETHBTC')).toBe('ETH/BTC')
    expect(spot.read('BTCFDUSD')).toBe('BTC/FDUSD')
  })

  it.each([
    '',
    'USDT',
    'BTC',
    '1000',
    'BTCUSD',
    'BTC/EUR',
    'ETHBTC',
    'BTC-29MAR24',
    'BTC/USDT:USDT-240329',
    'BTC/',
    'BTC//USDT',
    'БТЦUSDT',
    'BTC USDT',
    'X'.repeat(40),
  ])('does not guess what %j is', (text) => {
    expect(perpetual.read(text)).toMatchObject({ rule: 'unknown-symbol' })
  })

  it('finds the pair in every spelling of it', () => {
    const base = fc.stringMatching(/^[A-Z0-9]{1,10}$/)
    const quote = fc.constantFrom('USDT', 'USDC')
    fc.assert(
      fc.property(base, quote, fc.constantFrom('', '/', '-', '_'), fc.boolean(), (name, settle, separator, isLower) => {
        const text = `${name}${separator}${settle}`
        expect(perpetual.read(isLower ? text.toLowerCase() : text)).toBe(`${name}/${settle}:${settle}`)
      }),
    )
  })

  it('gives a symbol of this program or a fault, whatever comes, and the same twice', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9/:_-]{0,24}$/)), (text) => {
        for (const reader of [perpetual, spot]) {
          const symbol = reader.read(text)
          if (typeof symbol === 'string') expect(parseSymbol(symbol)).toBe(symbol)
          expect(reader.read(text)).toEqual(symbol)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
