import { BasisPoints, Money, type Currency } from '#domain/money/money.ts'
import type { RiskLimits } from '#domain/risk.ts'

/** The amounts among the limits, read once: text in facts, exact money in the gate. */
export interface ParsedLimits {
  readonly maxOrderNotional: Money
  readonly maxPositionNotional: Money
  readonly maxDailyLoss: Money
  readonly priceCollar: BasisPoints
}

/** Kept as long as the limits themselves are. */
const known = new WeakMap<RiskLimits, Map<Currency, ParsedLimits>>()

/** The limits in a settle currency. Limits that cannot be read throw: they are refused before they get into the state. */
export function parsedLimits(limits: RiskLimits, currency: Currency): ParsedLimits {
  const byCurrency = known.get(limits) ?? new Map<Currency, ParsedLimits>()
  const found = byCurrency.get(currency)
  if (found !== undefined) return found
  const parsed: ParsedLimits = {
    maxOrderNotional: Money.parse(limits.maxOrderNotional, currency),
    maxPositionNotional: Money.parse(limits.maxPositionNotional, currency),
    maxDailyLoss: Money.parse(limits.maxDailyLoss, currency),
    priceCollar: BasisPoints.parse(limits.priceCollarBps),
  }
  known.set(limits, byCurrency.set(currency, parsed))
  return parsed
}
