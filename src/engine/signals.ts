import type { SignalDecided } from '#domain/facts.ts'
import type { Instrument } from '#domain/instrument.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Price } from '#domain/money/price.ts'
import { isConditional } from '#domain/order.ts'
import type { ReasonCode, Signal, SignalDecision } from '#domain/signal.ts'
import { signalKey } from './apply.ts'
import { intentOfOrder, intentOfSignal, type Sized } from './orders/intent.ts'
import { nextId, place } from './orders/submit.ts'
import type { EngineAnswer, ManualOrder } from './ports.ts'
import { checkDoors } from './risk/doors.ts'
import { checkOrder } from './risk/gate.ts'
import type { OrderIntent, Refusal } from './risk/intent.ts'
import { newestCandle } from './state.ts'
import type { Transaction } from './transaction.ts'

type Decided = SignalDecision & { readonly signalId: Signal['signalId'] }

/** Every signal ends here in exactly one outcome, recorded with its reason and the numbers behind it. */
export function decideSignal(tx: Transaction, signal: Signal, { byPerson } = { byPerson: false }): Decided {
  const { state } = tx
  const duplicate = duplicateOf(tx, signal)
  if (duplicate !== undefined) return duplicate
  if (signal.expiresAt !== undefined && signal.expiresAt <= tx.ts) {
    const decision = { outcome: 'EXPIRED', reason: 'SIGNAL_EXPIRED', value: `${tx.ts}`, limit: `${signal.expiresAt}` } as const
    return { signalId: signal.signalId, ...recordDecision(tx, signal, decision) }
  }
  const size = (instrument: Instrument, reference: Price) => intentOfSignal(state, instrument, signal, reference)
  return { signalId: signal.signalId, ...recordDecision(tx, signal, decide(tx, signal, { size, byPerson })) }
}

/** A person's order takes the same way; it is recorded as a signal of its own. */
export function decideManualOrder(tx: Transaction, order: ManualOrder): Decided {
  const signal = signalOfOrder(tx, order)
  const duplicate = duplicateOf(tx, signal)
  if (duplicate !== undefined) return duplicate
  const size = (instrument: Instrument, reference: Price) => intentOfOrder(tx.state, instrument, order, reference)
  return { signalId: order.signalId, ...recordDecision(tx, signal, decide(tx, signal, { size, byPerson: true })) }
}

function signalOfOrder(tx: Transaction, order: ManualOrder): Signal {
  return {
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
}

function duplicateOf(tx: Transaction, signal: Signal): Decided | undefined {
  if (!tx.state.signalIds.has(signalKey(signal.traderId, signal.signalId))) return undefined
  return { signalId: signal.signalId, ...recordDecision(tx, signal, { outcome: 'DUPLICATE', reason: 'DUPLICATE_SIGNAL' }) }
}

/**
 * Two orders of which only one may trade: both pass the gate, or neither is sent. New exposure is counted as the sum of both,
 * which is the worst case of a race; of two exits the one that waits for its trigger commits nothing.
 */
export function decideOcoOrders(tx: Transaction, orders: readonly [ManualOrder, ManualOrder]): EngineAnswer {
  const [first, second] = orders
  if (first.traderId !== second.traderId || first.symbol !== second.symbol || first.signalId === second.signalId) {
    const message = 'Two orders of a pair are of one trader and one instrument, each with its own signal id. Nothing was sent.'
    return { type: 'Refused', code: 'REFUSED', message }
  }
  const signals = [signalOfOrder(tx, first), signalOfOrder(tx, second)] as const
  const duplicates = signals.map((signal) => duplicateOf(tx, signal))
  if (duplicates.some((each) => each !== undefined)) {
    return { type: 'Decisions', decisions: signals.map((signal, i) => duplicates[i] ?? refuseOther(tx, signal, 'DUPLICATE_SIGNAL')) }
  }
  const ocoGroup: string = nextId(tx, first)
  const a = judge(tx, signals[0], { size: sizer(tx, first, ocoGroup), byPerson: true })
  const b = 'refusal' in a ? a : judge(tx, signals[1], { size: sizer(tx, second, ocoGroup), byPerson: true, beside: a.intent })
  if ('refusal' in a || 'refusal' in b) {
    const refusals = [a, b].map((each) => ('refusal' in each ? each.refusal : undefined))
    const reason = refusals.find((each) => each !== undefined)?.reason ?? 'UNSUPPORTED_ORDER'
    const deny = (signal: Signal, refusal: Refusal | undefined): Decided =>
      refusal === undefined
        ? refuseOther(tx, signal, reason)
        : { signalId: signal.signalId, ...recordDecision(tx, signal, denied(refusal)) }
    return { type: 'Decisions', decisions: signals.map((signal, i) => deny(signal, refusals[i])) }
  }
  const decisions = [a, b].map((each, i) => {
    const signal = signals[i === 0 ? 0 : 1]
    return { signalId: signal.signalId, ...recordDecision(tx, signal, sendJudged(tx, signal, each)) }
  })
  return { type: 'Decisions', decisions }
}

const sizer = (tx: Transaction, order: ManualOrder, ocoGroup: string) => (instrument: Instrument, reference: Price) => {
  const sized = intentOfOrder(tx.state, instrument, order, reference)
  return 'intent' in sized ? { intent: { ...sized.intent, ocoGroup } } : sized
}

/** The order was in order itself: the other one of its pair was refused. */
function refuseOther(tx: Transaction, signal: Signal, reason: ReasonCode): Decided {
  const refusal = { reason, value: 'the other order of the pair', limit: 'both or neither' }
  return { signalId: signal.signalId, ...recordDecision(tx, signal, denied(refusal)) }
}

const denied = (refusal: Refusal): SignalDecision => ({ outcome: 'DENIED', ...refusal })

interface Asking {
  readonly size: (instrument: Instrument, reference: Price) => Sized
  /** A person may close what a stopped trader left, also while trading is halted; a stopped strategy may not. */
  readonly byPerson: boolean
  /** The other order of the same decision. */
  readonly beside?: OrderIntent | undefined
}

interface Judged {
  readonly instrument: Instrument
  readonly intent: OrderIntent
}

function decide(tx: Transaction, signal: Signal, asking: Asking): SignalDecision {
  const judged = judge(tx, signal, asking)
  return 'refusal' in judged ? denied(judged.refusal) : sendJudged(tx, signal, judged)
}

function sendJudged(tx: Transaction, signal: Signal, { instrument, intent }: Judged): SignalDecision {
  const clientOrderId = place(tx, instrument, intent, { strategy: signal.strategy, signalId: signal.signalId })
  return { outcome: 'ACCEPTED', reason: 'ACCEPTED', clientOrderId }
}

/** All that stands between a request and the exchange; nothing is recorded or sent. */
function judge(tx: Transaction, signal: Signal, { size, byPerson, beside }: Asking): Judged | { readonly refusal: Refusal } {
  const { state } = tx
  const instrument = state.instruments.get(signal.symbol)
  if (instrument === undefined) return { refusal: { reason: 'UNKNOWN_SYMBOL', value: signal.symbol } }
  const mark = state.marks.get(signal.symbol)
  // Right after a restart an exit may go by the last candle: what is held must get out.
  const reference = mark?.price ?? newestCandle(state, signal.symbol)?.close
  if (reference === undefined) return { refusal: { reason: 'NO_REFERENCE_PRICE', value: signal.symbol } }
  const sized = size(instrument, reference)
  const exit = 'intent' in sized && sized.intent.reduceOnly
  if (mark === undefined && !exit) return { refusal: { reason: 'NO_REFERENCE_PRICE', value: signal.symbol } }
  const closed = checkDoors(state, signal, { exit, byPerson }) ?? (exit || mark === undefined ? undefined : checkFresh(tx, mark.ts))
  if (closed !== undefined) return { refusal: closed }
  if ('refusal' in sized) return sized
  const refusal = checkPair(sized.intent, beside) ?? checkOrder(state, instrument, sized.intent, { beside })
  return refusal === undefined ? { instrument, intent: sized.intent } : { refusal }
}

/** Two exits that could trade at once would be more than the position. */
function checkPair(intent: OrderIntent, beside: OrderIntent | undefined): Refusal | undefined {
  if (beside?.reduceOnly !== true || !intent.reduceOnly || isConditional(intent.type) || isConditional(beside.type)) return undefined
  return { reason: 'UNSUPPORTED_ORDER', value: `${beside.type} and ${intent.type}`, limit: 'of two exits one waits for a trigger' }
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
