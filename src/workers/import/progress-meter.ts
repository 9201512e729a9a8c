import type { ImportProgressView } from '#contract/import.ts'
import { systemClock } from '#platform/clock.ts'

const MS_PER_S = 1_000

/** Counts rows as they come and tells how fast they do. */
export function meterOf(
  step: ImportProgressView['step'],
  total: number | undefined,
  tell: (progress: ImportProgressView) => void,
): (rows: number) => void {
  const began = systemClock.elapsed()
  let done = 0
  return (rows) => {
    done += rows
    tell(rowsProgress(step, { done, total, elapsedMs: systemClock.elapsed() - began }))
  }
}

export function rowsProgress(
  step: ImportProgressView['step'],
  { done, total, elapsedMs }: { readonly done: number; readonly total: number | undefined; readonly elapsedMs: number },
): ImportProgressView {
  const perSecond = elapsedMs > 0 ? (done / elapsedMs) * MS_PER_S : 0
  const remaining = total === undefined || perSecond === 0 ? null : (Math.max(0, total - done) / perSecond) * MS_PER_S
  return { step, done, total: total ?? null, unit: 'rows', per_second: perSecond, remaining_ms: remaining }
}
