import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '#domain/errors.ts'
import { systemClock } from '#platform/clock.ts'
import { type Config, readConfig } from '#platform/config/config.ts'
import { openDataDirectory } from '#platform/data-directory.ts'
import { defaultDataDirectory } from '#platform/default-data-directory.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { PASSPHRASE_VARIABLE } from '#platform/secrets/secret-vault.ts'
import type { MigrationPlace } from '#v2-import/migration/migration-order.ts'
import { migrationJson, migrationMarkdown } from '#v2-import/migration/migration-report.ts'
import { rollBackMigration } from '#v2-import/migration/roll-back-migration.ts'
import { runMigration } from '#v2-import/migration/run-migration.ts'
import { withPassword } from '#v2-import/migration/source-password.ts'
import { hasFailed, reportJson, reportMarkdown } from '#v2-import/run/import-report.ts'
import { openTarget } from '#v2-import/run/target-server.ts'
import { findRun, verifyImport, verifyKept } from '#v2-import/run/verify-import.ts'
import { openSource } from '#v2-import/sources/open-source.ts'
import { EXIT, type ExitCode } from './exit.ts'
import type { ImportCommandLine } from './import-command-line.ts'
import { importText, migrationText, rollbackText } from './import-text.ts'
import { ImportProgressLine } from './import-progress-line.ts'

const MIGRATIONS_DIRECTORY = join(import.meta.dirname, '..', '..', 'migrations', 'postgres')

export interface ImportTerminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined }
}

/** `import`, `import --rollback` and `import --verify`. Ctrl-C ends it where it can go on from. */
export async function runImportCommand(line: ImportCommandLine, terminal: ImportTerminal): Promise<ExitCode> {
  const interrupted = new AbortController()
  const leave = (): void =>
    interrupted.abort(
      new AppError(
        'DEADLINE_EXCEEDED',
        'The import was interrupted. What was done is written down. The same command goes on where it stopped, and --rollback takes it back.',
      ),
    )
  process.once('SIGINT', leave)
  process.once('SIGTERM', leave)
  // No program that is started here may inherit it.
  const env = { ...terminal.env }
  delete process.env[PASSPHRASE_VARIABLE]
  try {
    const directory = openDataDirectory(line.dataDir ?? defaultDataDirectory(env))
    const configPath = line.config ?? join(directory.path, 'config.yaml')
    const { database: config } = readConfig(configPath, line.config !== undefined)
    const target = { env, config, directory, migrationsDirectory: MIGRATIONS_DIRECTORY, logger: silentLogger, clock: systemClock }
    await using server = await openTarget(target)
    const place = { connection: server.connection, directory, configPath, env, clock: systemClock }
    const { signal } = interrupted
    if (line.act === 'rollback') return await rollback(line, place, terminal)
    return await (line.act === 'verify'
      ? verify(line, { place, config, terminal, signal })
      : bring(line, { place, config, terminal, signal }))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    terminal.stderr.write(`${error.code}: ${error.message}\n`)
    if (interrupted.signal.aborted || error.code === 'POSTGRES_UNREACHABLE') return EXIT.interrupted
    return error.code === 'REFUSED' ? EXIT.refused : EXIT.failed
  } finally {
    process.off('SIGINT', leave)
    process.off('SIGTERM', leave)
  }
}

type LineOf<A extends ImportCommandLine['act']> = Extract<ImportCommandLine, { readonly act: A }>

interface Doing {
  readonly place: MigrationPlace
  readonly config: Config['database']
  readonly terminal: ImportTerminal
  readonly signal: AbortSignal
}

async function bring(line: LineOf<'import'>, { place, config, terminal, signal }: Doing): Promise<ExitCode> {
  const { v2Dir: v2Directory, steps, dryRun: isDryRun, backupDir: backupDirectory, timeZone = '' } = line
  const source = withPassword(line.source, place.env, config)
  const progress = new ImportProgressLine(terminal.stderr, () => systemClock.elapsed())
  try {
    const report = await runMigration({ source, v2Directory, timeZone, steps, isDryRun, backupDirectory }, place, {
      onProgress: (news) => progress.show(news),
      signal,
    })
    progress.clear()
    if (line.report !== undefined) await writeFile(line.report, migrationMarkdown(report))
    terminal.stdout.write(line.json ? `${JSON.stringify(migrationJson(report))}\n` : migrationText(report))
    return hasFailed(report) ? EXIT.failed : EXIT.done
  } finally {
    progress.clear()
  }
}

async function verify(line: LineOf<'verify'>, { place, config, terminal, signal }: Doing): Promise<ExitCode> {
  const run = await findRun(place.connection, line.runId)
  const order = { connection: place.connection, run, clock: systemClock, signal }
  await using cleanup = new AsyncDisposableStack()
  const location = withPassword(line.source ?? addressOf(run.source), place.env, config)
  const source = await openSource(location, { signal }).catch((error: unknown) => {
    // A source that somebody names must be there; of the one that was recorded the run is checked as far as it goes.
    if (line.source === undefined && error instanceof AppError) return error
    throw error
  })
  if (!(source instanceof AppError)) cleanup.defer(() => source.close())
  const report = await (source instanceof AppError ? verifyKept({ ...order, missing: source.message }) : verifyImport({ ...order, source }))
  if (line.report !== undefined) await writeFile(line.report, reportMarkdown(report))
  terminal.stdout.write(line.json ? `${JSON.stringify(reportJson(report))}\n` : importText(report))
  return hasFailed(report) ? EXIT.failed : EXIT.done
}

async function rollback(line: LineOf<'rollback'>, place: MigrationPlace, { stdout }: ImportTerminal): Promise<ExitCode> {
  const report = await rollBackMigration(line.runId, place)
  const { runId, history, restored, secretsRemoved, kept } = report
  const json = { run_id: runId, removed: history.removed, later_runs: history.laterRuns, restored, secrets_removed: secretsRemoved, kept }
  stdout.write(line.json ? `${JSON.stringify(json)}\n` : rollbackText(report))
  return EXIT.done
}

function addressOf({ kind, location }: { readonly kind: string; readonly location: string }): string {
  return kind === 'postgres' ? `postgres://${location}` : location
}
