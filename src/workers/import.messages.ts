import type {
  ImportAnalysisView,
  ImportProgressView,
  ImportReportView,
  ImportRunDetail,
  RollbackView,
  SourceIdentityView,
} from '#contract/import.ts'
import type { ErrorCode } from '#domain/errors.ts'
import type { DataDirectory } from '#platform/data-directory.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import type { MigrationChoice } from '#v2-import/migration/migration-order.ts'

/** What main and an import thread say to each other. A thread does one job and ends: whatever it held is gone with it. */

/** Where things are brought to, as it crosses to the thread. */
export interface ImportPlace {
  readonly connection: PgConnection
  readonly directory: DataDirectory
  readonly configPath: string
  /** Only what an import needs. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder `migrations/postgres`. */
  readonly migrationsDirectory: string
}

/** `source` of each may carry a password; it is in no answer. */
export type ImportJob =
  | { readonly kind: 'list'; readonly directory: DataDirectory }
  | { readonly kind: 'inspect'; readonly source: string; readonly v2Directory: string | undefined }
  | { readonly kind: 'analyse'; readonly source: string; readonly timeZone: string }
  | { readonly kind: 'import'; readonly choice: MigrationChoice; readonly place: ImportPlace }
  | { readonly kind: 'verify'; readonly runId: string; readonly source: string | undefined; readonly place: ImportPlace }
  | { readonly kind: 'rollback'; readonly runId: string; readonly place: ImportPlace }

export interface ReportWithText {
  readonly report: ImportReportView
  readonly markdown: string
}

/** The answer to each kind of job. */
export interface ImportAnswers {
  readonly list: readonly ImportRunDetail[]
  readonly inspect: SourceIdentityView
  readonly analyse: ImportAnalysisView
  readonly import: ReportWithText
  readonly verify: ReportWithText
  readonly rollback: RollbackView
}

export type ToImport = { readonly type: 'Begin'; readonly job: ImportJob } | { readonly type: 'Cancel' }

export type FromImport =
  /** The run has its id. */
  | { readonly type: 'Run'; readonly runId: string }
  /** At most five a second, and the first of each step. */
  | { readonly type: 'Progress'; readonly progress: ImportProgressView }
  | { readonly type: 'Done'; readonly answer: ImportAnswers[ImportJob['kind']] }
  | { readonly type: 'Failed'; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'Log'; readonly level: 'info' | 'warn' | 'error'; readonly fields: object; readonly message: string }
