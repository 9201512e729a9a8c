import type { Instrument } from '#domain/instrument.ts'
import * as fixed from '#domain/money/fixed.ts'
import type { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { isConditional, type OrderSide } from '#domain/order.ts'
import type { Signal } from '#domain/signal.ts'
import type { ManualOrder } from '../ports.ts'
import { wantedProtection } from '../protection/plan.ts'
import type { OrderIntent, Refusal } from '../risk/intent.ts'
import { positionKey, workingTotals, type EngineState } from '../state.ts'
import { firstTrigger } from './trailing-orders.ts'

export type Sized = { readonly intent: OrderIntent } | { readonly refusal: Refusal }

/** Turns a signal into a sized order, or says why it cannot. A close never grows or flips a position. */
export function intentOfSignal(state: EngineState, instrument: Instrument, signal: Signal, reference: Price): Sized {
  const held = state.positions.get(positionKey(signal.traderId, signal.symbol))?.quantity ?? SignedQuantity.ZERO
  const closes = signal.action === 'CLOSE_LONG' || signal.action === 'CLOSE_SHORT'
  const side: OrderSide = signal.action === 'BUY' || signal.action === 'CLOSE_SHORT' ? 'BUY' : 'SELL'
  const opposite = side === 'BUY' ? held.units < 0n : held.units > 0n
  if (closes || opposite) return exitIntent(state, signal, { side, held, reference })
  return entryIntent(state, instrument, signal, { side, reference })
}

function exitIntent(
  state: EngineState,
  signal: Signal,
  at: { readonly side: OrderSide; readonly held: SignedQuantity; readonly reference: Price },
): Sized {
  const { side, held, reference } = at
  const holds = side === 'SELL' ? held.units > 0n : held.units < 0n
  if (!holds) return { refusal: { reason: 'NOTHING_TO_CLOSE', value: signal.action, limit: text(held) } }
  const size = SignedQuantity.magnitude(held)
  const exiting = exitingQuantity(state, signal, side)
  if (Quantity.compare(exiting, size) >= 0) {
    return { refusal: { reason: 'ALREADY_CLOSING', value: text(exiting), limit: text(size) } }
  }
  const closable = Quantity.subtract(size, exiting)
  const quantity = signal.quantity ?? closable
  if (Quantity.compare(quantity, closable) > 0) {
    return { refusal: { reason: 'QUANTITY_ABOVE_POSITION', value: text(quantity), limit: text(closable) } }
  }
  return {
    intent: {
      ...base(signal),
      side,
      type: 'MARKET',
      purpose: 'EXIT',
      quantity: fixed.trim(quantity),
      referencePrice: reference,
      reduceOnly: true,
    },
  }
}

function exitingQuantity(state: EngineState, of: Pick<Signal, 'traderId' | 'symbol'>, side: OrderSide): Quantity {
  const { entryBuy, exitBuy, entrySell, exitSell } = workingTotals(state, positionKey(of.traderId, of.symbol))
  let exiting = side === 'BUY' ? Quantity.add(entryBuy, exitBuy) : Quantity.add(entrySell, exitSell)
  for (const id of state.triggered) {
    const order = state.orders.get(id)
    if (order?.reduceOnly === true && order.side === side && order.traderId === of.traderId && order.symbol === of.symbol)
      exiting = Quantity.add(exiting, order.quantity)
  }
  return exiting
}

function entryIntent(
  state: EngineState,
  instrument: Instrument,
  signal: Signal,
  at: { readonly side: OrderSide; readonly reference: Price },
): Sized {
  const { side, reference } = at
  if (side === 'SELL' && instrument.kind === 'spot') {
    return { refusal: { reason: 'SHORT_SELLING_NOT_ALLOWED', value: signal.action, limit: 'spot' } }
  }
  const checked = wantedProtection(signal, side, reference)
  if ('refusal' in checked) return checked
  const quantity = signal.quantity ?? sizeByNotional(state, instrument, signal, reference)
  return {
    intent: {
      ...base(signal),
      side,
      type: 'MARKET',
      purpose: 'ENTRY',
      quantity,
      referencePrice: reference,
      reduceOnly: false,
      ...checked.wanted,
    },
  }
}

/** The trader's order notional at the reference price, rounded down to the lot. */
function sizeByNotional(state: EngineState, instrument: Instrument, signal: Signal, reference: Price): Quantity {
  const orderNotional = state.traders.get(signal.traderId)?.config.orderNotional ?? '0'
  const raw = fixed.divide<'Quantity'>(fixed.parse(orderNotional), reference, SIZING_SCALE, 'floor')
  return Quantity.roundToLot(raw, instrument.lotSize, 'floor')
}
const SIZING_SCALE = 18

const base = (of: Pick<Signal, 'traderId' | 'symbol'>) => ({ traderId: of.traderId, symbol: of.symbol })

/** A person's own order. Without reduce-only it may not oppose an open position: closing is said plainly or not done. */
export function intentOfOrder(state: EngineState, instrument: Instrument, order: ManualOrder, market: Price): Sized {
  const held = state.positions.get(positionKey(order.traderId, order.symbol))?.quantity ?? SignedQuantity.ZERO
  const opposite = order.side === 'BUY' ? held.units < 0n : held.units > 0n
  if (order.type === 'TRAILING_STOP' && order.triggerPrice !== undefined) {
    return { refusal: { reason: 'UNSUPPORTED_ORDER', value: 'trigger price', limit: 'a trailing stop sets its own' } }
  }
  const trigger = order.type === 'TRAILING_STOP' ? firstTrigger(state, instrument, order, market) : { triggerPrice: order.triggerPrice }
  const shared = {
    ...base(order),
    side: order.side,
    type: order.type,
    quantity: order.quantity,
    price: order.price,
    timeInForce: order.timeInForce,
    postOnly: order.postOnly,
    trailing: order.trailing,
    ...trigger,
    referencePrice: (isConditional(order.type) ? trigger.triggerPrice : undefined) ?? market,
    marketPrice: market,
  }
  if (order.reduceOnly) {
    if (!opposite) return { refusal: { reason: 'NOTHING_TO_CLOSE', value: order.side, limit: text(held) } }
    const size = SignedQuantity.magnitude(held)
    const promised = isConditional(order.type) ? Quantity.ZERO : exitingQuantity(state, order, order.side)
    const closable = Quantity.subtract(size, Quantity.min(size, promised))
    if (Quantity.compare(order.quantity, closable) > 0) {
      return { refusal: { reason: 'QUANTITY_ABOVE_POSITION', value: text(order.quantity), limit: text(closable) } }
    }
    return { intent: { ...shared, purpose: 'EXIT', reduceOnly: true } }
  }
  if (opposite) return { refusal: { reason: 'OPPOSITE_POSITION_OPEN', value: order.side, limit: text(held) } }
  if (order.side === 'SELL' && instrument.kind === 'spot')
    return { refusal: { reason: 'SHORT_SELLING_NOT_ALLOWED', value: 'SELL', limit: 'spot' } }
  const checked = wantedProtection(order, order.side, order.price ?? shared.referencePrice)
  if ('refusal' in checked) return checked
  return { intent: { ...shared, purpose: 'ENTRY', reduceOnly: false, ...checked.wanted } }
}

/** Of sums, whose padding depends on what they were added up from. */
const text = (value: Quantity | SignedQuantity): string => fixed.format(fixed.trim<string>(value))
