import { describe, expect, it } from 'vitest'
import { builtInStrategies, describeStrategy, findBuiltIn } from './registry.ts'
import { checkSignals } from './signals.ts'
import { configureStrategy, defineStrategy } from './strategy.ts'
import type { StrategyDefinition } from './strategy.ts'

const good: StrategyDefinition<{ fast: number }> = {
  name: 'mine',
  symbols: ['BTC/USDT'],
  timeframe: '5m',
  warmup: 60,
  params: { fast: 12 },
  analyze: () => [],
}
const definedWith = (change: object) => () => defineStrategy({ ...good, ...change } as typeof good)

describe('defineStrategy', () => {
  it('takes the example of the documentation', () => {
    const strategy = defineStrategy({
      name: 'ema-cross',
      symbols: ['BTC/USDT'],
      timeframe: '5m',
      warmup: 60,
      params: { fast: 12, slow: 26 },
      async analyze({ candles, position, params, indicators, predict, clock }) {
        void [candles, position, params.fast, indicators, predict, clock]
        return [{ action: 'BUY' }]
      },
    })
    expect(Object.isFrozen(strategy)).toBe(true)
  })

  it.each([
    [{ name: '../evil' }, 'name must be'],
    [{ symbols: [] }, 'symbols must be'],
    [{ symbols: ['btc'] }, 'symbols must be'],
    [{ timeframe: '7m' }, 'timeframe must be one of 1m'],
    [{ warmup: 501 }, 'warmup must be'],
    [{ warmup: 1.5 }, 'warmup must be'],
    [{ params: { fast: '12' } }, "the param 'fast' must be a number"],
    [{ params: undefined }, 'params must be'],
    [{ params: { 'a b': 1 } }, "the param name 'a b'"],
    [{ ranges: { slow: {} } }, "ranges names 'slow'"],
    [{ analyze: undefined }, 'analyze must be a function'],
    [{ onTick: 1 }, "'onTick' is not a property"],
  ])('refuses %o', (change, words) => expect(definedWith(change)).toThrow(words))

  it('names every fault at once, and the strategy', () => {
    expect(definedWith({ warmup: -1, timeframe: 'x' })).toThrow(/'mine'.*timeframe.*warmup/)
    expect(() => defineStrategy(undefined as never)).toThrow('defineStrategy takes one object')
  })
})

describe('configureStrategy', () => {
  it('lets the settings of the trader go first', () => {
    const configured = configureStrategy(defineStrategy(good), { symbols: ['ETH/USDT'], timeframe: '1m', params: { fast: 5 } })
    expect(configured).toMatchObject({ symbols: ['ETH/USDT'], timeframe: '1m', params: { fast: 5 }, warmup: 60 })
  })
  it.each([
    [{ fest: 5 }, "no param 'fest'"],
    [{ fast: 300 }, 'fast must be at most 200'],
    [{ fast: 2.5 }, 'fast must be a whole number'],
    [{ fast: 30 }, 'fast (30) must be below slow (26)'],
    [{ fast: Number.NaN }, 'fast must be a number'],
  ])('refuses the params %o', (params, words) =>
    expect(() => configureStrategy(findBuiltIn('ema-cross')!, { params: params as never })).toThrow(words),
  )
})

describe('the built-in strategies', () => {
  it('are described for forms', () => {
    expect(builtInStrategies.map(({ name }) => name)).toEqual(['ema-cross', 'rsi-reversal', 'bollinger-breakout'])
    const info = describeStrategy(findBuiltIn('ema-cross')!)
    expect(info).toMatchObject({ warmup: 60, timeframe: '5m' })
    expect(info.params[0]).toEqual({
      name: 'fast',
      type: 'integer',
      default: 12,
      min: 2,
      max: 200,
      step: 1,
      description: 'Candles of the fast average',
    })
    expect(structuredClone(info)).toEqual(info)
  })
})

describe('checkSignals', () => {
  it('turns numbers into plain decimal text', () => {
    expect(
      checkSignals([{ action: 'BUY', quantity: 1e-7, confidence: 0.5, stopLoss: '12.50', takeProfit: 64_000.5, note: 'why' }]),
    ).toEqual([{ action: 'BUY', quantity: '0.0000001', confidence: 0.5, stopLoss: '12.50', takeProfit: '64000.5', note: 'why' }])
  })
  it.each([
    [undefined, 'must return a list'],
    [[null], 'signal 1 must be an object'],
    [[{ action: 'HOLD' }], "not 'HOLD'"],
    [[{ action: 'BUY', stoploss: 1 }], "'stoploss'"],
    [[{ action: 'BUY', quantity: 0 }], 'quantity must be a positive'],
    [[{ action: 'BUY', quantity: '1e-5' }], 'quantity must be a positive'],
    [[{ action: 'BUY', stopLoss: -1 }], 'stopLoss must be'],
    [[{ action: 'BUY', takeProfit: Number.NaN }], 'takeProfit must be'],
    [[{ action: 'BUY', confidence: 60 }], 'confidence must be'],
    [[{ action: 'BUY', note: 1 }], 'note must be'],
    [Array.from({ length: 17 }, () => ({ action: 'BUY' })), 'at most 16'],
  ])('refuses %o', (answer, words) => expect(() => checkSignals(answer)).toThrow(words))
})
