import { Client, Pool, types } from 'pg'
import type { ClientConfig } from 'pg'
import type { Logger } from '#platform/log/logger.ts'
import { classifyPostgresError } from './classify-error.ts'

export const DEFAULT_DATABASE = 'bot_trading_v3'
export const EMBEDDED_PORT = 5555
/** What libpq takes when nobody names a port. */
const EXTERNAL_PORT = 5432

const CONNECT_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 15_000
/** Above the server's own limit: only a dead connection reaches it. */
const QUERY_TIMEOUT_MS = 18_000
const LOCK_TIMEOUT_MS = 10_000
/** A transaction whose client has vanished must not hold the replica's cursor. */
const IDLE_IN_TRANSACTION_MS = 15_000
const POOL_SIZE_MAX = 4
const POOL_IDLE_MS = 30_000
const INT8_OID = 20

/** Where a Postgres server is and how to log in. Plain data: it crosses threads. Never log it: it carries the password. */
export interface PgConnection {
  /** Name, address, or the folder of a unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password?: string | undefined
  readonly database: string
  /** `require` encrypts without checking who answers; `verify` checks the certificate too. */
  readonly ssl: 'off' | 'require' | 'verify'
}

/** The `database` section of `config.yaml`. */
export interface DatabaseConfig {
  readonly mode: 'embedded' | 'external' | 'none'
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly database?: string | undefined
  readonly ssl?: boolean | undefined
}

export type PostgresTarget =
  | { readonly kind: 'none' }
  | { readonly kind: 'embedded'; readonly port: number; readonly database: string }
  | { readonly kind: 'external'; readonly connection: PgConnection }

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Which Postgres to use. `none` wins; then `mode: external`, or PGHOST, PGPORT or PGDATABASE in the environment
 * (as libpq reads them, over the config); else the embedded server on 5555.
 */
export function resolvePostgres(input: { readonly env: Environment; readonly config: DatabaseConfig }): PostgresTarget {
  const { env, config } = input
  if (config.mode === 'none') return { kind: 'none' }
  const named = [env['PGHOST'], env['PGPORT'], env['PGDATABASE']].some((value) => value !== undefined && value !== '')
  if (config.mode === 'embedded' && !named) {
    return { kind: 'embedded', port: config.port ?? EMBEDDED_PORT, database: config.database ?? DEFAULT_DATABASE }
  }
  // In embedded mode the section speaks of our own server, so only the database name may come from it.
  const own: Partial<DatabaseConfig> = config.mode === 'external' ? config : { database: config.database }
  return {
    kind: 'external',
    connection: {
      host: text(env['PGHOST']) ?? own.host ?? '127.0.0.1',
      port: portNumber(env['PGPORT']) ?? own.port ?? EXTERNAL_PORT,
      user: text(env['PGUSER']) ?? own.user ?? 'postgres',
      password: text(env['PGPASSWORD']) ?? own.password,
      database: text(env['PGDATABASE']) ?? own.database ?? DEFAULT_DATABASE,
      ssl: sslMode(env['PGSSLMODE']) ?? (own.ssl === true ? 'verify' : 'off'),
    },
  }
}

function text(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

function portNumber(value: string | undefined): number | undefined {
  const port = Number(text(value))
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined
}

function sslMode(value: string | undefined): PgConnection['ssl'] | undefined {
  if (value === 'require') return 'require'
  if (value === 'verify-ca' || value === 'verify-full') return 'verify'
  return value === 'disable' ? 'off' : undefined
}

/** For logs and messages: everything but the password. */
export function describeConnection(connection: PgConnection): string {
  return `${connection.user}@${connection.host}:${connection.port}/${connection.database}`
}

/** int8 as a number: sequences and milliseconds stay far below 2^53. NUMERIC stays decimal text, as the driver has it. */
const typeParsers: NonNullable<ClientConfig['types']> = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8_OID && format !== 'binary' ? Number : types.getTypeParser(oid, format as 'text'),
}

export function clientConfig(connection: PgConnection, applicationName: string): ClientConfig {
  return {
    host: connection.host,
    port: connection.port,
    user: connection.user,
    // A function, so that the driver never falls back to PGPASSWORD or .pgpass behind our back.
    password: () => connection.password ?? '',
    database: connection.database,
    ssl: connection.ssl === 'off' ? false : { rejectUnauthorized: connection.ssl === 'verify' },
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: typeParsers,
  }
}

/** One connected client. `onLost` hears of a connection that dies while idle. Throws `AppError`. */
export async function connectClient(connection: PgConnection, applicationName: string, onLost?: (error: Error) => void): Promise<Client> {
  const client = new Client(clientConfig(connection, applicationName))
  // Without a listener the death of an idle connection would end the process.
  client.on('error', (error) => onLost?.(error))
  try {
    await client.connect()
  } catch (error) {
    closeQuietly(client)
    throw classifyPostgresError(error, describeConnection(connection))
  }
  return client
}

/** Closes without waiting and without words: the connection may be long dead. */
export function closeQuietly(client: Client): void {
  const socket = client.connection.stream
  client.end().catch(() => undefined)
  socket.destroy()
}

/** A pool that survives restarts of the server. End it with `pool.end()`. */
export function createPool(connection: PgConnection, applicationName: string, logger: Logger): Pool {
  const pool = new Pool({ ...clientConfig(connection, applicationName), max: POOL_SIZE_MAX, idleTimeoutMillis: POOL_IDLE_MS })
  pool.on('error', (error) => logger.warn({ error: error.message }, 'An idle Postgres connection was lost'))
  return pool
}
