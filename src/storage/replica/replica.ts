import { isDeepStrictEqual } from 'node:util'
import type { Client } from 'pg'
import { AppError } from '#domain/errors.ts'
import type { ErrorCode } from '#domain/errors.ts'
import type { Clock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import type { FactSource } from '../journal/fact-source.ts'
import { classifyPostgresError } from '../postgres/classify-error.ts'
import { closeQuietly, describeConnection } from '../postgres/connection.ts'
import type { PgConnection } from '../postgres/connection.ts'
import { openDatabase } from '../postgres/open-database.ts'
import { claimDatabase, encode, pack, readEvents, ship } from './ship.ts'
import type { Parcel } from './ship.ts'
import { WakeUp } from './wake-up.ts'

const BATCH_FACTS = 1_000
/** After a failure parcels are small and grow again: a server too slow for a big one still gets on. */
const BATCH_FACTS_MIN = 50
/** Without a notice from the engine, the journal is looked at this often. */
const IDLE_POLL_MS = 1_000
const BACKOFF_FIRST_MS = 100
const BACKOFF_MAX_MS = 5_000
/** For what only a person can mend; it is looked at again in case they did. */
const FAILED_RETRY_MS = 10_000
/** Facts compared with the database at each connection: the last ones, and as many spread over all before. */
const COMPARED_FACTS = 100

/**
 * `disabled`: there is no Postgres. `connecting`: the first try. `streaming`: following the journal. `down`: lost, tried
 * again soon. `failed`: a person must do something, `reason` says what; tried again every 10 s.
 */
export type ReplicaState = 'disabled' | 'connecting' | 'streaming' | 'down' | 'failed'

export interface ReplicaStatus {
  readonly state: ReplicaState
  /** When this state began, UTC milliseconds. */
  readonly since: number
  /** Why it is not streaming, as seen last; or, while streaming, what was odd about the database it found. */
  readonly reason?: string | undefined
  readonly code?: ErrorCode | undefined
  /** The last fact known to be in Postgres. */
  readonly seq: number
  readonly head: number
  /** Facts in the journal that Postgres does not have yet. */
  readonly lag: number
  /** Facts shipped since the replica was made. */
  readonly shipped: number
  readonly reconnects: number
}

export interface ReplicaOptions {
  readonly source: FactSource
  /** Undefined until the server is known (`connect`). */
  readonly connection?: PgConnection | undefined
  readonly migrationsDirectory: string
  readonly clock: Clock
  /** 0 ≤ n < 1, for the jitter of waits. */
  readonly random: () => number
  readonly logger: Logger
  readonly onStatus?: ((status: ReplicaStatus) => void) | undefined
  readonly batchFacts?: number | undefined
  /** Last fact of the journal before this start of the program: an empty database is odd only beside a past. All there is now when absent. */
  readonly pastSeq?: number | undefined
}

/** Ships the journal to Postgres, each fact exactly once and in order, for as long as it runs. Trading never waits for it. */
export class Replica {
  readonly #options: ReplicaOptions
  readonly #wake = new WakeUp()
  #connection: PgConnection | undefined
  #client: Client | undefined
  #seq = 0
  /** The last fact that Postgres is known to have had. */
  #confirmed = 0
  #head: number
  readonly #pastSeq: number
  #shipped = 0
  #reconnects = 0
  #failures = 0
  #batch: number
  /** Monotonic; set once by `stop`. */
  #stopAt: number | undefined
  #generation = 0
  #state: Pick<ReplicaStatus, 'state' | 'since' | 'reason' | 'code'>

  constructor(options: ReplicaOptions) {
    this.#options = options
    this.#connection = options.connection
    this.#head = options.source.head()
    this.#pastSeq = options.pastSeq ?? this.#head
    this.#batch = this.#batchMax
    this.#state = {
      state: 'connecting',
      since: options.clock.now(),
      reason: options.connection === undefined ? 'the database server is not up yet' : undefined,
    }
  }

  status(): ReplicaStatus {
    return {
      ...this.#state,
      seq: this.#seq,
      head: this.#head,
      lag: Math.max(0, this.#head - this.#seq),
      shipped: this.#shipped,
      reconnects: this.#reconnects,
    }
  }

  /** The journal has grown to `seq`. Cheap; notices may be skipped or late. */
  notifyHead(seq: number): void {
    if (seq <= this.#head) return
    this.#head = seq
    this.#wake.ring()
  }

  /** The server is there, or is another one now. */
  connect(connection: PgConnection): void {
    this.#connection = connection
    this.#generation += 1
    this.#failures = 0
    this.#drop()
    this.#wake.interrupt()
  }

  /** Runs until `stop`. Rejects on a bug only. */
  async run(): Promise<void> {
    while (!this.#timeIsUp()) {
      const generation = this.#generation
      try {
        if (this.#connection !== undefined) await this.#follow(this.#connection)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        if (generation === this.#generation) this.#fail(error)
      } finally {
        this.#drop()
      }
      if (this.#stopAt !== undefined) break
      if (generation === this.#generation) await this.#wake.wait(this.#waitMs(), { ignoreRing: this.#connection !== undefined })
    }
  }

  /** Ships what is left until the journal's end or the deadline, then lets `run` end. */
  stop(deadlineMs: number): void {
    this.#stopAt = this.#options.clock.elapsed() + deadlineMs
    this.#wake.end()
    // A server that does not answer must not hold us: at the deadline the connection is cut.
    setTimeout(() => this.#drop(), deadlineMs).unref()
  }

  async #follow(connection: PgConnection): Promise<void> {
    let lost: Error | undefined
    const client = await openDatabase({
      connection,
      migrationsDirectory: this.#options.migrationsDirectory,
      applicationName: 'bot-trading replica',
      logger: this.#options.logger,
      onLost: (error) => {
        lost = error
        this.#wake.ring()
      },
    })
    if (connection !== this.#connection || this.#timeIsUp()) {
      closeQuietly(client)
      return
    }
    this.#client = client
    const where = describeConnection(connection)
    this.#seq = await this.#database(where, () => claimDatabase(client, this.#options.source.journalId))
    await this.#compareHistories(client, where)
    this.#failures = 0
    this.#change('streaming', { message: this.#surprise(where) })
    while (client === this.#client && !this.#timeIsUp()) {
      await this.#drain(client, where)
      if (this.#stopAt !== undefined) return
      await this.#wake.wait(IDLE_POLL_MS)
      if (lost !== undefined) throw classifyPostgresError(lost, where)
    }
  }

  /** Ships parcel after parcel until the journal's end. While the server takes one, the next is made ready. */
  async #drain(client: Client, where: string): Promise<void> {
    let parcel = this.#next(this.#seq)
    while (parcel !== undefined && client === this.#client) {
      const current: Parcel = parcel
      let following: Parcel | undefined
      const prepare = (): void => {
        following = this.#next(current.lastSeq)
      }
      const result = await this.#database(where, () => ship(client, this.#options.source.journalId, { parcel: current, prepare }))
      this.#seq = result.seq
      if (result.type === 'moved') await this.#cursorMoved(client, where, current)
      else this.#noteShipped(current, result.unknownOrders)
      this.#options.onStatus?.(this.status())
      if (this.#timeIsUp()) return
      parcel = result.type === 'shipped' && following !== undefined ? following : this.#next(this.#seq)
    }
  }

  #noteShipped({ afterSeq, lastSeq }: Parcel, unknownOrders: number): void {
    this.#shipped += lastSeq - afterSeq
    this.#confirmed = Math.max(this.#confirmed, lastSeq)
    this.#batch = Math.min(this.#batchMax, this.#batch * 2)
    if (unknownOrders > 0) this.#options.logger.error({ count: unknownOrders, lastSeq }, 'Facts speak of orders that were never submitted')
  }

  async #cursorMoved(client: Client, where: string, { afterSeq }: Parcel): Promise<void> {
    this.#options.logger.warn({ expected: afterSeq, found: this.#seq }, 'The cursor in Postgres was moved; the replica goes on from there')
    await this.#compareHistories(client, where)
  }

  #next(afterSeq: number): Parcel | undefined {
    const entries = this.#options.source.read(afterSeq, this.#batch)
    const last = entries.at(-1)
    if (last === undefined) return undefined
    if (last.seq > this.#head) this.#head = last.seq
    return pack(entries)
  }

  /** Both must tell the same story up to the cursor: Postgres never has more than the journal, nor something else. */
  async #compareHistories(client: Client, where: string): Promise<void> {
    const { source } = this.#options
    this.#head = Math.max(this.#head, source.head())
    if (this.#seq > source.head()) {
      throw new AppError(
        'POSTGRES_AHEAD',
        `Postgres at ${where} holds ${this.#seq} facts, the journal only ${source.head()}: the journal was put back to an older state. Nothing is written to Postgres. Restore the newer journal, or name an empty database.`,
      )
    }
    const places = comparedPlaces(this.#seq)
    const stored = await this.#database(where, () => readEvents(client, places))
    for (const [index, seq] of places.entries()) {
      const entry = source.read(seq - 1, 1)[0]
      const expected: unknown = entry === undefined ? undefined : JSON.parse(encode(entry.fact))
      if (isDeepStrictEqual(stored[index], expected)) continue
      throw new AppError(
        'POSTGRES_AHEAD',
        `Postgres at ${where} and the journal tell different stories at fact ${seq}: one of them was put back to an older state. Nothing is written to Postgres. Restore the journal that belongs to it, or name an empty database.`,
      )
    }
  }

  /** Says once, when it is found, that the database has less than it had: it is filled again, and a person should know why it had to be. */
  #surprise(where: string): string | undefined {
    const found = this.#seq
    const had = this.#confirmed
    this.#confirmed = found
    if (found < had) {
      const what = found === 0 ? 'is empty, as new' : `was put back to an older state: it holds ${found} facts`
      const words = `The database at ${where} ${what}; it had ${had}. It is filled again from the journal, nothing is lost. If that was not meant, look after the server and its backups.`
      this.#options.logger.warn({ found, had, where }, words)
      return words
    }
    if (found === 0 && this.#pastSeq > 0)
      this.#options.logger.warn(
        { facts: this.#head, where },
        'The database is empty; it is filled from the journal, from the first fact on',
      )
    return undefined
  }

  async #database<T>(where: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (error) {
      throw classifyPostgresError(error, where)
    }
  }

  #fail(error: AppError): void {
    this.#failures += 1
    this.#batch = Math.min(this.#batch, BATCH_FACTS_MIN)
    this.#reconnects += 1
    this.#change(error.retryable ? 'down' : 'failed', error)
  }

  #waitMs(): number {
    if (this.#connection === undefined) return IDLE_POLL_MS
    if (this.#state.state === 'failed') return FAILED_RETRY_MS
    const full = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(this.#failures - 1, 10))
    return full * (0.5 + this.#options.random() / 2)
  }

  get #batchMax(): number {
    return this.#options.batchFacts ?? BATCH_FACTS
  }

  #timeIsUp(): boolean {
    return this.#stopAt !== undefined && this.#options.clock.elapsed() >= this.#stopAt
  }

  #drop(): void {
    const client = this.#client
    this.#client = undefined
    if (client !== undefined) closeQuietly(client)
  }

  /** A cause may change while the state does not: what is said is always the present one. */
  #change(state: ReplicaState, { message, code }: { readonly message?: string | undefined; readonly code?: ErrorCode | undefined }): void {
    const { clock, logger, onStatus } = this.#options
    const moved = state !== this.#state.state || code !== this.#state.code
    const isNews = moved || message !== this.#state.reason
    this.#state = { state, since: moved ? clock.now() : this.#state.since, reason: message, code }
    if (!isNews) return
    const fields = { state, seq: this.#seq, lag: this.status().lag, code }
    if (state === 'streaming') logger.info(fields, 'The replica follows the journal')
    else logger.warn(fields, message ?? state)
    onStatus?.(this.status())
  }
}

/** Sequences up to `seq` at which both histories are compared, without repeats. */
function comparedPlaces(seq: number): readonly number[] {
  const last = Array.from({ length: Math.min(COMPARED_FACTS, seq) }, (_, back) => seq - back)
  const before = seq - last.length
  const spread = Array.from({ length: Math.min(COMPARED_FACTS, before) }, (_, n) => 1 + Math.floor((n * before) / COMPARED_FACTS))
  return [...new Set([...spread, ...last.reverse()])]
}
