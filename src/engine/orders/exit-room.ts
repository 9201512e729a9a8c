import type { ClientOrderId, InstrumentSymbol, TraderId } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { isConditional, type OrderSide, type OrderType } from '#domain/order.ts'
import { differenceIdOf } from '../reconcile/differences.ts'
import { RunningSum } from '../running-sum.ts'
import { positionKey, workingTotals, type EngineState, type PositionKey, type TrackedOrder } from '../state.ts'
import { bookOf } from '../symbol-book.ts'
import { isAtExchange, isContingentExit, openQuantity, worstOpenQuantity } from './exposure.ts'

interface Holder {
  readonly traderId: TraderId
  readonly symbol: InstrumentSymbol
}

/**
 * Whether the exchange's reduce-only keeps this trader's exits from adding up to more than its position. The exchange knows only the
 * net of the account, so it does where the trader is alone on a perpetual: nobody else holds it or has an order in it there. On spot
 * there is no reduce-only; a resting sale locks its coins instead.
 */
export function isKeptByReduceOnly(state: EngineState, { traderId, symbol }: Holder): boolean {
  if (state.instruments.get(symbol)?.kind !== 'perpetual' || state.learnt.external.bySymbol.has(symbol)) return false
  const key = positionKey(traderId, symbol)
  const { open, live } = bookOf(state, symbol)
  if (open.size > 1 || (open.size === 1 && !open.has(key))) return false
  const own = { BUY: new RunningSum(), SELL: new RunningSum() }
  for (const order of workingOrders(state, key))
    if (isAtExchange(order) && !isContingentExit(order)) own[order.side].add(worstOpenQuantity(order), 1)
  return live.BUY.plus(own.BUY, -1).units === 0n && live.SELL.plus(own.SELL, -1).units === 0n
}

function* workingOrders(state: EngineState, key: PositionKey): Generator<TrackedOrder> {
  for (const id of state.workingByKey.get(key) ?? []) {
    const order = state.orders.get(id)
    if (order !== undefined) yield order
  }
}

/** An exit whose trigger the exchange watches, as far as anybody knows: it may have traded unseen. */
export function waitsAtExchange({ differences, learnt }: EngineState, order: TrackedOrder): boolean {
  if (!isContingentExit(order) || !isAtExchange(order)) return false
  return differences.size === 0 || !differences.has(differenceIdOf('ORDER_MISSING', learnt.exchange, order.clientOrderId))
}

/**
 * What orders of a trader at the exchange may take of its position. An entry from before it was opened takes of it like an exit; an
 * exit that waits there for its trigger too, unless reduce-only keeps it.
 */
export function promisedQuantity(state: EngineState, holder: Holder, side: OrderSide): Quantity {
  const key = positionKey(holder.traderId, holder.symbol)
  const { exitBuy, exitSell } = workingTotals(state, key)
  let promised = side === 'BUY' ? exitBuy : exitSell
  let waiting = Quantity.ZERO
  for (const order of workingOrders(state, key)) {
    if (order.side !== side || !isAtExchange(order)) continue
    if (!order.reduceOnly) promised = Quantity.add(promised, worstOpenQuantity(order))
    else if (waitsAtExchange(state, order)) waiting = Quantity.add(waiting, worstOpenQuantity(order))
  }
  return Quantity.isZero(waiting) || isKeptByReduceOnly(state, holder) ? promised : Quantity.add(promised, waiting)
}

/** What of a position may leave by one more exit: what is not promised, and on spot not locked. */
export function exitRoom(state: EngineState, holder: Holder, side: OrderSide, held: Quantity): Quantity {
  const room = Quantity.subtract(held, Quantity.min(held, promisedQuantity(state, holder, side)))
  return side === 'SELL' ? Quantity.min(room, unlockedCoins(state, holder.symbol) ?? room) : room
}

/** On spot: an exit of what is held finds coins locked by orders that are not ours, or fewer coins than our books say. */
export function lacksCoins(state: EngineState, holder: Holder, side: OrderSide, held: Quantity): boolean {
  const unlocked = side === 'SELL' ? unlockedCoins(state, holder.symbol) : undefined
  const due = Quantity.subtract(held, Quantity.min(held, promisedQuantity(state, holder, side)))
  return unlocked !== undefined && Quantity.compare(unlocked, due) < 0
}

/** Whether an exit may leave only after others of its position have been taken back from the exchange. */
export function mustWait(
  state: EngineState,
  exit: Holder & { readonly side: OrderSide; readonly type: OrderType; readonly reduceOnly: boolean; readonly quantity: Quantity },
): boolean {
  if (!exit.reduceOnly || isConditional(exit.type) || bookOf(state, exit.symbol).waiting.size === 0) return false
  const promised = promisedQuantity(state, exit, exit.side)
  return Quantity.compare(Quantity.add(promised, exit.quantity), heldAgainst(state, exit)) > 0
}

/** On spot: coins of all traders that no order at the exchange locks, ours or others', in whole lots. Undefined elsewhere. */
function unlockedCoins(state: EngineState, symbol: InstrumentSymbol): Quantity | undefined {
  const external = state.learnt.external.bySymbol.get(symbol)
  const instrument = state.instruments.get(symbol)
  if (external === undefined || instrument?.kind !== 'spot') return undefined
  const { net, live, waiting } = bookOf(state, symbol)
  let free = fixed.add(fixed.subtract(net.plus(live.SELL, -1), external.sell), external.position)
  for (const id of waiting) {
    const order = state.orders.get(id)
    if (order !== undefined) free = fixed.subtract(free, worstOpenQuantity(order))
  }
  if (free.units <= 0n) return Quantity.ZERO
  return Quantity.roundToLot(fixed.make<'Quantity'>(free.units, free.scale), instrument.lotSize, 'floor')
}

/** Whether a working exit, together with all others of its position, is still no more than what is held. */
export function exitFits(state: EngineState, order: TrackedOrder): boolean {
  const { exitBuy, exitSell } = workingTotals(state, positionKey(order.traderId, order.symbol))
  const promised = isContingentExit(order) ? openQuantity(order) : order.side === 'BUY' ? exitBuy : exitSell
  return Quantity.compare(promised, heldAgainst(state, order)) <= 0
}

/** What the trader holds that an exit of this side would reduce. */
export function heldAgainst(state: EngineState, { traderId, symbol, side }: Holder & { readonly side: OrderSide }): Quantity {
  const held = state.positions.get(positionKey(traderId, symbol))?.quantity
  if (held === undefined || (side === 'SELL' ? held.units <= 0n : held.units >= 0n)) return Quantity.ZERO
  return SignedQuantity.magnitude(held)
}

/**
 * An exit that waits at the exchange for more than its position will then hold. It is on its way out, and until that is
 * confirmed only the net of the account stands against it: with one more entry it could turn its position round.
 */
export function looseExit(state: EngineState, symbol: InstrumentSymbol): ClientOrderId | undefined {
  for (const id of state.books.get(symbol)?.waiting ?? []) {
    const order = state.orders.get(id)
    if (order === undefined) continue
    const { exitBuy, exitSell } = workingTotals(state, positionKey(order.traderId, symbol))
    const promised = Quantity.add(order.side === 'BUY' ? exitBuy : exitSell, worstOpenQuantity(order))
    if (Quantity.compare(promised, heldAgainst(state, order)) > 0) return id
  }
  return undefined
}
