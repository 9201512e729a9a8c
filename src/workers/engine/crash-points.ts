import type { Fact } from '#domain/facts.ts'
import { failpoint } from '#platform/failpoint.ts'

/** Where a crash test may end the engine thread around one write of the journal. What each point proves: `test/crash`. */

export function crashBeforeAppend(facts: readonly Fact[]): void {
  failpoint('P0', () => hasIntent(facts))
}

/** The disk has the facts, and nothing behind them has left. */
export function crashAfterAppend(facts: readonly Fact[], isRecovering: boolean): void {
  failpoint('P2', () => hasIntent(facts))
  failpoint('P5', () => facts.some((fact) => fact.type === 'OrderStatusChanged' && fact.status === 'ACCEPTED'))
  failpoint('P7', () => facts.some(({ type }) => type === 'OrderFilled'))
  failpoint('P13', () => isRecovering || facts.some((fact) => fact.type === 'ReconciliationDone' && fact.trigger === 'START'))
  failpoint('P15', () => facts.some(({ type }) => type === 'TradingHalted'))
}

const hasIntent = (facts: readonly Fact[]): boolean => facts.some(({ type }) => type === 'OrderSubmitted')
