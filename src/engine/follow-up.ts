import type { InstrumentSymbol } from '#domain/ids.ts'
import type { Fact, OrderFilled, OrderStatusChanged } from '#domain/facts.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { isConditional, isWorking, type OrderSide } from '#domain/order.ts'
import { cancelSiblings, warnBothFilled } from './orders/oco.ts'
import { recordAmended, requestCancel } from './orders/transition.ts'
import { CLOSE_FAILURES_MAX, closeRefused, exitSide } from './protection/close-position.ts'
import { isProtective } from './protection/fold-guard.ts'
import { adoptPlan } from './protection/set-protection.ts'
import { adjustToFill } from './protection/watch-positions.ts'
import { positionKey, workingTotals, type EngineState, type PositionKey } from './state.ts'
import type { Transaction } from './transaction.ts'

/**
 * What follows from facts, whoever recorded them: from a report, from a comparison of the account, or from what followed here. Each
 * fact of a transaction is looked at once.
 */
export function followUp(tx: Transaction): void {
  while (tx.followed < tx.facts.length) {
    const fact = tx.facts[tx.followed]
    tx.followed += 1
    if (fact !== undefined) react(tx, fact)
  }
}

function react(tx: Transaction, fact: Fact): void {
  noteStop(tx.state, fact)
  if (fact.type === 'OrderFilled') afterFill(tx, fact)
  else if (fact.type === 'OrderStatusChanged') afterStatus(tx, fact)
  else if (fact.type === 'PositionAssigned' && SignedQuantity.parse(fact.position.quantity).units === 0n) {
    cancelExits(tx, positionKey(fact.traderId, fact.symbol))
  }
}

/** Positions whose exits at the exchange may now be wrong. Fills and entries concern all traders of their instrument. */
function noteStop(state: EngineState, fact: Fact): void {
  if (fact.type === 'OrderFilled' || fact.type === 'PositionAssigned') checkStopsOf(state, fact.symbol)
  else if (fact.type === 'ProtectionSet' || fact.type === 'ProtectionMoved') state.stopsToCheck.add(positionKey(fact.traderId, fact.symbol))
  else if (fact.type === 'OrderStatusChanged' || fact.type === 'OrderAmended' || fact.type === 'OrderSubmitted') {
    const order = state.orders.get(fact.clientOrderId)
    if (order === undefined) return
    if (!order.reduceOnly) checkStopsOf(state, fact.symbol)
    else if (isConditional(order.type)) state.stopsToCheck.add(positionKey(fact.traderId, fact.symbol))
  }
}

function checkStopsOf(state: EngineState, symbol: InstrumentSymbol): void {
  if (!state.capabilities.orderTypes.includes('STOP_MARKET')) return
  for (const key of state.books.get(symbol)?.open ?? []) state.stopsToCheck.add(key)
}

function afterFill(tx: Transaction, fact: OrderFilled): void {
  const order = tx.state.orders.get(fact.clientOrderId)
  const key = positionKey(fact.traderId, fact.symbol)
  if (order?.ocoGroup !== undefined) {
    warnBothFilled(tx, order, fact.ts)
    cancelSiblings(tx, order)
  }
  const position = tx.state.positions.get(key)
  if (position === undefined || position.quantity.units === 0n) return cancelExits(tx, key)
  cancelExits(tx, key, exitSide(position))
  if (order !== undefined && !order.reduceOnly) {
    adoptPlan(tx, order)
    adjustToFill(tx, key, Price.parse(fact.price))
  }
}

/** An exit without a position, or of a position that has turned, would open one or add to it. Those on the side to keep stay. */
function cancelExits(tx: Transaction, key: PositionKey, keep?: OrderSide): void {
  if (keep !== undefined && !exitsOpposite(tx.state, key, keep)) return
  for (const id of Array.from(tx.state.workingByKey.get(key) ?? [])) {
    const order = tx.state.orders.get(id)
    if (order?.reduceOnly === true && order.side !== keep && order.status !== 'PENDING_CANCEL') requestCancel(tx, id)
  }
}

function exitsOpposite(state: EngineState, key: PositionKey, side: OrderSide): boolean {
  const { exitBuy, exitSell } = workingTotals(state, key)
  return !Quantity.isZero(side === 'BUY' ? exitSell : exitBuy)
}

function afterStatus(tx: Transaction, fact: OrderStatusChanged): void {
  const order = tx.state.orders.get(fact.clientOrderId)
  if (order === undefined) return
  if (order.replacing === true && isWorking(order.status) && order.status !== 'PENDING_CANCEL') {
    recordAmended(tx, order, {}, { ts: fact.ts, reason: `the exchange kept the order: ${fact.reason ?? 'no reason given'}` })
  }
  if (!isProtective(order) || isConditional(order.type) || isWorking(fact.status)) return
  const key = positionKey(order.traderId, order.symbol)
  const failures = tx.state.guards.get(key)?.failures ?? 0
  const position = tx.state.positions.get(key)
  if (position === undefined || failures === 0 || failures % CLOSE_FAILURES_MAX !== 0) return
  tx.record(
    closeRefused(
      tx,
      position,
      `${failures} orders in a row to close ${order.symbol} of ${order.traderId} ended without a fill: ${fact.reason ?? fact.status}.`,
    ),
  )
}
