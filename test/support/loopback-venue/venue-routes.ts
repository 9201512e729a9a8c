import { negate, show } from '../replay/decimal.ts'
import { instrumentOf, scaled } from './venue-book.ts'
import type { FaultBox } from './venue-faults.ts'
import { priceText, VENUE_INSTRUMENTS } from './venue-market.ts'
import type { CreateRequest, VenueMatching, VenueRefusal } from './venue-matching.ts'
import { isOpen, type ExecutionRecord, type OrderRecord } from './venue-records.ts'
import { executionOnWire, instrumentOnWire, orderOnWire } from './venue-wire.ts'

export interface VenueRequest {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

export interface VenueContext {
  readonly matching: VenueMatching
  readonly faults: FaultBox
  readonly now: () => number
}

type Route = (request: VenueRequest, context: VenueContext) => object | VenueRefusal

const PAGE_DEFAULT = 20
const ORDERS_PAGE_MAX = 50
const EXECUTIONS_PAGE_MAX = 100
const WEEK_MS = 7 * 86_400_000
const INTERVALS: Readonly<Record<string, number>> = {
  1: 1,
  3: 3,
  5: 5,
  15: 15,
  30: 30,
  60: 60,
  120: 120,
  240: 240,
  360: 360,
  720: 720,
  D: 1_440,
}
const KLINE_LIMIT_MAX = 1_000

const bad = (retMsg: string): VenueRefusal => ({ retCode: 10001, retMsg: `params error: ${retMsg}` })

function text(body: VenueRequest['body'], name: string): string | undefined {
  const value = body[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Newest first, cut at a page; the cursor is a plain offset inside the same question. */
function page<T>(rows: readonly T[], { limit, cursor }: Readonly<Record<string, string>>, max: number) {
  const size = Math.min(max, Number(limit ?? PAGE_DEFAULT))
  const from = cursor === undefined || cursor === '' ? 0 : Number(decodeURIComponent(cursor).replace('offset=', ''))
  const next = from + size < rows.length ? encodeURIComponent(`offset=${from + size}`) : ''
  return { rows: rows.slice(from, from + size), next }
}

function ordersAnswer(orders: readonly OrderRecord[], query: Readonly<Record<string, string>>) {
  const { rows, next } = page(orders, query, ORDERS_PAGE_MAX)
  return { list: rows.map(orderOnWire), nextPageCursor: next, category: query['category'] }
}

function matches(order: OrderRecord, query: Readonly<Record<string, string>>): boolean {
  const { symbol, orderId, orderLinkId, settleCoin } = query
  if (symbol !== undefined && order.symbol !== symbol) return false
  if (settleCoin !== undefined && instrumentOf(order.symbol).quote !== settleCoin) return false
  if (orderId !== undefined && order.orderId !== orderId) return false
  return orderLinkId === undefined || order.orderLinkId === orderLinkId
}

const isVisible = (createdTime: number, { faults, now }: VenueContext): boolean => now() - createdTime >= faults.conditions.lagMs

function answerOf(order: OrderRecord | VenueRefusal): object | VenueRefusal {
  return 'retCode' in order ? order : { orderId: order.orderId, orderLinkId: order.orderLinkId }
}

const realtime: Route = ({ query }, context) => {
  const { book } = context.matching
  const { symbol, settleCoin, baseCoin, orderId, orderLinkId } = query
  if (symbol === undefined && settleCoin === undefined && baseCoin === undefined && orderId === undefined && orderLinkId === undefined)
    return bad('Missing some parameters that must be filled in, symbol or settleCoin or baseCoin')
  // Asked for by an id, a recently closed order is shown as well.
  const single = orderId !== undefined || orderLinkId !== undefined
  const candidates = single ? [context.matching.find({ orderId, orderLinkId })].filter((each) => each !== undefined) : [...book.open]
  const rows = candidates
    .filter((order) => matches(order, query) && isVisible(order.createdTime, context))
    .filter((order) => isOpen(order) || book.recent.has(order))
    .sort((a, b) => b.createdTime - a.createdTime || b.orderId.localeCompare(a.orderId))
  return ordersAnswer(rows, query)
}

const history: Route = ({ query }, context) => {
  const rows = [...context.matching.book.orders.values()]
    .filter((order) => !isOpen(order) && matches(order, query) && isVisible(order.createdTime, context))
    .sort((a, b) => b.createdTime - a.createdTime || b.orderId.localeCompare(a.orderId))
  return ordersAnswer(rows, query)
}

const executions: Route = ({ query }, context) => {
  const { book } = context.matching
  const end = query['endTime'] === undefined ? Number.POSITIVE_INFINITY : Number(query['endTime'])
  const start = Number(query['startTime'] ?? (end === Number.POSITIVE_INFINITY ? context.now() - WEEK_MS : end - WEEK_MS))
  if (end !== Number.POSITIVE_INFINITY && end - start > WEEK_MS) return bad('startTime and endTime interval must not exceed 7 days')
  const ofOrder = query['orderLinkId'] === undefined ? undefined : book.byLink.get(query['orderLinkId'])
  const all: readonly ExecutionRecord[] =
    query['orderLinkId'] === undefined ? book.executions : ofOrder === undefined ? [] : book.executionsOf(ofOrder.orderId)
  const rows: ExecutionRecord[] = []
  for (let index = all.length - 1; index >= 0; index -= 1) {
    const row = all[index]
    if (row === undefined || row.execTime < start) break
    if (row.execTime > end || !isVisible(row.execTime, context)) continue
    if (query['symbol'] === undefined || row.symbol === query['symbol']) rows.push(row)
  }
  const { rows: shown, next } = page(rows, query, EXECUTIONS_PAGE_MAX)
  const list = shown.flatMap((row) => {
    const order = book.orders.get(row.orderId)
    return order === undefined ? [] : [executionOnWire(row, order)]
  })
  return { list, nextPageCursor: next, category: query['category'] }
}

const positions: Route = ({ query }, { matching, now }) => ({
  category: 'linear',
  nextPageCursor: '',
  list: VENUE_INSTRUMENTS.filter(
    ({ symbol, quote }) => (query['symbol'] ?? symbol) === symbol && (query['settleCoin'] ?? quote) === quote,
  ).flatMap(({ symbol, lot }) => {
    const lots = matching.book.positionLots(symbol)
    if (lots === 0 && query['symbol'] === undefined) return []
    const size = scaled(lot, lots)
    return [
      {
        positionIdx: 0,
        riskId: 1,
        symbol,
        side: lots === 0 ? '' : lots > 0 ? 'Buy' : 'Sell',
        size: show(lots < 0 ? negate(size) : size),
        avgPrice: matching.book.averagePrice(symbol),
        positionValue: '0',
        tradeMode: 0,
        positionStatus: 'Normal',
        leverage: '10',
        markPrice: priceText(instrumentOf(symbol), matching.walks.get(symbol)?.last ?? 0),
        unrealisedPnl: '0',
        curRealisedPnl: '0',
        cumRealisedPnl: '0',
        createdTime: '0',
        updatedTime: String(now()),
        seq: matching.book.executions.at(-1)?.seq ?? 0,
      },
    ]
  }),
})

const wallet: Route = (_, { matching }) => {
  const balance = matching.book.wallet
  const coin = {
    coin: 'USDT',
    equity: balance,
    usdValue: balance,
    walletBalance: balance,
    locked: '0',
    borrowAmount: '0',
    unrealisedPnl: '0',
    cumRealisedPnl: '0',
    bonus: '0',
  }
  return { list: [{ accountType: 'UNIFIED', totalEquity: balance, totalWalletBalance: balance, coin: [coin] }] }
}

const kline: Route = ({ query }, { matching, now }) => {
  const walk = matching.walks.get(query['symbol'] ?? '')
  const minutes = INTERVALS[query['interval'] ?? '']
  if (walk === undefined || minutes === undefined) return bad('symbol or interval')
  const end = Math.min(now(), Number(query['end'] ?? now()))
  const limit = Math.min(KLINE_LIMIT_MAX, Number(query['limit'] ?? 200))
  const list = walk.bars({ intervalMs: minutes * 60_000, start: Number(query['start'] ?? 0), end, limit })
  return { category: query['category'], symbol: query['symbol'], list }
}

const tickers: Route = ({ query }, { matching }) => ({
  category: query['category'],
  list: [...matching.walks.values()]
    .filter(({ instrument }) => (query['symbol'] ?? instrument.symbol) === instrument.symbol)
    .map(({ instrument, last, bid, ask }) => ({
      symbol: instrument.symbol,
      lastPrice: priceText(instrument, last),
      indexPrice: priceText(instrument, last),
      markPrice: priceText(instrument, last),
      bid1Price: priceText(instrument, bid),
      bid1Size: '12.5',
      ask1Price: priceText(instrument, ask),
      ask1Size: '9.25',
      fundingRate: '0.0001',
      nextFundingTime: '0',
    })),
})

const orderbook: Route = ({ query }, { matching, now }) => {
  const walk = matching.walks.get(query['symbol'] ?? '')
  if (walk === undefined) return bad('symbol')
  const { instrument, bid, ask } = walk
  return { s: instrument.symbol, b: [[priceText(instrument, bid), '12.5']], a: [[priceText(instrument, ask), '9.25']], ts: now(), u: now() }
}

const time: Route = (_, { now }) => ({ timeSecond: String(Math.floor(now() / 1_000)), timeNano: `${now()}000000` })

const instruments: Route = ({ query }) => ({
  category: query['category'],
  nextPageCursor: '',
  list: VENUE_INSTRUMENTS.filter(({ symbol }) => (query['symbol'] ?? symbol) === symbol).map(({ symbol }) => instrumentOnWire(symbol)),
})

const feeRate: Route = ({ query }) => ({
  list: VENUE_INSTRUMENTS.filter(({ symbol }) => (query['symbol'] ?? symbol) === symbol).map(({ symbol, makerRate, takerRate }) => ({
    symbol,
    baseCoin: '',
    takerFeeRate: takerRate,
    makerFeeRate: makerRate,
  })),
})

const create: Route = ({ body }, { matching }) => {
  const [symbol, qty, orderType, side] = [text(body, 'symbol'), text(body, 'qty'), body['orderType'], body['side']]
  if (text(body, 'category') !== 'linear' || symbol === undefined || qty === undefined) return bad('category, symbol or qty')
  if ((orderType !== 'Limit' && orderType !== 'Market') || (side !== 'Buy' && side !== 'Sell')) return bad('side or orderType')
  const request: CreateRequest = {
    symbol,
    qty,
    orderType,
    side,
    price: text(body, 'price'),
    timeInForce: text(body, 'timeInForce'),
    orderLinkId: text(body, 'orderLinkId'),
    reduceOnly: body['reduceOnly'] === true,
    triggerPrice: text(body, 'triggerPrice'),
    triggerDirection: typeof body['triggerDirection'] === 'number' ? body['triggerDirection'] : undefined,
  }
  return answerOf(matching.create(request))
}

const idsOf = (body: VenueRequest['body']) => ({ orderId: text(body, 'orderId'), orderLinkId: text(body, 'orderLinkId') })

const amend: Route = ({ body }, { matching }) =>
  answerOf(matching.amend(idsOf(body), { qty: text(body, 'qty'), price: text(body, 'price'), triggerPrice: text(body, 'triggerPrice') }))

const cancel: Route = ({ body }, { matching }) => answerOf(matching.cancel(idsOf(body)))

const cancelAll: Route = ({ body }, { matching }) => {
  const symbol = text(body, 'symbol')
  const list = [...matching.book.open]
    .filter((order) => symbol === undefined || order.symbol === symbol)
    .map((order) => answerOf(matching.cancel({ orderId: order.orderId })))
  return { list, success: '1' }
}

export const PUBLIC_ROUTES: Readonly<Record<string, Route>> = {
  '/v5/market/time': time,
  '/v5/market/instruments-info': instruments,
  '/v5/market/kline': kline,
  '/v5/market/tickers': tickers,
  '/v5/market/orderbook': orderbook,
}

export const PRIVATE_ROUTES: Readonly<Record<string, { readonly method: 'GET' | 'POST'; readonly route: Route }>> = {
  '/v5/order/realtime': { method: 'GET', route: realtime },
  '/v5/order/history': { method: 'GET', route: history },
  '/v5/execution/list': { method: 'GET', route: executions },
  '/v5/position/list': { method: 'GET', route: positions },
  '/v5/account/wallet-balance': { method: 'GET', route: wallet },
  '/v5/account/fee-rate': { method: 'GET', route: feeRate },
  '/v5/order/create': { method: 'POST', route: create },
  '/v5/order/amend': { method: 'POST', route: amend },
  '/v5/order/cancel': { method: 'POST', route: cancel },
  '/v5/order/cancel-all': { method: 'POST', route: cancelAll },
}
