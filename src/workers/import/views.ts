import {
  IMPORT_ROWS_MAX,
  type ImportReportView,
  type ImportRunDetail,
  type RollbackView,
  type SourceIdentityView,
} from '#contract/import.ts'
import type { MigrationReport } from '#v2-import/migration/migration-order.ts'
import type { RollbackReport } from '#v2-import/migration/rollback-report.ts'
import type { StoredRun } from '#v2-import/migration/stored-runs.ts'
import type { SourceView } from '#v2-import/migration/source-view.ts'

/** Reports as they cross the border of the program: plain JSON, undefined as null. */
export function reportViewOf(report: MigrationReport): ImportReportView {
  const { settings, models, strategies, backup } = report
  return {
    run_id: report.runId,
    dry_run: report.dryRun,
    resumed: report.isResumed,
    source: report.source,
    steps: [...report.steps],
    tables: [...report.tables],
    parked: report.parked.slice(0, IMPORT_ROWS_MAX),
    checks: report.checks.map((check) => ({ ...check, expected: check.expected ?? null, found: check.found ?? null })),
    differences: report.differences.slice(0, IMPORT_ROWS_MAX).map((difference) => ({ ...difference, column: difference.column ?? null })),
    decisions: [...report.decisions],
    notes: [...report.notes],
    findings: report.findings.map(({ rule, where, message, count }) => ({ rule, where, message, count })),
    linked_orders: report.linkedOrders,
    settings: settings?.map(({ key, outcome, to }) => ({ key, outcome, to: to ?? null })) ?? null,
    models: models?.map(({ file, status, maxAbsDiff }) => ({ file, status, max_abs_diff: maxAbsDiff ?? null })) ?? null,
    strategies:
      strategies?.map(({ file, className, name, status, to, reason }) => ({
        file,
        class_name: className ?? null,
        name: name ?? null,
        status,
        to: to ?? null,
        reason,
      })) ?? null,
    backup:
      backup === undefined
        ? null
        : {
            path: backup.path,
            bytes: backup.bytes,
            sha256: backup.sha256,
            files: backup.files,
            left_out: [...backup.leftOut],
            changed: [...backup.changed],
          },
    duration_ms: report.durationMs,
    rows_per_s: report.rowsPerSecond,
    rss_max_bytes: report.rssMaxBytes,
  }
}

export function rollbackViewOf({ runId, history, restored, secretsRemoved, kept }: RollbackReport): RollbackView {
  return {
    run_id: runId,
    removed: { ...history.removed },
    later_runs: [...history.laterRuns],
    restored: [...restored],
    secrets_removed: [...secretsRemoved],
    kept: kept.map(({ what, reason }) => ({ what, reason })),
  }
}

export function sourceViewOf({ identity, tables, damage, findings, v2Directory }: SourceView): SourceIdentityView {
  return {
    kind: identity.kind,
    description: identity.description,
    location: identity.location,
    host: identity.host ?? null,
    port: identity.port ?? null,
    database: identity.database ?? null,
    server_version: identity.serverVersion ?? null,
    format: identity.format ?? null,
    archive_version: identity.archiveVersion ?? null,
    files: identity.files.map(({ path, size, modifiedMs }) => ({ path, bytes: size, modified_at: Math.max(0, Math.round(modifiedMs)) })),
    facts: { ...identity.facts },
    tables: tables.map(({ key, rowCount, columns }) => ({ name: key, rows: rowCount ?? null, columns })),
    damage: damage ?? null,
    findings: findings.map(({ rule, where, message, count }) => ({ rule, where, message, count })),
    folder:
      v2Directory === undefined
        ? null
        : {
            path: v2Directory.path,
            settings: [...v2Directory.settings],
            models: [...v2Directory.models],
            scalers: [...v2Directory.scalers],
            strategies: [...v2Directory.strategies],
            dumps: [...v2Directory.dumps],
            refused: [...v2Directory.refused],
          },
  }
}

/** `running` on the disk means that it has no end: whether it is under way only the one who runs it knows. */
const STATES = { running: 'interrupted', done: 'done', rolling_back: 'rolling_back', rolled_back: 'rolled_back' } as const

export function runViewOf({ runId, state, choice, startedMs, finishedMs, report, rollback }: StoredRun): ImportRunDetail {
  return {
    id: runId,
    state: STATES[state],
    dry_run: false,
    source: choice.source,
    v2_directory: choice.v2Directory ?? null,
    time_zone: choice.timeZone,
    steps: [...choice.steps],
    started_at: startedMs,
    ended_at: finishedMs,
    report: report === undefined ? null : reportViewOf(report),
    rollback: rollback === undefined ? null : rollbackViewOf(rollback),
  }
}
