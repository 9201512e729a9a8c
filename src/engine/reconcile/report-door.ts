import type { ExchangeReport } from '../ports.ts'
import type { TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { isWorking } from '#domain/order.ts'
import { ask, inquiryOf, wantAccount } from './questions.ts'
import { problemOfReport } from './readable.ts'

/** An exchange whose clock is ahead by more than this is told of; its times are cut off at ours in any case. */
export const CLOCK_AHEAD_MAX_MS = 60_000
/** How long until the same trouble is said again. */
export const SAID_AGAIN_AFTER_MS = 60_000

/**
 * Lets in a report that can be read, at a time that is not after ours: the exchange's clock never moves the engine's. A report that
 * cannot be read changes nothing; it is said, and the exchange is asked what it meant.
 */
export function readReport(tx: Transaction, order: TrackedOrder, report: ExchangeReport): ExchangeReport | undefined {
  const problem = problemOfReport(report)
  if (problem === undefined) {
    const ts = timeOf(tx, report.ts)
    return ts === report.ts ? report : { ...report, ts }
  }
  const inquiry = inquiryOf(tx.state, order)
  if (tx.ts - inquiry.unreadableAt >= SAID_AGAIN_AFTER_MS) {
    inquiry.unreadableAt = tx.ts
    tx.record({
      type: 'AlertRaised',
      ts: tx.ts,
      severity: 'critical',
      code: 'REPORT_UNREADABLE',
      symbol: order.symbol,
      traderId: order.traderId,
      message: `The exchange reports ${String(report.type).slice(0, 40)} for order ${order.clientOrderId}, and ${problem}. Nothing was booked; the exchange is asked about the order and its fills.`,
    })
  }
  if (isWorking(order.status)) ask(tx, order)
  wantAccount(tx, { trigger: 'CLOCK', since: order.createdAt })
  return undefined
}

function timeOf(tx: Transaction, ts: number): number {
  const isTime = Number.isSafeInteger(ts) && ts > 0
  if (isTime && ts <= tx.ts) return ts
  const { learnt } = tx.state
  if ((!isTime || ts - tx.ts > CLOCK_AHEAD_MAX_MS) && tx.ts - learnt.clockSaidAt >= SAID_AGAIN_AFTER_MS) {
    learnt.clockSaidAt = tx.ts
    tx.record({
      type: 'AlertRaised',
      ts: tx.ts,
      severity: 'warning',
      code: 'EXCHANGE_CLOCK_WRONG',
      message: `The exchange gives the time ${String(ts).slice(0, 30)} where it is ${tx.ts} here. What it reports is recorded at our time.`,
    })
  }
  return tx.ts
}
