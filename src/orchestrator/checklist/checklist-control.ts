import type { ChecklistRequest, ChecklistState } from '#contract/checklist.ts'

/** The post-migration checklist as handlers see it. */
export interface ChecklistControl {
  state(): ChecklistState
  /** Begins to measure. Throws `AppError` (CONFLICT) while it is being measured. */
  start(request: ChecklistRequest): ChecklistState
  /** Throws `AppError` (CONFLICT) where nothing is being measured. */
  cancel(): ChecklistState
}
