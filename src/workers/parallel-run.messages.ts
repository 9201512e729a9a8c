import type { ParallelReportView } from '#contract/parallel-run.ts'
import type { ErrorCode } from '#domain/errors.ts'
import type { OwnSide } from '#v2-import/parallel-run/shadow.ts'

/** What main and the thread of the parallel run say to each other. It comes with its order and looks until it is ended. */

export interface ParallelRunOrder {
  /** Address of version 2's database; it carries the password. */
  readonly source: string
  readonly timeZone: string
  readonly rules: { readonly windowMs: number; readonly sameTimeMs: number; readonly sameSizeBps: number }
  /** UTC milliseconds; undefined: from now on. */
  readonly since: number | undefined
}

export type ToParallelRun =
  | { readonly type: 'Ours'; readonly side: OwnSide }
  /** They cannot be given. */
  | { readonly type: 'OursUnknown'; readonly message: string }

export type FromParallelRun =
  /** Wants what version 3 has decided since then; one question at a time. */
  | { readonly type: 'Ask'; readonly since: number }
  | { readonly type: 'Looked'; readonly at: number; readonly report: ParallelReportView }
  /** It looks again. */
  | { readonly type: 'LookFailed'; readonly code: ErrorCode; readonly message: string }
