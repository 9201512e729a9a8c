import { repeatAmend } from '../orders/amend.ts'
import { settleAmendment } from '../orders/amend-reports.ts'
import { isAskedSince, mayBeEcho } from '../orders/former-versions.ts'
import { isVersion } from '../orders/version.ts'
import type { ExchangeReport } from '../ports.ts'
import type { TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { ask, ORDER_ANSWER_DEADLINE_MS } from './questions.ts'

type Found = Extract<ExchangeReport, { readonly type: 'OrderFound' }>

/**
 * An amendment whose answer may be lost, and the order as the exchange has it: the version that was asked for ends it; another one,
 * long after it was asked for, has it asked for again, which done twice is like once.
 */
export function concludeAmendment(tx: Transaction, order: TrackedOrder, found: Found): void {
  const { amending } = order
  if (amending === undefined || order.replacing === true) return
  if (isVersion(found, amending)) {
    if (mayBeEcho(tx.state, order) && !isAskedSince(tx.state, order)) ask(tx, order)
    else settleAmendment(tx, order, { ...order, ...present(found) }, { ts: found.ts, reason: 'the exchange shows it so' })
    return
  }
  if (tx.ts - order.updatedAt >= ORDER_ANSWER_DEADLINE_MS) repeatAmend(tx, order)
}

function present({ quantity, price, triggerPrice }: Found): Pick<Found, 'quantity' | 'price' | 'triggerPrice'> {
  return {
    ...(quantity === undefined ? {} : { quantity }),
    ...(price === undefined ? {} : { price }),
    ...(triggerPrice === undefined ? {} : { triggerPrice }),
  }
}
