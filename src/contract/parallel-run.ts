import { z } from 'zod'
import { timeMs } from './amounts.ts'
import { analyseRequest } from './import.ts'

/** The shadow of version 2: what it signals against what this workstation decides. Writes to neither. */

export const VERDICTS = ['same', 'different_size', 'different_time', 'missing', 'extra'] as const

const seconds = (longest: number) => z.number().min(0).max(longest)

export const parallelRunRequest = analyseRequest.omit({ v2_directory: true }).extend({
  source: z
    .string()
    .trim()
    .max(4_096)
    .regex(/^postgres(?:ql)?:\/\//i, 'the running database of version 2, as postgres://USER@HOST:PORT/DATABASE'),
  /** Signals from then on; left out: only what comes from now on. */
  since: timeMs.optional(),
  /** Signals further apart are two. */
  window_s: seconds(86_400).default(900),
  /** Up to here it is the same time. */
  same_time_s: seconds(86_400).default(60),
  /** Up to here it is the same size, of version 2's. */
  same_size_bps: z.number().int().min(0).max(10_000).default(50),
})
export type ParallelRunRequest = z.infer<typeof parallelRunRequest>

const observedView = z.object({
  id: z.string(),
  symbol: z.string(),
  /** What would be traded: an exit of a long position is a sale. */
  direction: z.enum(['BUY', 'SELL']),
  /** Null where it does not say. */
  quantity: z.string().nullable(),
  ts: timeMs,
  /** What became of it. */
  fate: z.string().nullable(),
})

export const comparisonView = z.object({
  /** `missing`: version 2 gave it and this workstation did not. `extra`: the other way round. */
  verdict: z.enum(VERDICTS),
  v2: observedView.nullable(),
  v3: observedView.nullable(),
  /** Ours less version 2's. */
  lag_ms: z.number().nullable(),
  cause: z.string(),
})
export type ComparisonView = z.infer<typeof comparisonView>

export const parallelReportView = z.object({
  since: timeMs,
  /** Both sides were read up to here. */
  until: timeMs,
  rules: z.object({ window_ms: z.number(), same_time_ms: z.number(), same_size_bps: z.number() }),
  counts: z.record(z.enum(VERDICTS), z.number().int()),
  /** Signals that may still find their partner. */
  pending: z.object({ v2: z.number().int(), v3: z.number().int() }),
  /** Rows of version 2 that are no signal, or cannot be read as one. */
  unreadable: z.number().int(),
  /** The last 1,000, newest first. */
  rows: z.array(comparisonView),
  /** What of it is not known. */
  limits: z.array(z.string()).readonly(),
})
export type ParallelReportView = z.infer<typeof parallelReportView>

export const parallelRunView = z.object({
  /** `stopped`, `failed`: the last report stays until the next start of either. */
  state: z.enum(['off', 'running', 'stopped', 'failed']),
  /** Without its password. */
  source: z.string().nullable(),
  started_at: timeMs.nullable(),
  /** When both sides were last looked at with success. */
  looked_at: timeMs.nullable(),
  report: parallelReportView.nullable(),
  /** Why the last look did not succeed; while it runs it looks again. */
  problem: z.string().nullable(),
})
export type ParallelRunView = z.infer<typeof parallelRunView>
