import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { isSame, minus, order, plus, rational, rationalOf, sum, times, type Rational } from '#test/support/engine/rational.ts'
import { parseSymbol, parseTraderId } from './ids.ts'
import type { Instrument } from './instrument.ts'
import { BasisPoints, Money } from './money/money.ts'
import { Price } from './money/price.ts'
import { Quantity, SignedQuantity } from './money/quantity.ts'
import { Position } from './position.ts'

const instrument: Instrument = {
  symbol: parseSymbol('BTC/USDT:USDT'),
  exchange: 'test',
  kind: 'perpetual',
  base: 'BTC',
  quote: 'USDT',
  settle: 'USDT',
  tickSize: Price.parse('0.01'),
  lotSize: Quantity.parse('0.001'),
  minQuantity: Quantity.parse('0.001'),
  minNotional: Money.parse('5', 'USDT'),
  makerFee: BasisPoints.parse('2'),
  takerFee: BasisPoints.parse('5.5'),
}
const flat = Position.open(parseTraderId('t'), instrument, 0)

interface Deal {
  readonly side: 'BUY' | 'SELL'
  readonly price: string
  readonly quantity: string
  readonly fee: string
}
const decimal = (max: number, scale: number) =>
  fc.integer({ min: 1, max }).map((units) => `${Math.floor(units / 10 ** scale)}.${(units % 10 ** scale).toString().padStart(scale, '0')}`)
const deal: fc.Arbitrary<Deal> = fc.record({
  side: fc.constantFrom('BUY', 'SELL'),
  price: decimal(9_999_999_999, 5),
  // Few sizes, so that exact closes and flips are common.
  quantity: fc.oneof(fc.constantFrom('1', '2', '3', '0.5', '1.000'), decimal(300_000_000, 8)),
  fee: decimal(1_000_000, 8).chain((fee) => fc.constantFrom(fee, `-${fee}`)),
})

function apply(position: Position, one: Deal, ts = 1) {
  return Position.applyFill(
    position,
    { side: one.side, price: Price.parse(one.price), quantity: Quantity.parse(one.quantity), fee: Money.parse(one.fee, 'USDT'), ts },
    'USDT',
  )
}
const money = (value: Money): Rational => rationalOf(Money.format(value))
const signed = (one: Deal): Rational => (one.side === 'BUY' ? rationalOf(one.quantity) : minus(rational(0n), rationalOf(one.quantity)))
/** What a fill takes from the cash: positive for a purchase. */
const paid = (one: Deal): Rational => times(rationalOf(one.price), signed(one))

describe('Position.applyFill', () => {
  it('books exactly what the cash says: realised − open cost = −Σ price × quantity, quantity = Σ signed fills, fees = Σ fees', () => {
    fc.assert(
      fc.property(fc.array(deal, { maxLength: 60 }), (deals) => {
        let position = flat
        let realized = rational(0n)
        deals.forEach((one, i) => {
          const result = apply(position, one)
          position = result.position
          realized = plus(realized, money(result.realized))
          const soFar = deals.slice(0, i + 1)
          expect(isSame(rationalOf(SignedQuantity.format(position.quantity)), sum(soFar.map(signed)))).toBe(true)
          expect(isSame(minus(money(position.entryCost), realized), sum(soFar.map(paid)))).toBe(true)
          expect(isSame(money(position.realizedPnl), realized)).toBe(true)
          expect(isSame(money(position.fees), sum(soFar.map(({ fee }) => rationalOf(fee))))).toBe(true)
          if (SignedQuantity.isZero(position.quantity)) expect(Money.isZero(position.entryCost)).toBe(true)
        })
      }),
      { numRuns: 300 },
    )
  })

  it('keeps start + realised + unrealised − fees equal to start + sells − buys + quantity × mark − fees, to the last digit', () => {
    fc.assert(
      fc.property(fc.array(deal, { maxLength: 40 }), decimal(9_999_999_999, 5), (deals, mark) => {
        const position = deals.reduce((held, one) => apply(held, one).position, flat)
        const start = rationalOf('10000')
        const booked = minus(
          plus(plus(start, money(position.realizedPnl)), money(Position.unrealizedPnl(position, Price.parse(mark)))),
          money(position.fees),
        )
        const value = (side: Deal['side']) =>
          sum(deals.filter((one) => one.side === side).map((one) => times(rationalOf(one.price), rationalOf(one.quantity))))
        const held = sum(deals.map(signed))
        const cash = minus(
          plus(minus(plus(start, value('SELL')), value('BUY')), times(held, rationalOf(mark))),
          sum(deals.map(({ fee }) => rationalOf(fee))),
        )
        expect(isSame(booked, cash)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('mirrors: the same deals with the sides swapped give the opposite result', () => {
    fc.assert(
      fc.property(fc.array(deal, { maxLength: 30 }), (deals) => {
        const swapped = deals.map((one): Deal => ({ ...one, side: one.side === 'BUY' ? 'SELL' : 'BUY' }))
        const [a, b] = [deals, swapped].map((each) => each.reduce((held, one) => apply(held, one).position, flat))
        expect(a?.realizedPnl.units).toBe(-(b?.realizedPnl.units ?? 1n))
        expect(a?.quantity.units).toBe(-(b?.quantity.units ?? 1n))
      }),
      { numRuns: 200 },
    )
  })

  it('an entry realises nothing, whatever its price', () => {
    fc.assert(
      fc.property(
        fc.array(
          deal.map((one): Deal => ({ ...one, side: 'SELL' })),
          { maxLength: 10 },
        ),
        (deals) => {
          for (const [i, one] of deals.entries()) {
            const before = deals.slice(0, i).reduce((held, each) => apply(held, each).position, flat)
            expect(Money.isZero(apply(before, one).realized)).toBe(true)
          }
        },
      ),
    )
  })

  it('closes, flips and reopens by hand-made figures', () => {
    const text = (p: Position) => [
      SignedQuantity.format(p.quantity),
      Money.format(p.entryCost),
      Money.format(p.realizedPnl),
      Money.format(p.fees),
      p.openedAt,
    ]
    let position = apply(flat, { side: 'BUY', price: '100', quantity: '3', fee: '0.1' }, 10).position
    expect(text(position)).toEqual(['3', '300', '0', '0.1', 10])
    position = apply(position, { side: 'SELL', price: '110', quantity: '1', fee: '0.1' }, 20).position
    expect(text(position)).toEqual(['2', '200', '10', '0.2', 10])
    position = apply(position, { side: 'SELL', price: '90', quantity: '5', fee: '0.1' }, 30).position
    expect(text(position)).toEqual(['-3', '-270', '-10', '0.3', 30])
    position = apply(position, { side: 'BUY', price: '80', quantity: '3', fee: '0.1' }, 40).position
    expect(text(position)).toEqual(['0', '0', '20', '0.4', 30])
    position = apply(position, { side: 'BUY', price: '80', quantity: '1', fee: '0' }, 50).position
    expect(text(position)).toEqual(['1', '80', '20', '0.4', 50])
  })

  it('shows a short in the money below its price and a long above it', () => {
    const long = apply(flat, { side: 'BUY', price: '100', quantity: '2', fee: '0' }).position
    const short = apply(flat, { side: 'SELL', price: '100', quantity: '2', fee: '0' }).position
    expect(Money.format(Position.unrealizedPnl(long, Price.parse('101.5')))).toBe('3')
    expect(Money.format(Position.unrealizedPnl(short, Price.parse('101.5')))).toBe('-3')
    expect(Price.format(Position.averagePrice(short, 2) ?? Price.parse('0'))).toBe('100.00')
    expect(Position.averagePrice(flat, 2)).toBeUndefined()
  })

  it('never lets a share of the cost exceed what is there', () => {
    fc.assert(
      fc.property(deal, fc.integer({ min: 1, max: 9 }), (one, tenths) => {
        const long = apply(flat, { ...one, side: 'BUY', quantity: '1' }).position
        const closed = apply(long, { ...one, side: 'SELL', quantity: `0.${tenths}`, price: one.price }).position
        expect(order(money(closed.entryCost), rational(0n))).toBe(1)
        expect(order(money(closed.entryCost), money(long.entryCost))).toBe(-1)
      }),
    )
  })
})
