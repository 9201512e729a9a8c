import { Money, notional } from '#domain/money/money.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Position } from '#domain/position.ts'
import { SignedQuantity } from '#domain/money/quantity.ts'
import type { EquityMarked } from '#domain/facts.ts'
import { closeTime, newestCandle, utcDay, type Account, type EngineState } from '../state.ts'

export interface Valuation {
  readonly unrealized: Money
  /** `start + realized + unrealized − fees`. Exact. */
  readonly equity: Money
  /** Σ |quantity| × mark over all positions in this currency. */
  readonly exposure: Money
}

/** Values an account at the last known prices. A position without a mark counts at its cost: no profit is invented. */
export function valueAccount(state: EngineState, account: Account): Valuation {
  let unrealized = Money.zero(account.currency)
  let exposure = Money.zero(account.currency)
  for (const position of state.positions.values()) {
    if (position.quantity.units === 0n || position.entryCost.currency !== account.currency) continue
    const mark = state.marks.get(position.symbol) ?? lastClose(state, position.symbol)
    if (mark === undefined) {
      exposure = Money.add(exposure, Money.absolute(position.entryCost))
      continue
    }
    unrealized = Money.add(unrealized, Position.unrealizedPnl(position, mark.price))
    exposure = Money.add(exposure, notional(mark.price, SignedQuantity.magnitude(position.quantity), account.currency))
  }
  const settled = Money.subtract(Money.add(account.start, account.realized), account.fees)
  return { unrealized, exposure, equity: Money.add(settled, unrealized) }
}

function lastClose(state: EngineState, symbol: Position['symbol']) {
  const candle = newestCandle(state, symbol)
  return candle === undefined ? undefined : { price: candle.close, ts: closeTime(candle) }
}

/** What new exposure may use: equity without what positions hold and working orders reserve. Leverage is 1. */
export function availableBalance(account: Account, valuation: Valuation): Money {
  return Money.subtract(Money.subtract(valuation.equity, valuation.exposure), account.reserved)
}

/** Loss since 00:00 UTC as a positive amount; zero or negative when the day is in profit. A day without a mark yet began at the last one. */
export function lossToday(account: Account, valuation: Valuation, now: number): Money {
  const dayStart = utcDay(now) > account.day ? (account.equity ?? account.start) : account.dayStart
  return Money.subtract(dayStart, valuation.equity)
}

const text = (amount: Money): string => fixed.format(fixed.trim(amount))

/** The mark of every account whose value changed since the last one, or whose UTC day began. */
export function markEquity(state: EngineState, ts: number): EquityMarked[] {
  const marks: EquityMarked[] = []
  for (const account of state.accounts.values()) {
    const { unrealized, equity, exposure } = valueAccount(state, account)
    if (account.equity !== undefined && Money.compare(account.equity, equity) === 0 && utcDay(ts) <= account.day) continue
    marks.push({
      type: 'EquityMarked',
      ts,
      exchange: account.exchange,
      currency: account.currency,
      start: text(account.start),
      realized: text(account.realized),
      unrealized: text(unrealized),
      fees: text(account.fees),
      equity: text(equity),
      exposure: text(exposure),
      reserved: text(account.reserved),
    })
  }
  return marks
}
