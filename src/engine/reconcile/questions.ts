import type { ReconcileTrigger } from '#domain/difference.ts'
import type { ClientOrderId } from '#domain/ids.ts'
import { isWorking } from '#domain/order.ts'
import type { EngineState, TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import type { Inquiry } from './learnt.ts'

/** Questions about single orders in a second, where the exchange names no number of its own. */
export const QUERIES_PER_SECOND = 20
/** How long until an unanswered question is asked again; doubled each time, up to the second figure. */
export const QUERY_RETRY_MS = 5_000
export const QUERY_RETRY_MAX_MS = 20_000
/** How long an order may stay without an answer before it counts as unknown. */
export const ORDER_ANSWER_DEADLINE_MS = 10_000
/** How far apart two answers "not found" must lie to count as two. */
export const NOT_FOUND_SPACING_MS = 2_000

/** What is being found out about an order; begun when first needed. */
export function inquiryOf(state: EngineState, order: TrackedOrder): Inquiry {
  const known = state.learnt.inquiries.get(order.clientOrderId)
  if (known !== undefined) return known
  const inquiry: Inquiry = {
    since: order.sentAt,
    nextAskAt: Number.NEGATIVE_INFINITY,
    askedAt: Number.NEGATIVE_INFINITY,
    unanswered: 0,
    notFounds: 0,
    lastNotFoundAt: Number.NEGATIVE_INFINITY,
    isAbsentFromAccount: false,
    isKnownThere: false,
    resends: 0,
    end: undefined,
    fillQueries: 0,
    retryAt: undefined,
    throttles: 0,
    unreadableAt: Number.NEGATIVE_INFINITY,
  }
  state.learnt.inquiries.set(order.clientOrderId, inquiry)
  return inquiry
}

/** Puts a question about an order in line, unless one is out or it is too early for another. */
export function ask(tx: Transaction, order: TrackedOrder): void {
  const { learnt, queries } = tx.state
  if (learnt.waiting.has(order.clientOrderId) || tx.ts < inquiryOf(tx.state, order).nextAskAt) return
  if (!queries.has(order.clientOrderId)) queries.set(order.clientOrderId, tx.ts)
  learnt.waiting.add(order.clientOrderId)
}

/** The exchange has said something about the order; nothing is owed to us any more. */
export function answered(tx: Transaction, clientOrderId: ClientOrderId): void {
  const { learnt, queries } = tx.state
  queries.delete(clientOrderId)
  learnt.waiting.delete(clientOrderId)
  const inquiry = learnt.inquiries.get(clientOrderId)
  if (inquiry === undefined) return
  inquiry.unanswered = 0
  inquiry.nextAskAt = tx.ts
}

/** Sends the questions that wait, oldest first, as many as the exchange may be asked in a second. */
export function sendQuestions(tx: Transaction): void {
  const { learnt, capabilities, connected } = tx.state
  if (learnt.waiting.size === 0 || !connected) return
  const perSecond = Math.max(1, capabilities.queriesPerSecond ?? QUERIES_PER_SECOND)
  for (const clientOrderId of learnt.waiting) {
    if (tx.ts - learnt.budget.from >= 1_000) learnt.budget = { from: tx.ts, used: 0 }
    if (learnt.budget.used >= perSecond) return
    learnt.waiting.delete(clientOrderId)
    const order = tx.state.orders.get(clientOrderId)
    if (order === undefined || !isWorking(order.status)) {
      tx.state.queries.delete(clientOrderId)
      continue
    }
    const inquiry = inquiryOf(tx.state, order)
    inquiry.nextAskAt = tx.ts + Math.min(QUERY_RETRY_MAX_MS, QUERY_RETRY_MS * 2 ** inquiry.unanswered)
    inquiry.unanswered += 1
    inquiry.askedAt = tx.ts
    learnt.budget.used += 1
    tx.state.queries.set(clientOrderId, tx.ts)
    tx.send({ type: 'QueryOrder', clientOrderId, symbol: order.symbol, ts: tx.ts })
  }
}

/** Wants the whole account compared; the most urgent of several wishes wins, and the earliest fills. */
export function wantAccount(
  tx: Transaction,
  wish: { readonly trigger: ReconcileTrigger; readonly afterMs?: number; readonly since?: number | undefined },
): void {
  const { account } = tx.state.learnt
  if (!tx.state.capabilities.accountQuery) return
  const notBefore = tx.ts + (wish.afterMs ?? 0)
  const other = account.wish
  account.wish = {
    trigger: other === undefined || other.trigger === 'CLOCK' ? wish.trigger : other.trigger,
    notBefore: Math.min(notBefore, other?.notBefore ?? notBefore),
    since: wish.since === undefined ? other?.since : Math.min(wish.since, other?.since ?? wish.since),
  }
}
