import type { SignalDecided } from '#domain/facts.ts'
import type { Instrument } from '#domain/instrument.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Price } from '#domain/money/price.ts'
import type { Signal, SignalDecision } from '#domain/signal.ts'
import { signalKey } from './apply.ts'
import { intentOfOrder, intentOfSignal, type Sized } from './orders/intent.ts'
import { submit } from './orders/submit.ts'
import type { ManualOrder } from './ports.ts'
import type { Refusal } from './risk/gate.ts'
import type { EngineState } from './state.ts'
import type { Transaction } from './transaction.ts'

type Decided = SignalDecision & { readonly signalId: Signal['signalId'] }

/** Every signal ends here in exactly one outcome, recorded with its reason and the numbers behind it. */
export function decideSignal(tx: Transaction, signal: Signal, { byPerson } = { byPerson: false }): Decided {
  const { state } = tx
  if (state.signalIds.has(signalKey(signal.traderId, signal.signalId))) {
    return { signalId: signal.signalId, ...recordDecision(tx, signal, { outcome: 'DUPLICATE', reason: 'DUPLICATE_SIGNAL' }) }
  }
  if (signal.expiresAt !== undefined && signal.expiresAt <= tx.ts) {
    const decision = { outcome: 'EXPIRED', reason: 'SIGNAL_EXPIRED', value: `${tx.ts}`, limit: `${signal.expiresAt}` } as const
    return { signalId: signal.signalId, ...recordDecision(tx, signal, decision) }
  }
  const size = (instrument: Instrument, reference: Price) => intentOfSignal(state, instrument, signal, reference)
  return { signalId: signal.signalId, ...recordDecision(tx, signal, decide(tx, signal, { size, byPerson })) }
}

/** A person's order takes the same way; it is recorded as a signal of its own. */
export function decideManualOrder(tx: Transaction, order: ManualOrder): Decided {
  const signal: Signal = {
    signalId: order.signalId,
    traderId: order.traderId,
    strategy: order.strategy,
    symbol: order.symbol,
    action: order.reduceOnly ? (order.side === 'SELL' ? 'CLOSE_LONG' : 'CLOSE_SHORT') : order.side,
    quantity: order.quantity,
    stopLoss: order.stopLoss,
    takeProfit: order.takeProfit,
    ts: tx.ts,
  }
  if (tx.state.signalIds.has(signalKey(order.traderId, order.signalId))) {
    return { signalId: order.signalId, ...recordDecision(tx, signal, { outcome: 'DUPLICATE', reason: 'DUPLICATE_SIGNAL' }) }
  }
  const size = (instrument: Instrument, reference: Price) => intentOfOrder(tx.state, instrument, order, reference)
  return { signalId: order.signalId, ...recordDecision(tx, signal, decide(tx, signal, { size, byPerson: true })) }
}

const denied = (refusal: Refusal): SignalDecision => ({ outcome: 'DENIED', ...refusal })

interface Asking {
  readonly size: (instrument: Instrument, reference: Price) => Sized
  /** A person may close what a stopped trader left; a stopped strategy may not. */
  readonly byPerson: boolean
}

function decide(tx: Transaction, signal: Signal, { size, byPerson }: Asking): SignalDecision {
  const { state } = tx
  const instrument = state.instruments.get(signal.symbol)
  if (instrument === undefined) return denied({ reason: 'UNKNOWN_SYMBOL', value: signal.symbol })
  const mark = state.marks.get(signal.symbol)
  if (mark === undefined) return denied({ reason: 'NO_REFERENCE_PRICE', value: signal.symbol })
  const sized = size(instrument, mark.price)
  const exit = 'intent' in sized && sized.intent.reduceOnly
  const closed = checkDoors(state, signal, { exit, byPerson }) ?? (exit ? undefined : checkFresh(tx, mark.ts))
  if (closed !== undefined) return denied(closed)
  if ('refusal' in sized) return denied(sized.refusal)
  const result = submit(tx, instrument, sized.intent, { strategy: signal.strategy, signalId: signal.signalId })
  if ('reason' in result) return denied(result)
  return { outcome: 'ACCEPTED', reason: 'ACCEPTED', clientOrderId: result.clientOrderId }
}

/** Whether anything may go out at all. While halted only the stop itself sends orders. */
function checkDoors(
  state: EngineState,
  signal: Signal,
  { exit, byPerson }: { readonly exit: boolean; readonly byPerson: boolean },
): Refusal | undefined {
  if (state.shadow !== undefined) return { reason: 'SHADOW_MODE', value: state.shadow }
  if (state.halt !== null) return { reason: 'HALTED', value: state.halt.reason, limit: `since ${state.halt.since}` }
  if (!state.connected) return { reason: 'EXCHANGE_DISCONNECTED' }
  if (!state.reconciled) return { reason: 'NOT_RECONCILED', value: `${state.queries.size} orders unanswered` }
  if (exit && byPerson) return undefined
  const trader = state.traders.get(signal.traderId)
  if (trader === undefined) return { reason: 'UNKNOWN_TRADER', value: signal.traderId }
  const manual = trader.config.kind === 'manual'
  if (!manual && !trader.config.symbols.includes(signal.symbol)) {
    return { reason: 'SYMBOL_NOT_ALLOWED', value: signal.symbol, limit: trader.config.symbols.join(' ') }
  }
  const mayTrade = exit ? trader.state === 'running' || trader.state === 'paused' : trader.state === 'running'
  if (!mayTrade) return { reason: 'TRADER_NOT_RUNNING', value: trader.state, limit: 'running' }
  if (!exit) return checkUnknownOutcome(state, signal)
  return undefined
}

/** An order whose fate is not known blocks new exposure in its instrument until the exchange has answered. */
function checkUnknownOutcome(state: EngineState, signal: Signal): Refusal | undefined {
  for (const id of state.unknownOrders.get(signal.symbol) ?? []) return { reason: 'OUTCOME_UNKNOWN_PENDING', value: id }
  return undefined
}

function checkFresh(tx: Transaction, markTs: number): Refusal | undefined {
  const ageMs = tx.ts - markTs
  const { referenceMaxAgeMs } = tx.state.limits
  if (ageMs <= referenceMaxAgeMs) return undefined
  return { reason: 'STALE_REFERENCE_PRICE', value: `${ageMs} ms`, limit: `${referenceMaxAgeMs} ms` }
}

function recordDecision(tx: Transaction, signal: Signal, decision: SignalDecision): SignalDecision {
  const fact: SignalDecided = {
    type: 'SignalDecided',
    ts: tx.ts,
    signalId: signal.signalId,
    traderId: signal.traderId,
    strategy: signal.strategy,
    symbol: signal.symbol,
    action: signal.action,
    quantity: signal.quantity === undefined ? undefined : fixed.format(fixed.trim(signal.quantity)),
    confidence: signal.confidence,
    stopLoss: signal.stopLoss === undefined ? undefined : Price.format(signal.stopLoss),
    takeProfit: signal.takeProfit === undefined ? undefined : Price.format(signal.takeProfit),
    expiresAt: signal.expiresAt,
    note: signal.note,
    stepTime: signal.stepTime,
    ...decision,
  }
  tx.record(fact)
  return decision
}
