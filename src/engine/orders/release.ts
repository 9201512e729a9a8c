import * as fixed from '#domain/money/fixed.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { releasedType } from '#domain/order.ts'
import { isBeingAsked, makeRoom, mayAct } from '../protection/close-position.ts'
import { seenBy, type PriceRange } from '../protection/price-range.ts'
import { checkEntryDoors } from '../risk/doors.ts'
import { checkOrder } from '../risk/gate.ts'
import type { OrderIntent, Refusal } from '../risk/intent.ts'
import { waitsAbove } from '../risk/order-shape.ts'
import { positionKey, workingTotals, type EngineState, type TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { exitRoom, heldAgainst, looseExit } from './exit-room.ts'
import { cancelSiblings } from './oco.ts'
import { clearTheWay, send } from './submit.ts'
import { isToBeStopped } from './stopped.ts'
import { trail } from './trailing-orders.ts'
import { recordAmended, transition } from './transition.ts'

/**
 * Looks whether a range of prices meets the trigger of an order that is watched here, and sends those that it does. Within a range
 * nobody knows what came first: a trailing stop is met by its trigger as it stood before, else follows the best price, and is
 * then met if the price has come back beyond it.
 */
export function watchTriggers(tx: Transaction, range: PriceRange): void {
  const { state } = tx
  const watched = state.books.get(range.symbol)?.emulated
  if (watched === undefined || watched.size === 0 || !mayAct(state)) return
  for (const id of Array.from(watched)) {
    const order = state.orders.get(id)
    if (order === undefined || order.status !== 'EMULATED' || order.triggered === true) continue
    if (isMet(tx, order, seenBy(range, order.createdAt))) release(tx, id, range.last)
  }
}

function isMet(tx: Transaction, order: TrackedOrder, { low, high, last }: PriceRange): boolean {
  const above = waitsAbove(order.type, order.side)
  const isBeyond = (price: Price, trigger: Price) => (above ? Price.compare(price, trigger) >= 0 : Price.compare(price, trigger) <= 0)
  if (order.triggerPrice === undefined) return false
  if (isBeyond(above ? high : low, order.triggerPrice)) return true
  if (order.type !== 'TRAILING_STOP') return false
  trail(tx, order, above ? low : high)
  const moved = tx.state.orders.get(order.clientOrderId)?.triggerPrice
  return moved !== undefined && isBeyond(last, moved)
}

/** Goes on with exits whose trigger was met and that wait for others to be canceled. Called after every input. */
export function continueTriggered(tx: Transaction): void {
  const { state } = tx
  if (state.triggered.size === 0 || state.shadow !== undefined || !state.connected) return
  for (const id of [...state.triggered].sort()) {
    const order = state.orders.get(id)
    const mark = order === undefined ? undefined : state.marks.get(order.symbol)
    if (order === undefined || mark === undefined || isToBeStopped(state, order)) continue
    release(tx, id, mark.price)
  }
}

/** An exit of the same side is on its way: after an entry it would add to what it was to close. */
function isClosing(state: EngineState, { traderId, symbol, side }: TrackedOrder): boolean {
  const { exitBuy, exitSell } = workingTotals(state, positionKey(traderId, symbol))
  return !Quantity.isZero(side === 'BUY' ? exitBuy : exitSell)
}

/**
 * The trigger is met: through the gate again, and out under the order's own id. An exit is first cut to what is left of the position,
 * and waits until exits that rest in its way are canceled, so that together they can never turn it.
 */
function release(tx: Transaction, id: TrackedOrder['clientOrderId'], market: Price): void {
  const order = tx.state.orders.get(id)
  if (order === undefined || order.status !== 'EMULATED') return
  if (!order.reduceOnly) {
    // Nothing new before the account is known and every exit has its place; the price may come again.
    if (tx.state.reconciled && looseExit(tx.state, order.symbol) === undefined && !isClosing(tx.state, order))
      sendReleased(tx, order, market)
    return
  }
  const key = positionKey(order.traderId, order.symbol)
  if (isBeingAsked(tx.state, key)) return
  const held = heldAgainst(tx.state, order)
  const wanted = Quantity.min(order.quantity, held)
  const room = exitRoom(tx.state, order, order.side, held)
  if (Quantity.compare(room, wanted) < 0) {
    if (order.triggered !== true) {
      recordAmended(
        tx,
        order,
        { triggered: true },
        { ts: tx.ts, reason: `met at ${Price.format(market)}; waits for exits in its way to be canceled` },
      )
    }
    makeRoom(tx, key)
    return
  }
  if (!Quantity.isZero(wanted) && Quantity.compare(wanted, order.quantity) < 0) {
    recordAmended(tx, order, { quantity: fixed.trim(wanted) }, { ts: tx.ts, reason: 'cut to what is left of the position' })
  }
  const cut = tx.state.orders.get(id)
  if (cut !== undefined) sendReleased(tx, cut, market)
}

function sendReleased(tx: Transaction, order: TrackedOrder, market: Price): void {
  const intent = releasedIntent(order, market)
  const refusal = refuseRelease(tx, order, intent)
  if (refusal !== undefined) return refuse(tx, order, refusal)
  transition(tx, order, 'RELEASE', { ts: tx.ts, reason: `trigger met at ${Price.format(market)}` })
  const released = tx.state.orders.get(order.clientOrderId)
  if (released === undefined) return
  cancelSiblings(tx, released)
  clearTheWay(tx, intent)
  send(tx, released)
}

function releasedIntent(order: TrackedOrder, market: Price): OrderIntent {
  const { traderId, symbol, side, purpose, quantity, price, reduceOnly, timeInForce, postOnly } = order
  const type = releasedType(order.type)
  return { traderId, symbol, side, purpose, quantity, price, reduceOnly, timeInForce, postOnly, type, referencePrice: market }
}

function refuseRelease(tx: Transaction, order: TrackedOrder, intent: OrderIntent): Refusal | undefined {
  const { state } = tx
  const instrument = state.instruments.get(order.symbol)
  if (instrument === undefined) return { reason: 'UNKNOWN_SYMBOL', value: order.symbol }
  if (order.reduceOnly && Quantity.isZero(heldAgainst(state, order))) return { reason: 'NOTHING_TO_CLOSE', value: order.side }
  const doors = order.reduceOnly ? undefined : checkEntryDoors(state, order)
  return doors ?? checkOrder(state, instrument, intent, { instead: order, isPriceKnown: true })
}

function refuse(tx: Transaction, order: TrackedOrder, { reason, value = '', limit = '' }: Refusal): void {
  const words = `${reason} ${value} against ${limit}`.trim()
  transition(tx, order, 'REJECT', { ts: tx.ts, reason: words })
  tx.record({
    type: 'AlertRaised',
    ts: tx.ts,
    severity: order.reduceOnly ? 'critical' : 'warning',
    code: 'ORDER_NOT_RELEASED',
    symbol: order.symbol,
    traderId: order.traderId,
    message: `The trigger of ${order.type} order ${order.clientOrderId} was met, and our own rules refused to send it: ${words}. It is over; nothing was sent.`,
  })
}
