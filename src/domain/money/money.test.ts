import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { isSame, over, rational, rationalOf, times, toWhole } from '#test/support/engine/rational.ts'
import { BasisPoints, Money, basisPoints, notional } from './money.ts'
import { Price } from './price.ts'
import { Quantity, SignedQuantity } from './quantity.ts'

const digits = (scale: number) => (units: number) =>
  `${Math.floor(units / 10 ** scale)}.${(units % 10 ** scale).toString().padStart(scale, '0')}`
const amount = fc.nat(10 ** 12).map(digits(6))
const size = fc.integer({ min: 1, max: 10 ** 12 }).map(digits(8))

describe('Money', () => {
  it('never combines two currencies', () => {
    const [a, b] = [Money.parse('1', 'USDT'), Money.parse('1', 'BTC')]
    expect(() => Money.add(a, b)).toThrow(TypeError)
    expect(() => Money.subtract(a, b)).toThrow(TypeError)
    expect(() => Money.compare(a, b)).toThrow(TypeError)
    expect(() => Money.max(a, b)).toThrow(TypeError)
  })

  it('keeps its currency in every operation and across structuredClone', () => {
    const a = structuredClone(Money.parse('-1.50', 'USDT'))
    const values = [
      Money.add(a, a),
      Money.subtract(a, a),
      Money.negate(a),
      Money.absolute(a),
      Money.trim(a),
      Money.roundToScale(a, 0, 'floor'),
      Money.max(a, Money.zero('USDT')),
    ]
    expect(values.map(({ currency }) => currency)).toEqual(values.map(() => 'USDT'))
    expect(values.map(Money.format)).toEqual(['-3.00', '0.00', '1.50', '1.50', '-1.5', '-2', '0'])
  })

  it('shares an amount in proportion, half-even', () => {
    fc.assert(
      fc.property(amount, size, size, fc.integer({ min: 0, max: 12 }), (text, left, right, scale) => {
        const [parts, whole] = [Quantity.min(Quantity.parse(left), Quantity.parse(right)), Quantity.parse(right)]
        const signed = scale % 2 === 0 ? text : `-${text}`
        const exact = over(times(rationalOf(signed), rationalOf(Quantity.format(parts))), rationalOf(right))
        const share = Money.share(Money.parse(signed, 'USDT'), parts, whole, scale)
        expect(share.units).toBe(toWhole(times(exact, rational(10n ** BigInt(scale))), 'half-even'))
        expect(share.scale).toBe(scale)
      }),
      { numRuns: 500 },
    )
  })

  it('values a quantity at a price, signed as the quantity is, and takes basis points, without rounding', () => {
    fc.assert(
      fc.property(amount, size, fc.integer({ min: -500, max: 500 }), (price, quantity, tenths) => {
        const value = notional(Price.parse(price), SignedQuantity.of(Quantity.parse(quantity), 'SELL'), 'USDT')
        const expected = times(rational(-1n), times(rationalOf(price), rationalOf(quantity)))
        expect(isSame(rationalOf(Money.format(value)), expected)).toBe(true)
        const rate = BasisPoints.parse(`${tenths}.5`)
        const fee = basisPoints(value, rate)
        expect(isSame(rationalOf(Money.format(fee)), over(times(expected, rationalOf(`${tenths}.5`)), rational(10_000n)))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('Price and Quantity', () => {
  it('are never negative', () => {
    expect(() => Price.parse('-0.01')).toThrow(RangeError)
    expect(() => Quantity.parse('-1')).toThrow(RangeError)
    expect(() => Quantity.subtract(Quantity.parse('1'), Quantity.parse('1.00000001'))).toThrow(RangeError)
    expect(Quantity.format(Quantity.subtract(Quantity.parse('1'), Quantity.parse('1.00')))).toBe('0.00')
  })

  it('know whether they lie on the tick, at the tick and one unit beside it', () => {
    const tick = Price.parse('0.05')
    expect(['100.00', '100.05', '0.05', '100.050'].map((text) => Price.isOnTick(Price.parse(text), tick))).toEqual([true, true, true, true])
    expect(['100.04', '100.06', '0.01', '100.0501'].map((text) => Price.isOnTick(Price.parse(text), tick))).toEqual([
      false,
      false,
      false,
      false,
    ])
  })

  it('give a side its sign and take it away again', () => {
    const sold = SignedQuantity.of(Quantity.parse('1.5'), 'SELL')
    expect(SignedQuantity.format(sold)).toBe('-1.5')
    expect(Quantity.format(SignedQuantity.magnitude(sold))).toBe('1.5')
    expect(SignedQuantity.isZero(SignedQuantity.add(sold, SignedQuantity.of(Quantity.parse('1.50'), 'BUY')))).toBe(true)
  })
})
