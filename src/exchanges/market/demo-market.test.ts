import { describe, expect, it } from 'vitest'
import { parseSymbol } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Price } from '#domain/money/price.ts'
import { DemoMarket, SLICES_PER_BAR } from './demo-market.ts'
import { demoRandom } from './demo-random.ts'
import { DEMO_INSTRUMENTS } from './instruments.ts'

const START = 29_000_000
const BARS = 3_000 // two days and a bit
const market = new DemoMarket('statistics')
const textOf = (value: unknown) => JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part))

const candles = new Map(
  DEMO_INSTRUMENTS.map((instrument) => [
    instrument.symbol,
    Array.from({ length: BARS }, (_, i) => market.bar(instrument, START + i).candle),
  ]),
)
const closes = (symbol: string) => candles.get(parseSymbol(symbol))!.map(({ close }) => Price.toNumber(close))
function returnsOf(symbol: string): readonly number[] {
  const prices = closes(symbol)
  return prices.slice(1).map((close, i) => Math.log(close / prices[i]!))
}
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)]
  const covariance = mean(a.map((x, i) => (x - ma) * (b[i]! - mb)))
  return covariance / Math.sqrt(mean(a.map((x) => (x - ma) ** 2)) * mean(b.map((x) => (x - mb) ** 2)))
}
function kurtosis(values: readonly number[]): number {
  const m = mean(values)
  return mean(values.map((x) => (x - m) ** 4)) / mean(values.map((x) => (x - m) ** 2)) ** 2
}

describe('chance', () => {
  it('has variance 1, thin tails or fat ones', () => {
    const random = demoRandom('tails')
    const thin = Array.from({ length: 40_000 }, () => random.gaussian())
    const fat = Array.from({ length: 40_000 }, () => random.fatTailed())
    for (const values of [thin, fat]) expect(Math.abs(mean(values.map((x) => x ** 2)) - 1)).toBeLessThan(0.1)
    expect(Math.abs(kurtosis(thin) - 3)).toBeLessThan(0.2)
    expect(kurtosis(fat)).toBeGreaterThan(5)
  })
})

describe('the demo market', () => {
  it.each(DEMO_INSTRUMENTS.map(({ symbol }) => symbol))('%s has fat tails and clustered volatility', (symbol) => {
    const returns = returnsOf(symbol)
    const sizes = returns.map(Math.abs)
    expect(kurtosis(returns)).toBeGreaterThan(3.5)
    for (const lag of [1, 5, 20]) expect(correlation(sizes.slice(lag), sizes.slice(0, -lag))).toBeGreaterThan(0.05)
    expect(Math.abs(correlation(returns.slice(1), returns.slice(0, -1)))).toBeLessThan(0.1)
  })

  it('moves its symbols together, the perpetual close to its spot, and volume with volatility', () => {
    expect(correlation(returnsOf('BTC/USDT'), returnsOf('ETH/USDT'))).toBeGreaterThan(0.4)
    expect(correlation(returnsOf('BTC/USDT'), returnsOf('BTC/USDT:USDT'))).toBeGreaterThan(0.8)
    const perpetual = closes('BTC/USDT:USDT')
    const apart = closes('BTC/USDT').map((spot, i) => Math.abs(perpetual[i]! / spot - 1))
    expect(Math.max(...apart)).toBeLessThan(0.003)
    const volumes = candles
      .get(parseSymbol('ETH/USDT'))!
      .slice(1)
      .map(({ volume }) => fixed.toNumber(volume))
    expect(correlation(volumes, returnsOf('ETH/USDT').map(Math.abs))).toBeGreaterThan(0.3)
  })

  it('has whole bars: positive, on tick and lot, each made of its slices, no hole between most of them', () => {
    for (const instrument of DEMO_INSTRUMENTS) {
      let jumps = 0
      candles.get(instrument.symbol)!.forEach((candle, i) => {
        const { open, high, low, close, volume } = candle
        expect(
          low.units > 0n &&
            fixed.compare(high, open) >= 0 &&
            fixed.compare(high, close) >= 0 &&
            fixed.compare(low, open) <= 0 &&
            fixed.compare(low, close) <= 0,
        ).toBe(true)
        expect(
          Price.isOnTick(close, instrument.tickSize) && fixed.compare(fixed.roundToStep(volume, instrument.lotSize, 'floor'), volume) === 0,
        ).toBe(true)
        const before = candles.get(instrument.symbol)![i - 1]
        if (before !== undefined && fixed.compare(before.close, open) !== 0) jumps += 1
      })
      expect(jumps).toBeGreaterThan(0)
      expect(jumps).toBeLessThan(BARS / 50)
      const { candle, slices } = market.bar(instrument, START)
      expect(slices).toHaveLength(SLICES_PER_BAR)
      expect(slices.reduce((all, { volume }) => fixed.add(all, volume), fixed.make<'Quantity'>(0n, 0)).units).toBe(candle.volume.units)
      expect(fixed.compare(slices.at(-1)!.close, candle.close)).toBe(0)
    }
  })

  it('is the same wherever it is entered, and another for another seed', () => {
    for (const instrument of DEMO_INSTRUMENTS) {
      for (const index of [START + 17, START + 1_439, START + 1_440, START + 2_999, START + 500_000]) {
        expect(textOf(new DemoMarket('statistics').bar(instrument, index))).toBe(textOf(market.bar(instrument, index)))
      }
      expect(textOf(new DemoMarket('other').bar(instrument, START))).not.toBe(textOf(market.bar(instrument, START)))
    }
  })

  it('stays within reason over ten years', () => {
    for (const instrument of DEMO_INSTRUMENTS) {
      const prices = Array.from({ length: 365 }, (_, i) => Price.toNumber(market.bar(instrument, START + i * 14_400).candle.close))
      expect(Math.max(...prices) / Math.min(...prices)).toBeLessThan(60)
      expect(Math.max(...prices) / Math.min(...prices)).toBeGreaterThan(1.3)
    }
  })
})
