import type { Candle } from '#domain/candle.ts'
import { makeClientOrderId, parseSymbol, parseTraderId, type ClientOrderId } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import { BasisPoints, Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { Approved, ExchangeReport, OrderRequest } from '#engine/ports.ts'
import { sliceOfCandle } from '#exchanges/paper/market-slice.ts'
import { PaperExchange } from '#exchanges/paper/paper-exchange.ts'
import type { PaperInstrument } from '#exchanges/paper/paper-instrument.ts'

export const SPOT = parseSymbol('BTC/USDT')
export const PERPETUAL = parseSymbol('BTC/USDT:USDT')
export const T0 = 1_700_000_040_000
export const MINUTE = 60_000
const TRADER = parseTraderId('tester')

export const instrument = (symbol: typeof SPOT): PaperInstrument => ({
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
export const INSTRUMENTS = [instrument(SPOT), instrument(PERPETUAL)]

let sequence = 0
export const newId = (): ClientOrderId => makeClientOrderId({ instance: 'test', traderId: TRADER, time: T0, sequence: (sequence += 1) })
/** What a test says of an order; the rest is filled in. */
export type Ask = Partial<Omit<OrderRequest, 'quantity' | 'price'>> & { readonly quantity?: string; readonly price?: string }
export function request({ quantity = '0.1', price, ...rest }: Ask = {}): OrderRequest {
  return {
    clientOrderId: newId(),
    symbol: PERPETUAL,
    side: 'BUY',
    type: price === undefined ? 'MARKET' : 'LIMIT',
    reduceOnly: false,
    timeInForce: 'GTC',
    postOnly: false,
    ts: T0,
    quantity: Quantity.parse(quantity),
    ...(price === undefined ? {} : { price: Price.parse(price) }),
    ...rest,
  }
}
export const submit = (venue: PaperExchange, order: OrderRequest) =>
  venue.handle({ type: 'SubmitOrder', order: order as Approved<OrderRequest> })
export function candle(n: number, ohlc: readonly [string, string, string, string], volume = '100', symbol = PERPETUAL): Candle {
  const [open, high, low, close] = ohlc.map(Price.parse) as [Price, Price, Price, Price]
  return { symbol, timeframe: '1m', openTime: T0 + n * MINUTE, open, high, low, close, volume: Quantity.parse(volume) }
}
export const calm = (n: number, volume?: string, symbol?: typeof SPOT) => candle(n, ['20000', '20010', '19990', '20005'], volume, symbol)
export function venueAt(options: { readonly symbol?: typeof SPOT; readonly position?: string } = {}): PaperExchange {
  const { symbol = PERPETUAL, position } = options
  const venue = new PaperExchange({ instruments: INSTRUMENTS, seed: 'test' })
  venue.restore({ orders: [], positions: position === undefined ? [] : [{ symbol, quantity: position }] })
  venue.observe(sliceOfCandle(calm(-1, '100', symbol)))
  return venue
}
export const move = (venue: PaperExchange, bar: Candle) => venue.move(sliceOfCandle(bar))
export const fillsOf = (reports: readonly ExchangeReport[]) => reports.filter((report) => report.type === 'OrderFill')
export const sum = (reports: readonly ExchangeReport[]) =>
  Quantity.format(fixed.trim(fillsOf(reports).reduce((all, fill) => Quantity.add(all, fill.quantity), Quantity.ZERO)))
export const textOf = (value: unknown) => JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part))
