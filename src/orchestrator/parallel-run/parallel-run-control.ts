import type { ParallelRunRequest, ParallelRunView } from '#contract/parallel-run.ts'

/** The shadow of version 2 as handlers see it. */
export interface ParallelRunControl {
  state(): ParallelRunView
  /** Answers when both sides have been looked at once. Throws `AppError`; then nothing runs. */
  start(request: ParallelRunRequest): Promise<ParallelRunView>
  /** Throws `AppError` (CONFLICT) where nothing runs. What was compared stays to be read. */
  end(): Promise<ParallelRunView>
}
