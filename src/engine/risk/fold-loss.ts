import type { EquityMarked } from '#domain/facts.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Money } from '#domain/money/money.ts'
import type { EngineState } from '../state.ts'
import { parsedLimits } from './parsed-limits.ts'

/** Code of the alert that says a daily loss limit was reached; its symbol is the currency. */
export const DAILY_LOSS_REACHED = 'DAILY_LOSS_REACHED'
/** The alarm is set again when the loss is back below this share of the limit, in tenths: a price that trembles is one breach. */
const REARM_TENTHS = fixed.make<'Factor'>(9n, 1)

/** Folds a mark: well below the limit again, the next breach counts anew. */
export function rearmDailyLoss(state: EngineState, { currency }: EquityMarked): void {
  const account = state.accounts.get(currency)
  if (account?.equity === undefined || !state.lossReached.has(currency)) return
  const loss = Money.subtract(account.dayStart, account.equity)
  const limit = parsedLimits(state.limits, currency).maxDailyLoss
  const bound = fixed.multiply<'Money'>(limit, REARM_TENTHS)
  if (fixed.compare(loss, bound) < 0) state.lossReached.delete(currency)
}
