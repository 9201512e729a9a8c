import type { ReconcileTrigger } from '#domain/difference.ts'
import { handleReport } from '../orders/reports.ts'
import type { AccountSnapshot, ExchangeCapabilities, VenueFill } from '../ports.ts'
import type { Transaction } from '../transaction.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { Comparison } from './comparison.ts'
import { compareBalances, comparePositions, symbolsInFlight } from './compare-positions.ts'
import { compareOrders } from './compare-orders.ts'
import { sumExternal } from './external.ts'
import type { AccountQuestion } from './learnt.ts'
import { missedFills } from './missing-fills.ts'
import { OurOrders } from './our-orders.ts'
import { wantAccount } from './questions.ts'
import { readAccount, type ReadableAccount } from './read-account.ts'

/** The account is compared this often while all is quiet, milliseconds of engine time. */
export const RECONCILE_EVERY_MS = 30_000
/** Questions about the account in a second. */
export const ACCOUNTS_PER_SECOND = 5
/** How long a difference must last at least: an exchange shows its orders, positions, cash and fills one after the other. */
export const CONFIRM_AFTER_MS = 2_000
/** Looks at a start before what still changes counts as it is. */
export const ROUNDS_MAX = 3
/** Fills are asked for from this long before the last comparison: exchanges list them late, and clocks differ. */
export const FILLS_OVERLAP_MS = 60_000
/** How long a question about the account may stay unanswered; so much longer each time, up to three times. */
export const ACCOUNT_ANSWER_DEADLINE_MS = 10_000
/** Unanswered questions in a row after which it is said. */
export const ACCOUNT_UNANSWERED_MAX = 3

/** An exchange without lag shows everything at one moment; any other may be as late as an order may be invisible. */
function confirmAfter({ acceptanceWindowMs }: ExchangeCapabilities): number {
  return acceptanceWindowMs === 0 ? 0 : Math.max(CONFIRM_AFTER_MS, acceptanceWindowMs)
}

/** Sends the question that is wished for, one at a time. Called after every input. */
export function askAccount(tx: Transaction): void {
  const { state } = tx
  const { account } = state.learnt
  const { wish } = account
  if (wish === undefined || account.asked !== undefined || !state.connected || tx.ts < wish.notBefore) return
  // While orders are being asked about, positions are not certain: the next look waits for their answers.
  if (!account.isCompared && account.rounds > 0 && state.queries.size > 0) return
  if (tx.ts - account.budget.from >= 1_000) account.budget = { from: tx.ts, used: 0 }
  if (account.budget.used >= ACCOUNTS_PER_SECOND) return
  account.budget.used += 1
  const queryId = Math.max(account.lastQueryId + 1, tx.ts)
  // Before the very first comparison of an empty journal there is nothing a fill could belong to.
  const knownUntil = account.fillsKnownUntil === 0 ? tx.ts : account.fillsKnownUntil
  const since = Math.max(0, Math.min(wish.since ?? tx.ts, knownUntil, tx.ts) - FILLS_OVERLAP_MS)
  account.wish = undefined
  account.lastQueryId = queryId
  account.lastAskedAt = tx.ts
  account.asked = { queryId, askedAt: tx.ts, since, trigger: wish.trigger }
  account.touchedOrders.clear()
  account.touchedSymbols.clear()
  tx.send({ type: 'QueryAccount', queryId, since, ts: tx.ts })
}

/** On each tick: the clock's own comparison, and another question where one was not answered. */
export function tickAccount(tx: Transaction): void {
  const { capabilities, connected, learnt } = tx.state
  const { account } = learnt
  if (!capabilities.accountQuery || !connected) return
  if (account.asked !== undefined) {
    const deadlineMs = ACCOUNT_ANSWER_DEADLINE_MS * Math.min(3, account.unanswered + 1)
    if (tx.ts - account.asked.askedAt < deadlineMs) return
    const { trigger, since } = account.asked
    account.asked = undefined
    account.unanswered += 1
    if (account.unanswered === ACCOUNT_UNANSWERED_MAX) sayUnanswered(tx)
    wantAccount(tx, { trigger, since: since + FILLS_OVERLAP_MS })
  } else if (account.wish === undefined && tx.ts - account.lastAskedAt >= RECONCILE_EVERY_MS) wantAccount(tx, { trigger: 'CLOCK' })
}

function sayUnanswered(tx: Transaction): void {
  const shut = tx.state.reconciled ? 'Trading goes on with what is known.' : 'Nothing is traded until it is compared.'
  tx.record({
    type: 'AlertRaised',
    ts: tx.ts,
    severity: 'critical',
    code: 'ACCOUNT_NOT_ANSWERED',
    message: `${tx.state.learnt.exchange} does not answer questions about the account (${ACCOUNT_UNANSWERED_MAX} in a row). ${shut} It is asked again.`,
  })
}

/** The exchange shows its account: missed fills are booked, both sides are compared, and what differs is put on record. */
export function handleAccount(tx: Transaction, snapshot: AccountSnapshot): void {
  const { learnt } = tx.state
  const { account } = learnt
  const question = account.asked
  if (question === undefined || snapshot.queryId !== question.queryId) return
  const readable = readAccount(tx, snapshot)
  if (readable === undefined) return
  // From here on what changes is what the answer itself brings: no reason to doubt it.
  account.asked = undefined
  account.unanswered = 0
  account.fillsKnownUntil = Math.max(account.fillsKnownUntil, question.askedAt)
  account.recoveredFills += bookFills(tx, readable)
  countMissedFills(tx, question)
  const comparison = new Comparison()
  compareOrders(tx, readable, question, comparison)
  const inFlight = symbolsInFlight(tx.state)
  const uncertain = new Set([...inFlight, ...readable.unreadableSymbols])
  const positions = comparePositions(tx, readable.positions, uncertain, comparison)
  compareBalances(tx, readable.balances, inFlight.size === 0, comparison)
  const counts = { orders: readable.openOrders.length, positions, fills: readable.fills.length }
  conclude(tx, question, comparison, counts)
}

/** Books the fills we lack on the same way as every other, once by trade id. How many there were. */
function bookFills(tx: Transaction, { fills, openOrders }: ReadableAccount): number {
  const ours = new OurOrders(tx.state)
  const shown = new Map(openOrders.map((order) => [order.exchangeOrderId, order.filledQuantity]))
  let booked = 0
  for (const fill of fills) {
    const order = ours.find(fill)
    if (order === undefined || tx.state.tradeIds.has(`${order.symbol}|${fill.tradeId}`)) continue
    // An order all of whose fills are booked has no more: the id was only forgotten.
    const filled = shown.get(fill.exchangeOrderId)
    if (filled !== undefined && Quantity.compare(filled, order.filledQuantity) <= 0) continue
    handleReport(tx, reportOf(order.clientOrderId, fill))
    if (tx.state.tradeIds.has(`${order.symbol}|${fill.tradeId}`)) booked += 1
  }
  return booked
}

function reportOf(clientOrderId: Parameters<Transaction['state']['orders']['get']>[0], fill: VenueFill) {
  const { symbol, ts, tradeId, exchangeOrderId, price, quantity, fee, liquidity } = fill
  return { type: 'OrderFill', clientOrderId, symbol, ts, tradeId, exchangeOrderId, price, quantity, fee, liquidity } as const
}

/** Orders whose fills this answer should have held. */
function countMissedFills(tx: Transaction, { since }: AccountQuestion): void {
  for (const [clientOrderId, { end }] of tx.state.learnt.inquiries) {
    const order = tx.state.orders.get(clientOrderId)
    if (end !== undefined && order !== undefined && since <= order.createdAt) missedFills(tx, order)
  }
}

interface Counts {
  readonly orders: number
  readonly positions: number
  readonly fills: number
}

function conclude(tx: Transaction, { trigger }: AccountQuestion, comparison: Comparison, counts: Counts): void {
  const { learnt } = tx.state
  const { account } = learnt
  learnt.external = sumExternal(tx.state, comparison.externalOrders, comparison.externalPositions)
  tx.state.areStopsChecked = false
  const isLastRound = account.rounds + 1 >= ROUNDS_MAX
  const confirmAfterMs = confirmAfter(tx.state.capabilities)
  const looksAgain = comparison.conclude(tx, { confirmAfterMs, atLast: isLastRound && !account.isCompared })
  for (const { order, differenceId } of comparison.stillOpen) {
    const { clientOrderId, symbol } = order
    if (tx.state.differences.has(differenceId)) tx.send({ type: 'CancelOrder', clientOrderId, symbol, ts: tx.ts })
  }
  // Until the first comparison is complete the gate is shut, and what differs is looked at until it lasts or is gone.
  const isRacing = looksAgain && (!account.isCompared || !isLastRound)
  const isUnsure = !account.isCompared && !isLastRound && comparison.isUnsure
  if (isRacing || isUnsure) {
    account.rounds += 1
    wantAccount(tx, { trigger, afterMs: isRacing ? confirmAfterMs : 0 })
    return
  }
  account.isCompared = true
  account.comparedAt = tx.ts
  account.rounds = 0
  recordDone(tx, trigger, counts)
}

function recordDone(tx: Transaction, trigger: ReconcileTrigger, counts: Counts): void {
  const { account, exchange } = tx.state.learnt
  const result = [...tx.state.differences.keys()].sort().join(' ')
  const { recoveredFills } = account
  account.recoveredFills = 0
  if (trigger === 'CLOCK' && result === account.lastResult && recoveredFills === 0) return
  account.lastResult = result
  const openDifferences = tx.state.differences.size
  tx.record({ type: 'ReconciliationDone', ts: tx.ts, exchange, trigger, ...counts, recoveredFills, openDifferences })
}
