import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '#platform/log/logger.ts'
import { closeQuietly, connectClient } from '#storage/postgres/connection.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { startEmbeddedPostgres } from '#storage/postgres/embedded-server.ts'
import type { EmbeddedPostgres } from '#storage/postgres/embedded-server.ts'

export const MIGRATIONS_DIRECTORY = join(import.meta.dirname, '..', '..', 'migrations', 'postgres')
const STOP_DEADLINE_MS = 10_000

/** A folder every user may pass through, so that the server's own user can (root runs it under another account). */
export async function makeServerFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bot-trading-postgres-'))
  await chmod(folder, 0o755)
  return folder
}

/** One real server for the tests of a file, on a free port, gone at the end: `await using postgres = await startTestPostgres()`. */
export class TestPostgres {
  readonly server: EmbeddedPostgres
  readonly #folder: string
  constructor(server: EmbeddedPostgres, folder: string) {
    this.server = server
    this.#folder = folder
  }

  get dataDir(): string {
    return join(this.#folder, 'postgres')
  }

  /** A connection to a database of its own that does not exist yet. */
  freshDatabase(): PgConnection {
    return { ...this.server.connection, database: `test_${randomBytes(6).toString('hex')}` }
  }

  /** Runs statements in a database and gives the rows of the last one. */
  async query<Row extends object>(connection: PgConnection, sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const client = await connectClient(connection, 'bot-trading test')
    try {
      return (await client.query<Row>(sql, [...values])).rows
    } finally {
      closeQuietly(client)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop(STOP_DEADLINE_MS)
    await rm(this.#folder, { recursive: true, force: true })
  }
}

export async function startTestPostgres(): Promise<TestPostgres> {
  const folder = await makeServerFolder()
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), port: 0, logger: silentLogger })
  return new TestPostgres(server, folder)
}
