import { Client, type QueryResultRow } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { AppError } from '#domain/errors.ts'
import { pause, withDeadline } from '#platform/deadline.ts'
import { classifyPostgresError } from '#storage/postgres/classify-error.ts'
import { clientConfig, closeQuietly, describeConnection, type PgConnection } from '#storage/postgres/connection.ts'

/** The longest statement is the one that moves all rows, or compares them. */
const STATEMENT_DEADLINE_MS = 3_600_000
const COPY_DEADLINE_MS = 300_000
const CLOSE_DEADLINE_MS = 5_000
/** Names the lock under which one import, rollback or verification works on a database. */
const LOCK_KEY = 7_305_556
const LOCK_DEADLINE_MS = 10_000
const LOCK_POLL_MS = 100
const SETTINGS = "SET TimeZone = 'UTC'; SET work_mem = '64MB'; SET client_min_messages = warning; SET jit = off"

/** A connection for statements that take long. Failures are `AppError`s that speak of the import. */
export class ImportDatabase {
  readonly #client: Client
  readonly #where: string

  private constructor(client: Client, where: string) {
    this.#client = client
    this.#where = where
  }

  static async open(connection: PgConnection): Promise<ImportDatabase> {
    const client = new Client({
      ...clientConfig(connection, 'bot-trading import'),
      statement_timeout: STATEMENT_DEADLINE_MS,
      query_timeout: STATEMENT_DEADLINE_MS + CLOSE_DEADLINE_MS,
      idle_in_transaction_session_timeout: STATEMENT_DEADLINE_MS,
    })
    // The statement under way fails by itself; an idle connection is asked again at the next one.
    client.on('error', () => undefined)
    const database = new ImportDatabase(client, describeConnection(connection))
    try {
      await client.connect()
      await client.query(SETTINGS)
      return database
    } catch (error) {
      closeQuietly(client)
      throw database.#failure(error)
    }
  }

  async query<Row extends QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    try {
      return (await this.#client.query<Row>(sql, [...values])).rows
    } catch (error) {
      throw this.#failure(error)
    }
  }

  /** How many rows a statement wrote. */
  async change(sql: string, values: readonly unknown[] = []): Promise<number> {
    try {
      return (await this.#client.query(sql, [...values])).rowCount ?? 0
    } catch (error) {
      throw this.#failure(error)
    }
  }

  /** Several statements without values. */
  async run(sql: string): Promise<void> {
    try {
      await this.#client.query(sql)
    } catch (error) {
      throw this.#failure(error)
    }
  }

  /** `text` is whole lines in the text form of COPY; it is left alone until this has ended. */
  async copy(into: string, text: string | Buffer): Promise<void> {
    const stream = this.#client.query(copyFrom(`COPY ${into} FROM STDIN`))
    const done = new Promise<void>((resolve, reject) => {
      stream.once('finish', resolve)
      stream.once('error', reject)
    })
    stream.end(text)
    try {
      await withDeadline(done, COPY_DEADLINE_MS, 'The end of a COPY')
    } catch (error) {
      throw this.#failure(error)
    }
  }

  /** All or nothing. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.run('BEGIN')
    try {
      const result = await work()
      await this.run('COMMIT')
      return result
    } catch (error) {
      await this.run('ROLLBACK').catch(() => undefined)
      throw error
    }
  }

  /** Held as long as the connection. Throws `CONFLICT` if another import works here. */
  async lock(): Promise<void> {
    const began = performance.now()
    while (true) {
      const [row] = await this.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [LOCK_KEY])
      if (row?.taken === true) return
      if (performance.now() - began > LOCK_DEADLINE_MS)
        throw new AppError('CONFLICT', `Another import works on ${this.#where}. Nothing was done. Try again when it has ended.`)
      await pause(LOCK_POLL_MS)
    }
  }

  async close(): Promise<void> {
    await withDeadline(this.#client.end(), CLOSE_DEADLINE_MS, 'The end of a connection').catch(() => closeQuietly(this.#client))
  }

  #failure(error: unknown): AppError {
    const { code } = classifyPostgresError(error, this.#where)
    const words = error instanceof Error ? error.message : String(error)
    const isFull = typeof error === 'object' && error !== null && 'code' in error && error.code === '53100'
    const advice = isFull ? 'Free some space there and run it again.' : 'Run it again when that is mended; it goes on where it stopped.'
    const message = `Postgres at ${this.#where} failed: ${words}. The imported history is as it was. ${advice}`
    return error instanceof AppError ? error : new AppError(code, message, { cause: error })
  }
}
