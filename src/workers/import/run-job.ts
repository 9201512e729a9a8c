import type { ImportAnswers, ImportJob } from '../import.messages.ts'
import type { JobSurroundings } from './job-surroundings.ts'

/** Does one job. Throws `AppError`, or the reason of the signal. Each loads only its own part of the importer: a look must be quick. */
export async function runJob(job: ImportJob, around: JobSurroundings): Promise<ImportAnswers[ImportJob['kind']]> {
  switch (job.kind) {
    case 'list':
      return (await import('./list-runs.ts')).listRuns(job)
    case 'inspect':
      return (await import('./look-at-source.ts')).inspect(job, around)
    case 'analyse':
      return (await import('./look-at-source.ts')).analyse(job, around)
    case 'import':
      return (await import('./change-history.ts')).bring(job, around)
    case 'verify':
      return (await import('./change-history.ts')).verify(job, around)
    case 'rollback':
      return (await import('./change-history.ts')).takeBack(job, around)
  }
}
