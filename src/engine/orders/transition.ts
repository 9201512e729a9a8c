import type { ClientOrderId } from '#domain/ids.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { isWorking, nextStatus, type OrderEvent, type OrderStatus } from '#domain/order.ts'
import type { TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'

interface Change {
  readonly ts: number
  readonly exchangeOrderId?: TrackedOrder['exchangeOrderId']
  readonly reason?: string
}

/** Moves an order along the table. A pair the table lacks changes nothing and is said aloud, once a report. */
export function transition(tx: Transaction, order: TrackedOrder, event: OrderEvent, change: Change): void {
  const next = nextStatus(order.status, event)
  if (next === undefined) {
    if (event === 'REFUSE_CANCEL' || event === 'LOSE') return
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

/** Asks the exchange to cancel; false when the order is not working, or belongs to whoever holds the account. Cancels pass every limit. */
export function requestCancel(tx: Transaction, clientOrderId: ClientOrderId): boolean {
  if (tx.state.shadow !== undefined) return false
  const order = tx.state.orders.get(clientOrderId)
  if (order === undefined || !isWorking(order.status)) return false
  transition(tx, order, 'REQUEST_CANCEL', { ts: tx.ts })
  tx.send({ type: 'CancelOrder', clientOrderId, symbol: order.symbol, ts: tx.ts })
  return true
}
