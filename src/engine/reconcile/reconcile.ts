import type { ReconcileTrigger } from '#domain/difference.ts'
import type { ClientOrderId } from '#domain/ids.ts'
import { isWorking } from '#domain/order.ts'
import { isAtExchange } from '../orders/exposure.ts'
import { isToBeStopped } from '../orders/stopped.ts'
import { transition } from '../orders/transition.ts'
import type { EngineAnswer } from '../ports.ts'
import type { EngineState, TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { askAccount, tickAccount } from './account.ts'
import { sayLeftovers } from './leftovers.ts'
import { forgetLearnt } from './learnt.ts'
import { retryThrottled } from './outcomes.ts'
import { ask, inquiryOf, ORDER_ANSWER_DEADLINE_MS, sendQuestions, wantAccount } from './questions.ts'

/** The exchange is gone: the gate is shut, and what was learnt from it is forgotten. */
export function loseConnection(tx: Transaction): void {
  const { state } = tx
  state.reconciled = false
  if (!state.connected) return
  state.connected = false
  state.queries.clear()
  state.learnt = forgetLearnt(state.learnt)
}

/**
 * Start-up is recovery: every working order is asked about before anything may trade; where the exchange can show its account,
 * one look at that answers for most of them. Orders whose answer was never journalled become UNKNOWN and keep their exposure reserved.
 */
export function askAboutOrders(tx: Transaction, trigger: ReconcileTrigger): void {
  const { state } = tx
  state.reconciled = false
  state.queries.clear()
  state.learnt.waiting.clear()
  // Reports that came while the exchange was away started inquiries of their own: the questions begin anew.
  if (trigger !== 'WAKE') state.learnt.inquiries.clear()
  state.learnt.account.isCompared = false
  state.learnt.account.rounds = 0
  for (const order of state.orders.values()) {
    if (!isAtExchange(order)) continue
    if (order.status === 'SUBMITTED') transition(tx, order, 'LOSE', { ts: tx.ts, reason: 'no answer before the restart or disconnect' })
    if (state.unsettled.has(order.clientOrderId)) inquiryOf(state, order).since = tx.ts
    if (state.capabilities.accountQuery) state.queries.set(order.clientOrderId, tx.ts)
    else ask(tx, order)
  }
  wantAccount(tx, { trigger })
}

/** On demand: of a person, or because the machine has slept and nobody knows what was missed. */
export function reconcileNow(tx: Transaction, trigger: ReconcileTrigger): EngineAnswer {
  const { state } = tx
  if (!state.connected) {
    return {
      type: 'Refused',
      code: 'CONFLICT',
      message: 'The exchange is not connected. Nothing was compared; it will be as soon as it is back.',
    }
  }
  if (trigger === 'WAKE') askAboutOrders(tx, trigger)
  else if (state.capabilities.accountQuery) wantAccount(tx, { trigger })
  else for (const order of state.orders.values()) if (isAtExchange(order)) ask(tx, order)
  return { type: 'Done', seq: 0 }
}

/** After every input: sends what waits, and opens the gate once every question has its answer and the account is compared. */
export function continueReconciliation(tx: Transaction): void {
  const { state } = tx
  sendQuestions(tx)
  askAccount(tx)
  if (state.reconciled || !state.connected || state.queries.size > 0) return
  if (!state.capabilities.accountQuery || state.learnt.account.isCompared) state.reconciled = true
}

/**
 * Turns late answers into UNKNOWN and asks; asks again where the exchange did not answer: a question, a cancel, or any order that
 * a stop meant to cancel. Never sends an order a second time. Looks at the orders that wait for a word, not at all of them, unless
 * trading is halted.
 */
export function askAgain(tx: Transaction): void {
  const { state } = tx
  sayLeftovers(tx)
  if (!state.connected) return
  retryThrottled(tx)
  // The first look at the account answers for most orders: until it is here or late, they are not asked about one by one.
  const { account } = state.learnt
  const isLooking = state.capabilities.accountQuery && !account.isCompared && account.rounds === 0 && account.unanswered === 0
  if (!isLooking) for (const id of state.queries.keys()) askOne(tx, id)
  for (const id of state.halt === null ? state.unsettled : allWorking(state)) {
    const order = state.orders.get(id)
    if (order === undefined || !isUnsettled(state, order)) continue
    const inquiry = state.learnt.inquiries.get(id)
    if (inquiry?.retryAt !== undefined) continue
    if (tx.ts - Math.max(order.updatedAt, inquiry?.since ?? order.updatedAt) < ORDER_ANSWER_DEADLINE_MS) {
      // One that is already being looked into is asked about as soon as it may be.
      if (inquiry === undefined || inquiry.notFounds === 0) continue
    }
    if (order.status === 'SUBMITTED')
      transition(tx, order, 'LOSE', { ts: tx.ts, reason: `no answer within ${ORDER_ANSWER_DEADLINE_MS} ms` })
    ask(tx, order)
  }
  tickAccount(tx)
  forgetSettled(state)
}

function askOne(tx: Transaction, id: ClientOrderId): void {
  const order = tx.state.orders.get(id)
  if (order !== undefined && isWorking(order.status)) ask(tx, order)
  else tx.state.queries.delete(id)
}

function allWorking(state: EngineState): readonly ClientOrderId[] {
  return [...state.workingByKey.values()].flatMap((ids) => [...ids])
}

function isUnsettled(state: EngineState, order: TrackedOrder): boolean {
  if (!isAtExchange(order)) return false
  return isToBeStopped(state, order) || state.unsettled.has(order.clientOrderId)
}

/** What was found out about orders that are settled is of no use any more. */
function forgetSettled(state: EngineState): void {
  for (const [id, inquiry] of state.learnt.inquiries) {
    const order = state.orders.get(id)
    const isOpen = order !== undefined && isWorking(order.status)
    if (isOpen && (state.unsettled.has(id) || state.queries.has(id) || inquiry.end !== undefined)) continue
    state.learnt.inquiries.delete(id)
  }
  for (const known of [state.learnt.changed, state.learnt.formerVersions])
    for (const id of known.keys()) if (!isWorking(state.orders.get(id)?.status ?? 'CANCELED')) known.delete(id)
}
