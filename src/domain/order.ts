import type { ClientOrderId, ExchangeOrderId, InstrumentSymbol, SignalId, TraderId } from './ids.ts'
import type { Money } from './money/money.ts'
import type { Price } from './money/price.ts'
import type { Quantity } from './money/quantity.ts'

export type OrderSide = 'BUY' | 'SELL'
export const ORDER_TYPES = [
  'MARKET',
  'LIMIT',
  'STOP_MARKET',
  'STOP_LIMIT',
  'TAKE_PROFIT_MARKET',
  'TAKE_PROFIT_LIMIT',
  'TRAILING_STOP',
] as const
/** The conditional types (all but the first two) wait for their trigger price; a trailing stop moves its own. */
export type OrderType = (typeof ORDER_TYPES)[number]
/** Whether an order of this type waits for a trigger price. */
export function isConditional(type: OrderType): boolean {
  return type !== 'MARKET' && type !== 'LIMIT'
}
/** What is sent when an emulated order meets its trigger. */
export function releasedType(type: OrderType): 'MARKET' | 'LIMIT' {
  return type === 'LIMIT' || type === 'STOP_LIMIT' || type === 'TAKE_PROFIT_LIMIT' ? 'LIMIT' : 'MARKET'
}
export const TIMES_IN_FORCE = ['GTC', 'IOC', 'FOK'] as const
export type TimeInForce = (typeof TIMES_IN_FORCE)[number]
/** Who watches the trigger of a conditional order: the exchange, or this engine while it runs and is connected. */
export type OrderExecution = 'NATIVE' | 'EMULATED'
/** Why the order exists; a person reads it. */
export type OrderPurpose = 'ENTRY' | 'EXIT' | 'STOP_LOSS' | 'TAKE_PROFIT' | 'FLATTEN'

export const ORDER_STATUSES = [
  'EMULATED',
  'SUBMITTED',
  'ACCEPTED',
  'PARTIALLY_FILLED',
  'PENDING_CANCEL',
  'UNKNOWN',
  'FILLED',
  'CANCELED',
  'EXPIRED',
  'REJECTED',
] as const
export type OrderStatus = (typeof ORDER_STATUSES)[number]

export const ORDER_EVENTS = [
  'RELEASE',
  'ACCEPT',
  'REJECT',
  'LOSE',
  'FILL_PART',
  'FILL_ALL',
  'REQUEST_CANCEL',
  'REFUSE_CANCEL',
  'CANCEL',
  'EXPIRE',
] as const
/** `RELEASE`: an emulated order met its trigger and is sent. `LOSE`: the answer did not come. `REFUSE_CANCEL`: the exchange keeps the order. */
export type OrderEvent = (typeof ORDER_EVENTS)[number]

type Row = Partial<Record<OrderEvent, OrderStatus>>
const DONE: Row = {}

/**
 * `(status, event) → status`. A pair that is not here is an error, never a guess.
 * `CANCELED`, `EXPIRED` and `REJECTED` take late fills: exchanges do send them, and a fill is money.
 * `PENDING_CANCEL` survives a lost answer, so that the wish to cancel is not forgotten.
 * `EMULATED` orders are known to this engine alone: nothing of them is at the exchange until they are released.
 */
export const ORDER_TRANSITIONS: Readonly<Record<OrderStatus, Row>> = Object.freeze({
  EMULATED: { RELEASE: 'SUBMITTED', REJECT: 'REJECTED', CANCEL: 'CANCELED', EXPIRE: 'EXPIRED' },
  SUBMITTED: {
    ACCEPT: 'ACCEPTED',
    REJECT: 'REJECTED',
    LOSE: 'UNKNOWN',
    FILL_PART: 'PARTIALLY_FILLED',
    FILL_ALL: 'FILLED',
    REQUEST_CANCEL: 'PENDING_CANCEL',
    CANCEL: 'CANCELED',
    EXPIRE: 'EXPIRED',
  },
  UNKNOWN: {
    ACCEPT: 'ACCEPTED',
    REJECT: 'REJECTED',
    LOSE: 'UNKNOWN',
    FILL_PART: 'PARTIALLY_FILLED',
    FILL_ALL: 'FILLED',
    REQUEST_CANCEL: 'PENDING_CANCEL',
    CANCEL: 'CANCELED',
    EXPIRE: 'EXPIRED',
  },
  ACCEPTED: {
    ACCEPT: 'ACCEPTED',
    LOSE: 'UNKNOWN',
    FILL_PART: 'PARTIALLY_FILLED',
    FILL_ALL: 'FILLED',
    REQUEST_CANCEL: 'PENDING_CANCEL',
    CANCEL: 'CANCELED',
    EXPIRE: 'EXPIRED',
    REJECT: 'REJECTED',
  },
  PARTIALLY_FILLED: {
    ACCEPT: 'PARTIALLY_FILLED',
    LOSE: 'UNKNOWN',
    FILL_PART: 'PARTIALLY_FILLED',
    FILL_ALL: 'FILLED',
    REQUEST_CANCEL: 'PENDING_CANCEL',
    CANCEL: 'CANCELED',
    EXPIRE: 'EXPIRED',
  },
  PENDING_CANCEL: {
    ACCEPT: 'PENDING_CANCEL',
    REJECT: 'REJECTED',
    LOSE: 'PENDING_CANCEL',
    FILL_PART: 'PENDING_CANCEL',
    FILL_ALL: 'FILLED',
    REQUEST_CANCEL: 'PENDING_CANCEL',
    REFUSE_CANCEL: 'ACCEPTED',
    CANCEL: 'CANCELED',
    EXPIRE: 'EXPIRED',
  },
  FILLED: DONE,
  CANCELED: { FILL_PART: 'CANCELED', FILL_ALL: 'FILLED' },
  EXPIRED: { FILL_PART: 'EXPIRED', FILL_ALL: 'FILLED' },
  REJECTED: { FILL_PART: 'REJECTED', FILL_ALL: 'FILLED' },
})

/** The next status, or undefined when the table does not allow the pair. */
export function nextStatus(status: OrderStatus, event: OrderEvent): OrderStatus | undefined {
  return ORDER_TRANSITIONS[status][event]
}

const FINAL: ReadonlySet<OrderStatus> = new Set(['FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'])
/** A working order may still fill: its exposure stays reserved. */
export function isWorking(status: OrderStatus): boolean {
  return !FINAL.has(status)
}

/** How far behind the best price a trailing stop stays. `ATR`: times the 14-bar average true range of the trader's timeframe. */
export interface TrailingDistance {
  readonly by: 'PRICE' | 'BPS' | 'ATR'
  /** Decimal text: an amount in the quote currency, basis points, or a multiple. */
  readonly distance: string
}

/** What an amendment asks for; what is absent stays. */
export interface OrderAmendment {
  readonly quantity?: Quantity | undefined
  readonly price?: Price | undefined
  readonly triggerPrice?: Price | undefined
}

export interface Order {
  readonly clientOrderId: ClientOrderId
  readonly exchangeOrderId?: ExchangeOrderId | undefined
  readonly traderId: TraderId
  readonly strategy: string
  readonly signalId?: SignalId | undefined
  readonly exchange: string
  readonly symbol: InstrumentSymbol
  readonly side: OrderSide
  readonly type: OrderType
  readonly purpose: OrderPurpose
  readonly quantity: Quantity
  /** Limit price; absent for orders that trade at the market. */
  readonly price?: Price | undefined
  readonly timeInForce: TimeInForce
  readonly postOnly: boolean
  /** Price at which a conditional order becomes active; the present one for a trailing stop. */
  readonly triggerPrice?: Price | undefined
  readonly trailing?: TrailingDistance | undefined
  /** Best price a trailing stop has seen; survives restarts. */
  readonly highWater?: Price | undefined
  readonly execution: OrderExecution
  /** Orders of one group: when one begins to fill, the others are canceled. */
  readonly ocoGroup?: string | undefined
  /** Step of the position's take-profit ladder this order is for, from 0. */
  readonly ladderLevel?: number | undefined
  /** An amendment on its way: until it is answered the worse of both versions is reserved. */
  readonly amending?: OrderAmendment | undefined
  /** The amendment is a cancel and a new order: the new one is sent when the exchange has confirmed the cancel. */
  readonly replacing?: boolean | undefined
  /** The order this one was sent in place of. */
  readonly replaces?: ClientOrderId | undefined
  /** Of an emulated order: its trigger was met, and it is sent as soon as the orders in its way are canceled. */
  readonly triggered?: boolean | undefined
  /** What the gate valued the order at, and what exposure it reserves while it works. */
  readonly referencePrice: Price
  readonly reduceOnly: boolean
  readonly status: OrderStatus
  readonly filledQuantity: Quantity
  /** Sum of price × quantity over the fills so far. */
  readonly filledNotional: Money
  readonly createdAt: number
  readonly updatedAt: number
}
