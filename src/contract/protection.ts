import { z } from 'zod'
import { PROTECTION_CAUSES } from '#domain/protection.ts'
import { decimal } from './amounts.ts'

/** What guards a position, as callers write it and screens show it. Basis points count from the average entry price, towards profit. */
export const PROTECTION_STEPS_MAX = 20
const ALL_BPS = 10_000

/** Decimal text above zero. */
export const positive = z
  .string()
  .regex(/^(?=.*[1-9])\d{1,40}(\.\d{1,30})?$/, 'plain decimal text above zero, e.g. "0.01"')
  .max(80)

export const trailingDistance = z.strictObject({
  /** Of `distance`: an amount in the quote currency, basis points, or a multiple of the 14-bar average true range. */
  by: z.enum(['PRICE', 'BPS', 'ATR']),
  distance: positive,
})

const ladderStep = z.strictObject({ at_bps: positive, share_bps: positive })
const profitLock = z.strictObject({ at_bps: positive, lock_bps: decimal })

/** Fields alone, as they are shown. What callers send is also checked against itself: `protectionPlan`. */
export const protectionPlanView = z.strictObject({
  stop_loss: positive.optional(),
  take_profit: positive.optional(),
  trailing: trailingDistance.extend({ activation_bps: positive.optional(), step_bps: positive.optional() }).optional(),
  breakeven: z.strictObject({ at_bps: positive, offset_bps: decimal }).optional(),
  ladder: z.array(ladderStep).min(1).max(PROTECTION_STEPS_MAX).optional(),
  locks: z.array(profitLock).min(1).max(PROTECTION_STEPS_MAX).optional(),
})
export type ProtectionPlanView = z.infer<typeof protectionPlanView>

export const protectionPlan = protectionPlanView.superRefine((plan, context) => {
  const fault = (message: string, ...path: (string | number)[]): void => context.addIssue({ code: 'custom', message, path })
  if (Object.values(plan).every((part) => part === undefined)) fault('a plan must hold something; to remove the protection send null')
  for (const name of ['ladder', 'locks'] as const) {
    const steps = plan[name] ?? []
    steps.forEach((step, i) => {
      const before = steps[i - 1]
      if (before !== undefined && Number(step.at_bps) <= Number(before.at_bps))
        fault('steps go from the nearest to the farthest', name, i, 'at_bps')
    })
  }
  const shares = (plan.ladder ?? []).reduce((sum, step) => sum + Number(step.share_bps), 0)
  if (shares > ALL_BPS) fault('the shares add up to more than 10000, which is the whole position', 'ladder')
  plan.locks?.forEach((lock, i) => {
    if (Number(lock.lock_bps) >= Number(lock.at_bps)) fault('a lock must lie below the profit that sets it', 'locks', i, 'lock_bps')
  })
  if (plan.breakeven !== undefined && Number(plan.breakeven.offset_bps) >= Number(plan.breakeven.at_bps))
    fault('the offset must lie below the profit that sets it', 'breakeven', 'offset_bps')
})

/** The plan of a position and how far it has got. */
export const protectionView = z.object({
  plan: protectionPlanView,
  /** The stop in force, and what put it there. */
  stop: decimal.nullable(),
  stop_cause: z.enum(PROTECTION_CAUSES).nullable(),
  /** Best price seen since the stop began to follow. */
  high_water: decimal.nullable(),
  /** A level was met: the position is being closed, whatever the price does now. */
  closing: z.enum(['STOP_LOSS', 'TAKE_PROFIT']).nullable(),
  ladder: z.array(z.object({ at_bps: decimal, share_bps: decimal, price: decimal.nullable(), done: z.boolean() })),
  /** `EXCHANGE`: its orders wait there. `PROGRAM`: this program watches the price, so it works only while it runs and is connected. */
  watched_by: z.enum(['EXCHANGE', 'PROGRAM', 'BOTH']),
  /** Working orders of this protection. */
  order_ids: z.array(z.string()),
})
export type ProtectionView = z.infer<typeof protectionView>
