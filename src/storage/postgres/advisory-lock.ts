import { hostname } from 'node:os'
import type { Client } from 'pg'
import { withDeadline } from '#platform/deadline.ts'
import type { RemoteLock } from '#platform/lease/remote-lock.ts'
import { classifyPostgresError } from './classify-error.ts'
import { closeQuietly, connectClient, describeConnection } from './connection.ts'
import type { PgConnection } from './connection.ts'

const CHECK_DEADLINE_MS = 3_000
const NAME_PREFIX = 'bot-trading lease'
/** A lock on one bigint, as `pg_locks` shows it. */
const IS_OURS = "locktype = 'advisory' AND objsubid = 1 AND granted AND ((classid::bigint << 32) | objid::bigint) = $1::bigint"

/**
 * One advisory lock on a connection of its own: who holds it excludes every machine that shares the database. It lasts as long
 * as the connection, so a lost connection is a lost lock; it is never taken again by itself, for somebody else may have had it
 * in between. A pooler that hands out server connections by transaction cannot carry it; `check` notices.
 */
export class AdvisoryLock implements RemoteLock {
  readonly #connection: PgConnection
  #client: Client | undefined
  #lock = ''
  #lost: string | undefined

  constructor(connection: PgConnection) {
    this.#connection = connection
  }

  async take(key: string): Promise<string | undefined> {
    this.#lock = BigInt.asIntN(64, BigInt(`0x${key.slice(0, 16)}`)).toString()
    const client = await connectClient(this.#connection, `${NAME_PREFIX} ${hostname()} ${process.pid}`, (error) =>
      this.#lose(error.message),
    )
    client.once('end', () => this.#lose('the server ended it'))
    this.#client = client
    try {
      const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1::bigint) AS taken', [this.#lock])
      if (rows[0]?.taken === true) return undefined
      const holder = await this.#holder(client)
      await this.release()
      return holder
    } catch (error) {
      await this.release()
      throw classifyPostgresError(error, describeConnection(this.#connection))
    }
  }

  async check(): Promise<string | undefined> {
    const client = this.#client
    if (client === undefined) return this.#lost ?? 'it is not held'
    if (this.#lost !== undefined) return this.#lost
    try {
      const asked = client.query<{ held: boolean }>(
        `SELECT EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND ${IS_OURS}) AS held`,
        [this.#lock],
      )
      asked.catch(() => undefined)
      const { rows } = await withDeadline(asked, CHECK_DEADLINE_MS, 'The answer of Postgres about the lease')
      if (rows[0]?.held !== true) this.#lost ??= 'Postgres does not show its lock any more'
    } catch (error) {
      this.#lose(error instanceof Error ? error.message : String(error))
    }
    return this.#lost
  }

  release(): Promise<void> {
    this.#lost ??= 'it was given back'
    if (this.#client !== undefined) closeQuietly(this.#client)
    this.#client = undefined
    return Promise.resolve()
  }

  /** By the name its connection goes under. */
  async #holder(client: Client): Promise<string> {
    const { rows } = await client.query<{ name: string; address: string | null }>(
      `SELECT application_name AS name, host(client_addr) AS address FROM pg_stat_activity WHERE pid IN (SELECT pid FROM pg_locks WHERE ${IS_OURS})`,
      [this.#lock],
    )
    const [holder] = rows
    if (holder === undefined || !holder.name.startsWith(NAME_PREFIX)) return 'another instance on a machine that shares the database'
    const [host = '', pid = ''] = holder.name.slice(NAME_PREFIX.length + 1).split(' ')
    return `process ${pid} on ${host}${holder.address === null ? '' : ` (${holder.address})`}, through the shared database`
  }

  #lose(why: string): void {
    this.#lost ??= `the connection to Postgres that holds it was lost (${why})`
  }
}
