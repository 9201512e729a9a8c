import type { OrderAmended, OrderAmendRequested, OrderFilled, OrderStatusChanged, OrderSubmitted } from '#domain/facts.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { isConditional, isWorking } from '#domain/order.ts'
import { guardAmended, guardFilled, guardStatus, guardSubmitted } from '../protection/fold-guard.ts'
import { noteFate, positionKey, type EngineState, type TrackedOrder } from '../state.ts'
import { bookOf } from '../symbol-book.ts'
import { countOrder } from './exposure.ts'

/** Orders folded from facts: the same code live and after a restart. */

const optional = <T>(text: string | undefined, read: (text: string) => T): T | undefined => (text === undefined ? undefined : read(text))

export function applySubmitted(state: EngineState, fact: OrderSubmitted): void {
  const instrument = state.instruments.get(fact.symbol)
  if (instrument === undefined) throw new Error(`fact about ${fact.symbol}, which was never listed`)
  const quantity = Quantity.parse(fact.quantity)
  const order: TrackedOrder = {
    clientOrderId: fact.clientOrderId,
    traderId: fact.traderId,
    strategy: fact.strategy,
    signalId: fact.signalId,
    exchange: fact.exchange,
    symbol: fact.symbol,
    side: fact.side,
    type: fact.orderType,
    purpose: fact.purpose,
    quantity,
    price: optional(fact.price, Price.parse),
    referencePrice: Price.parse(fact.referencePrice),
    timeInForce: fact.timeInForce ?? 'GTC',
    postOnly: fact.postOnly ?? false,
    triggerPrice: optional(fact.triggerPrice, Price.parse),
    trailing: fact.trailing,
    highWater: optional(fact.highWater, Price.parse),
    execution: fact.execution ?? 'NATIVE',
    ocoGroup: fact.ocoGroup,
    ladderLevel: fact.ladderLevel,
    replaces: fact.replaces,
    protection: fact.protection,
    reduceOnly: fact.reduceOnly,
    reduceOnlyOnWire: fact.reduceOnly && (isContingent(fact) || reducesNet(state, fact, quantity)),
    status: fact.execution === 'EMULATED' ? 'EMULATED' : 'SUBMITTED',
    filledQuantity: Quantity.ZERO,
    filledNotional: Money.zero(instrument.settle),
    createdAt: fact.ts,
    sentAt: fact.ts,
    updatedAt: fact.ts,
    stopLoss: optional(fact.stopLoss, Price.parse),
    takeProfit: optional(fact.takeProfit, Price.parse),
  }
  state.orderCount += 1
  if (order.replaces !== undefined) endReplacing(state, order.replaces)
  state.orders.set(order.clientOrderId, order)
  const key = positionKey(order.traderId, order.symbol)
  const working = state.workingByKey.get(key)
  if (working === undefined) state.workingByKey.set(key, new Set([order.clientOrderId]))
  else working.add(order.clientOrderId)
  state.workingCount += 1
  if (order.purpose === 'FLATTEN')
    state.flattenAttempts.set(key, { failed: (state.flattenAttempts.get(key)?.failed ?? 0) + 1, lastAt: fact.ts, isSaid: false })
  if (order.ocoGroup !== undefined) joinGroup(state, order.ocoGroup, order)
  countOrder(state, order, 1)
  noteFate(state, order)
  guardSubmitted(state, fact)
  if (order.status !== 'EMULATED') noteSent(state, fact.ts)
}

/** One that waits at the exchange does so only where reduce-only keeps it, whatever else is on its way. */
const isContingent = ({ orderType, execution }: OrderSubmitted): boolean => isConditional(orderType) && execution !== 'EMULATED'

/** Whether the exchange, which knows only the net of all traders, would see this order as one that reduces. */
export function reducesNet(state: EngineState, { symbol, side }: Pick<TrackedOrder, 'symbol' | 'side'>, quantity: Quantity): boolean {
  const { net, live } = bookOf(state, symbol)
  if (side === 'SELL' ? net.units <= 0n : net.units >= 0n) return false
  const free = net.plus(live[side], side === 'SELL' ? -1 : 1)
  return fixed.compare(quantity, fixed.absolute(free)) <= 0 && (side === 'SELL' ? free.units > 0n : free.units < 0n)
}

const RATE_WINDOW_MS = 1_000
function noteSent(state: EngineState, now: number): void {
  state.orderTimes.push(now)
  const keepFrom = state.orderTimes.findIndex((ts) => ts > now - RATE_WINDOW_MS)
  if (keepFrom > 0) state.orderTimes.splice(0, keepFrom)
}

function joinGroup(state: EngineState, name: string, { clientOrderId }: TrackedOrder): void {
  const group = state.ocoGroups.get(name)
  if (group === undefined) state.ocoGroups.set(name, { working: new Set([clientOrderId]), winner: undefined })
  else group.working.add(clientOrderId)
}

function leaveGroup(state: EngineState, { ocoGroup, clientOrderId }: TrackedOrder): void {
  const group = ocoGroup === undefined ? undefined : state.ocoGroups.get(ocoGroup)
  if (group === undefined || ocoGroup === undefined) return
  group.working.delete(clientOrderId)
  if (group.working.size === 0) state.ocoGroups.delete(ocoGroup)
}

function win(state: EngineState, { ocoGroup, clientOrderId }: TrackedOrder): void {
  const group = ocoGroup === undefined ? undefined : state.ocoGroups.get(ocoGroup)
  if (group !== undefined) group.winner ??= clientOrderId
}

/** Puts an order's new version in place and keeps right what is counted from it. */
function replaceOrder(state: EngineState, before: TrackedOrder, after: TrackedOrder): void {
  const wasWorking = isWorking(before.status)
  const stillWorks = isWorking(after.status)
  const next =
    stillWorks || isToBeReplaced(after) || after.amending === undefined ? after : { ...after, amending: undefined, replacing: undefined }
  state.orders.set(next.clientOrderId, next)
  noteFate(state, next)
  if (wasWorking && stillWorks && countsAlike(before, next)) return
  if (wasWorking) countOrder(state, before, -1)
  if (stillWorks) countOrder(state, next, 1)
  if (!stillWorks) close(state, next)
}

/** An order that filled completely leaves nothing to replace. */
function isToBeReplaced(order: TrackedOrder): boolean {
  return order.replacing === true && order.status !== 'FILLED'
}

/** What is counted depends on these alone; a copy keeps the parts that did not change. */
function countsAlike(a: TrackedOrder, b: TrackedOrder): boolean {
  return (
    a.quantity === b.quantity &&
    a.filledQuantity === b.filledQuantity &&
    a.price === b.price &&
    a.referencePrice === b.referencePrice &&
    a.amending === b.amending &&
    a.triggered === b.triggered &&
    (a.status === 'EMULATED') === (b.status === 'EMULATED')
  )
}

function close(state: EngineState, order: TrackedOrder): void {
  const key = positionKey(order.traderId, order.symbol)
  const working = state.workingByKey.get(key)
  if (working?.delete(order.clientOrderId) === true) {
    state.workingCount -= 1
    leaveGroup(state, order)
    if (working.size === 0) {
      state.workingByKey.delete(key)
      state.workingTotals.delete(key)
    }
  }
  if (isToBeReplaced(order)) state.replacing.add(order.clientOrderId)
  else state.replacing.delete(order.clientOrderId)
  const forgotten = state.closedOrders.add(order.clientOrderId)
  if (forgotten === undefined) return
  state.orders.delete(forgotten)
  state.replacing.delete(forgotten)
}

function endReplacing(state: EngineState, id: TrackedOrder['clientOrderId']): void {
  const order = state.orders.get(id)
  state.replacing.delete(id)
  if (order !== undefined) state.orders.set(id, { ...order, amending: undefined, replacing: undefined })
}

export function applyStatus(state: EngineState, fact: OrderStatusChanged): void {
  const order = state.orders.get(fact.clientOrderId)
  if (order === undefined) return
  guardStatus(state, order, fact)
  const changed = {
    ...order,
    status: fact.status,
    exchangeOrderId: fact.exchangeOrderId ?? order.exchangeOrderId,
    updatedAt: fact.ts,
  }
  if (order.status === 'EMULATED' && fact.status === 'SUBMITTED') applyRelease(state, order, changed)
  else replaceOrder(state, order, changed)
}

function applyRelease(state: EngineState, order: TrackedOrder, released: TrackedOrder): void {
  win(state, order)
  noteSent(state, released.updatedAt)
  replaceOrder(state, order, {
    ...released,
    triggered: undefined,
    sentAt: released.updatedAt,
    reduceOnlyOnWire: order.reduceOnly && reducesNet(state, order, order.quantity),
  })
}

/** The order's part of a fill. */
export function applyOrderFill(state: EngineState, order: TrackedOrder, fact: OrderFilled): void {
  win(state, order)
  guardFilled(state, order, fact)
  replaceOrder(state, order, {
    ...order,
    status: fact.orderStatus,
    exchangeOrderId: fact.exchangeOrderId ?? order.exchangeOrderId,
    filledQuantity: Quantity.parse(fact.orderFilledQuantity),
    filledNotional: Money.parse(fact.orderFilledNotional, fact.feeCurrency),
    updatedAt: fact.ts,
  })
}

export function applyAmendRequested(state: EngineState, fact: OrderAmendRequested): void {
  const order = state.orders.get(fact.clientOrderId)
  if (order === undefined) return
  replaceOrder(state, order, {
    ...order,
    amending: {
      quantity: optional(fact.quantity, Quantity.parse),
      price: optional(fact.price, Price.parse),
      triggerPrice: optional(fact.triggerPrice, Price.parse),
    },
    replacing: fact.replace,
    updatedAt: fact.ts,
  })
}

export function applyAmended(state: EngineState, fact: OrderAmended): void {
  const order = state.orders.get(fact.clientOrderId)
  if (order === undefined) return
  state.replacing.delete(fact.clientOrderId)
  guardAmended(state, order, fact)
  const quantity = Quantity.parse(fact.quantity)
  const price = optional(fact.price, Price.parse)
  const triggerPrice = optional(fact.triggerPrice, Price.parse)
  const next: TrackedOrder = {
    ...order,
    quantity,
    price,
    triggerPrice,
    referencePrice: referenceAfter(order, triggerPrice),
    highWater: optional(fact.highWater, Price.parse) ?? order.highWater,
    triggered: fact.triggered,
    amending: undefined,
    replacing: undefined,
    sentAt: losesPriority(order, quantity, price) ? fact.ts : order.sentAt,
    updatedAt: fact.ts,
  }
  if (isWorking(order.status)) replaceOrder(state, order, next)
  else state.orders.set(next.clientOrderId, next)
}

/** A conditional order is valued at its trigger. A trailing stop keeps the value it was placed at: its trigger never stands still. */
function referenceAfter(order: TrackedOrder, triggerPrice: Price | undefined): Price {
  return isConditional(order.type) && order.type !== 'TRAILING_STOP' && triggerPrice !== undefined ? triggerPrice : order.referencePrice
}

/** Another price or a larger size goes to the end of the queue, as on every exchange. */
function losesPriority(order: TrackedOrder, quantity: Quantity, price: Price | undefined): boolean {
  if (order.status === 'EMULATED') return false
  const samePrice = price === undefined || order.price === undefined ? price === order.price : Price.compare(price, order.price) === 0
  return !samePrice || Quantity.compare(quantity, order.quantity) > 0
}

/** Of a snapshot: what is counted from an order that works, but for the money, which the snapshot holds. */
export function indexOrder(state: EngineState, order: TrackedOrder): void {
  state.orders.set(order.clientOrderId, order)
  if (isToBeReplaced(order) && !isWorking(order.status)) state.replacing.add(order.clientOrderId)
  if (!isWorking(order.status)) return
  const key = positionKey(order.traderId, order.symbol)
  const working = state.workingByKey.get(key) ?? new Set()
  state.workingByKey.set(key, working.add(order.clientOrderId))
  state.workingCount += 1
  if (order.ocoGroup !== undefined) joinGroup(state, order.ocoGroup, order)
  countOrder(state, order, 1, { money: false })
  noteFate(state, order)
}
