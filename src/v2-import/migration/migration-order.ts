import type { Clock } from '#platform/clock.ts'
import type { DataDirectory } from '#platform/data-directory.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import type { ImportReport } from '../run/import-report.ts'

/** In the order in which they are done. */
export const MIGRATION_STEPS = ['backup', 'history', 'settings', 'models', 'strategies'] as const
export type MigrationStep = (typeof MIGRATION_STEPS)[number]

/** What a person chose. Plain data: it crosses threads, and all of it but a password is stored. */
export interface MigrationChoice {
  /** A path or a postgres:// address; a password in it is never stored or printed. */
  readonly source: string
  /** Only read. Without it there is nothing to do but the history. */
  readonly v2Directory?: string | undefined
  /** IANA name of the zone of times that name none; empty where nobody said: UTC then, and the report says so. */
  readonly timeZone: string
  readonly steps: readonly MigrationStep[]
  readonly isDryRun: boolean
  /** Where the archive goes; `imports/RUN_ID/backup` of the data directory where nobody says. */
  readonly backupDirectory?: string | undefined
}

/** Where it is brought to. */
export interface MigrationPlace {
  /** A database with all migrations applied. */
  readonly connection: PgConnection
  readonly directory: DataDirectory
  readonly configPath: string
  /** BOT_TRADING_PASSPHRASE opens the store of secrets; without it secrets are parked. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
}

export interface MigrationProgress {
  readonly step: MigrationStep | 'verify'
  readonly done: number
  /** Undefined where it is not known beforehand. */
  readonly total: number | undefined
  readonly unit: 'rows' | 'bytes' | 'files'
  readonly perSecond: number
  readonly remainingMs: number | undefined
}

/** What became of a step; one that did not run says why. */
export interface StepOutcome {
  readonly step: MigrationStep
  readonly status: 'done' | 'not_run' | 'failed'
  readonly reason: string
}

export interface BackupOutcome {
  readonly path: string
  /** Of the archive. */
  readonly bytes: number
  readonly sha256: string
  readonly files: number
  /** Of the files in it. */
  readonly sourceBytes: number
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[]
  /** Files that changed while they were read. */
  readonly changed: readonly string[]
}

export interface StrategyOutcome {
  /** Below the folder of version 2. */
  readonly file: string
  /** Of the class in it. */
  readonly className: string | undefined
  /** Under which the workstation knows it. */
  readonly name: string | undefined
  /** `ready`: nothing is left to a person; `unfinished`: it refuses to start until somebody finished it; `kept`: another file of the name was there. */
  readonly status: 'ready' | 'unfinished' | 'kept' | 'refused'
  /** The file that was written, or would be. */
  readonly to: string | undefined
  readonly reason: string
  readonly counts: { readonly translated: number; readonly marked: number; readonly dropped: number }
}

/** Settings and models are fields that every report of an import has. */
export interface MigrationReport extends ImportReport {
  readonly steps: readonly StepOutcome[]
  readonly backup: BackupOutcome | undefined
  readonly strategies: readonly StrategyOutcome[] | undefined
}

export interface MigrationOptions {
  /** Called once, as soon as the run has its id: what follows can be gone on with, verified and taken back by it. */
  readonly onRun?: ((runId: string) => void) | undefined
  readonly onProgress?: ((progress: MigrationProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}
