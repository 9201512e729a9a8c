import { describe, expect, it } from 'vitest'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { PaperExchange } from './paper-exchange.ts'
import { calm, candle, fillsOf, instrument, move, PERPETUAL, request, submit, T0, venueAt } from '#test/support/paper-venue.ts'
import { FILLS_KEPT_MAX, FillHistory } from './account-snapshot.ts'

const ask = (venue: PaperExchange, since = 0) => venue.account({ type: 'QueryAccount', queryId: 7, since, ts: T0 })

describe('the account of the paper exchange', () => {
  it('shows what is open with what has filled of it, what is held, and each fill once', () => {
    const venue = venueAt({ position: '0.3' })
    const [market, resting] = [request({ quantity: '0.1' }), request({ quantity: '50', price: '19990' })]
    submit(venue, market)
    submit(venue, resting)
    expect(ask(venue)).toMatchObject({ type: 'AccountSnapshot', queryId: 7, ts: T0, balances: [], fills: [] })
    expect(ask(venue).openOrders.map(({ clientOrderId }) => clientOrderId)).toEqual([market.clientOrderId, resting.clientOrderId])
    const told = fillsOf([...move(venue, calm(0)), ...move(venue, candle(1, ['19995', '19996', '19900', '19950']))])
    const { openOrders, positions, fills } = ask(venue)
    expect(fills.map(({ tradeId }) => tradeId)).toEqual(told.map((fill) => fill.type === 'OrderFill' && fill.tradeId))
    const filled = told.filter(({ clientOrderId }) => clientOrderId === resting.clientOrderId)
    expect(filled.length).toBeGreaterThan(0)
    const sum = fills.reduce(
      (all, fill) => SignedQuantity.add(all, SignedQuantity.of(fill.quantity, fill.side)),
      SignedQuantity.parse('0.3'),
    )
    expect(positions).toHaveLength(1)
    expect(SignedQuantity.toNumber(positions[0]?.quantity ?? SignedQuantity.ZERO)).toBe(SignedQuantity.toNumber(sum))
    expect(openOrders).toMatchObject([{ clientOrderId: resting.clientOrderId, symbol: PERPETUAL, side: 'BUY', type: 'LIMIT' }])
    const open = fills.filter(({ clientOrderId }) => clientOrderId === resting.clientOrderId)
    const all = open.reduce((total, fill) => Quantity.add(total, fill.quantity), Quantity.ZERO)
    expect(Quantity.compare(openOrders[0]?.filledQuantity ?? Quantity.ZERO, all)).toBe(0)
    const last = fills.at(-1)?.ts ?? 0
    expect(ask(venue, last).fills.every(({ ts }) => ts >= last)).toBe(true)
    expect(ask(venue, last + 1).fills).toEqual([])
  })

  it('says of a finished order how it ended', () => {
    const venue = venueAt()
    const [filled, canceled] = [request(), request({ price: '15000' })]
    for (const order of [filled, canceled]) submit(venue, order)
    move(venue, calm(0))
    const { clientOrderId, symbol } = canceled
    venue.handle({ type: 'CancelOrder', clientOrderId, symbol, ts: T0 })
    const found = [filled, canceled].flatMap((order) =>
      venue.handle({ type: 'QueryOrder', clientOrderId: order.clientOrderId, symbol: order.symbol, ts: T0 }),
    )
    expect(found).toMatchObject([
      { type: 'OrderFound', status: 'FILLED' },
      { type: 'OrderFound', status: 'CANCELED', filledQuantity: { units: 0n } },
    ])
    expect(ask(venue).openOrders).toEqual([])
  })

  it('forgets the oldest fills, not the newest', () => {
    const history = new FillHistory()
    const { settle } = instrument(PERPETUAL)
    for (let i = 1; i <= 2 * FILLS_KEPT_MAX + 5; i += 1)
      history.add({ type: 'OrderFill', tradeId: `t-${i}`, ts: i, fee: { currency: settle } } as never, 'BUY')
    const kept = history.since(0)
    expect(kept.length).toBeGreaterThanOrEqual(FILLS_KEPT_MAX)
    expect(kept.at(-1)?.ts).toBe(2 * FILLS_KEPT_MAX + 5)
  })
})
