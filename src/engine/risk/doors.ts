import type { InstrumentSymbol, TraderId } from '#domain/ids.ts'
import { looseExit } from '../orders/exit-room.ts'
import { blockingDifference } from '../reconcile/differences.ts'
import type { EngineState } from '../state.ts'
import type { Refusal } from './intent.ts'

/** On whose behalf an order is asked for. */
export interface Asking {
  readonly traderId: TraderId
  readonly symbol: InstrumentSymbol
}

/** Whether anything may go out at all. While halted only the stop itself sends orders, and a person may close positions. */
export function checkDoors(
  state: EngineState,
  asking: Asking,
  { exit, byPerson }: { readonly exit: boolean; readonly byPerson: boolean },
): Refusal | undefined {
  if (state.shadow !== undefined) return { reason: 'SHADOW_MODE', value: state.shadow }
  if (state.halt !== null && !(exit && byPerson)) return { reason: 'HALTED', value: state.halt.reason, limit: `since ${state.halt.since}` }
  if (!state.connected) return { reason: 'EXCHANGE_DISCONNECTED' }
  if (!state.reconciled) return { reason: 'NOT_RECONCILED', value: `${state.queries.size} orders unanswered` }
  if (exit && byPerson) return undefined
  return checkTrader(state, asking, exit)
}

/** The same for an entry that was taken before and is sent now. */
export function checkEntryDoors(state: EngineState, asking: Asking): Refusal | undefined {
  return checkDoors(state, asking, { exit: false, byPerson: false })
}

function checkTrader(state: EngineState, { traderId, symbol }: Asking, exit: boolean): Refusal | undefined {
  const trader = state.traders.get(traderId)
  if (trader === undefined) return { reason: 'UNKNOWN_TRADER', value: traderId }
  const manual = trader.config.kind === 'manual'
  if (!manual && !trader.config.symbols.includes(symbol)) {
    return { reason: 'SYMBOL_NOT_ALLOWED', value: symbol, limit: trader.config.symbols.join(' ') }
  }
  const mayTrade = exit ? trader.state === 'running' || trader.state === 'paused' : trader.state === 'running'
  if (!mayTrade) return { reason: 'TRADER_NOT_RUNNING', value: trader.state, limit: 'running' }
  return exit ? undefined : (checkUnknownOutcome(state, symbol) ?? checkLooseExit(state, symbol) ?? checkDifference(state, symbol))
}

/** An order whose fate is not known blocks new exposure in its instrument until the exchange has answered. */
function checkUnknownOutcome(state: EngineState, symbol: InstrumentSymbol): Refusal | undefined {
  for (const id of state.unknownOrders.get(symbol) ?? []) return { reason: 'OUTCOME_UNKNOWN_PENDING', value: id }
  return undefined
}

/** A stop that is being canceled or made smaller could take of what comes now. */
function checkLooseExit(state: EngineState, symbol: InstrumentSymbol): Refusal | undefined {
  const loose = looseExit(state, symbol)
  return loose === undefined ? undefined : { reason: 'EXIT_IN_FLIGHT', value: loose }
}

/** Where our books and the exchange disagree nothing is added until somebody has decided, or both agree again. */
function checkDifference(state: EngineState, symbol: InstrumentSymbol): Refusal | undefined {
  const difference = blockingDifference(state, symbol)
  return difference === undefined ? undefined : { reason: 'DIFFERENCE_OPEN', value: difference }
}
