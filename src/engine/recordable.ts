import * as fixed from '#domain/money/fixed.ts'
import { UNPROTECTED_POLICIES, type RiskLimits } from '#domain/risk.ts'
import type { RecordableFact } from './ports.ts'

const AMOUNTS = [
  'maxOrderNotional',
  'maxPositionNotional',
  'maxDailyLoss',
  'priceCollarBps',
] as const satisfies readonly (keyof RiskLimits)[]
const COUNTS = [
  'maxOpenPositions',
  'maxOrdersPerSecond',
  'referenceMaxAgeMs',
  'maxOpenOrders',
] as const satisfies readonly (keyof RiskLimits)[]

/** Why a fact from outside may not be recorded, or undefined. Limits fail closed: what cannot be read is never in force. */
export function problemOf(fact: RecordableFact): string | undefined {
  if (fact.type === 'TraderChanged') {
    return isAmount(fact.config.orderNotional)
      ? undefined
      : `Trader ${fact.traderId} has no readable order notional: ${String(fact.config.orderNotional)}.`
  }
  return fact.type === 'RiskLimitsSet' ? problemOfLimits(fact.limits) : undefined
}

function problemOfLimits(limits: RiskLimits): string | undefined {
  const amount = AMOUNTS.find((name) => !isAmount(limits[name]))
  if (amount !== undefined) return `The limit ${amount} is not an amount: ${String(limits[amount])}.`
  const policy: unknown = limits.unprotectedPolicy
  // Limits from before there was a policy have none; the careful one holds then.
  if (policy !== undefined && !UNPROTECTED_POLICIES.some((known) => known === policy))
    return `The policy for unprotected positions is not one of ${UNPROTECTED_POLICIES.join(', ')}: ${JSON.stringify(policy)}.`
  const count = COUNTS.find((name) => !Number.isSafeInteger(limits[name]) || limits[name] < 0)
  return count === undefined ? undefined : `The limit ${count} is not a whole number: ${String(limits[count])}.`
}

function isAmount(text: unknown): boolean {
  if (typeof text !== 'string') return false
  try {
    return fixed.parse(text).units >= 0n
  } catch {
    return false
  }
}
