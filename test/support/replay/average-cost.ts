import { absolute, add, divideHalfEven, isLess, isSame, multiply, negate, subtract, ZERO, type Decimal } from './decimal.ts'

/** Digits of a cost that is split, as documented. */
const COST_DIGITS = 12

/** A net position by average cost: signed quantity, and what its open part has cost, with the same sign. */
export interface Held {
  quantity: Decimal
  cost: Decimal
}

export interface Trade {
  readonly isBuy: boolean
  readonly price: Decimal
  readonly quantity: Decimal
}

/** One trade into a position; gives what it realised. Written from the documents alone, sharing nothing with the workstation. */
export function bookTrade(held: Held, { isBuy, price, quantity }: Trade): Decimal {
  const signed = isBuy ? quantity : negate(quantity)
  const before = held.quantity
  const isAgainst = before.units !== 0n && before.units < 0n !== signed.units < 0n
  const size = absolute(before)
  const closing = isAgainst ? (isLess(quantity, size) ? quantity : size) : ZERO
  const closingSigned = signed.units < 0n ? negate(closing) : closing
  const costOut = !isAgainst ? ZERO : isSame(closing, size) ? held.cost : divideHalfEven(multiply(held.cost, closing), size, COST_DIGITS)
  const realized = subtract(negate(multiply(price, closingSigned)), costOut)
  held.quantity = add(before, signed)
  held.cost = add(subtract(held.cost, costOut), multiply(price, subtract(signed, closingSigned)))
  return realized
}

/** What trades leave of some cash: after them, and with what is still open taken out, which no order of the trades changes. */
export function settleTrades(
  start: Decimal,
  trades: readonly (Trade & { readonly symbol: string; readonly fee: Decimal })[],
): { readonly cash: Decimal; readonly cost: Decimal } {
  const held = new Map<string, Held>()
  let cash = start
  for (const trade of trades) {
    const position = held.get(trade.symbol) ?? { quantity: ZERO, cost: ZERO }
    held.set(trade.symbol, position)
    cash = subtract(add(cash, bookTrade(position, trade)), trade.fee)
  }
  return { cash, cost: [...held.values()].reduce((sum, { cost }) => add(sum, cost), ZERO) }
}
