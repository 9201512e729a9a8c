import type { ProtectionPlanView } from '#contract/protection.ts'
import type { ProtectionPlan } from '#domain/protection.ts'

/** A plan as the contract writes it, and back. */
export function planViewOf(plan: ProtectionPlan): ProtectionPlanView {
  const { stopLoss, takeProfit, trailing, breakeven, ladder, locks } = plan
  return withoutAbsent({
    stop_loss: stopLoss,
    take_profit: takeProfit,
    trailing: trailing && {
      by: trailing.by,
      distance: trailing.distance,
      ...withoutAbsent({ activation_bps: trailing.activationBps, step_bps: trailing.stepBps }),
    },
    breakeven: breakeven && { at_bps: breakeven.atBps, offset_bps: breakeven.offsetBps },
    ladder: ladder?.map((step) => ({ at_bps: step.atBps, share_bps: step.shareBps })),
    locks: locks?.map((lock) => ({ at_bps: lock.atBps, lock_bps: lock.lockBps })),
  })
}

export function planOf(view: ProtectionPlanView): ProtectionPlan {
  const { stop_loss, take_profit, trailing, breakeven, ladder, locks } = view
  return withoutAbsent({
    stopLoss: stop_loss,
    takeProfit: take_profit,
    trailing: trailing && {
      by: trailing.by,
      distance: trailing.distance,
      ...withoutAbsent({ activationBps: trailing.activation_bps, stepBps: trailing.step_bps }),
    },
    breakeven: breakeven && { atBps: breakeven.at_bps, offsetBps: breakeven.offset_bps },
    ladder: ladder?.map((step) => ({ atBps: step.at_bps, shareBps: step.share_bps })),
    locks: locks?.map((lock) => ({ atBps: lock.at_bps, lockBps: lock.lock_bps })),
  })
}

/** The plan two plain levels make; null when there are none. */
export function planOfLevels(levels: {
  readonly stopLoss?: string | undefined
  readonly takeProfit?: string | undefined
}): ProtectionPlan | null {
  const { stopLoss, takeProfit } = levels
  return stopLoss === undefined && takeProfit === undefined ? null : withoutAbsent({ stopLoss, takeProfit })
}

/** Facts and answers are JSON: what is absent has no key. */
function withoutAbsent<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T
}
