import type { ClientOrderId } from '#domain/ids.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { isWorking } from '#domain/order.ts'
import type { ExchangeReport } from '../ports.ts'
import type { EngineState, TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { exitFits } from '../orders/exit-room.ts'
import { send } from '../orders/submit.ts'
import { isToBeStopped } from '../orders/stopped.ts'
import { repeatCancel, requestCancel, transition } from '../orders/transition.ts'
import { blockingDifference, closeAsGone, differenceIdOf, recordDifference } from './differences.ts'
import type { Inquiry } from './learnt.ts'
import { concludeAmendment } from './lost-amendment.ts'
import { awaitFills, lacksFills, settleEnd } from './missing-fills.ts'
import { ask, inquiryOf, NOT_FOUND_SPACING_MS, wantAccount } from './questions.ts'

/** Answers "not found", apart from each other, that prove absence together with the account; and that call a person where it cannot be asked. */
export const NOT_FOUNDS_MIN = 3
export const NOT_FOUNDS_ALONE_MIN = 5
/** Times an order is sent again after proof that it had not arrived. */
export const RESENDS_MAX = 3
/** Times an order is sent again after the exchange refused it for now. */
export const THROTTLED_RESENDS_MAX = 5
export const RETRY_AFTER_MIN_MS = 100
export const RETRY_AFTER_MAX_MS = 600_000
/** Code of a rejection which proves that the exchange has an order of this id. */
export const DUPLICATE_CLIENT_ORDER_ID = 'DUPLICATE_CLIENT_ORDER_ID'

type Report<T extends ExchangeReport['type']> = Extract<ExchangeReport, { readonly type: T }>

/** No answer is no refusal: the order is unknown, keeps its exposure reserved, and is asked about. */
export function outcomeUnknown(tx: Transaction, order: TrackedOrder, { ts, reason }: Report<'OrderOutcomeUnknown'>): void {
  if (!isWorking(order.status)) return
  transition(tx, order, 'LOSE', { ts, reason })
  ask(tx, order)
}

/**
 * A rejection ends an order, but for two cases: a doubled id proves that the order is there, and an order that has filled was
 * plainly not rejected. Both are asked about.
 */
export function rejected(tx: Transaction, order: TrackedOrder, report: Report<'OrderRejected'>): void {
  const reason = `${report.code}: ${report.message}`
  const isThere = report.code === DUPLICATE_CLIENT_ORDER_ID || !Quantity.isZero(order.filledQuantity)
  if (!isWorking(order.status) || !isThere) {
    transition(tx, order, 'REJECT', { ts: report.ts, reason })
    return
  }
  transition(tx, order, 'LOSE', { ts: report.ts, reason })
  const inquiry = inquiryOf(tx.state, order)
  inquiry.notFounds = 0
  inquiry.isKnownThere = true
  inquiry.retryAt = undefined
  ask(tx, order)
}

/** Certainly not accepted. Sent again under its own id after the wait, if it is still wanted then. */
export function throttled(tx: Transaction, order: TrackedOrder, report: Report<'OrderThrottled'>): void {
  if (!isWorking(order.status) || order.exchangeOrderId !== undefined) return
  const inquiry = inquiryOf(tx.state, order)
  const waitMs = Number.isFinite(report.retryAfterMs) ? report.retryAfterMs : RETRY_AFTER_MAX_MS
  inquiry.throttles += 1
  inquiry.retryAt = tx.ts + Math.min(RETRY_AFTER_MAX_MS, Math.max(RETRY_AFTER_MIN_MS, waitMs))
  const refusal = inquiry.throttles > THROTTLED_RESENDS_MAX ? `refused for now ${inquiry.throttles} times` : whyUnwanted(tx, order, waitMs)
  if (refusal !== undefined) neverThere(tx, order, `${refusal}; the exchange had refused it for now: ${report.reason}`)
}

/** Sends what the exchange had refused for now, when its time has come. Walks the orders somebody asks about, not all. */
export function retryThrottled(tx: Transaction): void {
  for (const [clientOrderId, inquiry] of tx.state.learnt.inquiries) {
    if (inquiry.retryAt === undefined || tx.ts < inquiry.retryAt) continue
    inquiry.retryAt = undefined
    const order = tx.state.orders.get(clientOrderId)
    if (order === undefined || !isWorking(order.status)) continue
    const refusal = whyUnwanted(tx, order, 0)
    if (refusal !== undefined) neverThere(tx, order, refusal)
    else sendAgain(tx, order, inquiry)
  }
}

/** The exchange has the order; how it stands there, as far as it says. Also what an account snapshot shows of it. */
export function found(tx: Transaction, order: TrackedOrder, report: Report<'OrderFound'>): void {
  if (!isWorking(order.status)) return
  const inquiry = inquiryOf(tx.state, order)
  inquiry.notFounds = 0
  inquiry.isAbsentFromAccount = false
  inquiry.retryAt = undefined
  const status = report.status ?? 'OPEN'
  const { ts, exchangeOrderId } = report
  const filledQuantity = status === 'FILLED' ? (report.filledQuantity ?? report.quantity ?? order.quantity) : report.filledQuantity
  const end = { status, filledQuantity }
  closeAsGone(tx, missingId(tx.state, order))
  if (lacksFills(tx.state, order, end)) {
    // The order waits as unknown: what it did is not booked yet, and nothing new may be opened on top of it.
    transition(tx, order, status === 'OPEN' ? 'ACCEPT' : 'LOSE', {
      ts,
      exchangeOrderId,
      reason: `the exchange says ${status}; its fills are not here yet`,
    })
    awaitFills(tx, order, end)
  } else if (status === 'OPEN') transition(tx, order, 'ACCEPT', { ts, exchangeOrderId })
  else settleEnd(tx, order, end, { ts, exchangeOrderId })
  const now = tx.state.orders.get(order.clientOrderId)
  if (status !== 'OPEN' || now === undefined) return
  concludeAmendment(tx, now, report)
  if (now.status === 'PENDING_CANCEL' ? now.replacing !== true : isToBeStopped(tx.state, now)) requestCancel(tx, now.clientOrderId)
  else if (now.replacing === true) repeatCancel(tx, now)
}

/** Absence is not proof by itself: the exchange may lag. */
export function notFound(tx: Transaction, order: TrackedOrder, report: Report<'OrderNotFound'>): void {
  if (!isWorking(order.status)) return
  const inquiry = inquiryOf(tx.state, order)
  transition(tx, order, 'LOSE', { ts: report.ts, reason: 'the exchange does not show it' })
  if (tx.ts - inquiry.lastNotFoundAt >= NOT_FOUND_SPACING_MS) {
    inquiry.notFounds += 1
    inquiry.lastNotFoundAt = tx.ts
  }
  if (report.authoritative) {
    provenAbsent(tx, order)
    return
  }
  inquiry.nextAskAt = tx.ts + NOT_FOUND_SPACING_MS
  settleIfAbsent(tx, order)
}

/**
 * Acts when all the proof is together: answers, age, and an account that shows neither the order nor fills of it. Where the account
 * cannot be asked there is no such proof, and a person decides.
 */
export function settleIfAbsent(tx: Transaction, order: TrackedOrder): void {
  const { capabilities } = tx.state
  const inquiry = inquiryOf(tx.state, order)
  const needed = capabilities.accountQuery ? NOT_FOUNDS_MIN : NOT_FOUNDS_ALONE_MIN
  if (inquiry.notFounds < needed || tx.ts - inquiry.since < capabilities.acceptanceWindowMs) return
  if (!capabilities.accountQuery) reportMissing(tx, order)
  else if (inquiry.isAbsentFromAccount) provenAbsent(tx, order)
  else wantAccount(tx, { trigger: 'CLOCK', since: order.createdAt })
}

/** What the exchange had confirmed cannot have vanished: a person decides. What it never had is sent again, or canceled. */
function provenAbsent(tx: Transaction, order: TrackedOrder): void {
  const inquiry = inquiryOf(tx.state, order)
  if (order.exchangeOrderId !== undefined || inquiry.isKnownThere || !Quantity.isZero(order.filledQuantity)) {
    reportMissing(tx, order)
    return
  }
  const refusal = inquiry.resends >= RESENDS_MAX ? `sent ${inquiry.resends + 1} times in vain` : whyUnwanted(tx, order, 0)
  if (refusal !== undefined) {
    neverThere(tx, order, refusal)
    return
  }
  // An answer may come when the connection is gone already: it is asked again when it is back.
  if (!tx.state.connected || tx.state.shadow !== undefined) return
  inquiry.resends += 1
  sendAgain(tx, order, inquiry)
}

function sendAgain(tx: Transaction, order: TrackedOrder, inquiry: Inquiry): void {
  inquiry.since = tx.ts
  inquiry.notFounds = 0
  inquiry.isAbsentFromAccount = false
  inquiry.nextAskAt = tx.ts
  send(tx, order)
}

/** Why an order that is not at the exchange should stay away from it, or undefined. Exits are always wanted. */
function whyUnwanted(tx: Transaction, order: TrackedOrder, waitMs: number): string | undefined {
  const { state } = tx
  if (isToBeStopped(state, order)) return 'not sent again because trading was stopped'
  if (order.status === 'PENDING_CANCEL') return 'not sent again because it was to be canceled'
  if (order.reduceOnly) return exitFits(state, order) ? undefined : 'not sent again because less is held by now'
  if (tx.ts + waitMs - order.sentAt > state.limits.referenceMaxAgeMs) return 'not sent again because its price is out of date'
  const difference = blockingDifference(state, order.symbol)
  return difference === undefined ? undefined : `not sent again because ${difference} is open`
}

function neverThere(tx: Transaction, order: TrackedOrder, why: string): void {
  transition(tx, order, 'CANCEL', { ts: tx.ts, reason: `never reached the exchange; ${why}` })
}

export function missingId(state: EngineState, { clientOrderId }: { readonly clientOrderId: ClientOrderId }): string {
  return differenceIdOf('ORDER_MISSING', state.learnt.exchange, clientOrderId)
}

function reportMissing(tx: Transaction, order: TrackedOrder): void {
  const { clientOrderId, exchangeOrderId, symbol, exchange, filledQuantity, quantity } = order
  recordDifference(tx, {
    differenceId: missingId(tx.state, order),
    kind: 'ORDER_MISSING',
    exchange,
    symbol,
    clientOrderId,
    exchangeOrderId,
    ours: `${order.side} ${Quantity.format(quantity)}, filled ${Quantity.format(filledQuantity)}`,
    theirs: 'not there',
    cause: `${order.exchangeOrderId === undefined ? 'Nobody can say whether the exchange ever had this order: it' : 'The exchange had confirmed this order and now'} shows neither it nor how it ended. It stays reserved until somebody decides.`,
    suggestion: 'ADOPT',
    blocking: true,
  })
}
