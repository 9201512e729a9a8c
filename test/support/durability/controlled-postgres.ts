import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { silentLogger } from '#platform/log/logger.ts'
import { claimPort } from '#storage/postgres/claim-port.ts'
import { ensureCluster, SUPERUSER } from '#storage/postgres/cluster.ts'
import { closeQuietly, connectClient, DEFAULT_DATABASE, type PgConnection } from '#storage/postgres/connection.ts'
import { processesOf, spawnPostmaster, type Postmaster } from '#storage/postgres/postmaster.ts'
import { prepareServerHome, type ServerHome } from '#storage/postgres/server-home.ts'
import { makeServerFolder } from '#test/support/postgres.ts'

const run = promisify(execFile)
const POLL_MS = 25
const READY_DEADLINE_MS = 30_000
const GONE_DEADLINE_MS = 30_000
const EMPTY = 'empty'

/** A real server that nobody repairs: it is down until the test starts it again, and its files can be put back to what they were. */
export class ControlledPostgres implements AsyncDisposable {
  readonly #folder: string
  readonly #home: ServerHome
  readonly connection: PgConnection
  #postmaster: Postmaster | undefined

  private constructor(folder: string, home: ServerHome, connection: PgConnection) {
    this.#folder = folder
    this.#home = home
    this.connection = connection
  }

  static async create(): Promise<ControlledPostgres> {
    const folder = await makeServerFolder()
    const home = await prepareServerHome(join(folder, 'postgres'), silentLogger)
    const password = await ensureCluster(home, silentLogger)
    const port = await claimPort(0)
    const connection: PgConnection = { host: '127.0.0.1', port, user: SUPERUSER, password, database: DEFAULT_DATABASE, ssl: 'off' }
    const server = new ControlledPostgres(folder, home, connection)
    await server.keepCopy(EMPTY)
    await server.start()
    return server
  }

  async start(): Promise<void> {
    this.#postmaster = await spawnPostmaster(this.#home, this.connection.port)
    const deadline = performance.now() + READY_DEADLINE_MS
    for (;;) {
      try {
        await this.query({ ...this.connection, database: 'postgres' }, 'SELECT 1')
        return
      } catch (error) {
        if (performance.now() > deadline) throw error
        await sleep(POLL_MS)
      }
    }
  }

  /** `fast` ends sessions and writes a checkpoint; `immediate` is a crash in good order. */
  async stop(mode: 'fast' | 'immediate'): Promise<void> {
    this.#signal(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await this.gone()
  }

  /** SIGKILL of the server's first process; what it had started ends by itself a moment later. Await `gone` before a start. */
  kill(): void {
    this.#signal('SIGKILL')
  }

  async gone(): Promise<void> {
    await this.#postmaster?.exited
    this.#postmaster = undefined
    const deadline = performance.now() + GONE_DEADLINE_MS
    while ((await processesOf(this.#home.cluster)).length > 0) {
      if (performance.now() > deadline) throw new Error('processes of the server are left over')
      await sleep(POLL_MS)
    }
  }

  /** Keeps the files of the stopped server as they are now. */
  async keepCopy(name: string): Promise<void> {
    await rm(this.#copy(name), { recursive: true, force: true })
    await run('cp', ['-a', this.#home.cluster, this.#copy(name)])
  }

  /** Puts the files of the stopped server back to what they were. */
  async restoreCopy(name: string): Promise<void> {
    await rm(this.#home.cluster, { recursive: true })
    await run('cp', ['-a', this.#copy(name), this.#home.cluster])
  }

  /** A new data directory: the server knows our user and nothing else. */
  restoreEmpty(): Promise<void> {
    return this.restoreCopy(EMPTY)
  }

  async query<Row extends object>(connection: PgConnection, sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const client = await connectClient(connection, 'bot-trading test')
    try {
      return (await client.query<Row>(sql, [...values])).rows
    } finally {
      closeQuietly(client)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#postmaster !== undefined) await this.stop('immediate')
    await rm(this.#folder, { recursive: true, force: true })
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#postmaster === undefined) throw new Error('the server does not run')
    process.kill(this.#postmaster.pid, signal)
  }

  #copy(name: string): string {
    return `${this.#home.cluster}.${name}`
  }
}
