import type { Instrument } from '#domain/instrument.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { isConditional, isWorking, releasedType, type OrderAmendment, type OrderType } from '#domain/order.ts'
import type { EngineAnswer, EngineCommand } from '../ports.ts'
import { checkOrder } from '../risk/gate.ts'
import type { OrderIntent, Refusal } from '../risk/intent.ts'
import { newestCandle, positionKey, type EngineState, type TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { promisedQuantity } from './exit-room.ts'
import { amendedPrices, isContingentExit, worstOpenQuantity } from './exposure.ts'
import { noteRequested } from './former-versions.ts'
import { recordAmended, requestCancel } from './transition.ts'

type Amend = Extract<EngineCommand, { readonly type: 'AmendOrder' }>

/**
 * Changes a working order: at once where it is watched here, in place where the exchange can, else by a cancel and a new order for
 * what is then left. Both versions stay reserved until the exchange has spoken.
 */
export function amendOrder(tx: Transaction, command: Amend): EngineAnswer {
  const { state } = tx
  const order = state.orders.get(command.clientOrderId)
  if (order === undefined)
    return { type: 'Refused', code: 'NOT_FOUND', message: `There is no open order ${command.clientOrderId}. Nothing was changed.` }
  const asked = differences(order, command)
  const instrument = state.instruments.get(order.symbol)
  const refusal = checkState(order) ?? (instrument === undefined ? undefined : checkVersion(tx, instrument, order, asked))
  if (refusal !== undefined) return refused(refusal)
  if (Object.keys(asked).length === 0)
    return { type: 'Refused', code: 'CONFLICT', message: 'The order is already like this. Nothing was changed.' }
  audit(tx, order, asked, command.by)
  if (asked.quantity !== undefined && Quantity.compare(order.filledQuantity, asked.quantity) >= 0) requestCancel(tx, order.clientOrderId)
  else requestAmend(tx, order, asked)
  return { type: 'Done', seq: 0 }
}

function refused(refusal: Refusal): EngineAnswer {
  const { reason, value = '', limit = '' } = refusal
  const code = reason === 'ORDER_NOT_WORKING' || reason === 'AMEND_PENDING' ? 'CONFLICT' : 'REFUSED'
  return {
    type: 'Refused',
    code,
    ...refusal,
    message: `${reason}: ${value}${limit === '' ? '' : ` against ${limit}`}. Nothing was changed.`,
  }
}

/** Only what is really different. */
function differences(order: TrackedOrder, { quantity, price, triggerPrice }: Amend): OrderAmendment {
  const isNew = (a: Price | undefined, b: Price | undefined) => a !== undefined && (b === undefined || Price.compare(a, b) !== 0)
  return {
    ...(quantity !== undefined && Quantity.compare(quantity, order.quantity) !== 0 ? { quantity } : {}),
    ...(isNew(price, order.price) ? { price } : {}),
    ...(isNew(triggerPrice, order.triggerPrice) ? { triggerPrice } : {}),
  }
}

function checkState(order: TrackedOrder): Refusal | undefined {
  if (!isWorking(order.status)) return { reason: 'ORDER_NOT_WORKING', value: order.status }
  if (order.amending !== undefined) return { reason: 'AMEND_PENDING', value: order.clientOrderId }
  const isSettled = order.status === 'EMULATED' || order.status === 'ACCEPTED' || order.status === 'PARTIALLY_FILLED'
  return isSettled && order.triggered !== true
    ? undefined
    : { reason: 'ORDER_NOT_WORKING', value: order.status, limit: 'an order the exchange has confirmed' }
}

/** The version that is asked for, as if it were new, in place of the present one. */
function checkVersion(tx: Transaction, instrument: Instrument, order: TrackedOrder, asked: OrderAmendment): Refusal | undefined {
  const { state } = tx
  if (state.halt !== null && !order.reduceOnly) return { reason: 'HALTED', value: state.halt.reason, limit: `since ${state.halt.since}` }
  if (state.shadow !== undefined) return { reason: 'SHADOW_MODE', value: state.shadow }
  if (!state.connected) return { reason: 'EXCHANGE_DISCONNECTED' }
  if (order.type === 'TRAILING_STOP' && asked.triggerPrice !== undefined) {
    return { reason: 'UNSUPPORTED_ORDER', value: 'trigger price', limit: 'a trailing stop sets its own' }
  }
  if (asked.triggerPrice !== undefined && !isConditional(presentType(order))) {
    return { reason: 'UNSUPPORTED_ORDER', value: `trigger ${Price.format(asked.triggerPrice)}`, limit: `${presentType(order)} has none` }
  }
  const quantity = asked.quantity ?? order.quantity
  if (Quantity.compare(order.filledQuantity, quantity) >= 0) return undefined
  const market = state.marks.get(order.symbol)?.price ?? newestCandle(state, order.symbol)?.close
  if (market === undefined) return { reason: 'NO_REFERENCE_PRICE', value: order.symbol }
  const intent = intentOfVersion(order, { ...asked, quantity }, market)
  const tooMuch = order.reduceOnly ? checkRoom(state, order, quantity) : undefined
  return tooMuch ?? checkOrder(state, instrument, intent, { instead: order })
}

/** A conditional order that was released is a plain one. */
function presentType(order: TrackedOrder): OrderType {
  return order.execution === 'EMULATED' && order.status !== 'EMULATED' ? releasedType(order.type) : order.type
}

function intentOfVersion(order: TrackedOrder, asked: OrderAmendment & { readonly quantity: Quantity }, market: Price): OrderIntent {
  const { traderId, symbol, side, purpose, reduceOnly, timeInForce, postOnly, trailing, ocoGroup } = order
  const type = presentType(order)
  const { price, triggerPrice } = amendedPrices(order, asked)
  const trigger = isConditional(type) ? triggerPrice : undefined
  const quantity = Quantity.subtract(asked.quantity, order.filledQuantity)
  const shared = { traderId, symbol, side, purpose, reduceOnly, timeInForce, postOnly, trailing, ocoGroup, type, quantity, price }
  return { ...shared, triggerPrice: trigger, referencePrice: trigger ?? market, marketPrice: market }
}

/** All exits of a position together never exceed it. */
function checkRoom(state: EngineState, order: TrackedOrder, quantity: Quantity): Refusal | undefined {
  const key = positionKey(order.traderId, order.symbol)
  const held = SignedQuantity.magnitude(state.positions.get(key)?.quantity ?? SignedQuantity.ZERO)
  const promised = promisedQuantity(state, order, order.side)
  const others = isContingentExit(order) ? Quantity.ZERO : Quantity.subtract(promised, worstOpenQuantity(order))
  const open = Quantity.subtract(quantity, order.filledQuantity)
  const closable = Quantity.subtract(held, Quantity.min(held, others))
  if (Quantity.compare(open, closable) <= 0) return undefined
  return { reason: 'QUANTITY_ABOVE_POSITION', value: Quantity.format(open), limit: Quantity.format(closable) }
}

function audit(tx: Transaction, order: TrackedOrder, asked: OrderAmendment, by: string): void {
  tx.record({
    type: 'ActionAudited',
    ts: tx.ts,
    actor: by,
    action: 'amend-order',
    target: order.clientOrderId,
    before: words(order),
    after: words(asked),
  })
}

function words({ quantity, price, triggerPrice }: OrderAmendment): string {
  const parts = [
    quantity === undefined ? [] : [`quantity ${Quantity.format(quantity)}`],
    price === undefined ? [] : [`price ${Price.format(price)}`],
    triggerPrice === undefined ? [] : [`trigger ${Price.format(triggerPrice)}`],
  ]
  return parts.flat().join(', ')
}

/** Asks for a version that was checked: at once, in place, or by a cancel and a new order. */
export function requestAmend(
  tx: Transaction,
  order: TrackedOrder,
  asked: OrderAmendment,
  { replace = !tx.state.capabilities.amend } = {},
): void {
  const { clientOrderId, symbol, traderId } = order
  if (order.status === 'EMULATED') return recordAmended(tx, order, asked, { ts: tx.ts })
  // First the cancel: a wish to replace is dropped by any cancel that comes after it.
  if (replace) requestCancel(tx, clientOrderId)
  tx.record({
    type: 'OrderAmendRequested',
    ts: tx.ts,
    clientOrderId,
    symbol,
    traderId,
    quantity: asked.quantity === undefined ? undefined : Quantity.format(asked.quantity),
    price: asked.price === undefined ? undefined : Price.format(asked.price),
    triggerPrice: asked.triggerPrice === undefined ? undefined : Price.format(asked.triggerPrice),
    replace: replace ? true : undefined,
  })
  if (replace) return
  noteRequested(tx.state, clientOrderId)
  tx.send({ type: 'AmendOrder', clientOrderId, symbol, ...asked, ts: tx.ts })
}

/** Asks again for an amendment whose answer was lost: it says how the order shall be, so that twice is like once. */
export function repeatAmend(tx: Transaction, order: TrackedOrder): void {
  const { clientOrderId, symbol, amending } = order
  if (amending !== undefined && order.replacing !== true)
    tx.send({ type: 'AmendOrder', clientOrderId, symbol, ...amending, ts: order.updatedAt })
}
