import type { OrderAmended, OrderStatusChanged } from '#domain/facts.ts'
import { isConditional } from '#domain/order.ts'
import { abs, dec, decOf, show } from '../core/decimal.ts'
import type { FakeVenue } from '../venue/fake-venue.ts'
import { MARKETS, marketOf, priceOf, quantityOf } from '../venue/market.ts'
import { isOpen, keyOf, LOOK_TAKES_MS, openOf, type BookedOrder, type Books } from './books.ts'
import { demand } from './violation.ts'

/** What must be true at the moment something leaves for the venue, counted by hand from the books. */

const isAtVenue = ({ status }: BookedOrder): boolean => isOpen(status) && status !== 'EMULATED'

/** The venue shows neither the order nor its end: nobody waits for it. */
function isMissing(books: Books, { submitted }: BookedOrder): boolean {
  for (const { kind, clientOrderId } of books.differences.values())
    if (kind === 'ORDER_MISSING' && clientOrderId === submitted.clientOrderId) return isConditional(submitted.orderType)
  return false
}

/** An exit whose trigger the venue watches and that has not begun to trade, as far as anybody knows. */
function isWaiting(books: Books, order: BookedOrder): boolean {
  const { orderType, execution, reduceOnly } = order.submitted
  return (
    reduceOnly &&
    isAtVenue(order) &&
    isConditional(orderType) &&
    execution !== 'EMULATED' &&
    order.filled === 0n &&
    !isMissing(books, order)
  )
}

/** The venue knows only the net of the account: its reduce-only keeps a trader that is alone in a perpetual. */
function isAlone(books: Books, key: string, symbol: string): boolean {
  if (marketOf(symbol).kind !== 'perpetual') return false
  for (const [other, position] of books.positions)
    if (other !== key && other.endsWith(`|${symbol}`) && position.quantity !== 0n) return false
  return !books
    .working()
    .some((each) => keyOf(each.submitted) !== key && each.submitted.symbol === symbol && !isWaiting(books, each) && isAtVenue(each))
}

function heldAgainst(books: Books, { submitted }: BookedOrder): bigint {
  const held = books.positions.get(keyOf(submitted))?.quantity ?? 0n
  return submitted.side === 'SELL' ? (held > 0n ? held : 0n) : held < 0n ? abs(held) : 0n
}

/**
 * C9 before it can happen: all that may take of a position together is no more than it. An exit that waits for its trigger where
 * reduce-only keeps it adds nothing to that: what is too much beside it was so before, by fills that nobody has told yet.
 */
export function checkExitLeaves(books: Books, order: BookedOrder): void {
  const { submitted } = order
  const key = keyOf(submitted)
  const keeps = isAlone(books, key, submitted.symbol)
  if (keeps && isWaiting(books, order)) return
  let together = 0n
  for (const other of books.working()) {
    if (keyOf(other.submitted) !== key || other.submitted.side !== submitted.side || !isAtVenue(other)) continue
    if ((keeps && isWaiting(books, other)) || isMissing(books, other)) continue
    together += openOf(other)
  }
  const held = heldAgainst(books, order)
  demand(together <= held, 'C9', () => `with ${submitted.clientOrderId} ${show(together)} may take of ${key}, which is ${show(held)}`)
}

/** C9: nothing is added beside an exit at the venue that covers more than its position. */
export function checkEntryLeaves(books: Books, { submitted }: BookedOrder): void {
  for (const exit of books.working()) {
    if (exit.submitted.symbol !== submitted.symbol || !isWaiting(books, exit)) continue
    let together = openOf(exit)
    for (const other of books.working())
      if (
        keyOf(other.submitted) === keyOf(exit.submitted) &&
        other.submitted.side === exit.submitted.side &&
        other.submitted.reduceOnly &&
        isAtVenue(other) &&
        !isWaiting(books, other)
      )
        together += openOf(other)
    const held = heldAgainst(books, exit)
    demand(
      together <= held,
      'C9',
      () => `${submitted.clientOrderId} enters beside ${exit.submitted.clientOrderId}: ${show(together)} may leave, held is ${show(held)}`,
    )
  }
}

/** A version nobody asked for is believed only when it is the venue's. */
export function checkAmendedIsTrue(books: Books, venue: FakeVenue, fact: OrderAmended): void {
  const order = books.orders.get(fact.clientOrderId)
  const there = venue.byClientId.get(fact.clientOrderId)
  if (order === undefined || there === undefined || !isAtVenue(order) || order.amending !== undefined || there.status !== 'OPEN') return
  if (dec(fact.quantity) === order.quantity && (fact.triggerPrice === undefined || dec(fact.triggerPrice) === order.trigger)) return
  const lots = decOf(quantityOf(there.market, there.lots))
  const trigger = there.triggerTicks === undefined ? undefined : decOf(priceOf(there.market, there.triggerTicks))
  demand(
    dec(fact.quantity) === lots && (fact.triggerPrice === undefined || trigger === undefined || dec(fact.triggerPrice) === trigger),
    'I9',
    () => `${fact.clientOrderId} is said to be ${fact.quantity} at ${fact.triggerPrice}; at the venue it is ${show(lots)}`,
  )
}

/**
 * What the engine sends by itself asks for no coins that an order of others has locked, once it was seen since the connection came up.
 * What was seen before is forgotten with it, and no stop waits for the first look.
 */
export function checkCoinsAreThere(books: Books, venue: FakeVenue, fact: OrderStatusChanged): void {
  const order = books.orders.get(fact.clientOrderId)
  if (order === undefined || fact.status !== 'REJECTED' || fact.reason?.startsWith('INSUFFICIENT_BALANCE') !== true) return
  const market = MARKETS.find(({ symbol }) => symbol === fact.symbol)
  if (
    market?.kind !== 'spot' ||
    !['STOP_LOSS', 'TAKE_PROFIT', 'FLATTEN'].includes(order.submitted.purpose) ||
    (books.handTradedAt.get(fact.symbol) ?? 0) > books.lookedAt ||
    !books.isCompared
  )
    return
  // Sent before that look, or the books were wrong for a while.
  if (order.submitted.ts <= books.lookedAt + LOOK_TAKES_MS || books.lateFills.has(keyOf(order.submitted))) return
  const locking = [...venue.open].filter((each) => each.market === market && each.clientOrderId === undefined && each.side === 'SELL')
  const isKnown = locking.length > 0 && locking.every(({ acceptedAt }) => acceptedAt < books.lookedAt)
  demand(!isKnown, 'coins', () => `${fact.clientOrderId} was refused for want of coins that a known order locks`)
}
