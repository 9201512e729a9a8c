import { z } from 'zod'
import { timeMs } from './amounts.ts'

/** Bringing over what version 2 held: look at a source, analyse it, try, import, verify, take back. */

/** In the order in which they are done. */
export const IMPORT_STEPS = ['backup', 'history', 'settings', 'models', 'strategies'] as const
export type ImportStep = (typeof IMPORT_STEPS)[number]
/** Parked rows and differences of one report; the tables' counts and the checks count all of them. */
export const IMPORT_ROWS_MAX = 10_000
/** Stands for the id of whatever is under way. */
export const CURRENT_RUN = 'current'

const path = z.string().trim().min(1, 'a path or a postgres:// address').max(4_096)
/** Written, never read back: it goes to the server of version 2 and is not kept. */
const password = z.string().max(1_024).optional()
const runId = z.string().regex(/^[\w-]{1,64}$/, 'the id of a run')

export const sourceRequest = z.strictObject({
  /** A dump, an SQL file, a folder with CSV files, the folder of version 2, or `postgres://USER@HOST:PORT/DATABASE`. */
  source: path,
  /** The folder of version 2: its settings, models and strategies. */
  v2_directory: path.optional(),
  password,
})
export type SourceRequest = z.infer<typeof sourceRequest>

/** With the IANA name of the zone of times that name none. */
export const analyseRequest = sourceRequest.extend({ time_zone: z.string().trim().min(1).max(64).default('UTC') })
export type AnalyseRequest = z.infer<typeof analyseRequest>

export const importRequest = analyseRequest.extend({
  steps: z.array(z.enum(IMPORT_STEPS)).min(1, 'choose what to bring over').max(IMPORT_STEPS.length),
  /** Reads and maps everything and keeps nothing. */
  dry_run: z.boolean().default(true),
  backup_directory: path.optional(),
})
export type ImportRequest = z.infer<typeof importRequest>

export const runQuery = z.object({ id: runId })
/** `password` where the source of the run is a database that asks for one. */
export const runAct = z.strictObject({ id: runId, password })

export const problemView = z.object({ code: z.string(), message: z.string() })

export const progressView = z.object({
  step: z.enum([...IMPORT_STEPS, 'verify', 'analyse', 'rollback']),
  done: z.number(),
  total: z.number().nullable(),
  unit: z.enum(['rows', 'bytes', 'files']),
  per_second: z.number(),
  remaining_ms: z.number().nullable(),
})
export type ImportProgressView = z.infer<typeof progressView>

/** The one thing the import does just now, or did last since the workstation started. */
export const jobView = z.object({
  kind: z.enum(['import', 'analyse', 'verify', 'rollback']),
  state: z.enum(['running', 'done', 'failed', 'canceled']),
  /** Null: an analysis, or a run that has not got its id yet. */
  run_id: z.string().nullable(),
  dry_run: z.boolean(),
  source: z.string(),
  v2_directory: z.string().nullable(),
  time_zone: z.string(),
  steps: z.array(z.enum(IMPORT_STEPS)),
  started_at: timeMs,
  ended_at: timeMs.nullable(),
  progress: progressView.nullable(),
  problem: problemView.nullable(),
})
export type ImportJobView = z.infer<typeof jobView>

export const tableCountsView = z.object({
  name: z.string(),
  source: z.number().int(),
  imported: z.number().int(),
  parked: z.number().int(),
  /** By the rule that left them out. */
  skipped: z.record(z.string(), z.number().int()),
})
export const checkView = z.object({
  name: z.string(),
  status: z.enum(['passed', 'failed', 'not_run']),
  expected: z.string().nullable(),
  found: z.string().nullable(),
  detail: z.string(),
})
export const importDifferenceView = z.object({
  check: z.string(),
  table: z.string(),
  key: z.string(),
  column: z.string().nullable(),
  expected: z.string().nullable(),
  found: z.string().nullable(),
})
export type ImportDifferenceView = z.infer<typeof importDifferenceView>
export const parkedRowView = z.object({ table: z.string(), key: z.string(), reason: z.string() })
export type ParkedRowView = z.infer<typeof parkedRowView>

export const importReportView = z.object({
  run_id: z.string(),
  dry_run: z.boolean(),
  resumed: z.boolean(),
  source: z.object({ kind: z.string(), description: z.string(), location: z.string() }),
  steps: z.array(z.object({ step: z.enum(IMPORT_STEPS), status: z.enum(['done', 'not_run', 'failed']), reason: z.string() })),
  /** `source = imported + parked + the skipped ones`, for every table of the source. */
  tables: z.array(tableCountsView),
  parked: z.array(parkedRowView),
  checks: z.array(checkView),
  differences: z.array(importDifferenceView),
  decisions: z.array(z.object({ name: z.string(), value: z.string(), reason: z.string() })),
  notes: z.array(z.object({ table: z.string(), rule: z.string(), column: z.string(), note: z.string(), count: z.number().int() })),
  findings: z.array(z.object({ rule: z.string(), where: z.string(), message: z.string(), count: z.number().int() })),
  linked_orders: z.number().int(),
  /** Null: nobody asked for it. */
  settings: z.array(z.object({ key: z.string(), outcome: z.enum(['mapped', 'parked', 'ignored']), to: z.string().nullable() })).nullable(),
  models: z.array(z.object({ file: z.string(), status: z.string(), max_abs_diff: z.number().nullable() })).nullable(),
  strategies: z
    .array(
      z.object({
        file: z.string(),
        class_name: z.string().nullable(),
        name: z.string().nullable(),
        status: z.enum(['ready', 'unfinished', 'kept', 'refused']),
        to: z.string().nullable(),
        reason: z.string(),
      }),
    )
    .nullable(),
  backup: z
    .object({
      path: z.string(),
      bytes: z.number(),
      sha256: z.string(),
      files: z.number().int(),
      left_out: z.array(z.object({ path: z.string(), reason: z.string() })),
      changed: z.array(z.string()),
    })
    .nullable(),
  duration_ms: z.number(),
  rows_per_s: z.number(),
  rss_max_bytes: z.number(),
})
export type ImportReportView = z.infer<typeof importReportView>

export const rollbackView = z.object({
  run_id: z.string(),
  removed: z.record(z.string(), z.number().int()),
  /** Later runs over the same installation relied on its rows: they are to be imported again. */
  later_runs: z.array(z.string()),
  restored: z.array(z.string()),
  /** Names only. */
  secrets_removed: z.array(z.string()),
  /** What a person changed since: it was left as it is. */
  kept: z.array(z.object({ what: z.string(), reason: z.string() })),
})
export type RollbackView = z.infer<typeof rollbackView>

export const runView = z.object({
  id: z.string(),
  /**
   * `interrupted`: it did not come to its end and goes on where it stopped when it is asked for again; `rolling_back`: so
   * does the taking back.
   */
  state: z.enum(['running', 'interrupted', 'done', 'rolling_back', 'rolled_back']),
  dry_run: z.boolean(),
  source: z.string(),
  v2_directory: z.string().nullable(),
  time_zone: z.string(),
  steps: z.array(z.enum(IMPORT_STEPS)),
  started_at: timeMs,
  ended_at: timeMs.nullable(),
})
export type ImportRunView = z.infer<typeof runView>

export const runDetailView = runView.extend({ report: importReportView.nullable(), rollback: rollbackView.nullable() })
export type ImportRunDetail = z.infer<typeof runDetailView>

export const runsView = z.object({
  /** Newest first. */
  items: z.array(runView),
  current: jobView.nullable(),
  /** The last dry run; it leaves nothing on the disk, so it is known only as long as the workstation runs. */
  trial: z.object({ id: z.string(), source: z.string() }).nullable(),
  /** Where it is brought to. */
  target: z.object({ state: z.enum(['ready', 'starting', 'down', 'off']), detail: z.string() }),
  /** Sources that were used before, and folders of version 2 in the usual places. */
  found: z.array(z.object({ path: z.string(), why: z.enum(['used', 'found']) })),
})
export type ImportRunsView = z.infer<typeof runsView>

const folderFile = z.object({ file: z.string(), bytes: z.number() })
export const sourceView = z.object({
  kind: z.string(),
  description: z.string(),
  /** Path, or `user@host:port/database`. */
  location: z.string(),
  host: z.string().nullable(),
  port: z.number().int().nullable(),
  database: z.string().nullable(),
  server_version: z.string().nullable(),
  format: z.string().nullable(),
  archive_version: z.string().nullable(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), modified_at: timeMs })),
  facts: z.record(z.string(), z.string()),
  tables: z.array(z.object({ name: z.string(), rows: z.number().int().nullable(), columns: z.number().int() })),
  /** Why it cannot be imported as it is. */
  damage: z.string().nullable(),
  findings: z.array(z.object({ rule: z.string(), where: z.string(), message: z.string(), count: z.number().int() })),
  /** What was found beside it. */
  folder: z
    .object({
      path: z.string(),
      settings: z.array(z.string()),
      models: z.array(folderFile),
      scalers: z.array(folderFile),
      strategies: z.array(z.string()),
      dumps: z.array(z.object({ path: z.string(), description: z.string() })),
      refused: z.array(z.object({ path: z.string(), message: z.string() })),
    })
    .nullable(),
})
export type SourceIdentityView = z.infer<typeof sourceView>

export const columnAnalysisView = z.object({
  name: z.string(),
  /** As the source declares it; null where it says nothing. */
  type: z.string().nullable(),
  /** `kept`: no rule reads it, it stays word for word with its row. */
  use: z.enum(['mapped', 'kept']),
  /** What its cells look like. */
  shape: z.string(),
  nulls: z.number().int(),
  empties: z.number().int(),
  distinct: z.object({ count: z.number().int(), is_more: z.boolean() }),
  least: z.string().nullable(),
  most: z.string().nullable(),
  /** Each text and how often, where there are few; null else, and for secrets. */
  words: z.array(z.object({ word: z.string(), count: z.number().int() })).nullable(),
})
export type ColumnAnalysisView = z.infer<typeof columnAnalysisView>
export const tableAnalysisView = z.object({
  name: z.string(),
  /** `reference`: a copy of what the exchange said. `unknown`: kept word for word. `missing`: version 2 has it, this source has not. */
  kind: z.enum(['known', 'reference', 'unknown', 'missing']),
  rows: z.number().int(),
  damaged_rows: z.number().int(),
  columns: z.array(columnAnalysisView),
  missing_columns: z.array(z.object({ name: z.string(), is_needed: z.boolean() })),
  /** Why it could not be read to its end. */
  problem: z.string().nullable(),
})
export type TableAnalysisView = z.infer<typeof tableAnalysisView>
export const qualityFindingView = z.object({
  rule: z.string(),
  /** `info`: the import deals with it, and says how. */
  severity: z.enum(['warning', 'info']),
  table: z.string(),
  column: z.string().nullable(),
  count: z.number().int(),
  detail: z.string(),
  examples: z.array(z.string()),
})
export type QualityFindingView = z.infer<typeof qualityFindingView>
export const analysisView = z.object({
  location: z.string(),
  damage: z.string().nullable(),
  rows: z.number().int(),
  tables: z.array(tableAnalysisView),
  /** Warnings first. */
  findings: z.array(qualityFindingView),
  /** A check that was cut short says what of it is not known. */
  limits: z.array(z.string()),
})
export type ImportAnalysisView = z.infer<typeof analysisView>

/** What was looked at last, for a screen that comes back. */
export const lookView = z.object({
  /** What was asked for, without a password. */
  asked: z.object({ source: z.string(), v2_directory: z.string().nullable() }).nullable(),
  source: sourceView.nullable(),
  analysis: analysisView.nullable(),
})
export type ImportLookView = z.infer<typeof lookView>
export const reportView = z.object({ run_id: z.string(), file: z.string(), markdown: z.string() })
