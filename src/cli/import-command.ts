import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { AppError } from '#domain/errors.ts'
import { systemClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config/config.ts'
import { openDataDirectory } from '#platform/data-directory.ts'
import { defaultDataDirectory } from '#platform/default-data-directory.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { type ImportPlan, planOf } from '#v2-import/mapping/import-plan.ts'
import { rollBack } from '#v2-import/rollback/roll-back.ts'
import { ImportDatabase } from '#v2-import/run/import-database.ts'
import { hasFailed, type ImportReport, reportJson, reportMarkdown } from '#v2-import/run/import-report.ts'
import { runImport } from '#v2-import/run/run-import.ts'
import { openTarget, type Target } from '#v2-import/run/target-server.ts'
import { findRun, verifyImport } from '#v2-import/run/verify-import.ts'
import { openSource } from '#v2-import/sources/open-source.ts'
import { EXIT, type ExitCode } from './exit.ts'
import type { ImportCommandLine } from './import-command-line.ts'
import { importText } from './import-text.ts'
import { ImportProgressLine } from './import-progress-line.ts'

const MIGRATIONS_DIRECTORY = join(import.meta.dirname, '..', '..', 'migrations', 'postgres')
const SETTINGS_BYTES_MAX = 1_048_576

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
        'The import was interrupted. The imported history is as it was. The same command goes on where it stopped.',
      ),
    )
  process.once('SIGINT', leave)
  process.once('SIGTERM', leave)
  try {
    const directory = openDataDirectory(line.dataDir ?? defaultDataDirectory(terminal.env))
    const { database } = readConfig(line.config ?? join(directory.path, 'config.yaml'), line.config !== undefined)
    const place = { env: terminal.env, config: database, directory, migrationsDirectory: MIGRATIONS_DIRECTORY }
    await using target = await openTarget({ ...place, logger: silentLogger, clock: systemClock })
    const { signal } = interrupted
    if (line.act === 'rollback') return await rollback(line, target, terminal)
    return line.act === 'verify' ? await verify(line, { target, terminal, signal }) : await bring(line, { target, terminal, signal })
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
  readonly target: Target
  readonly terminal: ImportTerminal
  readonly signal: AbortSignal
}

async function bring(line: LineOf<'import'>, { target, terminal, signal }: Doing): Promise<ExitCode> {
  const plan = await planFor(line)
  await using cleanup = new AsyncDisposableStack()
  const source = await openSource(line.source, { signal })
  cleanup.defer(() => source.close())
  const progress = new ImportProgressLine(terminal.stderr, () => systemClock.elapsed())
  try {
    const report = await runImport({
      connection: target.connection,
      source,
      plan,
      isDryRun: line.dryRun,
      clock: systemClock,
      onProgress: (news) => progress.show(news),
      signal,
    })
    return await answer(report, line, terminal)
  } finally {
    progress.clear()
  }
}

async function verify(line: LineOf<'verify'>, { target, terminal, signal }: Doing): Promise<ExitCode> {
  const run = await findRun(target.connection, line.runId)
  await using cleanup = new AsyncDisposableStack()
  const source = await openSource(line.source ?? run.source.location, { signal })
  cleanup.defer(() => source.close())
  const report = await verifyImport({ connection: target.connection, run, source, clock: systemClock, signal })
  return answer(report, line, terminal)
}

async function rollback(line: LineOf<'rollback'>, target: Target, { stdout }: ImportTerminal): Promise<ExitCode> {
  const database = await ImportDatabase.open(target.connection)
  try {
    const { runId, removed, laterRuns } = await rollBack(database, line.runId)
    const words = Object.entries(removed).map(([name, count]) => `${name} ${count}`)
    const later = laterRuns.length === 0 ? '' : `Later imports relied on its rows: ${laterRuns.join(', ')}. Import them again.\n`
    stdout.write(
      line.json
        ? `${JSON.stringify({ run_id: runId, removed, later_runs: laterRuns })}\n`
        : `Import ${runId} was taken back: ${words.join(', ')}.\n${later}`,
    )
    return EXIT.done
  } finally {
    await database.close()
  }
}

async function answer(report: ImportReport, line: LineOf<'import' | 'verify'>, { stdout }: ImportTerminal): Promise<ExitCode> {
  if (line.report !== undefined) await writeFile(line.report, reportMarkdown(report))
  stdout.write(line.json ? `${JSON.stringify(reportJson(report))}\n` : importText(report))
  return hasFailed(report) ? EXIT.failed : EXIT.done
}

/** The settings of version 2 say what its rows do not: the exchange, and whether it traded perpetuals. */
async function planFor(line: LineOf<'import'>): Promise<ImportPlan> {
  const folder = line.v2Dir ?? ((await isDirectory(line.source)) ? line.source : undefined)
  const settings = folder === undefined ? undefined : await readSettings(join(folder, 'config.yaml'))
  return planOf({ timeZone: line.timeZone, settings })
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true
}

async function readSettings(file: string): Promise<unknown> {
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) return undefined
  if (found.size > SETTINGS_BYTES_MAX)
    throw new AppError(
      'FILE_INVALID',
      `${file} is longer than ${SETTINGS_BYTES_MAX} bytes. Nothing was read. Give the settings of version 2.`,
    )
  try {
    return parse(await readFile(file, 'utf8'), { maxAliasCount: 100 }) as unknown
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new AppError('FILE_INVALID', `${file} is no YAML (${words}). Nothing was imported. Mend it, or leave --v2-dir out.`, {
      cause: error,
    })
  }
}
