import * as fixed from '#domain/money/fixed.ts'
import { Money } from '#domain/money/money.ts'
import { isWorking } from '#domain/order.ts'
import { requestCancel } from '../orders/transition.ts'
import { lossToday, valueAccount } from '../portfolio/equity.ts'
import { utcDay, type Account } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { DAILY_LOSS_REACHED } from './fold-loss.ts'
import { parsedLimits } from './parsed-limits.ts'

/** When the loss of the day reaches its limit, entries that work are canceled: they could only add to it. Once a breach. */
export function checkDailyLoss(tx: Transaction): void {
  const { state } = tx
  if (state.shadow !== undefined || !state.connected) return
  for (const account of state.accounts.values()) {
    if (state.lossReached.get(account.currency) === utcDay(tx.ts)) continue
    const loss = lossToday(account, valueAccount(state, account), tx.ts)
    const limit = parsedLimits(state.limits, account.currency).maxDailyLoss
    if (loss.units <= 0n || Money.compare(loss, limit) < 0) continue
    stopEntries(tx, account, loss)
  }
}

function stopEntries(tx: Transaction, { currency }: Account, loss: Money): void {
  const { state } = tx
  const entries = [...state.orders.values()].filter(
    (order) => isWorking(order.status) && !order.reduceOnly && state.instruments.get(order.symbol)?.settle === currency,
  )
  tx.record({
    type: 'AlertRaised',
    ts: tx.ts,
    severity: 'critical',
    code: DAILY_LOSS_REACHED,
    symbol: currency,
    message: `The loss of the day is ${fixed.format(fixed.trim(loss))} ${currency}, the limit ${state.limits.maxDailyLoss}. ${entries.length} entry orders are being canceled, and no entry is sent before the next UTC day or a wider limit. Positions and their stops stay.`,
  })
  for (const { clientOrderId } of entries) requestCancel(tx, clientOrderId)
}
