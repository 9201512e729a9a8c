import type { Transaction } from './transaction.ts'

/** Raised once when the engine learns that the account is not its own (any more). */
export const SHADOW_ALERT = 'SHADOW_MODE'

/**
 * From here on nothing but questions leaves. Learnt anew at each start; within one life it is never taken back, because only a
 * person may say that the other instance is gone.
 */
export function enterShadow(tx: Transaction, why: string): void {
  const { state } = tx
  if (state.shadow !== undefined) return
  state.shadow = why
  tx.record({
    type: 'AlertRaised',
    ts: tx.ts,
    severity: 'critical',
    code: SHADOW_ALERT,
    message: `Shadow mode: ${why} This instance sends no order, no amendment and no cancel; its stops and targets do not act. Nothing was changed at the exchange. To trade here, stop the other instance and start this one again.`,
  })
}
