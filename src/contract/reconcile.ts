import { z } from 'zod'
import { DIFFERENCE_DECISIONS, DIFFERENCE_KINDS, RECONCILE_TRIGGERS } from '#domain/difference.ts'
import { seq, timeMs, traderId } from './amounts.ts'

export const DIFFERENCE_STATES = ['OPEN', 'DECIDED', 'GONE'] as const
export type DifferenceState = (typeof DIFFERENCE_STATES)[number]

/** In what our books and the exchange disagree, and what became of it. */
export const differenceView = z.object({
  id: z.string(),
  kind: z.enum(DIFFERENCE_KINDS),
  exchange: z.string(),
  symbol: z.string().nullable(),
  currency: z.string().nullable(),
  order_id: z.string().nullable(),
  exchange_order_id: z.string().nullable(),
  /** Decimal text or words, for people: what each side says. */
  ours: z.string(),
  theirs: z.string(),
  cause: z.string(),
  suggestion: z.enum(DIFFERENCE_DECISIONS),
  /** Whether entries stay shut until it is decided or gone. */
  blocking: z.boolean(),
  state: z.enum(DIFFERENCE_STATES),
  found_at: timeMs,
  /** Null while it is open. `GONE`: both sides agree again by themselves. */
  closed: z
    .object({
      decision: z.enum([...DIFFERENCE_DECISIONS, 'GONE']),
      by: z.string(),
      reason: z.string().nullable(),
      trader_id: traderId.nullable(),
      at: timeMs,
    })
    .nullable(),
  seq,
})
export type DifferenceView = z.infer<typeof differenceView>

/** One comparison of the whole account. */
export const reconciliationView = z.object({
  exchange: z.string(),
  trigger: z.enum(RECONCILE_TRIGGERS),
  /** How many of each were compared. */
  orders: z.number().int(),
  positions: z.number().int(),
  fills: z.number().int(),
  /** Fills that had been missed and were booked. */
  recovered_fills: z.number().int(),
  open_differences: z.number().int(),
  ts: timeMs,
  seq,
})
export type ReconciliationView = z.infer<typeof reconciliationView>

/** In short, for the status: how many differences wait, and why entries are shut. */
export const reconcileStateView = z.object({
  open: z.number().int(),
  blocking: z.number().int(),
  /** The last comparison that is on record: the first after a start, and each that found something else. */
  last_at: timeMs.nullable(),
  /** The last one of all; most find nothing new and are not recorded. Null: none since the program started, and none on record. */
  compared_at: timeMs.nullable(),
  /** In words; null while entries are open as far as reconciliation goes. */
  entries_shut: z.string().nullable(),
})
export type ReconcileStateView = z.infer<typeof reconcileStateView>

export const GAP_CAUSES = ['DOWN', 'ASLEEP', 'DISCONNECTED'] as const
/** A time in which nobody kept watch: the program did not run, the machine slept, or the exchange could not be reached. */
export const gapView = z.object({ from: timeMs, to: timeMs, cause: z.enum(GAP_CAUSES) })
export type GapView = z.infer<typeof gapView>

export const reconcileQuery = z.object({
  state: z.enum([...DIFFERENCE_STATES, 'ALL']).default('ALL'),
  kind: z.enum(DIFFERENCE_KINDS).optional(),
  symbol: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  /** Opaque to callers: hand back `next_cursor` to go on. */
  cursor: z
    .string()
    .regex(/^(open|closed)\.\d{1,16}$/)
    .optional(),
})

export const reconcileView = z.object({
  state: reconcileStateView,
  /** Newest first. */
  runs: z.array(reconciliationView),
  /** Open ones first, then the closed ones, each newest first. */
  differences: z.array(differenceView),
  next_cursor: z.string().nullable(),
  /** False: closed differences older than the last of these are no longer in memory; the journal and the audit have them. */
  complete: z.boolean(),
  /** Orders at the exchange that are not ours: undecided, or left alone by a decision. */
  external_orders: z.array(differenceView),
})

export const reconcileAnswer = z.object({
  /** False: the exchange has not answered yet; the result will show in `GET /reconcile`. */
  finished: z.boolean(),
  run: reconciliationView.nullable(),
})

export const decideRequest = z
  .strictObject({
    id: z.string().min(1).max(200),
    decision: z.enum(DIFFERENCE_DECISIONS),
    /** Who gets it: needed for ASSIGN, and for ADOPT where nobody of ours has it yet. */
    trader_id: traderId.optional(),
    reason: z.string().trim().min(3, 'say why').max(400),
  })
  .superRefine((request, context) => {
    if (request.decision === 'ASSIGN' && request.trader_id === undefined)
      context.addIssue({ code: 'custom', path: ['trader_id'], message: 'ASSIGN needs the trader it goes to' })
  })
