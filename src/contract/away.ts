import { z } from 'zod'
import { decimal, timeMs } from './amounts.ts'
import { differenceView, gapView } from './reconcile.ts'
import { alertView, auditView, haltView, orderView, tradeView } from './views.ts'

/** Rows of each kind in one report; the totals count all of them. */
export const AWAY_ROWS_MAX = 200

export const awayQuery = z.object({
  /** Absent: since the last gap began. UTC milliseconds. */
  since: z.coerce.number().int().nonnegative().optional(),
})

/** What happened while nobody looked. */
export const awayView = z.object({
  since: timeMs,
  until: timeMs,
  /** What `since` is: the beginning of a gap of that kind, or a time that was asked for. */
  cause: z.enum(['DOWN', 'ASLEEP', 'DISCONNECTED', 'ASKED']),
  gaps: z.array(gapView),
  /** False: some rows of that time are no longer in memory, so the totals are too low. */
  complete: z.boolean(),
  totals: z.object({
    fills: z.number().int(),
    stops_hit: z.number().int(),
    targets_hit: z.number().int(),
    orders_ended: z.number().int(),
    differences_found: z.number().int(),
    differences_decided: z.number().int(),
    alerts: z.number().int(),
    actions: z.number().int(),
    halts: z.number().int(),
  }),
  /** All lists newest first, at most 200 each. `purpose` says whether a stop or a target was hit. */
  fills: z.array(tradeView.extend({ purpose: orderView.shape.purpose.nullable() })),
  /** Orders that ended without filling completely. */
  orders_ended: z.array(orderView),
  differences: z.array(differenceView),
  alerts: z.array(alertView),
  actions: z.array(auditView),
  halts: z.array(haltView.extend({ resumed_at: timeMs.nullable() })),
  /** Of each symbol that is held or was traded. */
  prices: z.array(z.object({ symbol: z.string(), before: decimal.nullable(), now: decimal.nullable(), change_bps: decimal.nullable() })),
  /** Of the first account's currency; null where the journal has no mark that old. */
  pnl: z.object({
    currency: z.string(),
    equity_before: decimal.nullable(),
    equity_now: decimal,
    change: decimal.nullable(),
    realized: decimal,
    fees: decimal,
  }),
})
export type AwayView = z.infer<typeof awayView>
