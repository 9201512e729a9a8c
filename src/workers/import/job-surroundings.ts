import type { ImportProgressView } from '#contract/import.ts'
import type { Logger } from '#platform/log/logger.ts'
import type { ImportJob } from '../import.messages.ts'

export interface JobSurroundings {
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly onRun: (runId: string) => void
  readonly onProgress: (progress: ImportProgressView) => void
}

export type JobOf<K extends ImportJob['kind']> = Extract<ImportJob, { readonly kind: K }>
