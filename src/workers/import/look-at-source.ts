import type { ImportAnalysisView, SourceIdentityView } from '#contract/import.ts'
import { systemClock } from '#platform/clock.ts'
import { analyseSource } from '#v2-import/analyse/analyse-source.ts'
import { planOf } from '#v2-import/mapping/import-plan.ts'
import { inspectSource } from '#v2-import/migration/inspect-source.ts'
import { openSource } from '#v2-import/sources/open-source.ts'
import { analysisViewOf } from './analysis-view.ts'
import { rowsProgress } from './progress-meter.ts'
import type { JobOf, JobSurroundings } from './job-surroundings.ts'
import { sourceViewOf } from './views.ts'

export async function inspect(job: JobOf<'inspect'>, { signal }: JobSurroundings): Promise<SourceIdentityView> {
  return sourceViewOf(await inspectSource(job, signal))
}

export async function analyse(
  { source: location, timeZone }: JobOf<'analyse'>,
  { signal, onProgress }: JobSurroundings,
): Promise<ImportAnalysisView> {
  const source = await openSource(location, { signal })
  try {
    const began = systemClock.elapsed()
    const analysis = await analyseSource(source, {
      signal,
      plan: planOf({ timeZone }),
      nowMs: systemClock.now(),
      onProgress: ({ rows, total }) => onProgress(rowsProgress('analyse', { done: rows, total, elapsedMs: systemClock.elapsed() - began })),
    })
    return analysisViewOf(analysis)
  } finally {
    await source.close()
  }
}
