import type { ClientOrderId, ExchangeOrderId, InstrumentSymbol, SignalId, TraderId } from './ids.ts'
import type { Money } from './money/money.ts'
import type { Price } from './money/price.ts'
import type { Quantity } from './money/quantity.ts'

export type OrderSide = 'BUY' | 'SELL'
export type OrderType = 'MARKET' | 'LIMIT'
/** Why the order exists; a person reads it. */
export type OrderPurpose = 'ENTRY' | 'EXIT' | 'STOP_LOSS' | 'TAKE_PROFIT' | 'FLATTEN'

export const ORDER_STATUSES = [
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
/** `LOSE`: the answer did not come. `REFUSE_CANCEL`: the exchange keeps the order. */
export type OrderEvent = (typeof ORDER_EVENTS)[number]

type Row = Partial<Record<OrderEvent, OrderStatus>>
const DONE: Row = {}

/**
 * `(status, event) → status`. A pair that is not here is an error, never a guess.
 * `CANCELED`, `EXPIRED` and `REJECTED` take late fills: exchanges do send them, and a fill is money.
 * `PENDING_CANCEL` survives a lost answer, so that the wish to cancel is not forgotten.
 */
export const ORDER_TRANSITIONS: Readonly<Record<OrderStatus, Row>> = Object.freeze({
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
  /** Limit price; absent for a market order. */
  readonly price?: Price | undefined
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
