import { z } from 'zod'
import { timeMs } from './amounts.ts'

/** What is to be looked at after a migration, measured now. */

export const CHECK_AREAS = ['health', 'database', 'exchanges', 'strategies', 'models', 'web_socket', 'performance', 'backup'] as const
export type CheckArea = (typeof CHECK_AREAS)[number]

/** What its signals name as their strategy: they measure and decide nothing. */
export const CHECKLIST_STRATEGY = 'checklist'

export const checkLine = z.object({
  area: z.enum(CHECK_AREAS),
  /** What was measured. */
  name: z.string(),
  /** `not_run`: nothing was measured, `detail` says why. It is never counted as passed. */
  status: z.enum(['passed', 'failed', 'not_run']),
  /** As measured, with its unit; null where nothing was. */
  value: z.string().nullable(),
  expectation: z.string(),
  detail: z.string(),
  duration_ms: z.number(),
})
export type CheckLine = z.infer<typeof checkLine>

export const checklistView = z.object({
  started_at: timeMs,
  duration_ms: z.number(),
  /** The workstation that was measured; null where none answers. */
  url: z.string().nullable(),
  version: z.string().nullable(),
  passed: z.number().int(),
  failed: z.number().int(),
  not_run: z.number().int(),
  lines: z.array(checkLine),
})
export type ChecklistView = z.infer<typeof checklistView>

export const checklistRequest = z
  .object({
    /** Also how many signals go through a second: 1,000 of them, expired before they are sent, are put into the record. */
    load: z.boolean().default(false),
  })
  .strict()
export type ChecklistRequest = z.infer<typeof checklistRequest>

export const checklistState = z.object({
  /** What is being measured, and how many checks are done; null: nothing. */
  running: z.object({ started_at: timeMs, done: z.number().int(), total: z.number().int(), name: z.string() }).nullable(),
  /** The last one that came to its end since the workstation started. */
  last: checklistView.nullable(),
  /** Why the one after it did not. */
  problem: z.string().nullable(),
})
export type ChecklistState = z.infer<typeof checklistState>
