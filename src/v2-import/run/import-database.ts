import { Client, DatabaseError, type QueryResultRow } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { AppError } from '#domain/errors.ts'
import { pause, withDeadline } from '#platform/deadline.ts'
import { classifyPostgresError } from '#storage/postgres/classify-error.ts'
import { clientConfig, closeQuietly, connectClient, describeConnection, type PgConnection } from '#storage/postgres/connection.ts'

/** The longest statement is the one that moves all rows, or compares them. */
const STATEMENT_DEADLINE_MS = 3_600_000
const COPY_DEADLINE_MS = 300_000
const CLOSE_DEADLINE_MS = 5_000
/** Names the lock under which one import, rollback or verification works on a database. */
const LOCK_KEY = 7_305_556
const LOCK_DEADLINE_MS = 10_000
const LOCK_POLL_MS = 100
/** SQLSTATE of the server. */
const DISK_FULL = '53100'
const SETTINGS = "SET TimeZone = 'UTC'; SET work_mem = '64MB'; SET client_min_messages = warning; SET jit = off"

/** What a failure leaves behind, as far as is known when it comes. */
const UNCHANGED = 'The imported history is as it was.'
const AGAIN = 'Run it again when that is mended; it goes on where it stopped.'
const IN_DOUBT =
  'It was lost at the very moment of writing: all rows of this import stand, or none. Run it again: it finds out which, and goes on from there.'

/**
 * A connection for statements that take long. Failures are `AppError`s that speak of the import. When the signal comes, the statement
 * under way is canceled, and this and every later one but `tidy` fail with the signal's reason.
 */
export class ImportDatabase {
  /** Stands in the message of a failure: what the failure leaves behind and what to do next. */
  consequence: string | undefined
  readonly #client: Client
  readonly #connection: PgConnection
  readonly #where: string
  readonly #signal: AbortSignal | undefined
  readonly #cancel = (): void => {
    if (this.#underWay > 0) this.#canceling = this.#cancelStatement()
  }
  #underWay = 0
  #canceling: Promise<void> = Promise.resolve()

  private constructor(client: Client, connection: PgConnection, signal: AbortSignal | undefined) {
    this.#client = client
    this.#connection = connection
    this.#where = describeConnection(connection)
    this.#signal = signal
    signal?.addEventListener('abort', this.#cancel, { once: true })
  }

  static async open(connection: PgConnection, signal?: AbortSignal): Promise<ImportDatabase> {
    signal?.throwIfAborted()
    const client = new Client({
      ...clientConfig(connection, 'bot-trading import'),
      statement_timeout: STATEMENT_DEADLINE_MS,
      query_timeout: STATEMENT_DEADLINE_MS + CLOSE_DEADLINE_MS,
      idle_in_transaction_session_timeout: STATEMENT_DEADLINE_MS,
    })
    // The statement under way fails by itself; an idle connection is asked again at the next one.
    client.on('error', () => undefined)
    const database = new ImportDatabase(client, connection, signal)
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
    return this.#do(async () => (await this.#client.query<Row>(sql, [...values])).rows)
  }

  /** How many rows a statement wrote. */
  async change(sql: string, values: readonly unknown[] = []): Promise<number> {
    return this.#do(async () => (await this.#client.query(sql, [...values])).rowCount ?? 0)
  }

  /** Several statements without values. */
  async run(sql: string): Promise<void> {
    await this.#do(() => this.#client.query(sql))
  }

  /** Statements that clear up: they are tried after the signal too, and their failure is no further matter. */
  async tidy(sql: string): Promise<void> {
    await this.#canceling
    await this.#client.query(sql).catch(() => undefined)
  }

  /** `text` is whole lines in the text form of COPY; it is left alone until this has ended. Gives how many rows the server took. */
  async copy(into: string, text: string | Buffer, options = ''): Promise<number> {
    return this.#do(async () => {
      const stream = this.#client.query(copyFrom(`COPY ${into} FROM STDIN ${options}`))
      const done = new Promise<void>((resolve, reject) => {
        stream.once('finish', resolve)
        stream.once('error', reject)
      })
      stream.end(text)
      await withDeadline(done, COPY_DEADLINE_MS, 'The end of a COPY')
      return stream.rowCount
    })
  }

  /** All or nothing. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#transaction(work, undefined)
  }

  /** A transaction by which the imported history changes: if the connection is lost at its very end, that is said. */
  async decisiveTransaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#transaction(work, IN_DOUBT)
  }

  async #transaction<T>(work: () => Promise<T>, doubt: string | undefined): Promise<T> {
    await this.run('BEGIN')
    let result
    try {
      result = await work()
      this.#signal?.throwIfAborted()
    } catch (error) {
      await this.tidy('ROLLBACK')
      throw error
    }
    await this.#commit(doubt)
    return result
  }

  /** Not to be canceled: what has been decided is carried out. */
  async #commit(doubt: string | undefined): Promise<void> {
    try {
      await this.#client.query('COMMIT')
    } catch (error) {
      const isRefused = error instanceof DatabaseError
      if (!isRefused && doubt !== undefined) this.consequence = doubt
      throw this.#failure(error)
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
    this.#signal?.removeEventListener('abort', this.#cancel)
    await this.#canceling
    await withDeadline(this.#client.end(), CLOSE_DEADLINE_MS, 'The end of a connection').catch(() => closeQuietly(this.#client))
  }

  async #do<T>(work: () => Promise<T>): Promise<T> {
    this.#signal?.throwIfAborted()
    this.#underWay += 1
    try {
      return await work()
    } catch (error) {
      await this.#canceling
      this.#signal?.throwIfAborted()
      throw this.#failure(error)
    } finally {
      this.#underWay -= 1
    }
  }

  /** By a connection of its own, as this one waits for the statement. If it fails, the statement ends by itself some time. */
  async #cancelStatement(): Promise<void> {
    const { processID } = this.#client as Client & { readonly processID: number }
    try {
      const client = await connectClient(this.#connection, 'bot-trading import, canceling')
      await client.query('SELECT pg_cancel_backend($1)', [processID])
      closeQuietly(client)
    } catch {
      closeQuietly(this.#client)
    }
  }

  #failure(error: unknown): AppError {
    if (error instanceof AppError) return error
    const { code } = classifyPostgresError(error, this.#where)
    const words = error instanceof Error ? error.message : String(error)
    const isFull = error instanceof DatabaseError && error.code === DISK_FULL
    const rest = this.consequence ?? `${UNCHANGED} ${isFull ? 'Free some space there and run it again.' : AGAIN}`
    const what = isFull ? `The disk of Postgres at ${this.#where} is full` : `Postgres at ${this.#where} failed`
    return new AppError(code, `${what}: ${words}. ${rest}`, { cause: error })
  }
}
