import { readFile } from 'node:fs/promises'
import { AppError } from '#domain/errors.ts'
import type { Clock } from '#platform/clock.ts'
import { type DataDirectory, lockDataDirectory } from '#platform/data-directory.ts'
import type { Logger } from '#platform/log/logger.ts'
import { SUPERUSER } from '#storage/postgres/cluster.ts'
import { closeQuietly, type DatabaseConfig, type PgConnection, resolvePostgres } from '#storage/postgres/connection.ts'
import { startEmbeddedPostgres } from '#storage/postgres/embedded-server.ts'
import { openDatabase } from '#storage/postgres/open-database.ts'
import { readPidFile } from '#storage/postgres/postmaster.ts'
import { prepareServerHome } from '#storage/postgres/server-home.ts'

const STOP_DEADLINE_MS = 15_000

export interface TargetOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly config: DatabaseConfig
  readonly directory: DataDirectory
  readonly migrationsDirectory: string
  readonly logger: Logger
  readonly clock: Clock
}

export interface Target extends AsyncDisposable {
  readonly connection: PgConnection
}

/**
 * The database of a data directory, with all migrations applied. Where the embedded server is meant and no workstation runs, it is
 * started and stopped again at the end; that of a running workstation is used as it is. Throws `AppError`.
 */
export async function openTarget(options: TargetOptions): Promise<Target> {
  const { env, config, migrationsDirectory, logger } = options
  const target = resolvePostgres({ env, config })
  if (target.kind === 'none')
    throw new AppError(
      'CONFIG_INVALID',
      'database.mode is none: there is nothing to import into. Nothing was done. Set it to embedded or external.',
    )
  await using cleanup = new AsyncDisposableStack()
  const connection = target.kind === 'external' ? target.connection : await embedded(options, target.database, cleanup)
  closeQuietly(await openDatabase({ connection, migrationsDirectory, applicationName: 'bot-trading import', logger }))
  const owned = cleanup.move()
  return { connection, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function embedded(options: TargetOptions, database: string, cleanup: AsyncDisposableStack): Promise<PgConnection> {
  const { directory, logger, clock } = options
  let lock
  try {
    lock = lockDataDirectory(directory.path, clock.now())
  } catch (error) {
    if (error instanceof AppError && error.code === 'DATA_DIR_LOCKED') return runningServer(options, database, error)
    throw error
  }
  cleanup.defer(() => lock.release())
  // Any free port: nobody else looks for this server.
  const server = await startEmbeddedPostgres({ dataDir: directory.postgres, port: 0, database, logger })
  cleanup.defer(() => server.stop(STOP_DEADLINE_MS))
  return server.connection
}

async function runningServer({ directory, logger }: TargetOptions, database: string, locked: AppError): Promise<PgConnection> {
  const home = await prepareServerHome(directory.postgres, logger)
  const [file, password] = [await readPidFile(home.cluster), await readFile(home.passwordFile, 'utf8').catch(() => undefined)]
  if (file === undefined || password === undefined)
    throw new AppError(
      'POSTGRES_UNREACHABLE',
      `A workstation runs on ${directory.path}, but its database does not. Nothing was imported. Try again when the workstation shows it running.`,
      { cause: locked },
    )
  return { host: '127.0.0.1', port: file.port, user: SUPERUSER, password: password.trim(), database, ssl: 'off' }
}
