import type { CheckArea, CheckLine } from '#contract/checklist.ts'
import type { Clock } from '#platform/clock.ts'
import type { DataDirectory } from '#platform/data-directory.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import type { Probe } from './probe.ts'

/** What checks look at. */
export interface ChecklistPlace {
  /** The running workstation. */
  readonly probe: Probe
  readonly directory: DataDirectory
  /** Its database. Throws `AppError`. */
  readonly database: () => Promise<PgConnection>
  /** Folder of the thread entries, and how their files end. */
  readonly workerUrl: (name: string) => URL
  readonly clock: Clock
  /** Whether signals may be put into the record to see how fast they go through. */
  readonly isLoadAllowed: boolean
}

/** One thing that was measured, or could not be. */
export type Measured = Omit<CheckLine, 'area' | 'duration_ms'>

export interface Check {
  readonly area: CheckArea
  /** Names the check where it fails as a whole. */
  readonly name: string
  /** Where nothing runs, there is nothing to ask. */
  readonly needsWorkstation: boolean
  measure(place: ChecklistPlace, signal: AbortSignal): Promise<readonly Measured[]>
}

export function judged(isMet: boolean, line: Omit<Measured, 'status' | 'detail'> & { readonly detail?: string }): Measured {
  return { detail: '', ...line, status: isMet ? 'passed' : 'failed' }
}

export function notRun(name: string, expectation: string, detail: string): Measured {
  return { name, status: 'not_run', value: null, expectation, detail }
}
