import { parseExchangeOrderId, parseTradeId, type ClientOrderId } from '#domain/ids.ts'
import { make } from '#domain/money/fixed.ts'
import type { Price } from '#domain/money/price.ts'
import { SignedQuantity } from '#domain/money/quantity.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { AccountSnapshot, ExchangeReport, VenueFill, VenueOrder } from '#engine/ports.ts'
import type { FakeVenue } from './fake-venue.ts'
import { CASH_SCALE, MARKETS, cashMoney, priceOf, quantityOf, valueOf, type Market } from './market.ts'
import type { OrderAtVenue, VenueTrade } from './venue-order.ts'

/** What an exchange's queries show: the truth, some time later. */

export type FillReport = Extract<ExchangeReport, { readonly type: 'OrderFill' }>

export function fillReport(order: OrderAtVenue, trade: VenueTrade): FillReport {
  return {
    type: 'OrderFill',
    clientOrderId: order.clientOrderId as ClientOrderId,
    symbol: order.market.symbol,
    ts: trade.ts,
    tradeId: parseTradeId(trade.tradeId),
    exchangeOrderId: parseExchangeOrderId(order.exchangeOrderId),
    price: priceOf(order.market, trade.ticks),
    quantity: quantityOf(order.market, trade.lots),
    fee: cashMoney(trade.fee, trade.feeCurrency),
    liquidity: trade.liquidity,
  }
}

export interface OrderView {
  readonly status: 'OPEN' | 'FILLED' | 'CANCELED' | 'EXPIRED'
  readonly reason: string
  readonly exchangeOrderId: ReturnType<typeof parseExchangeOrderId>
  readonly quantity: ReturnType<typeof quantityOf>
  readonly filledQuantity: ReturnType<typeof quantityOf>
  readonly price: ReturnType<typeof priceOf> | undefined
  readonly triggerPrice: ReturnType<typeof priceOf> | undefined
  readonly fills: readonly FillReport[]
  /** What fills the exchange has counted, in lots: its trades may be shown later. */
  readonly filledLots: number
}

/** An order as a query shows it at this moment; undefined while it is invisible or unknown. */
export function viewOrder(venue: FakeVenue, clientOrderId: string): OrderView | undefined {
  const order = venue.byClientId.get(clientOrderId)
  return order === undefined || order.visibleAt > venue.now ? undefined : describe(venue, order)
}

/** What the answer to a request about an order tells of it: no query lags here. */
export function describe(venue: FakeVenue, order: OrderAtVenue): OrderView {
  const shown = order.trades.filter((trade) => trade.visibleAt <= venue.now)
  const ended = order.endVisibleAt <= venue.now
  const filledLots = ended ? order.filledLots : shown.reduce((sum, trade) => sum + trade.lots, 0)
  return {
    status: ended ? order.status : 'OPEN',
    reason: order.reason,
    exchangeOrderId: parseExchangeOrderId(order.exchangeOrderId),
    quantity: quantityOf(order.market, order.lots),
    filledQuantity: quantityOf(order.market, filledLots),
    price: order.priceTicks === undefined ? undefined : priceOf(order.market, order.priceTicks),
    triggerPrice: order.triggerTicks === undefined ? undefined : priceOf(order.market, order.triggerTicks),
    fills: shown.map((trade) => fillReport(order, trade)),
    filledLots,
  }
}

export interface Page<T> {
  readonly rows: readonly T[]
  readonly more: boolean
}

/** Open orders, oldest first, one page. */
export function openOrdersPage(venue: FakeVenue, page: number): Page<VenueOrder> {
  const { pageSize } = venue.personality
  const all = venue.orders.filter((order) => order.visibleAt <= venue.now && (order.status === 'OPEN' || order.endVisibleAt > venue.now))
  return {
    rows: all.slice(page * pageSize, (page + 1) * pageSize).map((order) => listed(order, venue.now)),
    more: all.length > (page + 1) * pageSize,
  }
}

function listed(order: OrderAtVenue, now: number): VenueOrder {
  const filledLots = order.trades.reduce((sum, trade) => sum + (trade.visibleAt <= now ? trade.lots : 0), 0)
  return {
    clientOrderId: order.clientOrderId,
    exchangeOrderId: parseExchangeOrderId(order.exchangeOrderId),
    symbol: order.market.symbol,
    side: order.side,
    type: order.type,
    quantity: quantityOf(order.market, order.lots),
    filledQuantity: filledLots === 0 ? Quantity.ZERO : quantityOf(order.market, filledLots),
    price: order.priceTicks === undefined ? undefined : priceOf(order.market, order.priceTicks),
    triggerPrice: order.triggerTicks === undefined ? undefined : priceOf(order.market, order.triggerTicks),
    reduceOnly: order.reduceOnly,
  }
}

/** Trades since a time, oldest first, one page. */
export function tradesPage(venue: FakeVenue, since: number, page: number): Page<VenueFill> {
  const { pageSize } = venue.personality
  const all = venue.orders
    .flatMap((order) =>
      order.trades.filter((trade) => trade.ts >= since && trade.visibleAt <= venue.now).map((trade) => ({ order, trade })),
    )
    .sort((a, b) => a.trade.ts - b.trade.ts)
  const rows = all.slice(page * pageSize, (page + 1) * pageSize).map(({ order, trade }): VenueFill => {
    const { type: _, clientOrderId: __, ...fill } = fillReport(order, trade)
    return { ...fill, clientOrderId: order.clientOrderId, side: order.side }
  })
  return { rows, more: all.length > (page + 1) * pageSize }
}

export function positionsOf(venue: FakeVenue): AccountSnapshot['positions'] {
  return MARKETS.flatMap((market) => {
    const lots = venue.positions.get(market.symbol) ?? 0
    if (lots === 0) return []
    const size = quantityOf(market, Math.abs(lots))
    const averagePrice = averageOf(venue, market, lots)
    return [{ symbol: market.symbol, quantity: SignedQuantity.of(size, lots > 0 ? 'BUY' : 'SELL'), averagePrice }]
  })
}

/** Rounded to a hundredth of a tick: exchanges do not say more. */
function averageOf(venue: FakeVenue, market: Market, lots: number): Price {
  const unit = valueOf(market, 1, 1)
  const hundredths = ((venue.costs.get(market.symbol) ?? 0n) * 100n) / (unit * BigInt(lots))
  return make<'Price'>(hundredths * BigInt(market.tickUnits), market.tickScale + 2)
}

/** Cash without open profit, as exchanges show it: spot is paid for, a perpetual only settles what has been closed. */
export function balancesOf(venue: FakeVenue, openingCash: bigint): AccountSnapshot['balances'] {
  let cash = openingCash + venue.cash
  for (const { symbol, kind } of MARKETS) if (kind === 'perpetual') cash += venue.costs.get(symbol) ?? 0n
  return [{ currency: 'USDT', cash: cashMoney(cash) }]
}

export const openingCashOf = (balance: number): bigint => BigInt(balance) * 10n ** BigInt(CASH_SCALE)
