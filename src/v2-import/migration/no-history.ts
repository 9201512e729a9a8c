import type { ImportReport } from '../run/import-report.ts'
import { detectSource } from '../sources/detect-source.ts'
import type { MigrationContext } from './migration-context.ts'
import { storedChoiceOf } from './open-migration.ts'

/** What a report says of the history where none was brought: nothing was counted. */
export async function emptyHistory({ choice, plan, runId }: MigrationContext): Promise<ImportReport> {
  const { kind, description } = await detectSource(choice.source)
  const ofSources = kind === 'csv-directory' ? 'csv' : kind === 'v2-directory' ? 'archive' : kind
  return {
    runId,
    dryRun: choice.isDryRun,
    isResumed: false,
    source: { kind: ofSources, description, location: storedChoiceOf(choice).source },
    decisions: plan.decisions,
    checks: [],
    differences: [],
    tables: [],
    parked: [],
    notes: [],
    findings: [],
    linkedOrders: 0,
    settings: undefined,
    models: undefined,
    durationMs: 0,
    rowsPerSecond: 0,
    rssMaxBytes: 0,
  }
}
