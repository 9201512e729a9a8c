import { createHash } from 'node:crypto'
import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import type { Candle } from '#domain/candle.ts'
import { parseSymbol, type ClientOrderId } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { ExchangeReport, OrderRequest, RestoredOrder } from '#engine/ports.ts'
import { sliceOfCandle } from './market-slice.ts'
import { PaperExchange } from './paper-exchange.ts'
import {
  SPOT,
  PERPETUAL,
  MINUTE,
  INSTRUMENTS,
  instrument,
  newId,
  request,
  submit,
  candle,
  fillsOf,
  sum,
  textOf,
  type Ask,
} from '#test/support/paper-venue.ts'

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
    timeInForce: fc.constantFrom('GTC' as const, 'GTC' as const, 'GTC' as const, 'IOC' as const, 'FOK' as const),
    postOnly: fc.nat(5).map((n) => n === 0),
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
      if (report.type === 'OrderCanceled' || report.type === 'OrderExpired') open.delete(clientOrderId)
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
  const ordersAndBars = [plannedBars, fc.array(plannedOrder, { maxLength: 30 }).map(withIds)] as const

  it('fills respect the order, the candle, tick and lot; fees are exact; reduce-only never flips', () => {
    let fills = 0
    fc.assert(
      fc.property(...ordersAndBars, (plan, planned) => {
        const { reports, bars, orders } = drive(plan, planned)
        const held = new Map<string, SignedQuantity>([[SPOT, SignedQuantity.parse('2')]])
        const filled = new Map<string, Quantity>()
        const ids = new Set<string>()
        const lastTs = new Map<string, number>()
        const wholes = new Set<ClientOrderId>()
        for (const fill of fillsOf(reports)) {
          fills += 1
          expect(fill.ts).toBeGreaterThanOrEqual(lastTs.get(fill.symbol) ?? 0)
          lastTs.set(fill.symbol, fill.ts)
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
          if (order.postOnly) expect(fill.liquidity).toBe('MAKER')
          if (order.timeInForce !== 'GTC') expect(fill.liquidity).toBe('TAKER')
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
          if (order.timeInForce === 'FOK' && !order.reduceOnly && order.side === 'BUY') wholes.add(order.clientOrderId)
          if (order.reduceOnly) {
            expect(after.units === 0n || after.units > 0n === before.units > 0n).toBe(true)
            expect(Quantity.compare(SignedQuantity.magnitude(after), SignedQuantity.magnitude(before))).toBeLessThan(0)
          }
        }
        for (const id of wholes) expect(Quantity.compare(filled.get(id) ?? Quantity.ZERO, orders.get(id)!.quantity)).toBe(0)
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
      { numRuns: 500, seed: 20_260_103 },
    )
  })
})
