import { describe, expect, it } from 'vitest'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { OrderRequest, RestoredOrder } from '#engine/ports.ts'
import { sliceOfCandle } from './market-slice.ts'
import { PaperExchange } from './paper-exchange.ts'
import {
  INSTRUMENTS,
  MINUTE,
  PERPETUAL,
  T0,
  calm,
  candle,
  fillsOf,
  move,
  request,
  submit,
  sum,
  textOf,
  venueAt,
} from '#test/support/paper-venue.ts'

const amend = (venue: PaperExchange, order: OrderRequest, change: { readonly quantity?: string; readonly price?: string }, ts = T0) =>
  venue.handle({
    type: 'AmendOrder',
    clientOrderId: order.clientOrderId,
    symbol: order.symbol,
    ts,
    ...(change.quantity === undefined ? {} : { quantity: Quantity.parse(change.quantity) }),
    ...(change.price === undefined ? {} : { price: Price.parse(change.price) }),
  })[0]
const types = (reports: readonly { readonly type: string }[]) => reports.map(({ type }) => type)

describe('immediate or cancel', () => {
  it('takes what there is at once and ends', () => {
    const venue = venueAt()
    submit(venue, request({ quantity: '15', timeInForce: 'IOC' }))
    const reports = move(venue, calm(0))
    expect(sum(reports)).toBe('10')
    expect(types(reports).at(-1)).toBe('OrderExpired')
    expect(venue.openOrderCount).toBe(0)
    expect(move(venue, calm(1))).toEqual([])
  })

  it('below the market gets nothing, although the price goes through it later in the same bar', () => {
    const venue = venueAt()
    submit(venue, request({ price: '19900', timeInForce: 'IOC' }))
    expect(types(move(venue, candle(0, ['20000', '20000', '19800', '19850'])))).toEqual(['OrderExpired'])
  })

  it('is remembered as expired', () => {
    const venue = venueAt()
    const order = request({ price: '19900', timeInForce: 'IOC' })
    submit(venue, order)
    move(venue, calm(0))
    const { clientOrderId, symbol } = order
    expect(venue.handle({ type: 'QueryOrder', clientOrderId, symbol, ts: T0 })[0]).toMatchObject({ type: 'OrderFound', status: 'EXPIRED' })
  })
})

describe('fill or kill', () => {
  it('fills whole at once', () => {
    const venue = venueAt()
    submit(venue, request({ quantity: '9', timeInForce: 'FOK' }))
    const reports = move(venue, calm(0))
    expect(sum(reports)).toBe('9')
    expect(types(reports)).not.toContain('OrderExpired')
  })

  it('or not at all, and leaves the market to others', () => {
    const venue = venueAt()
    const killed = request({ quantity: '10.001', timeInForce: 'FOK' })
    const other = request({ quantity: '10' })
    submit(venue, killed)
    submit(venue, other)
    const reports = move(venue, calm(0))
    expect(reports.filter((report) => report.clientOrderId === killed.clientOrderId).map(({ type }) => type)).toEqual(['OrderExpired'])
    expect(sum(reports)).toBe('10')
  })

  it('a limit counts only what lies within it', () => {
    const venue = venueAt()
    submit(venue, request({ quantity: '9', price: '20001', timeInForce: 'FOK' }))
    expect(types(move(venue, calm(0)))).toEqual(['OrderExpired'])
  })
})

describe('post-only', () => {
  it('is refused when it would take now', () => {
    const [taking, resting] = [request({ price: '20006.5', postOnly: true }), request({ price: '20005.5', postOnly: true })]
    // The last price is 20005, half the spread 0.5 bps: the ask is 20006.5.
    expect(submit(venueAt(), taking)[0]).toMatchObject({ type: 'OrderRejected', code: 'POST_ONLY_WOULD_TAKE' })
    expect(submit(venueAt(), resting)[0]).toMatchObject({ type: 'OrderAccepted' })
  })

  it('ends when the market has come to it on the way, and rests otherwise', () => {
    const venue = venueAt()
    submit(venue, request({ price: '20000', postOnly: true }))
    expect(types(move(venue, candle(0, ['19990', '20010', '19980', '20000'])))).toEqual(['OrderExpired'])
    const other = venueAt()
    submit(other, request({ price: '20000', postOnly: true }))
    const [fill] = fillsOf(move(other, candle(0, ['20005', '20010', '19980', '20000'])))
    expect(fill?.liquidity).toBe('MAKER')
  })

  it('that could not rest is refused', () => {
    expect(submit(venueAt(), request({ postOnly: true }))[0]).toMatchObject({ code: 'POST_ONLY_INVALID' })
    expect(submit(venueAt(), request({ postOnly: true, price: '19000', timeInForce: 'IOC' }))[0]).toMatchObject({
      code: 'POST_ONLY_INVALID',
    })
  })

  it('a conditional order is not taken', () => {
    expect(submit(venueAt(), request({ type: 'STOP_MARKET', triggerPrice: Price.parse('20100') }))[0]).toMatchObject({
      code: 'ORDER_TYPE_UNKNOWN',
    })
  })
})

describe('amend', () => {
  it('changes price and size in place', () => {
    const venue = venueAt()
    const order = request({ price: '19900', quantity: '0.1' })
    submit(venue, order)
    expect(amend(venue, order, { price: '19950', quantity: '0.3' })).toMatchObject({ type: 'OrderAmended' })
    const fills = fillsOf(move(venue, candle(1, ['20000', '20000', '19940', '19960'])))
    expect(sum(fills)).toBe('0.3')
    expect(Price.format(fills[0]!.price)).toBe('19950.0')
    expect(fills[0]!.clientOrderId).toBe(order.clientOrderId)
  })

  it.each([
    ['an order that is not open', { price: '19950' }, true],
    ['a price off the tick', { price: '19950.25' }, false],
    ['a size off the lot', { quantity: '0.1005' }, false],
    ['a size below the minimum', { quantity: '0.001' }, false],
  ])('is refused for %s, and the order stays as it was', (_, change, isGone) => {
    const venue = venueAt()
    const order = request({ price: '19900', quantity: '0.1' })
    if (!isGone) submit(venue, order)
    expect(amend(venue, order, change)?.type).toBe('AmendRejected')
    if (!isGone) expect(sum(move(venue, candle(1, ['20000', '20000', '19890', '19960'])))).toBe('0.1')
  })

  it('to no more than has filled is refused', () => {
    const venue = venueAt()
    const order = request({ quantity: '15' })
    submit(venue, order)
    expect(sum(move(venue, calm(0)))).toBe('10')
    expect(amend(venue, order, { quantity: '10' })).toMatchObject({ type: 'AmendRejected' })
    expect(amend(venue, order, { quantity: '10.5' })).toMatchObject({ type: 'OrderAmended' })
    expect(sum(move(venue, calm(1)))).toBe('0.5')
  })

  it.each([
    ['a smaller size keeps', { quantity: '8' }, 'first'],
    ['a larger size loses', { quantity: '10.5' }, 'second'],
    ['another price loses', { price: '19950.5' }, 'second'],
  ])('%s the place in the queue', (_, change, winner) => {
    const venue = venueAt()
    const [first, second] = [request({ price: '19950', quantity: '10' }), request({ price: '19950', quantity: '10', ts: T0 + 500 })]
    submit(venue, first)
    submit(venue, second)
    amend(venue, first, change, T0 + 10_000)
    const [fill] = fillsOf(move(venue, candle(1, ['20000', '20000', '19940', '19960'])))
    expect(fill?.clientOrderId).toBe((winner === 'first' ? first : second).clientOrderId)
  })

  it('is the same after the venue was replaced, restored from what the engine knows', () => {
    const order = request({ price: '19900', quantity: '3' })
    const run = (isReplaced: boolean) => {
      let venue = venueAt()
      submit(venue, order)
      move(venue, calm(0))
      const amendedAt = T0 + MINUTE
      amend(venue, order, { price: '19950', quantity: '4' }, amendedAt)
      if (isReplaced) {
        const restored = {
          ...order,
          price: Price.parse('19950'),
          quantity: Quantity.parse('4'),
          ts: amendedAt,
          exchangeOrderId: `P-${order.clientOrderId}`,
        }
        venue = new PaperExchange({ instruments: INSTRUMENTS, seed: 'test' })
        venue.restore({
          orders: [{ ...restored, filledQuantity: Quantity.ZERO } as RestoredOrder],
          positions: [{ symbol: PERPETUAL, quantity: '0' }],
        })
        venue.observe(sliceOfCandle(calm(0)))
      }
      return textOf([1, 2, 3].map((n) => move(venue, candle(n, ['19960', '19970', '19940', '19955'], '10'))))
    }
    expect(run(true)).toBe(run(false))
  })
})
