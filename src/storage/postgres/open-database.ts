import type { Client } from 'pg'
import { AppError } from '#domain/errors.ts'
import type { Logger } from '#platform/log/logger.ts'
import { classifyPostgresError } from './classify-error.ts'
import { closeQuietly, connectClient, describeConnection } from './connection.ts'
import type { PgConnection } from './connection.ts'
import { migrate } from './migrate.ts'

/** Databases from which a new one may be made, as not every server has the first. */
const MAINTENANCE_DATABASES = ['postgres', 'template1'] as const
/** Somebody made it at the same moment: seen by the check, or only by the index of all databases. */
const ALREADY_THERE: ReadonlySet<unknown> = new Set(['42P04', '23505'])

export interface OpenOptions {
  readonly connection: PgConnection
  readonly migrationsDirectory: string
  readonly applicationName: string
  readonly logger: Logger
  /** Hears of a connection that dies while idle. */
  readonly onLost?: ((error: Error) => void) | undefined
}

/** A connected client on our database, made and migrated when needed. Throws `AppError`. */
export async function openDatabase(options: OpenOptions): Promise<Client> {
  const client = await connectOrCreate(options)
  try {
    await migrate(client, options.migrationsDirectory, options.logger)
    return client
  } catch (error) {
    closeQuietly(client)
    throw error
  }
}

async function connectOrCreate(options: OpenOptions): Promise<Client> {
  const { connection, applicationName } = options
  try {
    return await connectClient(connection, applicationName, options.onLost)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
    await createDatabase(options, error)
    return connectAgain(options)
  }
}

async function connectAgain({ connection, applicationName, onLost }: OpenOptions): Promise<Client> {
  try {
    return await connectClient(connection, applicationName, onLost)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
    throw new AppError(
      'POSTGRES_UNREACHABLE',
      `The database of ${describeConnection(connection)} is being dropped or made by somebody else. Facts wait in the journal; it is tried again.`,
      { cause: error },
    )
  }
}

async function createDatabase(options: OpenOptions, missing: AppError): Promise<void> {
  const { connection, logger } = options
  for (const database of MAINTENANCE_DATABASES) {
    let client: Client
    try {
      client = await connectClient({ ...connection, database }, options.applicationName)
    } catch (error) {
      if (error instanceof AppError && error.retryable) throw error
      continue
    }
    try {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(connection.database)} ENCODING 'UTF8' TEMPLATE template0`)
      logger.info({ database: connection.database }, 'The database was created')
      return
    } catch (error) {
      if (ALREADY_THERE.has((error as { readonly code?: unknown }).code)) return
      throw classifyPostgresError(error, describeConnection(connection))
    } finally {
      await client.end()
    }
  }
  throw missing
}
