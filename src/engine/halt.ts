import type { ClientOrderId } from '#domain/ids.ts'
import { isWorking } from '#domain/order.ts'
import { flattenPosition } from './protection/close-position.ts'
import { FLATTEN_ATTEMPTS_MAX, FLATTEN_GIVING_UP, hasGivenUp, mayFlatten } from './orders/flattening.ts'
import { isStopAtExchange } from './orders/stopped.ts'
import { requestCancel } from './orders/transition.ts'
import type { EngineAnswer } from './ports.ts'
import { haltInShadow } from './shadow.ts'
import type { HeldPosition, PositionKey } from './state.ts'
import type { Transaction } from './transaction.ts'

/** Stops trading: the halt is recorded first, then every working order is asked to be canceled, then positions are closed if wanted. */
export function halt(tx: Transaction, command: { readonly by: string; readonly reason: string; readonly flatten: boolean }): EngineAnswer {
  const { state } = tx
  const flatten = command.flatten || state.halt?.flatten === true
  // Whoever presses again after it was said that a position stays open wants it tried again.
  const isAnew = command.flatten && [...state.positions].some(([key, { quantity }]) => quantity.units !== 0n && hasGivenUp(state, key))
  if (state.halt === null || flatten !== state.halt.flatten || isAnew) {
    tx.record({ type: 'TradingHalted', ts: tx.ts, by: command.by, reason: command.reason, flatten })
    tx.record({
      type: 'ActionAudited',
      ts: tx.ts,
      actor: command.by,
      action: 'emergency-stop',
      target: 'all',
      reason: command.reason,
      after: flatten ? 'halt, cancel, flatten' : 'halt, cancel',
    })
  }
  if (state.shadow !== undefined) return haltInShadow(state.shadow)
  const canceling: ClientOrderId[] = []
  for (const order of state.orders.values()) {
    if (!isWorking(order.status) || order.purpose === 'FLATTEN' || (!flatten && isStopAtExchange(order))) continue
    if (requestCancel(tx, order.clientOrderId)) canceling.push(order.clientOrderId)
  }
  return { type: 'HaltReceipt', canceling, flattening: continueFlatten(tx) }
}

/**
 * While a flattening halt lasts: closes what is still open as soon as nothing else works on it. Attempts are not used up on what
 * cannot succeed: the later ones wait for the first look at the account, and a little longer each time. Called after every input.
 */
export function continueFlatten(tx: Transaction): ClientOrderId[] {
  const { state } = tx
  if (state.halt?.flatten !== true || state.shadow !== undefined || !state.connected) return []
  const before = tx.commands.length
  for (const [key, position] of state.positions) {
    if (position.quantity.units === 0n || state.workingByKey.has(key)) continue
    if (hasGivenUp(state, key)) sayGivenUp(tx, key, position)
    else if (mayFlatten(state, key, tx.ts)) flattenPosition(tx, key, position)
  }
  return tx.commands.slice(before).flatMap((command) => (command.type === 'SubmitOrder' ? [command.order.clientOrderId] : []))
}

/** Once, and only when the last order is known to have failed: until then it may still close the position. */
function sayGivenUp(tx: Transaction, key: PositionKey, { symbol, traderId }: HeldPosition): void {
  if (!tx.state.reconciled || tx.state.flattenAttempts.get(key)?.isSaid === true) return
  tx.record({
    type: 'AlertRaised',
    ts: tx.ts,
    severity: 'critical',
    code: FLATTEN_GIVING_UP,
    symbol,
    traderId,
    message: `${symbol} of ${traderId} is still open: of ${FLATTEN_ATTEMPTS_MAX} orders in a row nothing was filled. It is not tried again. Close it by hand, or press the stop again.`,
  })
}
