import { AppError } from '#domain/errors.ts'
import { MemoryWatch } from '../run/memory-watch.ts'
import { makeRunId } from '../run/run-import.ts'
import { openSource } from '../sources/open-source.ts'
import { migrationMarkdown } from './migration-report.ts'
import type { MigrationChoice, MigrationOptions, MigrationPlace, MigrationReport } from './migration-order.ts'
import { MigrationRun } from './migration-run.ts'
import { openFolder, planFor, storedChoiceOf } from './open-migration.ts'
import { isSameChoice, MigrationRecord, sweepDrafts } from './run-record.ts'
import { holdRuns } from './runs-lock.ts'
import { SecretStore } from './secret-store.ts'
import { REPORT_FILE, REPORT_TEXT_FILE } from './stored-runs.ts'

/**
 * All that version 2 held, in one run: backup, history, settings, models, strategies, as far as they are chosen, and the checks. Throws
 * `AppError`, or the signal's reason; the same choice goes on where it stopped. Its report stands in `imports/RUN_ID` too. A dry run
 * writes nothing into the data directory.
 */
export async function runMigration(
  choice: MigrationChoice,
  place: MigrationPlace,
  options: MigrationOptions = {},
): Promise<MigrationReport> {
  mustBeWhole(choice)
  const { directory, clock } = place
  const began = clock.elapsed()
  await using cleanup = new AsyncDisposableStack()
  const memory = new MemoryWatch()
  cleanup.defer(() => memory.stop())
  const folder = await openFolder(choice, directory.path, options.signal)
  const plan = await planFor(choice, folder)
  const source = choice.steps.includes('history') ? await openSource(choice.source, { signal: options.signal }) : undefined
  if (source !== undefined) cleanup.defer(() => source.close())
  const store = await SecretStore.open(place)
  cleanup.defer(() => store.close())
  const { record, isResumed } = choice.isDryRun ? { record: undefined, isResumed: false } : await begin(choice, place, cleanup)
  const runId = record?.content.runId ?? makeRunId(clock.now())
  options.onRun?.(runId)
  const run = new MigrationRun({ runId, choice, place, options, record, folder, source, plan }, store)
  const measured = await run.measure()
  const report: MigrationReport = {
    ...measured,
    isResumed: isResumed || measured.isResumed,
    durationMs: clock.elapsed() - began,
    rssMaxBytes: memory.maxBytes(),
  }
  if (record !== undefined) {
    await record.write(REPORT_FILE, `${JSON.stringify(report, undefined, 1)}\n`)
    await record.write(REPORT_TEXT_FILE, migrationMarkdown(report))
    await record.change({ state: 'done', finishedMs: clock.now() })
  }
  return report
}

function mustBeWhole({ steps, v2Directory, source }: MigrationChoice): void {
  const bad = (what: string): AppError => new AppError('CONFIG_INVALID', `${what} Nothing was done.`)
  if (steps.length === 0) throw bad('No step was chosen.')
  if (source === '') throw bad('No source was named.')
  if (v2Directory === '') throw bad('The folder of version 2 has no name.')
}

/** Goes on with the newest run of the same choice that did not come to its end. */
async function begin(
  choice: MigrationChoice,
  { directory, configPath, clock }: MigrationPlace,
  cleanup: AsyncDisposableStack,
): Promise<{ readonly record: MigrationRecord; readonly isResumed: boolean }> {
  const stored = storedChoiceOf(choice)
  cleanup.use(await holdRuns(directory.path, clock.now()))
  const known = await MigrationRecord.list(directory.path)
  const interrupted = known.find(({ content }) => content.state === 'running' && isSameChoice(content.choice, stored))
  if (interrupted !== undefined) {
    await sweepDrafts(interrupted, configPath)
    return { record: interrupted, isResumed: true }
  }
  const startedMs = clock.now()
  return {
    record: await MigrationRecord.begin(directory.path, { runId: makeRunId(startedMs), choice: stored, startedMs }),
    isResumed: false,
  }
}
