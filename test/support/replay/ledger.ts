import { bookTrade, type Held } from './average-cost.ts'
import { add, decimal, isSame, multiply, roundUp, show, subtract, ZERO, type Decimal } from './decimal.ts'
import type { TextRow } from './postgres-tables.ts'

/** Digits of a fee, as documented. */
const FEE_DIGITS = 8
const BASIS_POINT: Decimal = { units: 1n, scale: 4 }

interface Booked extends Held {
  realized: Decimal
  fees: Decimal
}

const text = (row: TextRow, column: string): string => {
  const value = row[column]
  if (value === null || value === undefined) throw new Error(`no ${column} in ${JSON.stringify(row)}`)
  return value
}

/**
 * Books the trades anew, by average cost, and says where the rows of the workstation differ: what each trade realised, its
 * fee, the cash after it, and each position in the end.
 */
export function auditTrades(rows: {
  readonly trades: readonly TextRow[]
  readonly positions: readonly TextRow[]
  readonly instruments: readonly TextRow[]
  readonly start: string
}): readonly string[] {
  const problems: string[] = []
  const held = new Map<string, Booked>()
  const rates = new Map(rows.instruments.map((row) => [text(row, 'symbol'), row]))
  let cash = decimal(rows.start)
  const expect = (what: string, found: string, expected: Decimal): void => {
    if (!isSame(decimal(found), expected)) problems.push(`${what}: ${found} found, ${show(expected)} expected`)
  }
  for (const trade of rows.trades) {
    const symbol = text(trade, 'symbol')
    const id = text(trade, 'trade_id')
    const key = `${text(trade, 'trader_id')} ${symbol}`
    const position = held.get(key) ?? { quantity: ZERO, cost: ZERO, realized: ZERO, fees: ZERO }
    held.set(key, position)
    const price = decimal(text(trade, 'price'))
    const quantity = decimal(text(trade, 'quantity'))
    const value = multiply(price, quantity)
    const rate = text(rates.get(symbol) ?? {}, text(trade, 'liquidity') === 'MAKER' ? 'maker_fee_bps' : 'taker_fee_bps')
    const fee = roundUp(multiply(multiply(value, decimal(rate)), BASIS_POINT), FEE_DIGITS)
    const realized = bookTrade(position, { isBuy: text(trade, 'side') === 'BUY', price, quantity })
    position.realized = add(position.realized, realized)
    position.fees = add(position.fees, fee)
    cash = subtract(add(cash, realized), fee)
    expect(`fee of ${id}`, text(trade, 'fee'), fee)
    expect(`result of ${id}`, text(trade, 'realized_pnl'), realized)
    expect(`cash after ${id}`, text(trade, 'cash_after'), cash)
  }
  for (const row of rows.positions) {
    const key = `${text(row, 'trader_id')} ${text(row, 'symbol')}`
    const position = held.get(key)
    if (position === undefined) {
      problems.push(`a position ${key} without a trade`)
      continue
    }
    held.delete(key)
    expect(`quantity of ${key}`, text(row, 'quantity'), position.quantity)
    expect(`cost of ${key}`, text(row, 'entry_cost'), position.cost)
    expect(`result of ${key}`, text(row, 'realized_pnl'), position.realized)
    expect(`fees of ${key}`, text(row, 'fees'), position.fees)
  }
  for (const key of held.keys()) problems.push(`no position ${key}, but trades of it`)
  return problems
}
