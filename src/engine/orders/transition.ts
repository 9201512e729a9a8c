import type { ClientOrderId } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { isWorking, nextStatus, type OrderAmendment, type OrderEvent, type OrderStatus } from '#domain/order.ts'
import type { TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'

/** What is absent stays. */
export interface AmendedParts extends OrderAmendment {
  readonly highWater?: Price | undefined
  readonly triggered?: boolean | undefined
}

interface Change {
  readonly ts: number
  readonly exchangeOrderId?: TrackedOrder['exchangeOrderId']
  readonly reason?: string
}

/** Moves an order along the table. A pair the table lacks changes nothing and is said aloud, once a report. */
export function transition(tx: Transaction, order: TrackedOrder, event: OrderEvent, change: Change): void {
  const next = nextStatus(order.status, event)
  if (next === undefined) {
    if (event === 'REFUSE_CANCEL' || event === 'LOSE' || isRepetition(order.status, event)) return
    tx.record({
      type: 'AlertRaised',
      ts: change.ts,
      severity: 'warning',
      code: 'ILLEGAL_ORDER_TRANSITION',
      symbol: order.symbol,
      traderId: order.traderId,
      message: `Order ${order.clientOrderId} is ${order.status}; the exchange's ${event} does not fit and was not applied.`,
    })
    return
  }
  const status: OrderStatus = next === 'ACCEPTED' && !Quantity.isZero(order.filledQuantity) ? 'PARTIALLY_FILLED' : next
  if (status === order.status && (change.exchangeOrderId ?? order.exchangeOrderId) === order.exchangeOrderId) return
  tx.record({
    type: 'OrderStatusChanged',
    ts: change.ts,
    clientOrderId: order.clientOrderId,
    symbol: order.symbol,
    traderId: order.traderId,
    status,
    exchangeOrderId: change.exchangeOrderId,
    reason: change.reason,
  })
}

/** What an order is now, with what changed and why it is not what was asked for. Ends an amendment. */
export function recordAmended(
  tx: Transaction,
  order: TrackedOrder,
  { quantity = order.quantity, price = order.price, triggerPrice = order.triggerPrice, highWater, triggered }: AmendedParts,
  { ts, reason }: { readonly ts: number; readonly reason?: string | undefined },
): void {
  tx.record({
    type: 'OrderAmended',
    ts,
    clientOrderId: order.clientOrderId,
    symbol: order.symbol,
    traderId: order.traderId,
    quantity: Quantity.format(quantity),
    price: price === undefined ? undefined : Price.format(price),
    triggerPrice: triggerPrice === undefined ? undefined : Price.format(triggerPrice),
    highWater: highWater === undefined ? undefined : Price.format(highWater),
    triggered,
    reason,
  })
}

/** An end that is said twice is no contradiction, nor is a word of acceptance that the order's last fill has overtaken. */
function isRepetition(status: OrderStatus, event: OrderEvent): boolean {
  return (
    (status === 'FILLED' && event === 'ACCEPT') ||
    (status === 'CANCELED' && event === 'CANCEL') ||
    (status === 'EXPIRED' && event === 'EXPIRE') ||
    (status === 'REJECTED' && event === 'REJECT')
  )
}

/** The cancel of an order that is to be replaced, once more. The wish to replace it stays. */
export function repeatCancel(tx: Transaction, { clientOrderId, symbol }: TrackedOrder): void {
  if (tx.state.shadow === undefined) tx.send({ type: 'CancelOrder', clientOrderId, symbol, ts: tx.ts })
}

/** Asks the exchange to cancel; false when the order is not working, or belongs to whoever holds the account. Cancels pass every limit. */
export function requestCancel(tx: Transaction, clientOrderId: ClientOrderId): boolean {
  if (tx.state.shadow !== undefined) return false
  const order = tx.state.orders.get(clientOrderId)
  if (order === undefined || !isWorking(order.status)) return false
  if (order.status === 'EMULATED') {
    transition(tx, order, 'CANCEL', { ts: tx.ts, reason: 'canceled before it was sent' })
    return true
  }
  if (order.replacing === true) recordAmended(tx, order, {}, { ts: tx.ts, reason: 'the order is canceled, not replaced' })
  transition(tx, order, 'REQUEST_CANCEL', { ts: tx.ts })
  tx.send({ type: 'CancelOrder', clientOrderId, symbol: order.symbol, ts: tx.ts })
  return true
}
