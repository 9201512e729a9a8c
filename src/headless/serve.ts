import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AppError } from '#domain/errors.ts'
import type { Gateway } from '#gateway/gateway.ts'
import { resolveToken } from '#gateway/token.ts'
import { writeCompiledCode } from '#platform/compiled-code.ts'
import { readConfig } from '#platform/config/config.ts'
import { openDataDirectory, type DataDirectory } from '#platform/data-directory.ts'
import { refuseStrayFailpoint } from '#platform/failpoint.ts'
import { takeEnvironment } from '#platform/secrets/take-environment.ts'
import { createLogger } from '#platform/log/pino-logger.ts'
import { startWorkstation } from '#orchestrator/workstation.ts'
import type { Workstation } from '#orchestrator/workstation-api.ts'
import type { HttpFront } from '#orchestrator/workstation-options.ts'
import { readServeOptions, type ServeOptions } from './options.ts'

export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3 } as const
const USAGE_CODES: ReadonlySet<string> = new Set(['CONFIG_INVALID', 'FILE_INVALID'])
const REFUSED_CODES: ReadonlySet<string> = new Set(['DATA_DIR_LOCKED', 'REFUSED', 'JOURNAL_NEWER', 'JOURNAL_CORRUPT'])
/** How long the ready line waits for Postgres; it is printed without it then. */
const POSTGRES_WAIT_MS = 15_000
const POSTGRES_POLL_MS = 50
const OWNER_ONLY = 0o600
const ROOT = resolve(import.meta.dirname, '../..')

/** The workstation without a window. Resolves with the exit code once it has left cleanly. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await serve(readServeOptions(args, process.env))
  } catch (error) {
    const known = error instanceof AppError
    process.stderr.write(`${known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    if (!known) return EXIT.failed
    return USAGE_CODES.has(error.code) ? EXIT.usage : REFUSED_CODES.has(error.code) ? EXIT.refused : EXIT.failed
  }
}

async function serve(options: ServeOptions): Promise<number> {
  refuseStrayFailpoint(process.env)
  const env = takeEnvironment()
  const directory = openDataDirectory(options.dataDir)
  const config = readConfig(options.configFile ?? join(directory.path, 'config.yaml'), options.configFile !== undefined)
  const version = readVersion()
  const logger = await createLogger(directory.logs, { level: config.log.level, stderr: true })
  const { token } = await resolveToken({ dataDir: directory.path, option: options.token, environment: undefined })
  const stopped = stopSignal()
  let gateway: Gateway | undefined
  const starting = startWorkstation({
    dataDir: directory.path,
    configFile: options.configFile,
    workersDir: new URL('../workers/', import.meta.url),
    migrationsDir: join(ROOT, 'migrations/postgres'),
    version,
    replay: options.replay,
    postgres: options.postgres,
    openFront: async () => frontOf(gateway, token),
    env,
    logger,
  })
  // Its code is loaded while engine and exchange start.
  const [workstation, { startGateway }] = await Promise.all([starting, import('#gateway/gateway.ts')])
  try {
    const rendererDir = join(ROOT, 'out/renderer')
    gateway = await startGateway({
      workstation,
      token,
      version,
      logger: logger.child({ component: 'gateway' }),
      host: options.host ?? config.api.host,
      port: options.port ?? config.api.port,
      rendererDir: existsSync(rendererDir) ? rendererDir : undefined,
    })
    writeFileSync(directory.instance, JSON.stringify({ pid: process.pid, url: gateway.url, version }), { mode: OWNER_ONLY })
    workstation.onReplayDone(() => say({ event: 'replay_done', ...workstation.status().replay }))
    await Promise.race([announce(workstation, { gateway, directory, version }), stopped])
    writeCompiledCode()
    await stopped
    return EXIT.done
  } finally {
    rmSync(directory.instance, { force: true })
    await gateway?.close()
    await workstation.stop()
  }
}

/** The checklist looks at what everybody else reaches. */
function frontOf(gateway: Gateway | undefined, token: string): HttpFront {
  if (gateway === undefined) throw new AppError('CONFLICT', 'The HTTP front has not started yet. Measure again in a moment.')
  return { url: gateway.url, token, close: async () => undefined }
}

/** One JSON line for programs on stdout; for people, on stderr, where to look. */
async function announce(
  workstation: Workstation,
  at: { readonly gateway: Gateway; readonly directory: DataDirectory; readonly version: string },
): Promise<void> {
  const { gateway, directory, version } = at
  if (process.stderr.isTTY || process.stdout.isTTY)
    process.stderr.write(`Screens: ${gateway.url}/#token=${readFileSync(directory.token, 'utf8').trim()}\n`)
  const wanted = () =>
    !['disabled', 'down'].includes(workstation.status().components.find(({ name }) => name === 'postgres')?.state ?? 'disabled')
  for (let waited = 0; waited < POSTGRES_WAIT_MS && wanted() && workstation.postgresAddress() === null; waited += POSTGRES_POLL_MS) {
    await new Promise((resolve) => setTimeout(resolve, POSTGRES_POLL_MS))
  }
  say({ event: 'ready', url: gateway.url, pid: process.pid, postgres: workstation.postgresAddress(), version })
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** Resolves on the first SIGINT or SIGTERM; a second one ends the process at once, for a person who will not wait. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = () => {
      if (asked) process.exit(EXIT.failed)
      asked = true
      resolve()
    }
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  })
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0.0.0'
}
