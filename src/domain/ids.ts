declare const brand: unique symbol
type Branded<T extends string> = string & { readonly [brand]: T }

/** Ours: made and journalled before the send, reused on every retry. 26 alphanumerics, see `makeClientOrderId`. */
export type ClientOrderId = Branded<'ClientOrderId'>
/** The exchange's own. Two different things: never compared with ours. */
export type ExchangeOrderId = Branded<'ExchangeOrderId'>
export type TradeId = Branded<'TradeId'>
export type SignalId = Branded<'SignalId'>
export type TraderId = Branded<'TraderId'>
/** Unified spelling: `BTC/USDT` is spot, `BTC/USDT:USDT` the perpetual settled in USDT. */
export type InstrumentSymbol = Branded<'InstrumentSymbol'>

const CLIENT_ORDER_ID = /^[0-9a-z]{26,30}$/
const SIGNAL_ID = /^[\w:./@-]{1,120}$/
const TRADER_ID = /^[a-z0-9][a-z0-9_-]{0,39}$/
const SYMBOL = /^[A-Z0-9]{1,15}\/[A-Z0-9]{1,15}(?::[A-Z0-9]{1,15})?$/

function parser<T extends string>(what: string, pattern: RegExp) {
  return (text: string): Branded<T> => {
    if (!pattern.test(text)) throw new RangeError(`not a ${what}: ${text.slice(0, 60)}`)
    return text as Branded<T>
  }
}

export const parseClientOrderId = parser<'ClientOrderId'>('client order id', CLIENT_ORDER_ID)
export const parseSignalId = parser<'SignalId'>('signal id', SIGNAL_ID)
export const parseTraderId = parser<'TraderId'>('trader id', TRADER_ID)
export const parseSymbol = parser<'InstrumentSymbol'>('symbol', SYMBOL)
export const parseExchangeOrderId = parser<'ExchangeOrderId'>('exchange order id', /^[\x21-\x7e]{1,64}$/)
export const parseTradeId = parser<'TradeId'>('trade id', /^[\x21-\x7e]{1,80}$/)

const INSTANCE_DIGITS = 4
const TRADER_DIGITS = 4
const FENCE_DIGITS = 3
const TIME_DIGITS = 9
const SEQUENCE_DIGITS = 6
/** After so many leases of one account the digits begin again; time and running number still differ. */
const FENCES = 36 ** FENCE_DIGITS

/** FNV-1a, folded to four base-36 digits: names the trader inside an id, never identifies it. */
function traderTag(traderId: TraderId): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < traderId.length; i += 1) hash = Math.imul(hash ^ traderId.charCodeAt(i), 0x01000193) >>> 0
  return (hash % 36 ** TRADER_DIGITS).toString(36).padStart(TRADER_DIGITS, '0')
}

/**
 * Our id of an order, in base 36: instance (4), trader (4), fence (3), time (9), running number (6); sortable by time within
 * one trader and fence. Same inputs, same id. `time` is UTC milliseconds, `sequence` the engine's order count. `fence` is the
 * number of the account's lease under which the order is sent, 0 where there is none (demo, paper, replay): an order of a
 * holder that was overtaken can be told from its successor's. Ids from before the fence, with nine digits of running number,
 * are read as they are. 26 characters fit every exchange's limit.
 */
export function makeClientOrderId(parts: {
  readonly instance: string
  readonly traderId: TraderId
  readonly fence?: number | undefined
  readonly time: number
  readonly sequence: number
}): ClientOrderId {
  if (!/^[0-9a-z]{4}$/.test(parts.instance) || parts.instance.length !== INSTANCE_DIGITS) {
    throw new RangeError(`instance is not four base-36 digits: ${parts.instance}`)
  }
  const fence = ((parts.fence ?? 0) % FENCES).toString(36).padStart(FENCE_DIGITS, '0')
  const time = parts.time.toString(36).padStart(TIME_DIGITS, '0')
  const sequence = parts.sequence.toString(36).padStart(SEQUENCE_DIGITS, '0')
  return parseClientOrderId(`${parts.instance}${traderTag(parts.traderId)}${fence}${time}${sequence}`)
}
