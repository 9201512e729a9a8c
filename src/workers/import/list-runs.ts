import type { ImportRunDetail } from '#contract/import.ts'
import { listStoredRuns } from '#v2-import/migration/stored-runs.ts'
import type { JobOf } from './job-surroundings.ts'
import { runViewOf } from './views.ts'

/** The newest; older ones are still on the disk. */
const RUNS_MAX = 50

export async function listRuns({ directory }: JobOf<'list'>): Promise<readonly ImportRunDetail[]> {
  return (await listStoredRuns(directory.path)).slice(0, RUNS_MAX).map(runViewOf)
}
