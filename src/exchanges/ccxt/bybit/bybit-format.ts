import type { Candle, Timeframe } from '#domain/candle.ts'
import { timeframeMs } from '#domain/candle.ts'
import { parseExchangeOrderId, parseSymbol, parseTradeId, type InstrumentSymbol } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import * as fixed from '#domain/money/fixed.ts'
import { type BasisPoints, Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { OrderType } from '#domain/order.ts'
import type { OrderRequest, Quote, VenueFill } from '#engine/ports.ts'
import { decimalIn, positiveIn, rowIn, textIn, timeIn, wordsIn, type Row } from '../json-reader.ts'
import type { VenueOrderState, VenuePosition } from '../venue-adapter.ts'

/** The venue's words for its linear perpetuals; every amount in its messages is decimal text and stays so. */
export const CATEGORY = 'linear'
export const SETTLE = 'USDT'
export const EXCHANGE = 'bybit'
const BPS_SCALE = 4

const INTERVALS: Readonly<Record<Timeframe, string>> = {
  '1m': '1',
  '3m': '3',
  '5m': '5',
  '15m': '15',
  '30m': '30',
  '1h': '60',
  '2h': '120',
  '4h': '240',
  '6h': '360',
  '12h': '720',
  '1d': 'D',
}
export const intervalOf = (timeframe: Timeframe): string => INTERVALS[timeframe]

/** `BTC/USDT:USDT` is `BTCUSDT` there. */
export function marketOf(symbol: InstrumentSymbol): string {
  const [base, rest] = symbol.split('/')
  const [quote, settle] = (rest ?? '').split(':')
  if (base === undefined || quote !== SETTLE || settle !== SETTLE) throw new RangeError(`${symbol} is not a perpetual settled in ${SETTLE}`)
  return `${base}${quote}`
}

/** The venue's own spelling with the currencies apart; undefined where it is no market of this kind. */
export function symbolOf(market: string): InstrumentSymbol | undefined {
  return market.endsWith(SETTLE) && market.length > SETTLE.length
    ? parseSymbol(`${market.slice(0, -SETTLE.length)}/${SETTLE}:${SETTLE}`)
    : undefined
}

function knownSymbol(row: Row): InstrumentSymbol {
  const symbol = symbolOf(textIn(row, 'symbol'))
  if (symbol === undefined) throw new RangeError(`unknown market ${textIn(row, 'symbol')}`)
  return symbol
}

const plain = (value: Parameters<typeof fixed.format>[0]): string => fixed.format(fixed.trim(value))

/** Parameters of `v5/order/create`. `last`: the latest price, which says from which side a trigger is met. */
export function createParameters(order: OrderRequest, last: Price | undefined): Readonly<Record<string, unknown>> {
  const isLimit = order.type === 'LIMIT' || order.type === 'STOP_LIMIT' || order.type === 'TAKE_PROFIT_LIMIT'
  return {
    category: CATEGORY,
    symbol: marketOf(order.symbol),
    side: order.side === 'BUY' ? 'Buy' : 'Sell',
    orderType: isLimit ? 'Limit' : 'Market',
    qty: plain(order.quantity),
    ...(isLimit && order.price !== undefined ? { price: plain(order.price) } : {}),
    timeInForce: order.postOnly ? 'PostOnly' : isLimit ? order.timeInForce : 'IOC',
    orderLinkId: order.clientOrderId,
    reduceOnly: order.reduceOnly,
    positionIdx: 0,
    ...(order.triggerPrice === undefined
      ? {}
      : { triggerPrice: plain(order.triggerPrice), triggerBy: 'LastPrice', triggerDirection: triggerDirection(order, last) }),
  }
}

/** 1: met by a rising price, 2: by a falling one. A stop buys above and sells below; a take-profit the other way round. */
function triggerDirection({ type, side, triggerPrice }: OrderRequest, last: Price | undefined): 1 | 2 {
  if (last !== undefined && triggerPrice !== undefined) {
    const side = Price.compare(triggerPrice, last)
    if (side !== 0) return side > 0 ? 1 : 2
  }
  const isStop = type === 'STOP_MARKET' || type === 'STOP_LIMIT' || type === 'TRAILING_STOP'
  return isStop === (side === 'BUY') ? 1 : 2
}

const ENDS: Readonly<Record<string, 'OPEN' | 'FILLED' | 'CANCELED' | 'REJECTED'>> = {
  New: 'OPEN',
  PartiallyFilled: 'OPEN',
  Untriggered: 'OPEN',
  Triggered: 'OPEN',
  Active: 'OPEN',
  Filled: 'FILLED',
  Cancelled: 'CANCELED',
  PartiallyFilledCanceled: 'CANCELED',
  Deactivated: 'CANCELED',
  Rejected: 'REJECTED',
}

/** Throws `RangeError` for a status that is not documented: it is not to be guessed. */
export function orderState(row: Row): VenueOrderState {
  const status = ENDS[textIn(row, 'orderStatus')]
  if (status === undefined) throw new RangeError(`unknown order status ${textIn(row, 'orderStatus')}`)
  const rejectReason = textIn(row, 'rejectReason')
  const link = textIn(row, 'orderLinkId')
  return {
    clientOrderId: link === '' ? undefined : link,
    exchangeOrderId: parseExchangeOrderId(textIn(row, 'orderId')),
    symbol: knownSymbol(row),
    side: sideIn(row),
    type: typeIn(row),
    quantity: Quantity.parse(decimalIn(row, 'qty')),
    filledQuantity: Quantity.parse(decimalIn(row, 'cumExecQty')),
    price: textIn(row, 'orderType') === 'Market' ? undefined : optionalPrice(row, 'price'),
    triggerPrice: optionalPrice(row, 'triggerPrice'),
    reduceOnly: row['reduceOnly'] === true,
    status: status === 'CANCELED' ? endOf(row, rejectReason) : status,
    reason: `${textIn(row, 'orderStatus')} ${wordsIn(row, 'cancelType')} ${rejectReason}`.replace(/ UNKNOWN| EC_NoError/g, '').trim(),
    updatedAt: timeIn(row, 'updatedTime'),
  }
}

/** An order that may not rest and one that may not take end by themselves; the venue calls all of that canceled. */
function endOf(row: Row, rejectReason: string): VenueOrderState['status'] {
  if (rejectReason === 'EC_PostOnlyWillTakeLiquidity') return 'REJECTED'
  const mayRest = textIn(row, 'timeInForce') === 'GTC' || textIn(row, 'timeInForce') === 'PostOnly'
  const byPerson = rejectReason === 'EC_PerCancelRequest' || wordsIn(row, 'cancelType').startsWith('CancelBy')
  return !mayRest && !byPerson ? 'EXPIRED' : 'CANCELED'
}

function sideIn(row: Row): 'BUY' | 'SELL' {
  const side = textIn(row, 'side')
  if (side !== 'Buy' && side !== 'Sell') throw new RangeError(`unknown side ${side}`)
  return side === 'Buy' ? 'BUY' : 'SELL'
}

function typeIn(row: Row): OrderType {
  const isLimit = textIn(row, 'orderType') === 'Limit'
  if (positiveIn(row, 'triggerPrice') === undefined) return isLimit ? 'LIMIT' : 'MARKET'
  const isStop = (row['triggerDirection'] === 1) === (sideIn(row) === 'BUY')
  if (isStop) return isLimit ? 'STOP_LIMIT' : 'STOP_MARKET'
  return isLimit ? 'TAKE_PROFIT_LIMIT' : 'TAKE_PROFIT_MARKET'
}

function optionalPrice(row: Row, name: string): Price | undefined {
  const text = positiveIn(row, name)
  return text === undefined ? undefined : Price.parse(text)
}

/** Undefined for rows that are no trade of an order: funding and the like. */
export function fill(row: Row): VenueFill | undefined {
  if (!['Trade', 'AdlTrade', 'BustTrade'].includes(textIn(row, 'execType'))) return undefined
  const link = textIn(row, 'orderLinkId')
  return {
    tradeId: parseTradeId(textIn(row, 'execId')),
    clientOrderId: link === '' ? undefined : link,
    exchangeOrderId: parseExchangeOrderId(textIn(row, 'orderId')),
    symbol: knownSymbol(row),
    side: sideIn(row),
    price: Price.parse(decimalIn(row, 'execPrice')),
    quantity: Quantity.parse(decimalIn(row, 'execQty')),
    fee: Money.parse(decimalIn(row, 'execFee'), SETTLE),
    liquidity: row['isMaker'] === true ? 'MAKER' : 'TAKER',
    ts: timeIn(row, 'execTime'),
  }
}

export function position(row: Row): VenuePosition {
  const size = Quantity.parse(decimalIn(row, 'size'))
  const symbol = knownSymbol(row)
  if (Quantity.isZero(size)) return { symbol, quantity: SignedQuantity.ZERO }
  return { symbol, quantity: SignedQuantity.of(size, sideIn(row)), averagePrice: optionalPrice(row, 'avgPrice') }
}

/** `fees`: rates as shares of the value, `0.00055` for 5.5 basis points. */
export function instrument(row: Row, fees: { readonly maker: string; readonly taker: string }): Instrument {
  const lots = rowIn(row, 'lotSizeFilter')
  const toBps = (rate: string): BasisPoints => {
    const { units, scale } = fixed.parse(rate)
    return fixed.trim(scale >= BPS_SCALE ? fixed.make(units, scale - BPS_SCALE) : fixed.make(units * 10n ** BigInt(BPS_SCALE - scale), 0))
  }
  return {
    symbol: knownSymbol(row),
    exchange: EXCHANGE,
    kind: 'perpetual',
    base: textIn(row, 'baseCoin'),
    quote: textIn(row, 'quoteCoin'),
    settle: textIn(row, 'settleCoin'),
    tickSize: Price.parse(decimalIn(rowIn(row, 'priceFilter'), 'tickSize')),
    lotSize: Quantity.parse(decimalIn(lots, 'qtyStep')),
    minQuantity: Quantity.parse(decimalIn(lots, 'minOrderQty')),
    minNotional: Money.parse(decimalIn(lots, 'minNotionalValue'), SETTLE),
    makerFee: toBps(fees.maker),
    takerFee: toBps(fees.taker),
  }
}

/** Closed candles only, oldest first; the venue lists newest first with the running one on top. */
export function closedCandles(
  rows: readonly unknown[],
  of: { readonly symbol: InstrumentSymbol; readonly timeframe: Timeframe; readonly now: number },
): readonly Candle[] {
  const { symbol, timeframe, now } = of
  const candles = rows.flatMap((row): Candle[] => {
    if (!Array.isArray(row) || row.length < 6 || row.some((cell) => typeof cell !== 'string'))
      throw new RangeError('a candle is not a row of texts')
    const [start = '', open = '', high = '', low = '', close = '', volume = ''] = row as string[]
    const openTime = Number(start)
    if (!Number.isSafeInteger(openTime)) throw new RangeError(`a candle starts at ${start}`)
    if (openTime + timeframeMs(timeframe) > now) return []
    const price = Price.parse
    return [
      {
        symbol,
        timeframe,
        openTime,
        open: price(open),
        high: price(high),
        low: price(low),
        close: price(close),
        volume: Quantity.parse(volume),
      },
    ]
  })
  return candles.sort((a, b) => a.openTime - b.openTime)
}

export function quote(row: Row, ts: number): Quote | undefined {
  const symbol = symbolOf(textIn(row, 'symbol'))
  const [bid, ask, last] = [optionalPrice(row, 'bid1Price'), optionalPrice(row, 'ask1Price'), optionalPrice(row, 'lastPrice')]
  if (symbol === undefined || bid === undefined || ask === undefined || last === undefined) return undefined
  return { symbol, bid, ask, last, ts }
}
