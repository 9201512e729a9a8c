import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Candle } from '#domain/candle.ts'
import { makeClientOrderId, parseSymbol, parseTraderId, type ClientOrderId } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import { BasisPoints, Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { Approved, ExchangeReport, OrderRequest, RestoredOrder } from '#engine/ports.ts'
import { sliceOfCandle } from './market-slice.ts'
import { PaperExchange } from './paper-exchange.ts'
import type { PaperInstrument } from './paper-instrument.ts'

const SPOT = parseSymbol('BTC/USDT')
const PERPETUAL = parseSymbol('BTC/USDT:USDT')
const T0 = 1_700_000_040_000
const MINUTE = 60_000
const TRADER = parseTraderId('tester')

const instrument = (symbol: typeof SPOT): PaperInstrument => ({
  symbol,
  exchange: 'paper',
  kind: symbol === SPOT ? 'spot' : 'perpetual',
  base: 'BTC',
  quote: 'USDT',
  settle: 'USDT',
  tickSize: Price.parse('0.5'),
  lotSize: Quantity.parse('0.001'),
  minQuantity: Quantity.parse('0.002'),
  minNotional: Money.parse('5', 'USDT'),
  makerFee: BasisPoints.parse('2'),
  takerFee: BasisPoints.parse('5.5'),
  volumeUnit: 'base',
})
const INSTRUMENTS = [instrument(SPOT), instrument(PERPETUAL)]

let sequence = 0
const newId = (): ClientOrderId => makeClientOrderId({ instance: 'test', traderId: TRADER, time: T0, sequence: (sequence += 1) })
type Ask = Partial<Omit<OrderRequest, 'quantity' | 'price'>> & { readonly quantity?: string; readonly price?: string }
function request({ quantity = '0.1', price, ...rest }: Ask = {}): OrderRequest {
  return {
    clientOrderId: newId(),
    symbol: PERPETUAL,
    side: 'BUY',
    type: price === undefined ? 'MARKET' : 'LIMIT',
    reduceOnly: false,
    ts: T0,
    quantity: Quantity.parse(quantity),
    ...(price === undefined ? {} : { price: Price.parse(price) }),
    ...rest,
  }
}
const submit = (venue: PaperExchange, order: OrderRequest) => venue.handle({ type: 'SubmitOrder', order: order as Approved<OrderRequest> })
function candle(n: number, ohlc: readonly [string, string, string, string], volume = '100', symbol = PERPETUAL): Candle {
  const [open, high, low, close] = ohlc.map(Price.parse) as [Price, Price, Price, Price]
  return { symbol, timeframe: '1m', openTime: T0 + n * MINUTE, open, high, low, close, volume: Quantity.parse(volume) }
}
const calm = (n: number, volume?: string, symbol?: typeof SPOT) => candle(n, ['20000', '20010', '19990', '20005'], volume, symbol)
function venueAt(options: { readonly symbol?: typeof SPOT; readonly position?: string } = {}): PaperExchange {
  const { symbol = PERPETUAL, position } = options
  const venue = new PaperExchange({ instruments: INSTRUMENTS, seed: 'test' })
  venue.restore({ orders: [], positions: position === undefined ? [] : [{ symbol, quantity: position }] })
  venue.observe(sliceOfCandle(calm(-1, '100', symbol)))
  return venue
}
const move = (venue: PaperExchange, bar: Candle) => venue.move(sliceOfCandle(bar))
const fillsOf = (reports: readonly ExchangeReport[]) => reports.filter((report) => report.type === 'OrderFill')
const sum = (reports: readonly ExchangeReport[]) =>
  Quantity.format(fixed.trim(fillsOf(reports).reduce((all, fill) => Quantity.add(all, fill.quantity), Quantity.ZERO)))
const textOf = (value: unknown) => JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part))

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

interface PlannedOrder {
  readonly step: number
  readonly ask: Ask
}
const plannedOrder = fc.record({
  step: fc.nat(25),
  ask: fc.record({
    symbol: fc.constantFrom(SPOT, PERPETUAL, PERPETUAL),
    side: fc.constantFrom('BUY' as const, 'BUY' as const, 'SELL' as const),
    quantity: fc.integer({ min: 1, max: 4_000 }).map((lots) => (lots / 1_000).toFixed(3)),
    reduceOnly: fc.boolean(),
    price: fc.option(
      fc.integer({ min: 39_400, max: 40_600 }).map((ticks) => (ticks / 2).toFixed(1)),
      { nil: undefined },
    ),
  }),
})
/** Bars from integer moves in ticks; prices need not lie on the instrument's tick. */
const plannedBars = fc.array(
  fc.record({
    move: fc.integer({ min: -60, max: 60 }),
    up: fc.nat(40),
    down: fc.nat(40),
    volume: fc.integer({ min: 0, max: 30_000 }),
    gap: fc.nat(12),
  }),
  { minLength: 5, maxLength: 30 },
)
type PlannedBar = typeof plannedBars extends fc.Arbitrary<(infer Bar)[]> ? Bar : never

function barsOf(plan: readonly PlannedBar[], symbol: typeof SPOT): readonly Candle[] {
  let cents = 2_000_000
  let n = -1
  return plan.map(({ move: ticks, up, down, volume, gap }) => {
    const open = cents
    cents += ticks * 37
    n += gap === 0 ? 3 : 1
    const text = (value: number) => (value / 100).toFixed(2)
    return candle(
      n,
      [text(open), text(Math.max(open, cents) + up * 31), text(Math.min(open, cents) - down * 31), text(cents)],
      (volume / 1_000).toFixed(3),
      symbol,
    )
  })
}

interface Run {
  readonly reports: readonly ExchangeReport[]
  readonly bars: readonly Candle[]
  readonly orders: ReadonlyMap<string, OrderRequest>
}

/** Drives a venue over bars. With `breakEvery`, a new one takes over after each such bar, knowing only what a journal would. */
function drive(
  plan: readonly PlannedBar[],
  planned: readonly (PlannedOrder & { readonly id: ClientOrderId })[],
  breakEvery = Number.POSITIVE_INFINITY,
): Run {
  const reports: ExchangeReport[] = []
  const orders = new Map<string, OrderRequest>()
  const open = new Map<string, RestoredOrder>()
  const held = new Map<string, SignedQuantity>([[SPOT, SignedQuantity.parse('2')]])
  const bars = [barsOf(plan, SPOT), barsOf(plan, PERPETUAL)] as const
  const fresh = () => {
    const venue = new PaperExchange({ instruments: INSTRUMENTS, seed: 'drive' })
    const positions = [...held].map(([symbol, quantity]) => ({ symbol: parseSymbol(symbol), quantity: SignedQuantity.format(quantity) }))
    venue.restore({ orders: [...open.values()].toReversed(), positions })
    return venue
  }
  const learn = (news: readonly ExchangeReport[]) => {
    for (const report of news) {
      reports.push(report)
      const { clientOrderId, symbol } = report
      const order = orders.get(clientOrderId)!
      if (report.type === 'OrderAccepted')
        open.set(clientOrderId, { ...order, exchangeOrderId: report.exchangeOrderId, filledQuantity: Quantity.ZERO })
      if (report.type === 'OrderCanceled') open.delete(clientOrderId)
      if (report.type !== 'OrderFill') continue
      held.set(symbol, SignedQuantity.add(held.get(symbol) ?? SignedQuantity.ZERO, SignedQuantity.of(report.quantity, order.side)))
      const known = open.get(clientOrderId)!
      const filledQuantity = Quantity.add(known.filledQuantity, report.quantity)
      if (Quantity.compare(filledQuantity, order.quantity) === 0) open.delete(clientOrderId)
      else open.set(clientOrderId, { ...known, filledQuantity })
    }
  }
  let venue = fresh()
  bars[0].forEach((spot, step) => {
    const perpetual = bars[1][step]!
    learn(venue.move(sliceOfCandle(spot)))
    learn(venue.move(sliceOfCandle(perpetual)))
    if ((step + 1) % breakEvery === 0) {
      venue = fresh()
      venue.observe(sliceOfCandle(spot))
      venue.observe(sliceOfCandle(perpetual))
    }
    for (const { id, ask } of planned.filter((order) => order.step === step)) {
      const order = { ...request(ask), clientOrderId: id, ts: spot.openTime + MINUTE }
      orders.set(id, order)
      learn(submit(venue, order))
    }
  })
  return { reports, bars: bars.flat(), orders }
}

const withIds = (orders: readonly { readonly step: number; readonly ask: { readonly [Key in keyof Ask]: Ask[Key] | undefined } }[]) =>
  orders.map(({ step, ask }) => ({ step, ask: ask as Ask, id: newId() }))

describe('for any orders and candles', () => {
  const ordersAndBars = [plannedBars, fc.array(plannedOrder, { maxLength: 14 }).map(withIds)] as const

  it('fills respect the order, the candle, tick and lot; fees are exact; reduce-only never flips', () => {
    let fills = 0
    fc.assert(
      fc.property(...ordersAndBars, (plan, planned) => {
        const { reports, bars, orders } = drive(plan, planned)
        const held = new Map<string, SignedQuantity>([[SPOT, SignedQuantity.parse('2')]])
        const filled = new Map<string, Quantity>()
        const ids = new Set<string>()
        for (const fill of fillsOf(reports)) {
          fills += 1
          const order = orders.get(fill.clientOrderId)!
          const rules = instrument(fill.symbol)
          const bar = bars.find(({ symbol, openTime }) => symbol === fill.symbol && fill.tradeId.includes(`-${openTime}-`))!
          const all = Quantity.add(filled.get(order.clientOrderId) ?? Quantity.ZERO, fill.quantity)
          filled.set(order.clientOrderId, all)
          expect(Quantity.compare(all, order.quantity)).toBeLessThanOrEqual(0)
          expect(fill.quantity.units > 0n).toBe(true)
          expect(Price.isOnTick(fill.price, rules.tickSize)).toBe(true)
          expect(Quantity.compare(Quantity.roundToLot(fill.quantity, rules.lotSize, 'floor'), fill.quantity)).toBe(0)
          expect(order.side === 'BUY' ? Price.compare(fill.price, bar.low) : Price.compare(bar.high, fill.price)).toBeGreaterThanOrEqual(0)
          if (fill.liquidity === 'TAKER')
            expect(order.side === 'BUY' ? Price.compare(fill.price, bar.open) : Price.compare(bar.open, fill.price)).toBeGreaterThan(0)
          if (order.price !== undefined)
            expect(
              order.side === 'BUY' ? Price.compare(order.price, fill.price) : Price.compare(fill.price, order.price),
            ).toBeGreaterThanOrEqual(0)
          expect(fill.ts).toBeGreaterThan(order.ts)
          expect(fill.ts).toBeLessThanOrEqual(bar.openTime + MINUTE)
          expect(ids.has(fill.tradeId)).toBe(false)
          ids.add(fill.tradeId)
          expect(fill.tradeId.length).toBeLessThanOrEqual(80)
          const tenthBps = fill.liquidity === 'MAKER' ? 20n : 55n
          const exact = fill.price.units * fill.quantity.units * tenthBps
          const fee = fixed.unitsAt(fill.fee, 8)
          const places = 10n ** BigInt(fill.price.scale + fill.quantity.scale + 5 - 8)
          expect(fee * places >= exact && (fee - 1n) * places < exact).toBe(true)
          const before = held.get(fill.symbol) ?? SignedQuantity.ZERO
          const after = SignedQuantity.add(before, SignedQuantity.of(fill.quantity, order.side))
          held.set(fill.symbol, after)
          if (rules.kind === 'spot') expect(after.units >= 0n).toBe(true)
          if (order.reduceOnly) {
            expect(after.units === 0n || after.units > 0n === before.units > 0n).toBe(true)
            expect(Quantity.compare(SignedQuantity.magnitude(after), SignedQuantity.magnitude(before))).toBeLessThan(0)
          }
        }
      }),
      { numRuns: 300, seed: 20_260_101 },
    )
    expect(fills).toBeGreaterThan(500)
  })

  it('no candle gives more than its share of the volume', () => {
    fc.assert(
      fc.property(...ordersAndBars, (plan, planned) => {
        const { reports, bars } = drive(plan, planned)
        for (const bar of bars) {
          const taken = fillsOf(reports).filter((fill) => fill.symbol === bar.symbol && fill.tradeId.includes(`-${bar.openTime}-`))
          expect(Number(sum(taken))).toBeLessThanOrEqual(Quantity.toNumber(bar.volume) / 10 + 1e-9)
        }
      }),
      { numRuns: 100, seed: 20_260_102 },
    )
  })

  it('a venue replaced after every k-th candle reports byte for byte what the unbroken one does', () => {
    fc.assert(
      fc.property(...ordersAndBars, (plan, planned) => {
        const whole = textOf(drive(plan, planned).reports)
        for (const k of [1, 2, 3, 7])
          expect(
            createHash('sha256')
              .update(textOf(drive(plan, planned, k).reports))
              .digest('hex'),
          ).toBe(createHash('sha256').update(whole).digest('hex'))
      }),
      { numRuns: 120, seed: 20_260_103 },
    )
  })
})
