import type { StatusView } from '#contract/views.ts'
import { AppError } from '#domain/errors.ts'
import type { Clock } from '#platform/clock.ts'
import type { DataDirectory } from '#platform/data-directory.ts'
import { pause } from '#platform/deadline.ts'
import type { Logger } from '#platform/log/logger.ts'
import { resolvePostgres, type DatabaseConfig, type PgConnection, type PostgresTarget } from '#storage/postgres/connection.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#storage/postgres/embedded-server.ts'
import type { HistoryList, HistoryQuery, HistoryRows } from '#storage/postgres/history.ts'
import type { ComponentBoard } from '../component-board.ts'
import type { History } from '../handlers/dependencies.ts'
import { alertViewOf, auditViewOf, orderViewOf, signalViewOf, tradeViewOf } from './history-views.ts'
import { ReplicaThread, type ReplicaNews } from './replica-thread.ts'

/** Whoever waits for the workstation is served first; the server and its thread take the processors a moment later. */
const BEGIN_AFTER_MS = 300
const DRAIN_DEADLINE_MS = 3_000
const SERVER_STOP_DEADLINE_MS = 5_000
const RETRY_FIRST_MS = 1_000
const RETRY_MAX_MS = 30_000

export interface ReplicaServiceOptions {
  readonly directory: DataDirectory
  readonly env: Readonly<Record<string, string | undefined>>
  readonly database: DatabaseConfig
  readonly workerUrl: URL
  readonly migrationsDir: string
  readonly clock: Clock
  readonly board: ComponentBoard
  readonly logger: Logger
}

export type ReachableDatabase =
  | { readonly state: 'ready'; readonly detail: string; readonly connection: PgConnection }
  | { readonly state: 'starting' | 'down' | 'off'; readonly detail: string }

/** Postgres and the thread that ships the journal to it. Nothing waits for either: with both down, trading goes on. */
export class ReplicaService {
  readonly #options: ReplicaServiceOptions
  readonly #target: PostgresTarget
  readonly #stopping = new AbortController()
  readonly history: History
  #server: EmbeddedPostgres | undefined
  #thread: ReplicaThread | undefined
  #news: ReplicaNews | undefined
  #head = 0
  #pastSeq = 0
  #running: Promise<void> = Promise.resolve()

  constructor(options: ReplicaServiceOptions) {
    this.#options = options
    this.#target = resolvePostgres({ env: options.env, config: options.database })
    const statusFilter = ({ status }: { readonly status?: string | undefined }) => (status === 'OPEN' ? undefined : status)
    this.history = {
      orders: (query) => this.#older({ ...filters(query), list: 'orders', status: statusFilter(query) }, orderViewOf),
      trades: (query) => this.#older({ ...filters(query), list: 'trades' }, tradeViewOf),
      signals: (query) => this.#older({ ...filters(query), list: 'signals', status: query.outcome }, signalViewOf),
      alerts: (query) => this.#older({ ...filters(query), list: 'alerts' }, alertViewOf),
      audit: (query) => this.#older({ ...filters(query), list: 'audit' }, auditViewOf),
    }
  }

  /** Begins; never throws and never makes anyone wait. `pastSeq`: the journal's head before this start of the program. */
  start(head: number, pastSeq: number): void {
    this.#head = head
    this.#pastSeq = pastSeq
    const { board } = this.#options
    if (this.#target.kind === 'none') {
      board.see('postgres', 'disabled', 'switched off')
      board.see('replica', 'disabled', 'Postgres is switched off; the journal is the record')
      return
    }
    board.see('postgres', 'starting', this.#target.kind === 'embedded' ? 'starting the embedded server' : 'connecting')
    board.see('replica', 'starting', 'waiting for Postgres')
    this.#running = this.#run()
  }

  notice(head: number): void {
    this.#head = head
    this.#thread?.notice(head)
  }

  view(): StatusView['replica'] {
    const news = this.#news
    if (this.#target.kind === 'none') return { seq: 0, lag_events: 0, state: 'disabled', reason: 'Postgres is switched off' }
    const seq = news?.seq ?? 0
    return { seq, lag_events: Math.max(0, this.#head - seq), state: news?.state ?? 'connecting', reason: news?.reason ?? null }
  }

  address(): string | null {
    if (this.#target.kind === 'external') return `${this.#target.connection.host}:${this.#target.connection.port}`
    return this.#server === undefined ? null : `127.0.0.1:${this.#server.port}`
  }

  /** For whoever else works on the database; else why there is none just now. */
  database(): ReachableDatabase {
    if (this.#target.kind === 'none') return { state: 'off', detail: 'it is switched off in the configuration' }
    const row = this.#options.board.rows().find(({ name }) => name === 'postgres')
    const connection = this.#target.kind === 'external' ? this.#target.connection : this.#server?.connection
    if (row?.state === 'running' && connection !== undefined) return { state: 'ready', detail: row.evidence, connection }
    return { state: row?.state === 'down' ? 'down' : 'starting', detail: row?.evidence ?? 'it has not started yet' }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#thread?.stop(DRAIN_DEADLINE_MS)
    await this.#server?.stop(SERVER_STOP_DEADLINE_MS)
    await this.#running
  }

  async #run(): Promise<void> {
    await pause(BEGIN_AFTER_MS, this.#stopping.signal)
    await Promise.all([this.#runThread(), this.#target.kind === 'embedded' ? this.#runServer(this.#target) : undefined])
  }

  /** The embedded server's own supervisor repairs crashes; here a start that failed is tried again, and a server that was given up. */
  async #runServer(target: Extract<PostgresTarget, { readonly kind: 'embedded' }>): Promise<void> {
    const { board, logger } = this.#options
    const { signal } = this.#stopping
    let waitMs = RETRY_FIRST_MS
    while (!signal.aborted) {
      let message: string
      try {
        const server = await this.#startServer(target)
        waitMs = RETRY_FIRST_MS
        message = await Promise.race([givenUp(server), aborted(signal).then(() => '')])
        if (signal.aborted) return
        this.#server = undefined
      } catch (error) {
        if (signal.aborted) return
        message = error instanceof Error ? error.message : String(error)
        logger.warn({ code: error instanceof AppError ? error.code : 'BUG' }, message)
      }
      board.see('postgres', 'down', `${message} Trading goes on from the journal; tried again in ${waitMs / 1_000} s.`)
      await pause(waitMs, signal)
      waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)
    }
  }

  async #startServer(target: Extract<PostgresTarget, { readonly kind: 'embedded' }>): Promise<EmbeddedPostgres> {
    const { board, logger, directory } = this.#options
    const server = await startEmbeddedPostgres({
      dataDir: directory.postgres,
      port: target.port,
      database: target.database,
      logger: logger.child({ component: 'postgres' }),
      signal: this.#stopping.signal,
    })
    this.#server = server
    server.onStatus((status) =>
      board.see('postgres', SERVER_STATES[status.state], status.reason ?? `${status.state} on 127.0.0.1:${server.port}`),
    )
    board.see('postgres', 'running', `embedded server on 127.0.0.1:${server.port}`)
    this.#thread?.connect(server.connection)
    return server
  }

  async #runThread(): Promise<void> {
    const { directory, workerUrl, migrationsDir, logger, board } = this.#options
    const { signal } = this.#stopping
    for (let waitMs = RETRY_FIRST_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      const thread = new ReplicaThread({
        url: workerUrl,
        journalPath: directory.journal,
        migrationsDirectory: migrationsDir,
        logger,
        onStatus: (news) => this.#onNews(news),
        pastSeq: this.#pastSeq,
        connection: this.#target.kind === 'external' ? this.#target.connection : this.#server?.connection,
      })
      this.#thread = thread
      thread.notice(this.#head)
      const reason = await Promise.race([thread.failed, aborted(signal)])
      if (signal.aborted || reason === undefined) return
      board.see('replica', 'down', reason.message)
      board.restarted('replica')
      logger.error({ code: reason.code }, reason.message)
      await thread.stop(0)
      await pause(waitMs, signal)
    }
  }

  #onNews(news: ReplicaNews): void {
    this.#news = news
    const lag = Math.max(0, this.#head - news.seq)
    const evidence = news.reason ?? `${news.seq} facts in Postgres, ${lag} to go`
    this.#options.board.see('replica', REPLICA_STATES[news.state], evidence)
    if (this.#target.kind === 'external')
      this.#options.board.see(
        'postgres',
        news.state === 'streaming' ? 'running' : REPLICA_STATES[news.state],
        news.reason ?? `connected to ${this.address()}`,
      )
  }

  async #older<List extends HistoryList, View>(
    query: HistoryQuery<List>,
    view: (row: HistoryRows[List]) => View,
  ): Promise<readonly View[] | 'unavailable'> {
    if (this.#thread === undefined || this.#target.kind === 'none') return 'unavailable'
    try {
      const { rows, replicaSeq } = await this.#thread.history(query)
      const reaches = query.before === undefined || replicaSeq >= Math.min(query.before, this.#head) - 1
      return reaches ? rows.map(view) : 'unavailable'
    } catch (error) {
      if (error instanceof AppError) return 'unavailable'
      throw error
    }
  }
}

const filters = ({
  before,
  limit,
  symbol,
  trader_id,
}: {
  readonly before: number
  readonly limit: number
  readonly symbol?: string | undefined
  readonly trader_id?: string | undefined
}) => ({ before, limit, symbol, traderId: trader_id })

/** Why the server is not restarted any more by its own supervisor. */
function givenUp(server: EmbeddedPostgres): Promise<string> {
  return new Promise((resolve) => {
    server.onStatus(({ state, reason }) => {
      if (state === 'failed') resolve(`The database server was given up: ${reason ?? 'it died too often'}.`)
    })
  })
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

const REPLICA_STATES = { disabled: 'disabled', connecting: 'starting', streaming: 'running', down: 'down', failed: 'down' } as const
const SERVER_STATES = {
  starting: 'starting',
  running: 'running',
  restarting: 'degraded',
  stopping: 'stopped',
  stopped: 'stopped',
  failed: 'down',
} as const
