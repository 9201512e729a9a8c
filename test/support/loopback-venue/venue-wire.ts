import { createHmac, timingSafeEqual } from 'node:crypto'
import { decimal, divideHalfEven, multiply, show } from '../replay/decimal.ts'
import { instrumentOf, scaled } from './venue-book.ts'
import { priceText } from './venue-market.ts'
import type { ExecutionRecord, OrderRecord } from './venue-records.ts'

/** The v5 wire format of the venue: every number a string, as its documentation shows. */
export function orderOnWire(order: OrderRecord): Readonly<Record<string, unknown>> {
  const instrument = instrumentOf(order.symbol)
  const price = (ticks: number | undefined): string => (ticks === undefined ? '0' : priceText(instrument, ticks))
  const size = (lots: number): string => show(scaled(instrument.lot, lots))
  const average =
    order.filledLots === 0 ? '' : show(divideHalfEven(decimal(order.filledValue), scaled(instrument.lot, order.filledLots), 8))
  return {
    orderId: order.orderId,
    orderLinkId: order.orderLinkId,
    blockTradeId: '',
    symbol: order.symbol,
    price: price(order.ticks),
    qty: size(order.lots),
    side: order.side,
    isLeverage: '',
    positionIdx: 0,
    orderStatus: order.status,
    createType: 'CreateByUser',
    cancelType: order.cancelType,
    rejectReason: order.rejectReason,
    avgPrice: average,
    leavesQty: size(order.status === 'Filled' || order.cancelType !== 'UNKNOWN' ? 0 : order.lots - order.filledLots),
    leavesValue: '0',
    cumExecQty: size(order.filledLots),
    cumExecValue: order.filledValue,
    cumExecFee: order.filledFee,
    timeInForce: order.timeInForce,
    orderType: order.orderType,
    stopOrderType: order.triggerDirection === 0 ? '' : 'Stop',
    orderIv: '',
    triggerPrice: order.triggerTicks === undefined ? '' : price(order.triggerTicks),
    takeProfit: '',
    stopLoss: '',
    tpTriggerBy: '',
    slTriggerBy: '',
    triggerDirection: order.triggerDirection,
    triggerBy: order.triggerDirection === 0 ? '' : 'LastPrice',
    lastPriceOnCreated: '',
    reduceOnly: order.reduceOnly,
    closeOnTrigger: false,
    smpType: 'None',
    smpGroup: 0,
    smpOrderId: '',
    tpslMode: '',
    tpLimitPrice: '',
    slLimitPrice: '',
    placeType: '',
    createdTime: String(order.createdTime),
    updatedTime: String(order.updatedTime),
  }
}

export function executionOnWire(execution: ExecutionRecord, order: OrderRecord): Readonly<Record<string, unknown>> {
  const instrument = instrumentOf(execution.symbol)
  const size = show(scaled(instrument.lot, execution.lots))
  const price = priceText(instrument, execution.ticks)
  return {
    symbol: execution.symbol,
    orderId: execution.orderId,
    orderLinkId: execution.orderLinkId,
    side: execution.side,
    orderPrice: order.ticks === undefined ? '0' : priceText(instrument, order.ticks),
    orderQty: show(scaled(instrument.lot, order.lots)),
    leavesQty: '0',
    createType: 'CreateByUser',
    orderType: order.orderType,
    stopOrderType: 'UNKNOWN',
    execFee: execution.fee,
    feeCurrency: instrument.quote,
    execId: execution.execId,
    execPrice: price,
    execQty: size,
    execType: 'Trade',
    execValue: show(multiply(decimal(price), decimal(size))),
    execTime: String(execution.execTime),
    isMaker: execution.isMaker,
    feeRate: execution.isMaker ? instrument.makerRate : instrument.takerRate,
    tradeIv: '',
    markIv: '',
    markPrice: price,
    indexPrice: price,
    underlyingPrice: '',
    blockTradeId: '',
    closedSize: '0',
    seq: execution.seq,
  }
}

export function instrumentOnWire(symbol: string): Readonly<Record<string, unknown>> {
  const { base, quote, tick, lot, minLots, maxLots, minNotional } = instrumentOf(symbol)
  const size = (lots: number): string => show(scaled(lot, lots))
  return {
    symbol,
    contractType: 'LinearPerpetual',
    status: 'Trading',
    baseCoin: base,
    quoteCoin: quote,
    launchTime: '1585526400000',
    deliveryTime: '0',
    deliveryFeeRate: '',
    priceScale: String(tick.scale),
    leverageFilter: { minLeverage: '1', maxLeverage: '100.00', leverageStep: '0.01' },
    priceFilter: { minPrice: show(tick), maxPrice: '1999999.80', tickSize: show(tick) },
    lotSizeFilter: {
      maxOrderQty: size(maxLots),
      minOrderQty: size(minLots),
      qtyStep: show(lot),
      postOnlyMaxOrderQty: size(maxLots),
      maxMktOrderQty: size(maxLots),
      minNotionalValue: minNotional,
    },
    unifiedMarginTrade: true,
    fundingInterval: 480,
    settleCoin: quote,
    copyTrading: 'both',
    isPreListing: false,
  }
}

/** HMAC-SHA256 over time, key, window and the query or body exactly as sent. */
export function isSigned(headers: Readonly<Record<string, string | string[] | undefined>>, payload: string, secret: string): boolean {
  const text = (name: string): string => String(headers[name] ?? '')
  const signed = `${text('x-bapi-timestamp')}${text('x-bapi-api-key')}${text('x-bapi-recv-window')}${payload}`
  const expected = Buffer.from(createHmac('sha256', secret).update(signed).digest('hex'))
  const found = Buffer.from(text('x-bapi-sign'))
  return expected.length === found.length && timingSafeEqual(expected, found)
}
