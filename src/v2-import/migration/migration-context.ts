import type { ImportPlan } from '../mapping/import-plan.ts'
import type { ImportSource } from '../sources/import-source.ts'
import type { FolderFiles } from './folder-files.ts'
import type { MigrationChoice, MigrationOptions, MigrationPlace, MigrationProgress } from './migration-order.ts'
import { ProgressMeter } from './progress-meter.ts'
import type { MigrationRecord } from './run-record.ts'

/** The folder of version 2, by its real path, and what in it is read. */
export interface V2Folder {
  readonly path: string
  readonly files: FolderFiles
}

/** What every step of one run works with. */
export interface MigrationContext {
  readonly runId: string
  readonly choice: MigrationChoice
  readonly place: MigrationPlace
  readonly options: MigrationOptions
  /** Undefined in a dry run, which writes nothing. */
  readonly record: MigrationRecord | undefined
  readonly folder: V2Folder | undefined
  /** Of the history; undefined where it was not chosen. */
  readonly source: ImportSource | undefined
  readonly plan: ImportPlan
}

export function meterOf({ place, options }: MigrationContext, about: Pick<MigrationProgress, 'step' | 'unit' | 'total'>): ProgressMeter {
  return new ProgressMeter(about, () => place.clock.elapsed(), options.onProgress)
}
