import { Quantity } from '#domain/money/quantity.ts'
import type { ClientOrderId, ExchangeOrderId } from '#domain/ids.ts'
import { isWorking } from '#domain/order.ts'
import type { EngineState, TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { transition } from '../orders/transition.ts'
import { closeAsGone, differenceIdOf, recordDifference } from './differences.ts'
import type { VenueEnd } from './learnt.ts'
import { inquiryOf, NOT_FOUND_SPACING_MS, wantAccount } from './questions.ts'

/** Times the exchange is asked for fills it must have, before a person is. */
export const FILL_QUERIES_MAX = 3

export function changedId(state: EngineState, clientOrderId: ClientOrderId): string {
  return differenceIdOf('ORDER_CHANGED', state.learnt.exchange, clientOrderId)
}

/** Whether the exchange has filled more than is booked, or does not say and can still be asked. */
export function lacksFills(state: EngineState, order: TrackedOrder, { status, filledQuantity }: VenueEnd): boolean {
  if (filledQuantity !== undefined) return Quantity.compare(filledQuantity, order.filledQuantity) > 0
  return status !== 'OPEN' && state.capabilities.accountQuery && inquiryOf(state, order).fillQueries === 0
}

/** Fills are never invented: they are fetched, and until they are here the order does not end. */
export function awaitFills(tx: Transaction, order: TrackedOrder, end: VenueEnd): void {
  const inquiry = inquiryOf(tx.state, order)
  inquiry.end = end
  if (inquiry.fillQueries >= FILL_QUERIES_MAX) return
  const afterMs = inquiry.fillQueries * NOT_FOUND_SPACING_MS
  if (tx.state.capabilities.accountQuery) wantAccount(tx, { trigger: 'CLOCK', since: order.createdAt, afterMs })
  else missedFills(tx, order)
}

/** The exchange was asked for the fills of an order and these did not come. */
export function missedFills(tx: Transaction, order: TrackedOrder): void {
  const inquiry = inquiryOf(tx.state, order)
  const { end } = inquiry
  if (end === undefined) return
  inquiry.fillQueries += 1
  inquiry.nextAskAt = tx.ts + inquiry.fillQueries * NOT_FOUND_SPACING_MS
  if (!lacksFills(tx.state, order, end)) {
    finishEnd(tx, order)
    return
  }
  if (inquiry.fillQueries < FILL_QUERIES_MAX) {
    if (tx.state.capabilities.accountQuery) awaitFills(tx, order, end)
    return
  }
  const { clientOrderId, exchangeOrderId, symbol, exchange } = order
  const theirs = `${end.status}, filled ${end.filledQuantity === undefined ? 'unknown' : Quantity.format(end.filledQuantity)}`
  recordDifference(tx, {
    differenceId: changedId(tx.state, clientOrderId),
    kind: 'ORDER_CHANGED',
    exchange,
    symbol,
    clientOrderId,
    exchangeOrderId,
    ours: `${order.status}, filled ${Quantity.format(order.filledQuantity)}`,
    theirs,
    cause: `The exchange has filled more of this order than it can name fills for. Asked ${inquiry.fillQueries} times. None is invented.`,
    suggestion: 'ADOPT',
    blocking: true,
  })
}

/** Called after each fill: an order whose fills were awaited may end now. */
export function finishEnd(tx: Transaction, before: TrackedOrder): void {
  const inquiry = tx.state.learnt.inquiries.get(before.clientOrderId)
  const order = tx.state.orders.get(before.clientOrderId)
  if (inquiry?.end === undefined || order === undefined || lacksFills(tx.state, order, inquiry.end)) return
  const { end } = inquiry
  inquiry.end = undefined
  closeAsGone(tx, changedId(tx.state, order.clientOrderId))
  if (end.status !== 'OPEN') settleEnd(tx, order, end, { ts: tx.ts })
}

/** Ends an order all of whose fills are booked, as the exchange says it ended. */
export function settleEnd(
  tx: Transaction,
  order: TrackedOrder,
  { status }: VenueEnd,
  at: { readonly ts: number; readonly exchangeOrderId?: ExchangeOrderId },
): void {
  if (!isWorking(order.status)) return
  const reason = `the exchange shows it as ${status}`
  const filled = !Quantity.isZero(order.filledQuantity)
  if (status === 'EXPIRED') transition(tx, order, 'EXPIRE', { ...at, reason })
  else if (status === 'REJECTED' && !filled) transition(tx, order, 'REJECT', { ...at, reason })
  else transition(tx, order, 'CANCEL', { ...at, reason: `${reason}, filled ${Quantity.format(order.filledQuantity)}` })
}
