import type { Instrument } from '#domain/instrument.ts'
import { Money, notional } from '#domain/money/money.ts'
import type { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { isConditional, isWorking, releasedType, type OrderType } from '#domain/order.ts'
import { positionKey, workingTotals, type EngineState, type PositionKey, type TrackedOrder, type WorkingTotals } from '../state.ts'
import { addResting, bookOf, removeResting } from '../symbol-book.ts'

/** What may still fill, and so what an order still reserves. Nothing when the exchange filled more than was ordered. */
export function openQuantity(order: Pick<TrackedOrder, 'quantity' | 'filledQuantity'>): Quantity {
  return Quantity.subtract(order.quantity, Quantity.min(order.quantity, order.filledQuantity))
}

/** While an order is being amended it counts as the larger of both versions. */
export function worstOpenQuantity(order: TrackedOrder): Quantity {
  const open = openQuantity(order)
  const wanted = order.amending?.quantity
  if (wanted === undefined) return open
  const amended = openQuantity({ quantity: wanted, filledQuantity: order.filledQuantity })
  return Quantity.compare(amended, open) > 0 ? amended : open
}

/** Working, and known to the exchange or on the way there. */
export function isAtExchange(order: TrackedOrder): boolean {
  return isWorking(order.status) && order.status !== 'EMULATED'
}

/** What the exchange is asked for: an emulated order reaches it only after its trigger, as a plain one. */
export function typeOnWire(order: Pick<TrackedOrder, 'type' | 'execution'>): OrderType {
  return order.execution === 'EMULATED' ? releasedType(order.type) : order.type
}

/**
 * An exit that waits for its trigger. It commits nothing of the position: here it is cut to what is left when it is released, at the
 * exchange reduce-only does it. One that has begun to fill has met its trigger.
 */
export function isContingentExit(order: TrackedOrder): boolean {
  return order.reduceOnly && (order.status === 'EMULATED' || (isConditional(typeOnWire(order)) && Quantity.isZero(order.filledQuantity)))
}

/** Counts in (+1) or out (−1) all that a working order may still do. Without `money` only the quantities: a snapshot holds the money. */
export function countOrder(state: EngineState, order: TrackedOrder, direction: 1 | -1, { money } = { money: true }): void {
  const key = positionKey(order.traderId, order.symbol)
  const open = worstOpenQuantity(order)
  const totals = { ...workingTotals(state, key) }
  if (!isContingentExit(order)) {
    const name = totalOf(order)
    totals[name] = moved(totals[name], open, direction)
    state.workingTotals.set(key, totals)
  }
  if (!order.reduceOnly) {
    if (money) reserve(state, order, direction)
    noteExposed(state, key, totals)
  }
  countInBook(state, order, open, direction)
}

function totalOf({ reduceOnly, side }: TrackedOrder): keyof WorkingTotals {
  if (reduceOnly) return side === 'BUY' ? 'exitBuy' : 'exitSell'
  return side === 'BUY' ? 'entryBuy' : 'entrySell'
}

const moved = (total: Quantity, by: Quantity, direction: 1 | -1): Quantity =>
  direction === 1 ? Quantity.add(total, by) : Quantity.subtract(total, by)

function countInBook(state: EngineState, order: TrackedOrder, open: Quantity, direction: 1 | -1): void {
  const book = bookOf(state, order.symbol)
  const { clientOrderId, side, price } = order
  if (order.status === 'EMULATED') {
    if (direction === 1) book.emulated.add(clientOrderId)
    else book.emulated.delete(clientOrderId)
    if (direction === 1 && order.triggered === true) state.triggered.add(clientOrderId)
    else state.triggered.delete(clientOrderId)
    return
  }
  if (isContingentExit(order)) {
    if (direction === 1) book.waiting.add(clientOrderId)
    else book.waiting.delete(clientOrderId)
    return
  }
  book.live[side].add(open, direction)
  if (price === undefined || typeOnWire(order) !== 'LIMIT') return
  if (direction === 1) addResting(book, side, clientOrderId, price)
  else removeResting(book, side, clientOrderId)
}

/** What an order of this price and quantity is counted at. */
export function valueOf(
  order: { readonly price?: Price | undefined; readonly referencePrice: Price },
  quantity: Quantity,
  instrument: Instrument,
): Money {
  return notional(order.price ?? order.referencePrice, quantity, instrument.settle)
}

/** The money a working order reserves: the worse of both versions while it is being amended. */
export function reservedBy(order: TrackedOrder, instrument: Instrument): Money {
  if (order.reduceOnly) return Money.zero(instrument.settle)
  const present = valueOf(order, openQuantity(order), instrument)
  const { amending } = order
  if (amending === undefined) return present
  const wanted = { quantity: amending.quantity ?? order.quantity, filledQuantity: order.filledQuantity }
  return Money.max(present, valueOf(amendedPrices(order, amending), openQuantity(wanted), instrument))
}

/** The prices of the version that is asked for. */
export function amendedPrices(
  order: TrackedOrder,
  { price, triggerPrice }: NonNullable<TrackedOrder['amending']>,
): Pick<TrackedOrder, 'price' | 'triggerPrice' | 'referencePrice'> {
  return {
    price: price ?? order.price,
    triggerPrice: triggerPrice ?? order.triggerPrice,
    referencePrice: triggerPrice ?? order.referencePrice,
  }
}

function reserve(state: EngineState, order: TrackedOrder, direction: 1 | -1): void {
  const instrument = state.instruments.get(order.symbol)
  if (instrument === undefined) throw new Error(`order in ${order.symbol}, which was never listed`)
  const account = state.accounts.get(instrument.settle)
  if (account === undefined) return
  const value = reservedBy(order, instrument)
  account.reserved = Money.trim(direction === 1 ? Money.add(account.reserved, value) : Money.subtract(account.reserved, value))
}

/** Keeps the list of traders' instruments that hold or may hold a position. */
export function noteExposed(state: EngineState, key: PositionKey, { entryBuy, entrySell } = workingTotals(state, key)): void {
  const isHeld = (state.positions.get(key)?.quantity.units ?? 0n) !== 0n
  if (isHeld || !Quantity.isZero(entryBuy) || !Quantity.isZero(entrySell)) state.exposed.add(key)
  else state.exposed.delete(key)
}
