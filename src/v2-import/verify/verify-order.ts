import type { TableCounts } from '../load/count-rows.ts'
import type { FileSeal } from '../load/fingerprint.ts'
import type { ImportPlan } from '../mapping/import-plan.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import type { ImportSource } from '../sources/import-source.ts'
import type { RunKey } from './run-key.ts'
import type { SecondReading } from './second-reading.ts'

export interface VerifyOrder {
  /** Both work at once. */
  readonly databases: readonly [ImportDatabase, ImportDatabase]
  readonly run: RunKey
  readonly source: ImportSource
  /** Of this source; need not have ended. */
  readonly reading: SecondReading
  /** The files of the source as the import found them. */
  readonly seals: readonly FileSeal[]
  readonly plan: ImportPlan
  /** What the loader says it did. */
  readonly counts: readonly TableCounts[]
  /** How many times without a zone the mapper noted. */
  readonly naiveTimes: number
  /** What the server is to do before it compares, in any order. */
  readonly preparations: readonly ((database: ImportDatabase) => Promise<void>)[]
  /** Of rows, as many as the work that is done makes of all of it. */
  readonly onRows: (rows: number) => void
  readonly signal?: AbortSignal | undefined
}
