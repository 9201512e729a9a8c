import { isWorking } from '#domain/order.ts'
import { transition } from '../orders/transition.ts'
import type { EngineState, TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'

/** How long an order may stay without an answer before it counts as unknown. */
export const ORDER_ANSWER_DEADLINE_MS = 10_000
/** How long until an unanswered question is asked again. */
export const QUERY_RETRY_MS = 5_000

/**
 * Start-up is recovery: asks the exchange about every working order before anything may trade. Orders whose answer was
 * never journalled become UNKNOWN and keep their exposure reserved.
 */
export function askAboutOrders(tx: Transaction): void {
  tx.state.reconciled = false
  tx.state.queries.clear()
  for (const order of tx.state.orders.values()) {
    if (!isWorking(order.status)) continue
    if (order.status === 'SUBMITTED') transition(tx, order, 'LOSE', { ts: tx.ts, reason: 'no answer before the restart or disconnect' })
    tx.state.queries.set(order.clientOrderId, tx.ts)
    tx.send({ type: 'QueryOrder', clientOrderId: order.clientOrderId, symbol: order.symbol, ts: tx.ts })
  }
}

/** Opens the gate once every question has its answer and no order is left whose fate is unknown for want of a send. */
export function finishReconciliation(tx: Transaction): void {
  const { state } = tx
  if (!state.reconciled && state.connected && state.queries.size === 0) state.reconciled = true
}

/**
 * Turns late answers into UNKNOWN and asks; asks again where the exchange did not answer: a question, a cancel, or any order that
 * a stop meant to cancel. Never sends an order a second time.
 */
export function askAgain(tx: Transaction): void {
  const { state } = tx
  if (!state.connected) return
  for (const ids of state.workingByKey.values()) {
    for (const id of ids) {
      const order = state.orders.get(id)
      if (order === undefined) continue
      const isDue = isUnsettled(state, order) && tx.ts - order.updatedAt >= ORDER_ANSWER_DEADLINE_MS
      if (!isDue && !state.queries.has(id)) continue
      if (isDue && order.status === 'SUBMITTED')
        transition(tx, order, 'LOSE', { ts: tx.ts, reason: `no answer within ${ORDER_ANSWER_DEADLINE_MS} ms` })
      ask(tx, order)
    }
  }
}

function isUnsettled(state: EngineState, order: TrackedOrder): boolean {
  if (state.halt !== null && order.purpose !== 'FLATTEN') return true
  return order.status === 'SUBMITTED' || order.status === 'UNKNOWN' || order.status === 'PENDING_CANCEL'
}

function ask(tx: Transaction, order: TrackedOrder): void {
  const asked = tx.state.queries.get(order.clientOrderId)
  if (asked !== undefined && tx.ts - asked < QUERY_RETRY_MS) return
  tx.state.queries.set(order.clientOrderId, tx.ts)
  tx.send({ type: 'QueryOrder', clientOrderId: order.clientOrderId, symbol: order.symbol, ts: tx.ts })
}
