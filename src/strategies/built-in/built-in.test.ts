import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import type { CandleBar } from '#domain/candle.ts'
import { parseSymbol } from '#domain/ids.ts'
import { indicators } from '../indicators/indicators.ts'
import { builtInStrategies, findBuiltIn } from '../registry.ts'
import { checkSignals } from '../signals.ts'
import { configureStrategy, HISTORY_BARS } from '../strategy.ts'
import type { StrategyPosition, StrategySignal } from '../strategy.ts'
import { priceDecimals, trackRecord } from './rule.ts'

const FLAT: StrategyPosition = { quantity: 0, unrealizedPnl: 0, openOrders: 0 }
const PERPETUAL = 'BTC/USDT:USDT'

function candlesOf(closes: readonly number[]): CandleBar[] {
  return closes.map((close, i) => ({
    openTime: i * 60_000,
    open: closes[i - 1] ?? close,
    high: close * 1.001,
    low: close * 0.999,
    close,
    volume: 1,
  }))
}

function ask(name: string, closes: readonly number[], position: StrategyPosition = FLAT, symbol = PERPETUAL): readonly StrategySignal[] {
  const strategy = findBuiltIn(name)!
  const { params } = configureStrategy(strategy, {})
  const signals = strategy.analyze({
    symbol: parseSymbol(symbol),
    timeframe: '5m',
    candles: candlesOf(closes),
    position,
    params,
    indicators,
    predict: () => Promise.reject(new Error('no model')),
    clock: { now: () => 0 },
  })
  return signals as readonly StrategySignal[]
}

const rising = Array.from({ length: 100 }, (_, i) => 100 + i * 0.5)
const falling = Array.from({ length: 100 }, (_, i) => 200 - i * 0.5)
const mirrored = (closes: readonly number[]) => closes.map((close) => 300 - close)

describe('ema-cross', () => {
  it('is long in a rise, short in a fall, with a stop on the right side and the numbers in the note', () => {
    const [buy] = ask('ema-cross', rising)
    expect(buy).toMatchObject({ action: 'BUY', confidence: 0.5 })
    expect(Number(buy!.stopLoss)).toBeLessThan(rising.at(-1)!)
    expect(buy!.note).toMatch(/^EMA12 146\.75 is above EMA26 143\.25, close 149\.5; 0 of 0 earlier long trades .* 100 candles won$/)
    const [sell] = ask('ema-cross', falling)
    expect(sell!.action).toBe('SELL')
    expect(Number(sell!.stopLoss)).toBeGreaterThan(falling.at(-1)!)
  })
  it('closes before it reverses, and only that', () => {
    expect(ask('ema-cross', falling, { ...FLAT, quantity: 1 }).map(({ action }) => action)).toEqual(['CLOSE_LONG'])
    expect(ask('ema-cross', rising, { ...FLAT, quantity: -1 }).map(({ action }) => action)).toEqual(['CLOSE_SHORT'])
    expect(ask('ema-cross', rising, { ...FLAT, quantity: 1 })).toEqual([])
  })
  it('sells nothing short on spot', () => expect(ask('ema-cross', falling, FLAT, 'BTC/USDT')).toEqual([]))
})

describe('rsi-reversal', () => {
  const dip = [...Array.from({ length: 80 }, (_, i) => 150 + (i % 2)), 148, 145, 141, 136, 131]
  it('buys on the way out of oversold, sells on the way out of overbought, closes at the middle', () => {
    expect(ask('rsi-reversal', dip)).toEqual([])
    const [buy] = ask('rsi-reversal', [...dip, 137])
    expect(buy!.action).toBe('BUY')
    expect(buy!.note).toMatch(/^RSI14 went from 1\d\.\d+ to 3\d\.\d+ and rose out of oversold 30/)
    expect(ask('rsi-reversal', mirrored([...dip, 137]))[0]!.action).toBe('SELL')
    expect(ask('rsi-reversal', [...dip, 137, 152], { ...FLAT, quantity: 1 })[0]!.action).toBe('CLOSE_LONG')
    expect(ask('rsi-reversal', mirrored([...dip, 137, 152]), { ...FLAT, quantity: -1 })[0]!.action).toBe('CLOSE_SHORT')
  })
  it('takes a market that stands still for no extreme', () => {
    const still = candlesOf(Array.from({ length: 100 }, () => 100)).map((bar) => ({ ...bar, high: 100, low: 100 }))
    const strategy = findBuiltIn('rsi-reversal')!
    const context = {
      symbol: parseSymbol(PERPETUAL),
      timeframe: '5m',
      position: FLAT,
      params: strategy.params,
      indicators,
      predict: () => Promise.reject(new Error()),
      clock: { now: () => 0 },
    } as const
    expect(strategy.analyze({ ...context, candles: [...still, { ...still[0]!, close: 100.1, high: 100.1 }] })).toEqual([])
  })
})

describe('bollinger-breakout', () => {
  const quiet = Array.from({ length: 80 }, (_, i) => 150 + (i % 2) * 0.5)
  it('goes with the first close outside a band and lets go at the middle line', () => {
    expect(ask('bollinger-breakout', [...quiet, 153])[0]!.action).toBe('BUY')
    expect(ask('bollinger-breakout', mirrored([...quiet, 153]))[0]!.action).toBe('SELL')
    expect(ask('bollinger-breakout', [...quiet, 153, 149], { ...FLAT, quantity: 1 })[0]!.action).toBe('CLOSE_LONG')
    expect(ask('bollinger-breakout', mirrored([...quiet, 153, 149]), { ...FLAT, quantity: -1 })[0]!.action).toBe('CLOSE_SHORT')
    expect(ask('bollinger-breakout', [...quiet, 153, 153.2], { ...FLAT, quantity: 1 })).toEqual([])
  })
  it('takes the last bit of a sum for no move where a market stands still', () => {
    // The running sum of the middle line comes out a trillionth away from the close in one of the two.
    const still = [1_000, 989.03, ...Array.from({ length: 20 }, () => 989.02), ...Array.from({ length: 42 }, () => 974.93)]
    for (const closes of [still, still.map((close) => 2_000 - close)])
      for (const quantity of [-1, 0, 1]) expect(ask('bollinger-breakout', closes, { ...FLAT, quantity })).toEqual([])
  })
})

describe('every built-in strategy', () => {
  const walks = fc.array(fc.double({ min: -0.02, max: 0.02, noNaN: true }), { minLength: 60, maxLength: HISTORY_BARS })
  const prices = (steps: readonly number[]) =>
    steps.reduce<number[]>((closes, step) => [...closes, Math.round(closes.at(-1)! * (1 + step) * 100) / 100], [1_000])

  it.each(builtInStrategies.map(({ name }) => name))(
    '%s gives at most one well-formed signal, never two sides at once, none while orders work',
    (name) => {
      fc.assert(
        fc.property(walks, fc.constantFrom(-1, 0, 1), (steps, quantity) => {
          const closes = prices(steps)
          expect(ask(name, closes, { ...FLAT, quantity, openOrders: 1 })).toEqual([])
          const signals = checkSignals(ask(name, closes, { ...FLAT, quantity }))
          expect(signals.length).toBeLessThanOrEqual(1)
          const [signal] = signals
          if (signal === undefined) return
          expect(signal.action).toMatch(quantity > 0 ? /^CLOSE_LONG$/ : quantity < 0 ? /^CLOSE_SHORT$/ : /^(BUY|SELL)$/)
          expect(signal.note).toMatch(/\d/)
          if (quantity === 0) expect(signal.confidence).toBeGreaterThan(0)
        }),
        { numRuns: 60 },
      )
    },
  )

  it.each(builtInStrategies.map(({ name }) => name))('%s answers the mirror image of a market with the mirror image', (name) => {
    const other = { BUY: 'SELL', SELL: 'BUY', CLOSE_LONG: 'CLOSE_SHORT', CLOSE_SHORT: 'CLOSE_LONG' } as const
    fc.assert(
      fc.property(walks, fc.constantFrom(-1, 0, 1), (steps, quantity) => {
        const closes = prices(steps).map((close) => Math.min(1_900, close))
        const there = ask(name, closes, { ...FLAT, quantity }).map(({ action }) => other[action])
        const mirror = ask(
          name,
          closes.map((close) => 2_000 - close),
          { ...FLAT, quantity: -quantity },
        ).map(({ action }) => action)
        expect(mirror).toEqual(there)
      }),
      { numRuns: 60 },
    )
  })
})

describe('trackRecord', () => {
  it('counts finished trades of one direction, with one imagined win and loss', () => {
    const candles = candlesOf([10, 11, 12, 13, 12, 11, 10])
    const plan = [0, 1, 1, 0, 1, 0, 1] as const
    expect(trackRecord(candles, (i) => plan[i]!, 1)).toEqual({
      confidence: 2 / 4,
      words: '1 of 2 earlier long trades of this rule in the last 7 candles won',
    })
    expect(trackRecord(candles, (i) => plan[i]!, -1).confidence).toBe(0.5)
  })
})

describe('priceDecimals', () => {
  it('finds the digits of the market', () => {
    const prices = (high: number): CandleBar[] => [{ openTime: 0, open: high, high, low: 1, close: 1, volume: 1 }]
    expect([64_123.5, 64_123, 0.00000123, 1e-7].map((high) => priceDecimals(prices(high)))).toEqual([1, 0, 8, 7])
  })
})
