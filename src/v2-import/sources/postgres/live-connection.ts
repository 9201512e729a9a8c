import { Client } from 'pg'
import type { QueryArrayResult } from 'pg'
import { AppError } from '#domain/errors.ts'
import type { ErrorCode } from '#domain/errors.ts'

const CONNECT_TIMEOUT_MS = 10_000
/** Counting a table is the longest statement: it reads all of it. */
const STATEMENT_TIMEOUT_MS = 300_000
const LOCK_TIMEOUT_MS = 10_000
/** Between two batches the loader may be busy for a while. */
const IDLE_IN_TRANSACTION_MS = 900_000
/** Above the server's own limit: only a dead connection reaches it. */
const QUERY_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000
const END_TIMEOUT_MS = 5_000
const DEFAULT_PORT = 5_432

/** Where the database of v2 is. Never log it: it carries the password. */
export interface LiveTarget {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | undefined
  readonly database: string
  /** `require` encrypts without checking who answers; `verify` checks the certificate too. */
  readonly ssl: 'off' | 'require' | 'verify'
}

/** Reads `postgres://user:password@host:port/database?sslmode=…`. Throws `CONFIG_INVALID`, which never repeats the password. */
export function parsePostgresUrl(text: string): LiveTarget {
  const bad = (what: string): AppError =>
    new AppError(
      'CONFIG_INVALID',
      `The address of the database ${what}. Nothing was read. Write postgres://USER:PASSWORD@HOST:PORT/DATABASE.`,
    )
  const url = URL.parse(text)
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) throw bad('is not a Postgres address')
  const part = (value: string): string => {
    try {
      return decodeURIComponent(value)
    } catch {
      throw bad('has a wrong escape (%)')
    }
  }
  const database = part(url.pathname.slice(1))
  if (url.hostname === '' || url.username === '' || database === '') throw bad('lacks the host, the user or the database')
  const mode = url.searchParams.get('sslmode')
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: part(url.username),
    password: url.password === '' ? undefined : part(url.password),
    database,
    ssl: mode === 'require' ? 'require' : mode === 'verify-ca' || mode === 'verify-full' ? 'verify' : 'off',
  }
}

/** For messages and reports: everything but the password. */
export function describeTarget(target: LiveTarget): string {
  return `${target.user}@${target.host}:${target.port}/${target.database}`
}

/** One connection inside one read-only transaction: every statement sees the database as it was at its beginning. */
export class LiveConnection {
  readonly #client: Client
  readonly #where: string
  #lost: Error | undefined

  private constructor(client: Client, where: string) {
    this.#client = client
    this.#where = where
    client.on('error', (error) => {
      this.#lost = error
    })
  }

  static async open(target: LiveTarget): Promise<LiveConnection> {
    const client = new Client({
      host: target.host,
      port: target.port,
      user: target.user,
      // A function, so that the driver never falls back to PGPASSWORD or .pgpass behind our back.
      password: () => target.password ?? '',
      database: target.database,
      ssl: target.ssl === 'off' ? false : { rejectUnauthorized: target.ssl === 'verify' },
      application_name: 'bot-trading import',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      options: '-c default_transaction_read_only=on',
      // Values stay the text the server sends, as in a dump.
      types: { getTypeParser: () => (value: string) => value },
    })
    const connection = new LiveConnection(client, describeTarget(target))
    try {
      await client.connect()
      await connection.#begin()
      return connection
    } catch (error) {
      await connection.close()
      throw connection.#failure(error)
    }
  }

  /** Rows as arrays of the server's text. Throws `AppError`. */
  async query(text: string, values: readonly string[] = []): Promise<readonly (readonly (string | null)[])[]> {
    if (this.#lost !== undefined) throw this.#failure(this.#lost)
    try {
      const result: QueryArrayResult<(string | null)[]> = await this.#client.query({ text, values: [...values], rowMode: 'array' })
      return result.rows
    } catch (error) {
      throw this.#failure(error)
    }
  }

  /** Ends the transaction with the connection; waits a little for a proper good-bye. */
  async close(): Promise<void> {
    const socket = this.#client.connection.stream
    const timer = setTimeout(() => socket.destroy(), END_TIMEOUT_MS)
    await this.#client.end().catch(() => undefined)
    clearTimeout(timer)
  }

  /** The settings pg_dump makes, so that values are spelt as in a dump; times with a zone are told in UTC. */
  async #begin(): Promise<void> {
    await this.#client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await this.#client.query(
      "SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL extra_float_digits = 3; " +
        "SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'; SET LOCAL client_encoding = 'UTF8'; " +
        'SET LOCAL search_path = pg_catalog; SET LOCAL row_security = off',
    )
  }

  #failure(error: unknown): AppError {
    if (error instanceof AppError) return error
    const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error
    const message = inner instanceof Error ? inner.message : String(inner)
    const state = inner instanceof Error && 'code' in inner ? String(inner.code) : ''
    const [code, advice] = verdictOf(state, message)
    return new AppError(code, `${this.#where}: ${message}. The import from it was not finished; it was only read. ${advice}`, {
      cause: error,
    })
  }
}

function verdictOf(state: string, message: string): readonly [ErrorCode, string] {
  if (state.startsWith('28') || /password must be|SASL/.test(message))
    return ['POSTGRES_WRONG_PASSWORD', 'Check the user and the password.']
  if (state === '3D000') return ['NOT_FOUND', 'Check the name of the database.']
  if (state === '42501') return ['REFUSED', 'Let the user read the tables (GRANT SELECT), or name another user.']
  if (state === '57014' || /timeout/i.test(message)) return ['DEADLINE_EXCEEDED', 'Try again when the server is less busy, or give a dump.']
  if (/^[0-9A-Z]{5}$/.test(state) && !/^(08|53|57)/.test(state)) return ['CONFLICT', 'Try again, or give a dump made by pg_dump.']
  return ['POSTGRES_UNREACHABLE', 'Check that the server runs and the address is right.']
}
