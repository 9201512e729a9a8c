import type { Difference } from '#domain/difference.ts'
import type { ClientOrderId } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { isWorking } from '#domain/order.ts'
import { isAtExchange } from '../orders/exposure.ts'
import type { VenueOrder } from '../ports.ts'
import type { EngineState, TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { onRecord, type Comparison } from './comparison.ts'
import { closeAsGone, differenceIdOf } from './differences.ts'
import type { AccountQuestion } from './learnt.ts'
import { changedId } from './missing-fills.ts'
import { OurOrders } from './our-orders.ts'
import { found, missingId, settleIfAbsent } from './outcomes.ts'
import { ask, inquiryOf, ORDER_ANSWER_DEADLINE_MS } from './questions.ts'
import type { ReadableAccount } from './read-account.ts'

/** The orders of both sides: what the exchange lists, and what of ours it does not. */
export function compareOrders(
  tx: Transaction,
  { openOrders, unreadableSymbols }: ReadableAccount,
  question: AccountQuestion,
  comparison: Comparison,
): void {
  const { touchedOrders } = tx.state.learnt.account
  const ours = new OurOrders(tx.state)
  const listed = new Set<ClientOrderId>()
  const listedExternal = new Set<string>()
  for (const venue of openOrders) {
    const order = ours.find(venue)
    if (order === undefined) {
      const difference = externalOrder(tx.state, venue)
      listedExternal.add(difference.differenceId)
      comparison.externalOrders.push(venue)
      comparison.differs(difference)
      continue
    }
    listed.add(order.clientOrderId)
    if (touchedOrders.has(order.clientOrderId)) continue
    if (isWorking(order.status)) compareListed(tx, order, venue, comparison)
    else stillOpen(tx.state, order, venue, comparison)
  }
  for (const ids of tx.state.workingByKey.values()) {
    for (const id of ids) {
      const order = tx.state.orders.get(id)
      if (order === undefined || listed.has(id) || touchedOrders.has(id) || !isAtExchange(order)) continue
      if (unreadableSymbols.has(order.symbol)) ask(tx, order)
      else absent(tx, order, question)
    }
  }
  closeEnded(tx, listed, listedExternal)
}

/** Differences about orders that both sides have done with. */
function closeEnded(tx: Transaction, listed: ReadonlySet<ClientOrderId>, listedExternal: ReadonlySet<string>): void {
  for (const { kind, differenceId, clientOrderId } of onRecord(tx.state)) {
    if (kind === 'ORDER_EXTERNAL' && !listedExternal.has(differenceId)) closeAsGone(tx, differenceId)
    if (kind !== 'ORDER_MISSING' && kind !== 'ORDER_CHANGED') continue
    const id = (clientOrderId ?? '') as ClientOrderId
    const order = tx.state.orders.get(id)
    if ((order === undefined || !isWorking(order.status)) && !listed.has(id)) closeAsGone(tx, differenceId)
  }
}

function compareListed(tx: Transaction, before: TrackedOrder, venue: VenueOrder, comparison: Comparison): void {
  const { learnt } = tx.state
  const { clientOrderId, symbol } = before
  const { exchangeOrderId, quantity, price, triggerPrice, filledQuantity } = venue
  const shown = { exchangeOrderId, quantity, price, triggerPrice, filledQuantity }
  if (needsWord(tx.state, before, venue))
    found(tx, before, { type: 'OrderFound', clientOrderId, symbol, ts: tx.ts, status: 'OPEN', ...shown })
  tx.state.queries.delete(clientOrderId)
  learnt.waiting.delete(clientOrderId)
  const order = tx.state.orders.get(clientOrderId)
  // Fills that are being fetched and amendments on their way explain what differs.
  if (order === undefined || order.amending !== undefined || tx.state.learnt.inquiries.get(clientOrderId)?.end !== undefined) return
  const id = changedId(tx.state, clientOrderId)
  if (isSame(order, venue)) {
    learnt.changed.delete(clientOrderId)
    comparison.agrees(id)
    return
  }
  learnt.changed.set(clientOrderId, venue)
  comparison.differs({
    differenceId: id,
    kind: 'ORDER_CHANGED',
    exchange: order.exchange,
    symbol,
    clientOrderId,
    exchangeOrderId,
    ours: describe(order),
    theirs: describe(venue),
    cause: 'Somebody changed this order at the exchange. Entries wait, since more may be open there than is reserved here.',
    suggestion: 'ADOPT',
    blocking: true,
  })
}

/** Whether what the account shows tells anything new of an order; for most of thousands it does not. */
function needsWord(state: EngineState, order: TrackedOrder, { exchangeOrderId, filledQuantity }: VenueOrder): boolean {
  if (state.unsettled.has(order.clientOrderId) || state.learnt.inquiries.has(order.clientOrderId) || state.halt !== null) return true
  return order.exchangeOrderId !== exchangeOrderId || Quantity.compare(filledQuantity, order.filledQuantity) > 0
}

function isSame(order: TrackedOrder, venue: VenueOrder): boolean {
  if (Quantity.compare(order.quantity, venue.quantity) !== 0) return false
  return isSamePrice(order.price, venue.price) && isSamePrice(order.triggerPrice, venue.triggerPrice)
}

/** A price only one side names is no contradiction: exchanges give none, or a zero, for what has none. */
function isSamePrice(ours: Price | undefined, theirs: Price | undefined): boolean {
  return ours === undefined || theirs === undefined || Price.compare(ours, theirs) === 0
}

type Described = Pick<VenueOrder, 'side' | 'quantity' | 'symbol' | 'type' | 'price' | 'triggerPrice'>

function describe({ side, quantity, symbol, type, price, triggerPrice }: Described): string {
  const at = price === undefined ? '' : ` at ${Price.format(price)}`
  const trigger = triggerPrice === undefined ? '' : ` from ${Price.format(triggerPrice)}`
  return `${type} ${side} ${Quantity.format(quantity)} ${symbol}${at}${trigger}`
}

/** Our books have closed it, and the exchange still shows it: it is canceled there, and what it fills is booked. */
function stillOpen(state: EngineState, order: TrackedOrder, venue: VenueOrder, comparison: Comparison): void {
  const { clientOrderId, exchange, symbol, status } = order
  const differenceId = changedId(state, clientOrderId)
  comparison.externalOrders.push(venue)
  comparison.stillOpen.push({ order, differenceId })
  comparison.differs({
    differenceId,
    kind: 'ORDER_CHANGED',
    exchange,
    symbol,
    clientOrderId,
    exchangeOrderId: venue.exchangeOrderId,
    ours: status,
    theirs: `open: ${describe(venue)}`,
    cause: 'It has ended in our books and the exchange still shows it. It is being canceled there; what it fills meanwhile is booked.',
    suggestion: 'CLOSE',
    blocking: true,
  })
}

/** Ours works, and the account does not show it: the exchange is asked what became of it. */
function absent(tx: Transaction, order: TrackedOrder, question: AccountQuestion): void {
  const inquiry = inquiryOf(tx.state, order)
  if (inquiry.retryAt !== undefined || (order.status === 'SUBMITTED' && tx.ts - inquiry.since < ORDER_ANSWER_DEADLINE_MS)) return
  inquiry.isAbsentFromAccount = question.askedAt - inquiry.since >= tx.state.capabilities.acceptanceWindowMs
  settleIfAbsent(tx, order)
  const now = tx.state.orders.get(order.clientOrderId)
  if (now !== undefined && isWorking(now.status) && !tx.state.differences.has(missingId(tx.state, now))) ask(tx, now)
}

function externalOrder(state: EngineState, venue: VenueOrder): Difference {
  const { exchange } = state.learnt
  const isOurs = venue.clientOrderId?.startsWith(state.instance) === true
  const isRebuilt = state.orderCount === 0
  const whose = isOurs
    ? 'It carries an id of this workstation, and the journal does not know it.'
    : isRebuilt
      ? 'The journal holds no order at all: this may be one of a journal that is lost.'
      : 'Somebody else placed it: a person at the exchange, or another program.'
  return {
    differenceId: differenceIdOf('ORDER_EXTERNAL', exchange, venue.exchangeOrderId),
    kind: 'ORDER_EXTERNAL',
    exchange,
    symbol: venue.symbol,
    clientOrderId: venue.clientOrderId,
    exchangeOrderId: venue.exchangeOrderId,
    ours: 'not there',
    theirs: `${describe(venue)}${venue.reduceOnly ? ', reduce-only' : ''}`,
    cause: `${whose} It is watched and counted in risk, and not touched.`,
    suggestion: 'ADOPT',
    blocking: isOurs || isRebuilt,
  }
}
