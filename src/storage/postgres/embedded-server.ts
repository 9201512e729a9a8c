import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '#domain/errors.ts'
import type { Logger } from '#platform/log/logger.ts'
import { ensureCluster, logSize, readTrouble, SUPERUSER } from './cluster.ts'
import { DEFAULT_DATABASE } from './connection.ts'
import type { PgConnection } from './connection.ts'
import { claimPort } from './claim-port.ts'
import { processesOf, spawnPostmaster } from './postmaster.ts'
import type { Postmaster } from './postmaster.ts'
import { prepareServerHome } from './server-home.ts'
import type { ServerHome } from './server-home.ts'
import { probe, takeOver } from './take-over.ts'

const PROBE_MS = 20
/** Crash recovery of a big journal of its own may take minutes; a server that says nothing does not get them. */
const READY_DEADLINE_MS = 300_000
const RESTART_DELAYS_MS = [50, 250, 1_000, 2_000, 5_000, 10_000]
const FIRST_LAUNCHES_MAX = 4
const FIRST_LAUNCH_WAIT_MS = 250
/** For a server that came up while it was being stopped. */
const STOP_DEADLINE_MS = 5_000
/** A server that ran this long has earned the short waits back. */
const STABLE_AFTER_MS = 2_000
/** But one that dies over and over is given up: this often within this time. */
const DEATHS_MAX = 30
const DEATHS_WINDOW_MS = 600_000

export interface EmbeddedStatus {
  readonly state: 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped' | 'failed'
  /** UTC milliseconds. */
  readonly since: number
  readonly reason?: string | undefined
  readonly pid?: number | undefined
  /** How often it was started again after a crash. */
  readonly restarts: number
}

export interface EmbeddedPostgres {
  /** With the password: never log it. */
  readonly connection: PgConnection
  readonly port: number
  status(): EmbeddedStatus
  /** Called on every change. Returns a function that ends it. */
  onStatus(listener: (status: EmbeddedStatus) => void): () => void
  /** Fast shutdown, and after `deadlineMs` harder ones. Resolves when the server is gone. */
  stop(deadlineMs: number): Promise<void>
}

export interface EmbeddedOptions {
  /** A folder of its own, `postgres/` in the data directory, say. */
  readonly dataDir: string
  /** 0 picks a free one. */
  readonly port: number
  readonly logger: Logger
  readonly database?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Waits before each restart in a row; after the last one the server counts as failed. */
  readonly restartDelaysMs?: readonly number[] | undefined
}

/**
 * Starts the Postgres server that comes with the program, on 127.0.0.1 only, making its cluster at the first start, or
 * takes over the one a killed run left behind. A crash later on is repaired in the background (`onStatus` tells).
 * Throws `PORT_TAKEN`, `POSTGRES_START_FAILED`, `POSTGRES_WRONG_VERSION`.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const logger = options.logger.child({ component: 'postgres-server' })
  const home = await prepareServerHome(options.dataDir, logger)
  const password = await ensureCluster(home, logger)
  options.signal?.throwIfAborted()
  const connection: PgConnection = {
    host: '127.0.0.1',
    port: options.port,
    user: SUPERUSER,
    password,
    database: options.database ?? DEFAULT_DATABASE,
    ssl: 'off',
  }
  const server = new EmbeddedServer({ home, connection, logger, restartDelaysMs: options.restartDelaysMs ?? RESTART_DELAYS_MS })
  await server.start(options.signal)
  return server
}

interface ServerParts {
  readonly home: ServerHome
  readonly connection: PgConnection
  readonly logger: Logger
  readonly restartDelaysMs: readonly number[]
}

class EmbeddedServer implements EmbeddedPostgres {
  readonly #home: ServerHome
  readonly #logger: Logger
  readonly #restartDelaysMs: readonly number[]
  readonly #listeners = new Set<(status: EmbeddedStatus) => void>()
  readonly #stopping = new AbortController()
  #connection: PgConnection
  #postmaster: Postmaster | undefined
  #status: EmbeddedStatus = { state: 'starting', since: Date.now(), restarts: 0 }
  /** Restarts in a row, without a stable time between. */
  #attempts = 0
  /** Monotonic times of the last deaths. */
  #deaths: readonly number[] = []
  #watching: Promise<void> = Promise.resolve()

  constructor(parts: ServerParts) {
    this.#home = parts.home
    this.#connection = parts.connection
    this.#logger = parts.logger
    this.#restartDelaysMs = parts.restartDelaysMs
  }

  get connection(): PgConnection {
    return this.#connection
  }

  get port(): number {
    return this.#connection.port
  }

  status(): EmbeddedStatus {
    return this.#status
  }

  onStatus(listener: (status: EmbeddedStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async start(signal: AbortSignal | undefined): Promise<void> {
    const leave = (): void => this.#stopping.abort()
    signal?.addEventListener('abort', leave, { once: true })
    try {
      await this.#firstLaunch()
      if (this.#stopping.signal.aborted) {
        await this.#postmaster?.stop(STOP_DEADLINE_MS)
        throw new AppError('POSTGRES_START_FAILED', 'The start of the database server was called off. It was stopped again.')
      }
    } catch (error) {
      this.#change('failed', error instanceof Error ? error.message : String(error))
      throw error
    } finally {
      signal?.removeEventListener('abort', leave)
    }
    this.#watching = this.#watch()
  }

  async stop(deadlineMs: number): Promise<void> {
    if (this.#status.state === 'stopped') return
    this.#stopping.abort()
    this.#change('stopping')
    await this.#postmaster?.stop(deadlineMs)
    await this.#watching
    this.#change('stopped')
  }

  /** A server that was just being started when the program before us was killed shows itself only after a moment. */
  async #firstLaunch(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#launch()
        return
      } catch (error) {
        const retry = attempt < FIRST_LAUNCHES_MAX && !this.#stopping.signal.aborted && (await processesOf(this.#home.cluster)).length > 0
        if (!retry) throw error
        await sleep(FIRST_LAUNCH_WAIT_MS)
      }
    }
  }

  /** One life: until the server answers. On failure nothing of ours is left running. */
  async #launch(): Promise<void> {
    const started = performance.now()
    const leftover = await takeOver(this.#home, this.#connection, this.#logger)
    if (leftover !== undefined) {
      this.#connection = { ...this.#connection, port: leftover.port }
      this.#postmaster = leftover.postmaster
    } else {
      this.#connection = { ...this.#connection, port: await claimPort(this.#connection.port) }
      const logStart = await logSize(this.#home)
      this.#postmaster = await spawnPostmaster(this.#home, this.#connection.port)
      await this.#waitUntilReady(this.#postmaster, logStart)
    }
    this.#change('running', leftover === undefined ? undefined : 'taken over from the last run')
    const durationMs = Math.round(performance.now() - started)
    this.#logger.info(
      { pid: this.#postmaster.pid, port: this.port, durationMs, cluster: this.#home.cluster },
      'The database server is ready',
    )
  }

  async #waitUntilReady(postmaster: Postmaster, logStart: number): Promise<void> {
    let gone: string | undefined
    const ended = postmaster.exited.then((words) => {
      gone = words
    })
    const deadline = performance.now() + READY_DEADLINE_MS
    while (gone === undefined && !this.#stopping.signal.aborted && performance.now() < deadline) {
      const answer = await probe({ ...this.#connection, database: 'postgres' })
      if (answer === 'ready') return
      if (answer === 'refused') {
        await postmaster.stop(0)
        throw new AppError(
          'POSTGRES_WRONG_PASSWORD',
          `The database server in ${this.#home.cluster} does not know the password in ${this.#home.passwordFile}. It was stopped. Delete that file: a new password is set at the next start.`,
        )
      }
      await Promise.race([ended, sleep(PROBE_MS)])
    }
    if (gone === undefined) await postmaster.stop(0)
    const trouble = await readTrouble(this.#home, logStart)
    throw new AppError(
      'POSTGRES_START_FAILED',
      `The database server did not start: ${gone ?? 'it did not answer in time'}. ${trouble} See ${this.#home.logFile}.`,
    )
  }

  /** Owns the server from its start to its stop: each death is followed by a restart, as long as there are any left. */
  async #watch(): Promise<void> {
    while (this.#postmaster !== undefined) {
      const aliveSince = performance.now()
      const words = await this.#postmaster.exited
      if (this.#stopping.signal.aborted) return
      const now = performance.now()
      this.#deaths = [...this.#deaths.filter((at) => at > now - DEATHS_WINDOW_MS), now]
      if (now - aliveSince >= STABLE_AFTER_MS) this.#attempts = 0
      this.#logger.error({ pid: this.#postmaster.pid, reason: words }, 'The database server has died; it is started again')
      this.#postmaster = undefined
      if (!(await this.#restart(words))) return
    }
  }

  /** Tries until it runs or the restarts are used up. */
  async #restart(cause: string): Promise<boolean> {
    let reason = cause
    while (!this.#stopping.signal.aborted) {
      const delayMs = this.#restartDelaysMs[this.#attempts]
      if (delayMs === undefined || this.#deaths.length > DEATHS_MAX) {
        this.#change('failed', `it died ${Math.max(this.#attempts, this.#deaths.length)} times in a row; at last: ${reason}`)
        this.#logger.error(
          { reason },
          'The database server is given up. Facts wait in the journal; see its log and start the program again',
        )
        return false
      }
      this.#attempts += 1
      this.#change('restarting', reason, this.#status.restarts + 1)
      await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
      if (this.#stopping.signal.aborted) return false
      try {
        await this.#launch()
        if (!this.#stopping.signal.aborted) return true
        await this.#postmaster?.stop(STOP_DEADLINE_MS)
        return false
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error)
        this.#logger.warn({ reason }, 'The database server could not be started again')
      }
    }
    return false
  }

  #change(state: EmbeddedStatus['state'], reason?: string, restarts = this.#status.restarts): void {
    this.#status = { state, since: Date.now(), reason, pid: this.#postmaster?.pid, restarts }
    for (const listener of this.#listeners) listener(this.#status)
  }
}
