import { Quantity } from '#domain/money/quantity.ts'
import type { TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { requestCancel } from './transition.ts'

/** One order of a group began to fill or was released: the others are canceled. */
export function cancelSiblings(tx: Transaction, order: TrackedOrder): void {
  const group = order.ocoGroup === undefined ? undefined : tx.state.ocoGroups.get(order.ocoGroup)
  if (group === undefined) return
  for (const id of Array.from(group.working)) {
    if (id !== group.winner && id !== order.clientOrderId && tx.state.orders.get(id)?.status !== 'PENDING_CANCEL') requestCancel(tx, id)
  }
}

/** Cancels anew what an exchange kept although another of its group has begun to trade. Called when time passes. */
export function cancelLosers(tx: Transaction): void {
  for (const name of [...tx.state.ocoGroups.keys()].sort()) {
    const winner = tx.state.ocoGroups.get(name)?.winner
    if (winner === undefined) continue
    for (const id of Array.from(tx.state.ocoGroups.get(name)?.working ?? [])) {
      const order = tx.state.orders.get(id)
      if (order !== undefined && id !== winner && order.status !== 'PENDING_CANCEL') requestCancel(tx, id)
    }
  }
}

/** Both orders of a group traded before a cancel arrived: what the second one did was not wanted. */
export function warnBothFilled(tx: Transaction, order: TrackedOrder, ts: number): void {
  const { ocoGroup, symbol, traderId, clientOrderId } = order
  for (const other of tx.state.orders.values()) {
    if (other.ocoGroup !== ocoGroup || other.clientOrderId === clientOrderId || Quantity.isZero(other.filledQuantity)) continue
    tx.record({
      type: 'AlertRaised',
      ts,
      severity: 'critical',
      code: 'OCO_BOTH_FILLED',
      symbol,
      traderId,
      message: `Both orders of a pair traded: ${Quantity.format(other.filledQuantity)} by ${other.clientOrderId} and ${Quantity.format(order.filledQuantity)} by ${clientOrderId}; a cancel came too late. Only one was wanted; look at the position.`,
    })
    return
  }
}
