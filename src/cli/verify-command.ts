import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type PlaceOrAbsence, checklistText, runChecklist } from '#checklist/run-checklist.ts'
import { Probe } from '#checklist/probe.ts'
import { AppError } from '#domain/errors.ts'
import { systemClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config/config.ts'
import { openDataDirectory } from '#platform/data-directory.ts'
import { defaultDataDirectory } from '#platform/default-data-directory.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { openTarget, type Target } from '#v2-import/run/target-server.ts'
import { EXIT, type ExitCode, UsageError } from './exit.ts'
import { findWorkstation } from './running-workstation.ts'

const MIGRATIONS_DIRECTORY = join(import.meta.dirname, '..', '..', 'migrations', 'postgres')

export interface VerifyTerminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

interface VerifyLine {
  readonly url: string | undefined
  readonly token: string | undefined
  readonly dataDir: string | undefined
  readonly config: string | undefined
  readonly json: boolean
  readonly load: boolean
}

/** `verify`: the post-migration checklist, measured now. Ends with 1 if anything failed; what was not run is said and is no success. */
export async function runVerifyCommand(args: readonly string[], { env, stdout, stderr }: VerifyTerminal): Promise<ExitCode> {
  const line = readLine(args)
  await using cleanup = new AsyncDisposableStack()
  try {
    const directory = openDataDirectory(line.dataDir ?? defaultDataDirectory(env))
    let target: Promise<Target> | undefined
    const openDatabase = async () => {
      const { database } = readConfig(line.config ?? join(directory.path, 'config.yaml'), line.config !== undefined)
      const place = { env, config: database, directory, migrationsDirectory: MIGRATIONS_DIRECTORY }
      target ??= openTarget({ ...place, logger: silentLogger, clock: systemClock }).then((opened) => cleanup.use(opened))
      return (await target).connection
    }
    const checklist = await runChecklist({
      ...(await findProbe(line, env)),
      directory,
      database: openDatabase,
      workerUrl: (name) => new URL(`../workers/${name}.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
      clock: systemClock,
      isLoadAllowed: line.load,
    })
    stdout.write(line.json ? `${JSON.stringify(checklist)}\n` : checklistText(checklist))
    return checklist.failed === 0 ? EXIT.done : EXIT.failed
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    stderr.write(`${error.code}: ${error.message}\n`)
    return EXIT.failed
  }
}

async function findProbe(line: VerifyLine, env: VerifyTerminal['env']): Promise<Pick<PlaceOrAbsence, 'probe' | 'absence' | 'version'>> {
  try {
    const probe = new Probe(findWorkstation(line, env))
    const { body } = await probe.ask('/health')
    const version = typeof body === 'object' && body !== null && 'version' in body ? String(body.version) : null
    return { probe, absence: '', version }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { probe: undefined, absence: error.message, version: null }
  }
}

function readLine(args: readonly string[]): VerifyLine {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { url: text, token: text, 'data-dir': text, config: text, json: flag, load: flag },
      strict: true,
    })
    const { url, token, config } = values
    return { url, token, config, dataDir: values['data-dir'], json: values.json === true, load: values.load === true }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
