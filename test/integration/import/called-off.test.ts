import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '#domain/errors.ts'
import { closeQuietly, connectClient, type PgConnection } from '#storage/postgres/connection.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import type { ImportOrder } from '#v2-import/run/run-import.ts'
import { hasInstall, importFrom, INSTALL, migratedDatabase } from './import-support.ts'

/** From the signal to the end; generous, as tests share the machine. */
const END_MS_MAX = 5_000
const POLL_MS = 10

describe.skipIf(!hasInstall)('an import that is called off', { timeout: 120_000 }, () => {
  const location = join(INSTALL, 'clean/v2_full_backup.dump')
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startTestPostgres()
  })
  afterAll(() => postgres[Symbol.asyncDispose]())

  async function runsOf(connection: PgConnection): Promise<number> {
    const [row] = await postgres.query<{ runs: number }>(connection, 'SELECT count(*) AS runs FROM imported.runs')
    return row!.runs
  }

  /** An import that ends by the signal, which `arm` may send: what it ended with. */
  async function calledOff(
    connection: PgConnection,
    arm: (send: () => void) => Partial<ImportOrder>,
  ): Promise<{ readonly error: unknown; readonly reason: unknown }> {
    const controller = new AbortController()
    const reason = new AppError('DEADLINE_EXCEEDED', 'somebody pressed Ctrl-C')
    let sentAt = 0
    const send = (): void => {
      if (controller.signal.aborted) return
      sentAt = performance.now()
      controller.abort(reason)
    }
    const error: unknown = await importFrom(connection, location, { signal: controller.signal, ...arm(send) }).then(
      () => 'it went through',
      (failure: unknown) => failure,
    )
    expect(performance.now() - sentAt).toBeLessThan(END_MS_MAX)
    return { error, reason }
  }

  async function expectFinished(connection: PgConnection): Promise<void> {
    const report = await importFrom(connection, location)
    expect(report.checks.filter(({ status }) => status === 'failed')).toEqual([])
    expect(await postgres.query(connection, String.raw`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'import\_%'`)).toEqual([])
  }

  it('while it reads: it ends with the reason, nothing came, the next call goes on', async () => {
    const connection = await migratedDatabase(postgres)
    const { error, reason } = await calledOff(connection, (send) => ({ onProgress: (news) => news.phase === 'read' && send() }))
    expect(error).toBe(reason)
    expect(await runsOf(connection)).toBe(0)
    await expectFinished(connection)
  })

  it('before it begins', async () => {
    const connection = await migratedDatabase(postgres)
    const reason = new AppError('DEADLINE_EXCEEDED', 'never mind')
    await expect(importFrom(connection, location, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('while the server waits in a statement: the statement is canceled', async () => {
    const connection = await migratedDatabase(postgres)
    const holder = await connectClient(connection, 'test')
    await holder.query('BEGIN; LOCK TABLE imported.orders IN SHARE MODE')
    const waits = async (send: () => void): Promise<void> => {
      const sql = `SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE imported.orders ATTACH%'`
      while ((await postgres.query(connection, sql, [connection.database])).length === 0) await sleep(POLL_MS)
      send()
    }
    let waiting: Promise<void> = Promise.resolve()
    const { error, reason } = await calledOff(connection, (send) => {
      waiting = waits(send)
      return {}
    })
    await waiting
    closeQuietly(holder)
    expect(error).toBe(reason)
    expect(await runsOf(connection)).toBe(0)
    await expectFinished(connection)
  })

  it('while the rows are checked: they stand, and the message says how to check them', async () => {
    const connection = await migratedDatabase(postgres)
    const stands = async (send: () => void): Promise<void> => {
      while ((await runsOf(connection)) === 0) await sleep(POLL_MS)
      send()
    }
    let standing: Promise<void> = Promise.resolve()
    const { error, reason } = await calledOff(connection, (send) => {
      standing = stands(send)
      return {}
    })
    await standing
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).cause).toBe(reason)
    expect((error as AppError).message).toMatch(
      /^The import was called off while its rows were checked\. All rows of run \S+ are imported; only their check was not finished\./,
    )
    expect(await runsOf(connection)).toBe(1)
    await expectFinished(connection)
    expect(await runsOf(connection)).toBe(1)
  })
})
