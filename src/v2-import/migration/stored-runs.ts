import { join } from 'node:path'
import { readIfThere } from '#platform/durable-file.ts'
import type { MigrationReport } from './migration-order.ts'
import type { RollbackReport } from './rollback-report.ts'
import { MigrationRecord, type RunRecord } from './run-record.ts'

export const REPORT_FILE = 'report.json'
export const REPORT_TEXT_FILE = 'MIGRATION_REPORT.md'
export const ROLLBACK_FILE = 'rollback.json'

/** A run as it stands in the data directory. */
export interface StoredRun extends Pick<RunRecord, 'runId' | 'state' | 'choice' | 'startedMs' | 'finishedMs'> {
  /** Of one that came to its end. */
  readonly report: MigrationReport | undefined
  /** Of one that was taken back. */
  readonly rollback: RollbackReport | undefined
}

/** Newest first. Reports are as this program wrote them into its own folder: they are not checked again. */
export async function listStoredRuns(dataDirectory: string): Promise<readonly StoredRun[]> {
  const runs: StoredRun[] = []
  for (const { folder, content } of await MigrationRecord.list(dataDirectory)) {
    const { runId, state, choice, startedMs, finishedMs } = content
    const report = (await readJson(join(folder, REPORT_FILE))) as MigrationReport | undefined
    const rollback = (await readJson(join(folder, ROLLBACK_FILE))) as RollbackReport | undefined
    runs.push({ runId, state, choice, startedMs, finishedMs, report, rollback })
  }
  return runs
}

async function readJson(path: string): Promise<unknown> {
  const bytes = await readIfThere(path).catch(() => undefined)
  try {
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as unknown)
  } catch {
    return undefined
  }
}
