import type { Fact, OrderSubmitted } from '#domain/facts.ts'
import { abs, dec, max, min, ONE, show } from '../core/decimal.ts'
import { marketOf } from '../venue/market.ts'
import { keyOf, openOf, type Books } from './books.ts'
import { demand } from './violation.ts'

/** What must be true when an exit is recorded, counted by hand from the books before it. */
export function checkExit(books: Books, fact: OrderSubmitted): void {
  checkHalted(books, fact)
  checkPositionThere(books, fact)
  if (fact.ladderLevel !== undefined && fact.replaces === undefined) checkLadderStep(books, fact, fact.ladderLevel)
}

/** I10: while halted only the stop itself and a person close. */
function checkHalted(books: Books, fact: OrderSubmitted): void {
  if (books.halt !== undefined)
    demand(
      fact.purpose === 'FLATTEN' || fact.purpose === 'EXIT',
      'I10',
      () => `${fact.purpose} ${fact.clientOrderId} was recorded while halted`,
    )
}

/** An exit never stands without a position, nor on its wrong side. */
function checkPositionThere(books: Books, fact: OrderSubmitted): void {
  const held = books.positions.get(keyOf(fact))?.quantity ?? 0n
  demand(
    fact.side === 'SELL' ? held > 0n : held < 0n,
    'exit-without-position',
    () => `${fact.purpose} ${fact.side} ${fact.clientOrderId}: ${keyOf(fact)} is ${show(held)}`,
  )
}

/** A step of a ladder takes its share of the original size, whole lots, never of what happens to be left. */
function checkLadderStep(books: Books, fact: OrderSubmitted, level: number): void {
  const position = books.positions.get(keyOf(fact))
  const ladder = position?.plan?.ladder
  if (position === undefined || ladder === undefined || level >= ladder.length - 1) return
  const market = marketOf(fact.symbol)
  const lot = (BigInt(market.lotUnits) * ONE) / 10n ** BigInt(market.lotScale)
  const share = ladder.slice(0, level + 1).reduce((sum, step) => sum + dec(step.shareBps), 0n)
  const due = ((position.largest * share) / ONE / 10_000n / lot) * lot
  let [onTheWay, promised] = [0n, 0n]
  for (const order of books.working()) {
    const { submitted } = order
    if (keyOf(submitted) !== keyOf(fact) || submitted.side !== fact.side || order.status === 'EMULATED') continue
    if (submitted.ladderLevel !== undefined) onTheWay += openOf(order)
    promised += openOf(order)
  }
  const expected = max(0n, due - position.ladderFilled - onTheWay)
  const unpromised = max(0n, abs(position.quantity) - promised)
  const room = market.kind === 'spot' ? min(unpromised, freeCoins(books, fact.symbol)) : unpromised
  const quantity = dec(fact.quantity)
  demand(
    quantity <= expected,
    'ladder',
    () => `step ${level} of ${keyOf(fact)} sells ${fact.quantity}, due is ${show(expected)} of ${show(position.largest)}`,
  )
  // On spot somebody's order by hand may lock coins: what is free is sold.
  if (market.kind === 'spot' && books.touchedByHand.has(fact.symbol)) return
  demand(
    quantity >= min(expected, room),
    'ladder',
    () => `step ${level} of ${keyOf(fact)} sells only ${fact.quantity}, due is ${show(expected)} of ${show(position.largest)}`,
  )
}

/**
 * On spot: coins that are there at the venue, also where a fill was not told yet but an answer about the account was, less what is
 * offered as far as the books know.
 */
function freeCoins(books: Books, symbol: string): bigint {
  let free = 0n
  for (const [key, quantity] of books.atVenue) if (key.endsWith(`|${symbol}`)) free += quantity
  for (const order of books.working()) {
    const { submitted, status } = order
    if (submitted.symbol === symbol && submitted.side === 'SELL' && status !== 'EMULATED') free -= openOf(order)
  }
  return max(0n, free)
}

/** The trigger of a trailing stop moves in favour of who placed it, whatever happened in between. */
export function checkTrailingTrigger(books: Books, fact: Extract<Fact, { readonly type: 'OrderAmended' }>): void {
  const order = books.orders.get(fact.clientOrderId)
  if (order?.submitted.orderType !== 'TRAILING_STOP' || order.trigger === undefined || fact.triggerPrice === undefined) return
  const moved = dec(fact.triggerPrice) - order.trigger
  demand(
    order.submitted.side === 'SELL' ? moved >= 0n : moved <= 0n,
    'stop-in-favour',
    () => `the trigger of ${fact.clientOrderId} went from ${show(order.trigger ?? 0n)} to ${fact.triggerPrice}`,
  )
}
