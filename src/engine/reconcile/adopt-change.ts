import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { transition } from '../orders/transition.ts'

/**
 * Our books follow the exchange: an order that was changed there is so here; one whose fills cannot be had ends with the fills that are
 * booked, and what the exchange holds beyond them shows as a difference of the position. Why not, or undefined.
 */
export function adoptChange(tx: Transaction, order: TrackedOrder): string | undefined {
  const { learnt } = tx.state
  const { clientOrderId, symbol, traderId, triggerPrice } = order
  const end = learnt.inquiries.get(clientOrderId)?.end
  if (end !== undefined && end.status !== 'OPEN') {
    const reason = `the exchange shows it as ${end.status}; a person decided to go on without the fills it does not name`
    learnt.inquiries.delete(clientOrderId)
    transition(tx, order, 'CANCEL', { ts: tx.ts, reason })
    return undefined
  }
  const venue = learnt.changed.get(clientOrderId)
  if (venue === undefined)
    return 'The exchange has not shown this order since the connection came up, or still owes fills of it; compare first.'
  const price = venue.price ?? order.price
  const trigger = venue.triggerPrice ?? triggerPrice
  learnt.changed.delete(clientOrderId)
  tx.record({
    type: 'OrderAmended',
    ts: tx.ts,
    clientOrderId,
    symbol,
    traderId,
    quantity: Quantity.format(venue.quantity),
    price: price === undefined ? undefined : Price.format(price),
    triggerPrice: trigger === undefined ? undefined : Price.format(trigger),
    reason: 'changed at the exchange by somebody else; a person adopted it',
  })
  return undefined
}
