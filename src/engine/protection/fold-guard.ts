import type { OrderAmended, OrderFilled, OrderStatusChanged, OrderSubmitted, ProtectionMoved, ProtectionSet } from '#domain/facts.ts'
import type { InstrumentSymbol, TraderId } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { isConditional, isWorking } from '#domain/order.ts'
import { positionKey, type EngineState, type Guard, type HeldPosition, type PositionKey, type TrackedOrder } from '../state.ts'

/** What guards positions, folded from facts: the same live and after a restart. */

/** Times the exchange may refuse the stop of a position before the policy for unprotected positions decides. */
export const STOP_FAILURES_MAX = 3
/** Failures further apart than this are not counted together. */
const STOP_FAILURES_WITHIN_MS = 600_000
/** Code of the alert that says a stop could not be placed at the exchange. */
export const UNPROTECTED = 'POSITION_UNPROTECTED'

const price = (text: string | undefined): Price | undefined => (text === undefined ? undefined : Price.parse(text))

/** A position grew, shrank, ended or turned. What was counted since it was flat begins anew with a new one. */
export function guardPosition(state: EngineState, key: PositionKey, before: SignedQuantity, after: SignedQuantity): void {
  if (after.units === 0n) {
    state.guards.delete(key)
    state.closing.delete(key)
    return
  }
  const size = SignedQuantity.magnitude(after)
  const guard = state.guards.get(key)
  if (guard === undefined || before.units === 0n || before.units > 0n !== after.units > 0n) {
    state.closing.delete(key)
    state.guards.set(key, {
      originalQuantity: size,
      ladderSold: Quantity.ZERO,
      ladderDone: 0,
      failures: 0,
      stopFailures: 0,
      stopFailedAt: 0,
    })
  } else if (Quantity.compare(size, guard.originalQuantity) > 0) state.guards.set(key, { ...guard, originalQuantity: size })
}

function change(state: EngineState, key: PositionKey, part: Partial<Guard>): void {
  const guard = state.guards.get(key)
  if (guard === undefined) return
  const next = { ...guard, ...part }
  state.guards.set(key, next)
  if (next.closing === undefined) state.closing.delete(key)
  else state.closing.add(key)
}

/** Orders that act for the plan of a position. */
export function isProtective(order: Pick<TrackedOrder, 'purpose'>): boolean {
  return order.purpose === 'STOP_LOSS' || order.purpose === 'TAKE_PROFIT'
}

/** A market order for all that is left means that the position is to be closed, until it is. */
export function guardSubmitted(state: EngineState, { purpose, orderType, ladderLevel, traderId, symbol }: OrderSubmitted): void {
  if (orderType !== 'MARKET' || ladderLevel !== undefined) return
  if (purpose === 'STOP_LOSS' || purpose === 'TAKE_PROFIT') change(state, positionKey(traderId, symbol), { closing: purpose })
}

export function guardFilled(state: EngineState, order: TrackedOrder, fact: OrderFilled): void {
  if (!isProtective(order)) return
  const key = positionKey(fact.traderId, fact.symbol)
  const guard = state.guards.get(key)
  if (guard === undefined) return
  if (order.ladderLevel === undefined) return change(state, key, { failures: 0 })
  const isComplete = fact.orderStatus === 'FILLED'
  change(state, key, {
    failures: 0,
    ladderSold: Quantity.add(guard.ladderSold, Quantity.parse(fact.quantity)),
    ladderDone: isComplete ? Math.max(guard.ladderDone, order.ladderLevel + 1) : guard.ladderDone,
  })
}

export function guardStatus(state: EngineState, order: TrackedOrder, fact: OrderStatusChanged): void {
  if (!isProtective(order) || !isWorking(order.status)) return
  const key = positionKey(order.traderId, order.symbol)
  const guard = state.guards.get(key)
  if (guard === undefined) return
  if (isConditional(order.type)) {
    const isUnasked = !isWorking(fact.status) && order.status !== 'PENDING_CANCEL' && order.replacing !== true
    if (isUnasked) failStop(state, key, fact.ts)
  } else if (!isWorking(fact.status) && Quantity.isZero(order.filledQuantity)) change(state, key, { failures: guard.failures + 1 })
}

/** A stop at the exchange that could not be moved, or could. */
export function guardAmended(state: EngineState, order: TrackedOrder, { reason, ts }: OrderAmended): void {
  if (!isProtective(order) || !isConditional(order.type)) return
  const key = positionKey(order.traderId, order.symbol)
  if (reason !== undefined) failStop(state, key, ts)
  else change(state, key, { stopFailures: 0 })
}

function failStop(state: EngineState, key: PositionKey, ts: number): void {
  const guard = state.guards.get(key)
  if (guard === undefined || guard.stopFailures > STOP_FAILURES_MAX) return
  const isLate = ts - guard.stopFailedAt > STOP_FAILURES_WITHIN_MS
  change(state, key, { stopFailures: isLate ? 1 : guard.stopFailures + 1, stopFailedAt: ts })
}

/** It has been said: not tried again and not said again before somebody sets another plan. */
export function guardUnprotected(state: EngineState, key: PositionKey): void {
  change(state, key, { stopFailures: STOP_FAILURES_MAX + 1 })
}

export function guardSet(state: EngineState, { traderId, symbol, plan }: ProtectionSet): void {
  const found = heldAt(state, traderId, symbol)
  if (found === undefined) return
  const { key, position } = found
  const before = state.guards.get(key)?.plan
  const isSameLadder = JSON.stringify(before?.ladder) === JSON.stringify(plan?.ladder)
  state.positions.set(key, { ...position, stopLoss: price(plan?.stopLoss), takeProfit: price(plan?.takeProfit) })
  const part = { plan: plan ?? undefined, highWater: undefined, closing: undefined, failures: 0, stopFailures: 0 }
  change(state, key, isSameLadder ? part : { ...part, ladderDone: 0 })
}

export function guardMoved(state: EngineState, { traderId, symbol, stopLoss, highWater, closing }: ProtectionMoved): void {
  const found = heldAt(state, traderId, symbol)
  if (found === undefined) return
  const { key, position } = found
  if (stopLoss !== undefined) state.positions.set(key, { ...position, stopLoss: Price.parse(stopLoss) })
  const part: Partial<Guard> = {
    ...(highWater === undefined ? {} : { highWater: Price.parse(highWater) }),
    ...(closing === undefined ? {} : { closing }),
  }
  change(state, key, part)
}

function heldAt(
  state: EngineState,
  traderId: TraderId,
  symbol: InstrumentSymbol,
): { readonly key: PositionKey; readonly position: HeldPosition } | undefined {
  const key = positionKey(traderId, symbol)
  const position = state.positions.get(key)
  return position === undefined || position.quantity.units === 0n ? undefined : { key, position }
}
