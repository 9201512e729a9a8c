import { describe, expect, it } from 'vitest'
import { parseSymbol } from '#domain/ids.ts'
import { Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { OrderRequest, RestoredOrder } from '#engine/ports.ts'
import { sliceOfCandle } from './market-slice.ts'
import { PaperExchange } from './paper-exchange.ts'
import {
  SPOT,
  PERPETUAL,
  T0,
  MINUTE,
  INSTRUMENTS,
  instrument,
  newId,
  request,
  submit,
  candle,
  calm,
  venueAt,
  move,
  fillsOf,
  sum,
} from '#test/support/paper-venue.ts'

describe('market orders', () => {
  it('are accepted at once and fill at the next open, worse by half the spread, with the taker fee rounded up', () => {
    const venue = venueAt()
    const order = request({ quantity: '0.003' })
    expect(submit(venue, order)).toEqual([
      { type: 'OrderAccepted', clientOrderId: order.clientOrderId, symbol: PERPETUAL, ts: T0, exchangeOrderId: `P-${order.clientOrderId}` },
    ])
    const [fill, ...rest] = fillsOf(move(venue, calm(0)))
    expect(rest).toEqual([])
    // 20000 × 0.5 bps = 1
    expect(Price.format(fill!.price)).toBe('20001.0')
    expect(fill!.tradeId).toBe(`${order.clientOrderId}-${T0}-0`)
    // 20001 × 0.003 × 5.5 bps = 0.03300165
    expect(Money.format(fill!.fee)).toBe('0.03300165')
    expect(fill!.liquidity).toBe('TAKER')
    expect(fill!.ts).toBeGreaterThanOrEqual(T0 + 40)
    expect(fill!.ts).toBeLessThanOrEqual(T0 + 120)
  })

  it('walk the book to worse prices, stop at the share of the volume, and go on with the next candle', () => {
    const venue = venueAt()
    submit(venue, request({ quantity: '15', side: 'SELL' }))
    const first = fillsOf(move(venue, calm(0)))
    expect(sum(first)).toBe('10')
    const prices = first.map((fill) => Price.toNumber(fill.price))
    expect(prices.length).toBeGreaterThan(1)
    expect(prices).toEqual(prices.toSorted((a, b) => b - a))
    expect(prices[0]).toBe(19_999)
    expect(sum(move(venue, calm(1)))).toBe('5')
    expect(move(venue, calm(2))).toEqual([])
  })

  it('get nothing from a candle without volume', () => {
    const venue = venueAt()
    submit(venue, request())
    expect(move(venue, calm(0, '0'))).toEqual([])
    expect(sum(move(venue, calm(1)))).toBe('0.1')
  })

  it('that arrive late in a candle are given its close, not its open', () => {
    const venue = venueAt()
    submit(venue, request({ ts: T0 + 30_000, quantity: '0.01' }))
    const [fill] = fillsOf(move(venue, candle(0, ['20000', '20500', '19000', '20400'])))
    expect(Price.toNumber(fill!.price)).toBeGreaterThan(20_400)
  })

  it('do not fill in a candle that closed before they arrived', () => {
    const venue = venueAt()
    submit(venue, request({ ts: T0 + MINUTE - 40 }))
    expect(move(venue, calm(0))).toEqual([])
    expect(sum(move(venue, calm(1)))).toBe('0.1')
  })

  it('count a volume in the quote currency as what it buys', () => {
    const venue = new PaperExchange({ instruments: [{ ...instrument(PERPETUAL), volumeUnit: 'quote' }], seed: 'test' })
    venue.observe(sliceOfCandle(calm(-1)))
    submit(venue, request({ quantity: '1' }))
    // 200,050 USDT at 20,005 are 10 BTC, a tenth of it 1
    expect(sum(move(venue, calm(0, '100025')))).toBe('0.5')
  })
})

describe('limit orders', () => {
  it('rest until the price goes through them, then fill at their price as maker', () => {
    const venue = venueAt()
    submit(venue, request({ price: '19900' }))
    expect(move(venue, calm(0))).toEqual([])
    const [fill] = fillsOf(move(venue, candle(1, ['20000', '20000', '19899.5', '19950'])))
    expect(Price.format(fill!.price)).toBe('19900.0')
    expect(fill!.liquidity).toBe('MAKER')
    // 19900 × 0.1 × 2 bps
    expect(Money.format(fill!.fee)).toBe('0.398')
  })

  it('that are only touched fill for about the set share of them', () => {
    const orders = Array.from({ length: 400 }, () => request({ price: '19900', quantity: '0.002' }))
    const fill = () => {
      const venue = venueAt()
      for (const order of orders) submit(venue, order)
      return fillsOf(move(venue, candle(0, ['20000', '20000', '19900', '19950'])))
    }
    const fills = fill()
    expect(fills.length / orders.length).toBeGreaterThan(0.22)
    expect(fills.length / orders.length).toBeLessThan(0.38)
    expect(fill()).toEqual(fills)
  })

  it('that cross on arrival are takers and never pay more than their limit', () => {
    const venue = venueAt()
    submit(venue, request({ price: '20001.5', quantity: '9' }))
    const fills = fillsOf(move(venue, calm(0)))
    expect(fills[0]!.liquidity).toBe('TAKER')
    expect(fills.every((fill) => Price.toNumber(fill.price) <= 20_001.5)).toBe(true)
  })

  it('that rested through a gap fill at their own price, not at the better open', () => {
    const venue = venueAt()
    submit(venue, request({ price: '19900' }))
    move(venue, calm(0))
    const [fill] = fillsOf(move(venue, candle(9, ['19000', '19010', '18990', '19000'])))
    expect(Price.format(fill!.price)).toBe('19900.0')
    expect(fill!.liquidity).toBe('MAKER')
  })
})

describe('the venue refuses', () => {
  const codeOf = (venue: PaperExchange, order: OrderRequest) => {
    const [report] = submit(venue, order)
    return report?.type === 'OrderRejected' ? report.code : report?.type
  }
  it.each([
    ['UNKNOWN_SYMBOL', { symbol: parseSymbol('DOGE/USDT') }],
    ['QUANTITY_OFF_LOT', { quantity: '0.1005' }],
    ['QUANTITY_BELOW_LOT', { quantity: '0.0005' }],
    ['QUANTITY_BELOW_MINIMUM', { quantity: '0.001' }],
    ['PRICE_OFF_TICK', { price: '20000.25' }],
    ['NOTIONAL_BELOW_MINIMUM', { price: '1000', quantity: '0.004' }],
    ['PRICE_INVALID', { price: '0' }],
    ['PRICE_INVALID', { type: 'LIMIT' as const }],
    ['REDUCE_ONLY_REJECTED', { reduceOnly: true, side: 'SELL' as const }],
    ['INSUFFICIENT_POSITION', { symbol: SPOT, side: 'SELL' as const, price: '20000' }],
    ['NO_MARKET_PRICE', { symbol: SPOT }],
  ])('%s', (code, ask) => {
    expect(codeOf(venueAt(), request(ask))).toBe(code)
  })

  it('a spot sale of what other sales already promise', () => {
    const venue = venueAt({ symbol: SPOT, position: '0.15' })
    expect(codeOf(venue, request({ symbol: SPOT, side: 'SELL', price: '21000' }))).toBe('OrderAccepted')
    expect(codeOf(venue, request({ symbol: SPOT, side: 'SELL', price: '21000' }))).toBe('INSUFFICIENT_POSITION')
  })

  it('a reused id with other contents, but accepts the same order again without doubling it', () => {
    const venue = venueAt()
    const order = request({ quantity: '0.01' })
    const first = submit(venue, order)
    expect(submit(venue, order)).toEqual(first)
    expect(codeOf(venue, { ...order, quantity: Quantity.parse('0.02') })).toBe('DUPLICATE_CLIENT_ORDER_ID')
    expect(sum(move(venue, calm(0)))).toBe('0.01')
    expect(submit(venue, order)).toEqual(first)
    expect(move(venue, calm(1))).toEqual([])
  })
})

describe('reduce-only', () => {
  it('is capped to the position, and what is left of the order is canceled', () => {
    const venue = venueAt({ position: '0.3' })
    submit(venue, request({ side: 'SELL', quantity: '0.5', reduceOnly: true }))
    const reports = move(venue, calm(0))
    expect(sum(reports)).toBe('0.3')
    expect(reports.at(-1)?.type).toBe('OrderCanceled')
    expect(venue.openOrderCount).toBe(0)
  })

  it('stop and target share one position: when one closes it, the other is canceled', () => {
    const venue = venueAt({ position: '-0.2' })
    const target = request({ side: 'BUY', quantity: '0.2', reduceOnly: true, price: '19500' })
    submit(venue, target)
    submit(venue, request({ side: 'BUY', quantity: '0.2', reduceOnly: true }))
    const reports = move(venue, calm(0))
    expect(sum(reports)).toBe('0.2')
    expect(reports.at(-1)).toMatchObject({ type: 'OrderCanceled', clientOrderId: target.clientOrderId })
  })
})

describe('cancel and query', () => {
  it('answer for open, finished and unknown orders', () => {
    const venue = venueAt()
    const order = request({ price: '19900' })
    const { clientOrderId, symbol } = order
    const ask = (type: 'CancelOrder' | 'QueryOrder', id = clientOrderId) => venue.handle({ type, clientOrderId: id, symbol, ts: T0 })[0]
    submit(venue, order)
    expect(ask('QueryOrder')).toMatchObject({ type: 'OrderFound', exchangeOrderId: `P-${clientOrderId}` })
    expect(ask('CancelOrder')?.type).toBe('OrderCanceled')
    expect(ask('CancelOrder')?.type).toBe('CancelRejected')
    expect(ask('QueryOrder')?.type).toBe('OrderFound')
    expect(ask('QueryOrder', newId())).toMatchObject({ type: 'OrderNotFound', authoritative: true })
    expect(ask('CancelOrder', newId())?.type).toBe('CancelRejected')
  })

  it('a restored order in an instrument that is not traded any more is canceled', () => {
    const order = {
      ...request({ symbol: parseSymbol('DOGE/USDT') }),
      exchangeOrderId: 'P-1',
      filledQuantity: Quantity.ZERO,
    } as RestoredOrder
    const reports = new PaperExchange({ instruments: INSTRUMENTS, seed: 'test' }).restore({ orders: [order], positions: [] })
    expect(reports).toMatchObject([{ type: 'OrderCanceled', clientOrderId: order.clientOrderId }])
  })
})
