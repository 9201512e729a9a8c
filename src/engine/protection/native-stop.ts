import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { requestAmend } from '../orders/amend.ts'
import { heldAgainst, isKeptByReduceOnly, waitsAtExchange } from '../orders/exit-room.ts'
import { reducesNet } from '../orders/fold-orders.ts'
import { isStopAtExchange } from '../orders/stopped.ts'
import { place } from '../orders/submit.ts'
import { requestCancel } from '../orders/transition.ts'
import { checkOrder } from '../risk/gate.ts'
import type { OrderIntent } from '../risk/intent.ts'
import { newestCandle, type EngineState, type HeldPosition, type PositionKey, type TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { beginClose, exitSide, isBeingAsked, isSettled, mayAct, takeBack } from './close-position.ts'
import { STOP_FAILURES_MAX, UNPROTECTED } from './fold-guard.ts'
import { isLong } from './levels.ts'

/** The stop of a position that waits at the exchange, if it has one. */
export function stopAtExchange(state: EngineState, key: PositionKey): TrackedOrder | undefined {
  for (const id of state.workingByKey.get(key) ?? []) {
    const order = state.orders.get(id)
    if (order !== undefined && isStopAtExchange(order)) return order
  }
  return undefined
}

/** Whether the exchange has confirmed a stop for all of the position at the level in force: only then is it left to the exchange. */
export function isGuardedByExchange(state: EngineState, key: PositionKey, position: HeldPosition): boolean {
  const { stopLoss } = position
  const order = state.capabilities.orderTypes.includes('STOP_MARKET') ? stopAtExchange(state, key) : undefined
  if (order === undefined || stopLoss === undefined || order.amending !== undefined) return false
  const isConfirmed = order.status === 'ACCEPTED' || order.status === 'PARTIALLY_FILLED'
  return isConfirmed && isAsWanted(order, wantedStop(state, position, stopLoss))
}

/**
 * Keeps one reduce-only stop at the exchange for each position that has one in force: placed, moved with it, resized after every
 * fill. Where others hold the instrument or have an entry in it there is none: the exchange knows only the net of all, and its
 * reduce-only would not keep one trader's stop from turning another's position. On spot there is none either: a resting sale locks
 * the coins, and every other way out would be refused for want of them. The stop is then watched here. Called after every input.
 */
export function keepStops(tx: Transaction): void {
  const { state } = tx
  if (!state.connected) {
    state.areStopsChecked = false
    state.stopsCrossed.clear()
    return
  }
  if (!state.capabilities.orderTypes.includes('STOP_MARKET') || !mayAct(state) || !state.reconciled) return
  if (!state.areStopsChecked) {
    state.areStopsChecked = true
    for (const { open } of state.books.values()) for (const key of open) state.stopsToCheck.add(key)
  }
  if (state.stopsToCheck.size === 0) return
  for (const key of [...state.stopsToCheck].sort()) if (keepStop(tx, key)) state.stopsToCheck.delete(key)
}

/** False when it has to be looked at again after the next input. */
function keepStop(tx: Transaction, key: PositionKey): boolean {
  const { state } = tx
  const position = state.positions.get(key)
  if (position === undefined || position.quantity.units === 0n || state.closing.has(key)) return true
  if (isBeingAsked(state, key)) return false
  const order = stopAtExchange(state, key)
  const { stopLoss } = position
  const mayRest = isKeptByReduceOnly(state, position)
  const isTended = tendOrders(tx, key, mayRest)
  if (stopLoss === undefined || !mayRest) {
    if (order !== undefined && order.status !== 'PENDING_CANCEL') requestCancel(tx, order.clientOrderId)
    return isTended
  }
  const wanted = wantedStop(state, position, stopLoss)
  if (order !== undefined && (state.guards.get(key)?.stopFailures ?? 0) !== STOP_FAILURES_MAX) return follow(tx, order, wanted) && isTended
  const failures = state.guards.get(key)?.stopFailures ?? 0
  if (failures === STOP_FAILURES_MAX) unprotected(tx, key, position)
  else if (failures < STOP_FAILURES_MAX) placeStop(tx, position, wanted)
  return isTended
}

/** A person's own exits that wait at the exchange: cut to what is left, and taken back where they may not wait. */
function tendOrders(tx: Transaction, key: PositionKey, mayRest: boolean): boolean {
  let isDone = true
  for (const id of Array.from(tx.state.workingByKey.get(key) ?? [])) {
    const order = tx.state.orders.get(id)
    if (order === undefined || isStopAtExchange(order) || !waitsAtExchange(tx.state, order)) continue
    const held = heldAgainst(tx.state, order)
    const isTooLarge = !Quantity.isZero(held) && Quantity.compare(order.quantity, held) > 0
    if (mayRest && !isTooLarge) continue
    if (!isSettled(order)) isDone = order.status === 'PENDING_CANCEL' && isDone
    else if (mayRest) requestAmend(tx, order, { quantity: held })
    else takeBack(tx, order)
  }
  return isDone
}

interface WantedStop {
  readonly quantity: Quantity
  readonly triggerPrice: Price
}

function wantedStop(state: EngineState, position: HeldPosition, stopLoss: Price): WantedStop {
  const tick = state.instruments.get(position.symbol)?.tickSize
  const triggerPrice = tick === undefined ? stopLoss : Price.roundToTick(stopLoss, tick, isLong(position) ? 'ceil' : 'floor')
  return { quantity: SignedQuantity.magnitude(position.quantity), triggerPrice }
}

function isAsWanted({ quantity, filledQuantity, triggerPrice }: TrackedOrder, wanted: WantedStop): boolean {
  const open = Quantity.subtract(quantity, Quantity.min(quantity, filledQuantity))
  return (
    triggerPrice !== undefined && Quantity.compare(open, wanted.quantity) === 0 && Price.compare(triggerPrice, wanted.triggerPrice) === 0
  )
}

/** Moves and resizes the stop. One that is on its way is waited for; one that begins to fill is on its way to the end. */
function follow(tx: Transaction, order: TrackedOrder, wanted: WantedStop): boolean {
  if (isAsWanted(order, wanted)) return true
  if (order.status !== 'ACCEPTED' || order.amending !== undefined) return order.status === 'PARTIALLY_FILLED'
  const { triggerPrice } = order
  const isMoved = triggerPrice === undefined || Price.compare(triggerPrice, wanted.triggerPrice) !== 0
  const isResized = Quantity.compare(order.quantity, wanted.quantity) !== 0
  if (!isOnItsSide(tx.state, order, wanted)) return true
  requestAmend(tx, order, {
    ...(isResized ? { quantity: wanted.quantity } : {}),
    ...(isMoved ? { triggerPrice: wanted.triggerPrice } : {}),
  })
  return true
}

function isOnItsSide(state: EngineState, { symbol, side }: Pick<OrderIntent, 'symbol' | 'side'>, { triggerPrice }: WantedStop): boolean {
  const market = state.marks.get(symbol)?.price ?? newestCandle(state, symbol)?.close
  if (market === undefined) return false
  return side === 'SELL' ? Price.compare(triggerPrice, market) < 0 : Price.compare(triggerPrice, market) > 0
}

/** Where our own gate refuses it, the stop stays watched here. */
function placeStop(tx: Transaction, position: HeldPosition, { quantity, triggerPrice }: WantedStop): void {
  const { state } = tx
  const { traderId, symbol } = position
  const instrument = state.instruments.get(symbol)
  const marketPrice = state.marks.get(symbol)?.price ?? newestCandle(state, symbol)?.close
  if (instrument === undefined || marketPrice === undefined) return
  const shared = { traderId, symbol, side: exitSide(position), type: 'STOP_MARKET', purpose: 'STOP_LOSS', reduceOnly: true } as const
  const intent: OrderIntent = { ...shared, quantity, triggerPrice, referencePrice: triggerPrice, marketPrice }
  if (!reducesNet(state, intent, quantity) || checkOrder(state, instrument, intent) !== undefined) return
  place(tx, instrument, intent, { strategy: 'stop_loss' })
}

/** The exchange will not have the stop: the person's policy decides. Said once, until something about the stop changes. */
function unprotected(tx: Transaction, key: PositionKey, { traderId, symbol, stopLoss, quantity }: HeldPosition): void {
  const { unprotectedPolicy } = tx.state.limits
  const isAlarmOnly = unprotectedPolicy === 'ALARM'
  const then = isAlarmOnly ? 'It is watched by this program alone; place a stop by hand.' : 'It is closed at the market.'
  const level = stopLoss === undefined ? '' : Price.format(stopLoss)
  tx.record({
    type: 'AlertRaised',
    ts: tx.ts,
    severity: 'critical',
    code: UNPROTECTED,
    symbol,
    traderId,
    message: `The exchange refused the stop at ${level} for ${SignedQuantity.format(quantity)} ${symbol} of ${traderId} ${STOP_FAILURES_MAX} times. ${then}`,
  })
  if (!isAlarmOnly) beginClose(tx, key, 'STOP_LOSS')
}
