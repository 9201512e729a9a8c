import type { AlertRaised } from '#domain/facts.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { OrderPurpose, OrderSide } from '#domain/order.ts'
import { CLOSE_REFUSED } from '../apply.ts'
import { exitRoom, isKeptByReduceOnly, lacksCoins, waitsAtExchange } from '../orders/exit-room.ts'
import { isAtExchange, typeOnWire } from '../orders/exposure.ts'
import { isSilent } from '../orders/flattening.ts'
import { isStopAtExchange } from '../orders/stopped.ts'
import { submit } from '../orders/submit.ts'
import { requestAmend } from '../orders/amend.ts'
import { requestCancel } from '../orders/transition.ts'
import { newestCandle, type EngineState, type HeldPosition, type PositionKey, type TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'

/** Protective orders that end without a fill, one after the other, before it is said and waited. */
export const CLOSE_FAILURES_MAX = 3

/** Whether this engine may send anything at a price: neither halted nor away, nor is the account another's. */
export function mayAct(state: EngineState): boolean {
  return state.halt === null && state.shadow === undefined && state.connected
}

/** While the exchange has not said what became of an order of it, the size of a position is not certain. */
export function isBeingAsked(state: EngineState, key: PositionKey): boolean {
  if (state.queries.size === 0) return false
  for (const id of state.workingByKey.get(key) ?? []) if (state.queries.has(id)) return true
  return false
}

export const exitSide = (position: Pick<HeldPosition, 'quantity'>): OrderSide => (position.quantity.units > 0n ? 'SELL' : 'BUY')

/**
 * Sends a reduce-only market order for all that is held, on spot for what no order of others locks: the rest would be refused, and is
 * said. Called when nothing else works on the position. True when it was sent.
 */
export function flattenPosition(tx: Transaction, key: PositionKey, position: HeldPosition): boolean {
  const held = SignedQuantity.magnitude(position.quantity)
  const room = exitRoom(tx.state, position, exitSide(position), held)
  if (!Quantity.isZero(room)) return sendExit(tx, key, { purpose: 'FLATTEN', quantity: room })
  if (!isSilent(tx.state, key)) sayLocked(tx, position, 'FLATTEN')
  return false
}

/**
 * A level was met: what no exit has been promised is closed at once, exits that rest in the way are canceled, and the rest follows
 * when the exchange has confirmed that. From here on the position is closed whatever the price does. Exits never add up to more
 * than the position.
 */
export function beginClose(tx: Transaction, key: PositionKey, purpose: 'STOP_LOSS' | 'TAKE_PROFIT'): void {
  const position = tx.state.positions.get(key)
  if (position === undefined) return
  closeRest(tx, key, purpose)
  if (tx.state.closing.has(key) || isSilent(tx.state, key)) return
  tx.record({
    type: 'ProtectionMoved',
    ts: tx.ts,
    traderId: position.traderId,
    symbol: position.symbol,
    closing: purpose,
    cause: 'CLOSING',
  })
}

/** Goes on with every position that is being closed. Called after every input; the exchange's refusals slow it down. */
export function continueClosing(tx: Transaction): void {
  const { state } = tx
  if (state.closing.size === 0 || !mayAct(state)) return
  for (const key of [...state.closing].sort()) {
    const closing = state.guards.get(key)?.closing
    if (closing !== undefined && !isBeingAsked(state, key)) closeRest(tx, key, closing)
  }
}

function closeRest(tx: Transaction, key: PositionKey, purpose: 'STOP_LOSS' | 'TAKE_PROFIT'): void {
  const position = tx.state.positions.get(key)
  if (position === undefined || position.quantity.units === 0n) return
  const held = SignedQuantity.magnitude(position.quantity)
  const room = exitRoom(tx.state, position, exitSide(position), held)
  if (Quantity.compare(room, held) < 0) makeRoom(tx, key)
  if (!Quantity.isZero(room)) sendExit(tx, key, { purpose, quantity: room })
  if (!isSilent(tx.state, key) && lacksCoins(tx.state, position, exitSide(position), held)) sayLocked(tx, position, purpose)
}

function sayLocked(tx: Transaction, position: HeldPosition, purpose: OrderPurpose): void {
  const what = `Closing ${SignedQuantity.format(position.quantity)} ${position.symbol} (${purpose}) cannot be finished: some of it is locked by orders of others, or is not there.`
  tx.record(closeRefused(tx, position, what))
}

/**
 * Cancels what rests at the exchange and would take of a position: its exits, and entries of its trader the other way. Market orders
 * are on their way: they are waited for. Exits that wait for a trigger stay where reduce-only keeps them.
 */
export function makeRoom(tx: Transaction, key: PositionKey): void {
  const position = tx.state.positions.get(key)
  for (const id of Array.from(tx.state.workingByKey.get(key) ?? [])) {
    const order = tx.state.orders.get(id)
    if (order === undefined || position === undefined || order.side !== exitSide(position) || !isAtExchange(order)) continue
    if (typeOnWire(order) === 'MARKET') continue
    if (waitsAtExchange(tx.state, order)) {
      if (!isKeptByReduceOnly(tx.state, position)) takeBack(tx, order)
    } else if (order.status !== 'PENDING_CANCEL') requestCancel(tx, id)
  }
}

/** An exit that must not wait at the exchange any more: the stop of a plan is watched here by its plan, a person's order is replaced. */
export function takeBack(tx: Transaction, order: TrackedOrder): void {
  if (isStopAtExchange(order)) {
    if (order.status !== 'PENDING_CANCEL') requestCancel(tx, order.clientOrderId)
  } else if (isSettled(order)) requestAmend(tx, order, {}, { replace: true })
}

/** Confirmed by the exchange, and nothing is asked of it. */
export function isSettled({ status, amending }: TrackedOrder): boolean {
  return (status === 'ACCEPTED' || status === 'PARTIALLY_FILLED') && amending === undefined
}

/** A reduce-only market order; false when it could not be sent, which is said once a minute. A flattening stop does not wait so long. */
export function sendExit(
  tx: Transaction,
  key: PositionKey,
  exit: { readonly purpose: OrderPurpose; readonly quantity: Quantity; readonly ladderLevel?: number },
): boolean {
  const { state } = tx
  const position = state.positions.get(key)
  const instrument = position === undefined ? undefined : state.instruments.get(position.symbol)
  const silent = isSilent(state, key)
  if (position === undefined || instrument === undefined || (silent && exit.purpose !== 'FLATTEN')) return false
  const reference = state.marks.get(position.symbol)?.price ?? newestCandle(state, position.symbol)?.close
  if (reference === undefined) return false
  const { traderId, symbol } = position
  const quantity = fixed.trim(exit.quantity)
  const { purpose, ladderLevel } = exit
  const wanted = { traderId, symbol, side: exitSide(position), type: 'MARKET', purpose, quantity } as const
  const intent = { ...wanted, ladderLevel, referencePrice: reference, reduceOnly: true }
  const result = submit(tx, instrument, intent, { strategy: exit.purpose.toLowerCase() })
  if (!('reason' in result)) return true
  if (silent) return false
  const words = `was refused: ${result.reason} ${result.value ?? ''} against ${result.limit ?? ''}`
  tx.record(
    closeRefused(
      tx,
      position,
      `Closing ${Quantity.format(exit.quantity)} of ${SignedQuantity.format(position.quantity)} ${symbol} (${exit.purpose}) ${words}.`,
    ),
  )
  return false
}

/** Said aloud, and then kept quiet about for a while. */
export function closeRefused(tx: Transaction, { symbol, traderId }: HeldPosition, what: string): AlertRaised {
  return {
    type: 'AlertRaised',
    ts: tx.ts,
    severity: 'critical',
    code: CLOSE_REFUSED,
    symbol,
    traderId,
    message: `${what} The position is open; close it by hand.`,
  }
}
