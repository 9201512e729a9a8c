import { isWorking } from '#domain/order.ts'
import { isToBeStopped } from '../orders/stopped.ts'
import type { EngineState } from '../state.ts'
import type { Transaction } from '../transaction.ts'

/** After a stop, what is left must be gone by then. */
export const LEFTOVERS_AFTER_MS = 30_000
/** Said again after this, as long as something is left. */
export const LEFTOVERS_AGAIN_AFTER_MS = 300_000
const NAMED_MAX = 10

/** Orders that a stop meant to cancel and that are still there, by our books or by the exchange's. Flattening orders are the stop's own. */
function leftovers(state: EngineState): readonly string[] {
  const names: string[] = []
  for (const ids of state.workingByKey.values()) {
    for (const id of ids) {
      const order = state.orders.get(id)
      if (order === undefined || !isWorking(order.status) || !isToBeStopped(state, order)) continue
      names.push(`${id} (${order.symbol}, ${order.status})`)
    }
  }
  for (const { clientOrderId, symbol, exchangeOrderId } of state.learnt.external.orders.values())
    if (clientOrderId?.startsWith(state.instance) === true) names.push(`${exchangeOrderId} (${symbol}, open at the exchange alone)`)
  return names.sort()
}

/** Names what a stop has not been able to cancel. It goes on being canceled. */
export function sayLeftovers(tx: Transaction): void {
  const { halt, learnt } = tx.state
  if (halt === null || tx.ts - halt.since < LEFTOVERS_AFTER_MS || tx.ts - learnt.leftoversSaidAt < LEFTOVERS_AGAIN_AFTER_MS) return
  const names = leftovers(tx.state)
  if (names.length === 0) return
  learnt.leftoversSaidAt = tx.ts
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : ''
  tx.record({
    type: 'AlertRaised',
    ts: tx.ts,
    severity: 'critical',
    code: 'HALT_LEFTOVERS',
    message: `${Math.round((tx.ts - halt.since) / 1_000)} s after the stop these orders are not canceled: ${names.slice(0, NAMED_MAX).join(', ')}${more}. They go on being canceled; look at the exchange.`,
  })
}
