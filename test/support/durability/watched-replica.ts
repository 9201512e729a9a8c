import { setTimeout as sleep } from 'node:timers/promises'
import { ReplicaThread, type ReplicaNews } from '#orchestrator/replica/replica-thread.ts'
import { silentLogger, type Logger } from '#platform/log/logger.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { MIGRATIONS_DIRECTORY } from '#test/support/postgres.ts'

const POLL_MS = 20

/** The replica's real thread, as the workstation starts it, and everything it says. */
export class WatchedReplica implements AsyncDisposable {
  readonly #journalPath: string
  readonly statuses: ReplicaNews[] = []
  readonly warnings: string[] = []
  /** Why the thread died, for each time it was not asked to. */
  readonly deaths: string[] = []
  readonly #ended = new WeakSet<ReplicaThread>()
  #thread: ReplicaThread
  #connection: PgConnection

  constructor(journalPath: string, connection: PgConnection) {
    this.#journalPath = journalPath
    this.#connection = connection
    this.#thread = this.#start()
  }

  get status(): ReplicaNews {
    const last = this.statuses.at(-1)
    if (last === undefined) throw new Error('the replica has said nothing yet')
    return last
  }

  notice(seq: number): void {
    this.#thread.notice(seq)
  }

  connect(connection: PgConnection): void {
    this.#connection = connection
    this.#thread.connect(connection)
  }

  /** Ends the thread at once, in the middle of whatever it does, and starts another. */
  async restart(): Promise<void> {
    await this.#end()
    this.#thread = this.#start()
  }

  async until(what: string, isWanted: (status: ReplicaNews) => boolean, deadlineMs: number): Promise<ReplicaNews> {
    const deadline = performance.now() + deadlineMs
    for (;;) {
      const status = this.statuses.at(-1)
      if (status !== undefined && isWanted(status)) return status
      if (performance.now() > deadline) throw new Error(`${what} did not come about in ${deadlineMs} ms: ${JSON.stringify(status)}`)
      await sleep(POLL_MS)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
  }

  async #end(): Promise<void> {
    this.#ended.add(this.#thread)
    await this.#thread.stop(0)
  }

  #start(): ReplicaThread {
    const logger: Logger = { ...silentLogger, warn: (_, message) => void this.warnings.push(message), child: () => logger }
    const thread = new ReplicaThread({
      url: new URL('../../../src/workers/replica.worker.ts', import.meta.url),
      journalPath: this.#journalPath,
      migrationsDirectory: MIGRATIONS_DIRECTORY,
      connection: this.#connection,
      logger,
      onStatus: (status) => this.statuses.push(status),
    })
    void thread.failed.then((error) => {
      if (!this.#ended.has(thread)) this.deaths.push(error.message)
    })
    return thread
  }
}
