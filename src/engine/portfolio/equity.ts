import { Money } from '#domain/money/money.ts'
import * as fixed from '#domain/money/fixed.ts'
import type { EquityMarked } from '#domain/facts.ts'
import { utcDay, type Account, type EngineState } from '../state.ts'

export interface Valuation {
  readonly unrealized: Money
  /** `start + realized + unrealized − fees`. Exact. */
  readonly equity: Money
  /** Σ |quantity| × mark over all positions in this currency. */
  readonly exposure: Money
}

/** Values an account at the last known prices, from sums that are kept up to date. */
export function valueAccount(state: EngineState, account: Account): Valuation {
  const { unrealized, exposure } = state.valueTotals.get(account.currency) ?? {
    unrealized: Money.zero(account.currency),
    exposure: Money.zero(account.currency),
  }
  const settled = Money.subtract(Money.add(account.start, account.realized), account.fees)
  return { unrealized, exposure, equity: Money.add(settled, unrealized) }
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

/** Between candles an account is marked at most this often: a burst of fills would fill the journal with marks. */
export const EQUITY_MARK_EVERY_MS = 1_000

/** The mark of every account whose value changed since the last one, or whose UTC day began; `atOnce` also within a second of it. */
export function markEquity(state: EngineState, ts: number, atOnce: boolean): EquityMarked[] {
  const marks: EquityMarked[] = []
  for (const account of state.accounts.values()) {
    if (!atOnce && ts - account.markedAt < EQUITY_MARK_EVERY_MS) continue
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
