import type { Fact } from '#domain/facts.ts'
import type { EngineState } from '../state.ts'

/** What changes while a question about the account is out: its answer may be older, and proves nothing about these. */
export function noteTouched(state: EngineState, fact: Fact): void {
  const { account } = state.learnt
  if (account.asked === undefined) return
  switch (fact.type) {
    case 'OrderSubmitted':
    case 'OrderStatusChanged':
    case 'OrderFilled':
    case 'OrderAmendRequested':
    case 'OrderAmended':
      account.touchedOrders.add(fact.clientOrderId)
      account.touchedSymbols.add(fact.symbol)
      return
    case 'PositionAssigned':
      account.touchedSymbols.add(fact.symbol)
      return
    default:
      return
  }
}
