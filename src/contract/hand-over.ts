import { z } from 'zod'
import { timeMs, traderId } from './amounts.ts'

/** Who has what open: version 2 as it was exported, the exchange, and this workstation. Each line is decided before the hand-over is complete. */

export const HAND_OVER_DECISIONS = ['ADOPT', 'CLOSE', 'CANCEL', 'IGNORE'] as const

export const handOverLine = z.object({
  id: z.string(),
  kind: z.enum(['position', 'order']),
  exchange: z.string(),
  symbol: z.string(),
  /** A signed quantity (below zero: short) or words; null where nothing is said. */
  v2: z.string().nullable(),
  /** Null: not known. */
  at_exchange: z.string().nullable(),
  v3: z.string().nullable(),
  /** Who says the same. `unknown`: the exchange has not been asked, or another one is meant. */
  agreement: z.enum(['all', 'exchange_and_v3', 'v2_and_exchange', 'v2_and_v3', 'none', 'unknown']),
  cause: z.string(),
  /** Of `GET /reconcile`; the engine carries out what is decided about it. */
  difference_id: z.string().nullable(),
  /** Empty where there is nothing to decide. */
  allowed: z.array(z.enum(HAND_OVER_DECISIONS)),
  decided: z.object({ decision: z.string(), by: z.string(), reason: z.string().nullable(), at: timeMs }).nullable(),
  settled: z.boolean(),
  /** Of what is said; hand it back with the decision. */
  fingerprint: z.string(),
})
export type HandOverLineView = z.infer<typeof handOverLine>

export const handOverView = z.object({
  exchange: z.string(),
  compared_at: timeMs.nullable(),
  complete: z.boolean(),
  /** Why it is not complete. */
  missing: z.array(z.string()),
  open: z.number().int(),
  /** Open lines first. */
  lines: z.array(handOverLine),
  /** While somebody says that version 2 trades the account, this workstation sends no orders. */
  v2_trading: z.object({ since: timeMs, by: z.string(), reason: z.string() }).nullable(),
  /** Why this workstation sends nothing now; null while it may. */
  shadow: z.string().nullable(),
})
export type HandOverView = z.infer<typeof handOverView>

const reason = z.string().trim().min(3, 'say why').max(400)

export const handOverRequest = z.strictObject({
  line: z.string().min(1).max(200),
  decision: z.enum(HAND_OVER_DECISIONS),
  /** Who gets it: needed to adopt a position. */
  trader_id: traderId.optional(),
  /** What the person looked at: where it has changed since, nothing is done. */
  fingerprint: z.string().max(64),
  reason,
})

export const v2TradingRequest = z.strictObject({ trading: z.boolean(), reason })
