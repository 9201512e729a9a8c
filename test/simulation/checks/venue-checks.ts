import { decOf, show } from '../core/decimal.ts'
import { quantityOf } from '../venue/market.ts'
import type { FakeVenue } from '../venue/fake-venue.ts'
import { signOf, type OrderAtVenue } from '../venue/venue-order.ts'
import { isOpen, keyOf, type Books } from './books.ts'
import { demand } from './violation.ts'

/** Some order of a position is over for us, and the venue knows of fills that it has not told. */
function hasHiddenFills(books: Books, venue: FakeVenue, key: string): boolean {
  for (const [id, { submitted, status, filled }] of books.orders) {
    if (isOpen(status) || keyOf(submitted) !== key) continue
    const there = venue.byClientId.get(id)
    if (there !== undefined && decOf(quantityOf(there.market, there.filledLots)) > filled) return true
  }
  return false
}

/**
 * C9 (41–45): what closes a trader's position never turns it round, counted in the order in which the venue trades. Not its fault: an
 * order that the venue had told us was over without telling its fills, and what somebody had traded there by hand since the account was last looked at.
 */
export function checkNoFlip(books: Books, venue: FakeVenue, order: OrderAtVenue, lots: number): void {
  const booked = books.orders.get(order.clientOrderId ?? '')
  if (booked === undefined) return
  const { submitted } = booked
  const key = keyOf(submitted)
  const before = books.atVenue.get(key) ?? 0n
  const after = before + BigInt(signOf(order.side)) * decOf(quantityOf(order.market, lots))
  books.atVenue.set(key, after)
  if (hasHiddenFills(books, venue, key)) books.lateFills.add(key)
  if (!submitted.reduceOnly || books.lateFills.has(key)) return
  if ((books.handTradedAt.get(submitted.symbol) ?? 0) > books.lookedAt) return
  demand(
    after === 0n || (before > 0n === after > 0n && before !== 0n),
    'C9',
    () => `at the venue exit ${submitted.clientOrderId} took ${key} from ${show(before)} to ${show(after)}`,
  )
}
