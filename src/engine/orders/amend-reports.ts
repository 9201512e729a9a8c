import { Quantity } from '#domain/money/quantity.ts'
import { isWorking, type OrderAmendment } from '#domain/order.ts'
import type { ExchangeReport } from '../ports.ts'
import { ask } from '../reconcile/questions.ts'
import type { TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { mayBeEcho, noteFormerVersion } from './former-versions.ts'
import { recordAmended, requestCancel } from './transition.ts'
import { isVersion } from './version.ts'

/** What an order is now; ends the amendment that was on its way. `ts` is the time of the word that ended it. */
export function settleAmendment(
  tx: Transaction,
  order: TrackedOrder,
  now: OrderAmendment,
  { ts, reason }: { readonly ts: number; readonly reason?: string },
): void {
  const { quantity = order.quantity, price, triggerPrice } = now
  noteFormerVersion(tx.state, order)
  recordAmended(tx, order, { quantity, price, triggerPrice }, { ts, reason })
  const settled = tx.state.orders.get(order.clientOrderId)
  // Filled beyond what is wanted now: what is left at the exchange is not wanted.
  if (settled !== undefined && isWorking(settled.status) && Quantity.compare(settled.filledQuantity, quantity) >= 0)
    requestCancel(tx, order.clientOrderId)
}

/**
 * The exchange's word that it has amended the order. What nobody asked for may be somebody's hand, or the late echo of a version that
 * has been overtaken: the exchange is asked how the order stands.
 */
export function amendReported(
  tx: Transaction,
  order: TrackedOrder,
  report: Extract<ExchangeReport, { readonly type: 'OrderAmended' }>,
): void {
  if (!isWorking(order.status)) return
  // The echo of an earlier amendment: it is no answer to this one, which is still on its way and may be overtaken by another.
  if (order.amending !== undefined && order.replacing !== true && !isVersion(report, order.amending)) return
  if (order.replacing !== true && mayBeEcho(tx.state, order)) ask(tx, order)
  else if (order.amending !== undefined || order.replacing === true) settleAmendment(tx, order, report, { ts: report.ts })
  else if (!isVersion(order, report)) ask(tx, order)
}

/** The order stays as it is. If it has filled beyond what was wanted meanwhile, the rest is canceled. */
export function amendRefused(
  tx: Transaction,
  order: TrackedOrder,
  report: Extract<ExchangeReport, { readonly type: 'AmendRejected' }>,
): void {
  const { amending } = order
  if (amending === undefined || order.replacing === true || !isWorking(order.status)) return
  settleAmendment(tx, order, {}, { ts: report.ts, reason: report.reason })
  if (amending.quantity !== undefined && Quantity.compare(order.filledQuantity, amending.quantity) >= 0)
    requestCancel(tx, order.clientOrderId)
}
