import type { TraderId } from '#domain/ids.ts'
import { DIFFERENCE_DECISIONS } from '#domain/difference.ts'
import { Price } from '#domain/money/price.ts'
import type { OrderSide, OrderType } from '#domain/order.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import type { ManualOrder } from '#engine/ports.ts'
import type { Random } from '../core/random.ts'
import { marketOf, MARKETS, quantityOf, type Market } from '../venue/market.ts'
import { hasLimit, isConditional } from '../venue/venue-order.ts'
import type { Wishes } from './wishes.ts'

/** Wishes about orders of every kind, amendments, pairs, plans and differences. */

const CONDITIONAL: readonly OrderType[] = ['STOP_MARKET', 'STOP_LIMIT', 'TAKE_PROFIT_MARKET', 'TAKE_PROFIT_LIMIT', 'TRAILING_STOP']

/** Whether a trigger of this type lies above the price. */
const waitsAbove = (type: OrderType, side: OrderSide): boolean => (type.startsWith('TAKE_PROFIT') ? side === 'SELL' : side === 'BUY')

function near(people: Wishes, market: Market, ticks: number): Price {
  return people.price(market, people.world.venue.lastTicks(market) + ticks)
}

/** A conditional order; one in ten has its trigger on the wrong side. */
export function conditionalOrder(people: Wishes, random: Random, change: Partial<ManualOrder> = {}): ManualOrder {
  const type = change.type ?? random.pick(CONDITIONAL)
  const order = people.manualOrder(random, { ...change, type, price: undefined })
  const market = marketOf(order.symbol)
  const away = random.between(1, market.stepTicks * 6) * (waitsAbove(type, order.side) === random.chance(0.9) ? 1 : -1)
  if (type === 'TRAILING_STOP') {
    const by = random.pick(['PRICE', 'BPS', 'ATR'] as const)
    const distance =
      by === 'PRICE'
        ? Price.format(people.price(market, random.between(1, market.stepTicks * 5)))
        : by === 'BPS'
          ? `${random.between(2, 60)}`
          : '1.5'
    return { ...order, trailing: { by, distance } }
  }
  const price = hasLimit(type) ? near(people, market, away + random.between(-market.stepTicks, market.stepTicks)) : undefined
  return { ...order, price, triggerPrice: near(people, market, away) }
}

/** Market and limit orders with every flag, whether the venue knows it or not. */
export function flaggedOrder(people: Wishes, random: Random): ManualOrder {
  const order = people.manualOrder(random)
  return {
    ...order,
    timeInForce: random.pick(['GTC', 'GTC', 'IOC', 'FOK'] as const),
    postOnly: order.type === 'LIMIT' && random.chance(0.5),
    protection:
      !order.reduceOnly && random.chance(0.5)
        ? randomPlan(people, random, { market: marketOf(order.symbol), side: order.side })
        : undefined,
  }
}

interface PlanFor {
  readonly market: Market
  readonly side: OrderSide
}

export function randomPlan(people: Wishes, random: Random, { market, side }: PlanFor): ProtectionPlan {
  const sign = side === 'BUY' ? 1 : -1
  const text = (ticks: number): string => Price.format(near(people, market, ticks))
  const bps = (low: number, high: number): string => `${random.between(low, high)}`
  return {
    ...(random.chance(0.7) ? { stopLoss: text(-sign * random.between(1, market.stepTicks * 8)) } : {}),
    ...(random.chance(0.3) ? { takeProfit: text(sign * random.between(market.stepTicks, market.stepTicks * 12)) } : {}),
    ...(random.chance(0.4)
      ? {
          trailing: {
            by: 'BPS',
            distance: bps(3, 60),
            ...(random.chance(0.5) ? { activationBps: bps(1, 20) } : {}),
            ...(random.chance(0.5) ? { stepBps: bps(1, 10) } : {}),
          },
        }
      : {}),
    ...(random.chance(0.3) ? { breakeven: { atBps: bps(4, 25), offsetBps: bps(0, 3) } } : {}),
    ...(random.chance(0.3)
      ? {
          locks: [
            { atBps: bps(5, 15), lockBps: bps(1, 4) },
            { atBps: bps(20, 40), lockBps: bps(6, 12) },
          ],
        }
      : {}),
    ...(random.chance(0.4)
      ? {
          ladder: [
            { atBps: bps(2, 8), shareBps: '3000' },
            { atBps: bps(9, 20), shareBps: '3000' },
            { atBps: bps(22, 50), shareBps: '4000' },
          ],
        }
      : {}),
  }
}

/** Two orders of which one may trade: a target and a stop around a position, or a breakout both ways. */
export function askForPair(people: Wishes, random: Random): void {
  const held = [...people.world.watch.books.positions.values()].filter(({ quantity }) => quantity !== 0n)
  if (held.length > 0 && random.chance(0.7)) {
    const { traderId, symbol, quantity } = random.pick(held)
    const market = marketOf(symbol)
    const side: OrderSide = quantity > 0n ? 'SELL' : 'BUY'
    const size = quantity > 0n ? quantity : -quantity
    const lots = Number(size / 10n ** BigInt(24 - market.lotScale)) / market.lotUnits
    const shared = {
      traderId: traderId as TraderId,
      symbol: market.symbol,
      side,
      reduceOnly: true,
      quantity: quantityOf(market, Math.max(1, Math.floor(lots * random.pick([1, 1, 0.5])))),
    }
    const target = near(people, market, (side === 'SELL' ? 1 : -1) * random.between(1, market.stepTicks * 4))
    const limit = people.manualOrder(random, { ...shared, type: 'LIMIT', price: target })
    const stop = conditionalOrder(people, random, { ...shared, type: random.pick(['STOP_MARKET', 'STOP_LIMIT'] as const) })
    people.ask({ type: 'SubmitOcoOrders', orders: [limit, stop] })
    return
  }
  const market = random.pick(MARKETS)
  const traderId = people.manualOrder(random).traderId
  const up = conditionalOrder(people, random, { traderId, symbol: market.symbol, side: 'BUY', type: 'STOP_MARKET', reduceOnly: false })
  const below = near(people, market, -random.between(1, market.stepTicks * 4))
  const down = people.manualOrder(random, {
    traderId,
    symbol: market.symbol,
    side: 'BUY',
    type: 'LIMIT',
    price: below,
    reduceOnly: false,
    quantity: up.quantity,
  })
  people.ask({ type: 'SubmitOcoOrders', orders: [up, down] })
}

export function askToAmend(people: Wishes, random: Random): void {
  const clientOrderId = people.anyOrder(random)
  const booked = clientOrderId === undefined ? undefined : people.world.watch.books.orders.get(clientOrderId)
  if (clientOrderId === undefined || booked === undefined) return
  const { submitted } = booked
  const market = marketOf(submitted.symbol)
  const price =
    hasLimit(submitted.orderType) && random.chance(0.7)
      ? near(people, market, random.between(-market.stepTicks * 4, market.stepTicks * 4))
      : undefined
  const trigger =
    isConditional(submitted.orderType) && random.chance(0.5)
      ? near(people, market, random.between(-market.stepTicks * 4, market.stepTicks * 4))
      : undefined
  const quantity = random.chance(0.6) ? quantityOf(market, people.lots(market, random.pick([30, 200, 900, 2_500]))) : undefined
  people.ask({ type: 'AmendOrder', clientOrderId, quantity, price, triggerPrice: trigger, by: 'person' })
}

export function askForProtection(people: Wishes, random: Random): void {
  const held = [...people.world.watch.books.positions.values()].filter(({ quantity }) => quantity !== 0n)
  if (held.length === 0) return
  const { traderId, symbol, quantity } = random.pick(held)
  const plan = random.chance(0.15) ? null : randomPlan(people, random, { market: marketOf(symbol), side: quantity > 0n ? 'BUY' : 'SELL' })
  people.ask({ type: 'SetProtection', traderId: traderId as TraderId, symbol: symbol as never, plan, by: 'person' })
}

/** A person looks at a difference and decides; mostly what is suggested. */
export function decideDifference(people: Wishes, random: Random, traders: readonly TraderId[]): void {
  const open = [...people.world.watch.books.differences.values()]
  if (open.length === 0) return
  const { differenceId, suggestion } = random.pick(open)
  const decision = random.chance(0.6) ? suggestion : random.pick(DIFFERENCE_DECISIONS)
  people.world.ask({ type: 'DecideDifference', differenceId, decision, traderId: random.pick(traders), by: 'person', reason: 'simulated' })
}
