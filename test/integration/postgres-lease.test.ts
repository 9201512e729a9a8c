import { afterAll, beforeAll, expect, test } from 'vitest'
import { AccountLease } from '#platform/lease/account-lease.ts'
import { AdvisoryLock } from '#storage/postgres/advisory-lock.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'

let postgres: TestPostgres
let connection: PgConnection
beforeAll(async () => {
  postgres = await startTestPostgres()
  connection = { ...postgres.server.connection, database: 'postgres' }
})
afterAll(() => postgres[Symbol.asyncDispose]())

const KEY = 'f'.repeat(64)
const OTHER_KEY = `0123456789abcdef${'0'.repeat(48)}`

test('one holder a key over all connections; the other is told who; free again when given back', async () => {
  const [first, second, other] = [new AdvisoryLock(connection), new AdvisoryLock(connection), new AdvisoryLock(connection)]
  expect(await first.take(KEY)).toBeUndefined()
  expect(await second.take(KEY)).toContain(`process ${process.pid} on `)
  expect(await other.take(OTHER_KEY)).toBeUndefined()
  expect([await first.check(), await other.check()]).toEqual([undefined, undefined])
  await first.release()
  const third = new AdvisoryLock(connection)
  await expect.poll(() => third.take(KEY)).toBeUndefined()
  expect(await first.check()).toContain('given back')
  await third.release()
  await other.release()
})

test('a connection that dies takes the lock with it, and it does not come back', async () => {
  const lock = new AdvisoryLock(connection)
  await lock.take(KEY)
  await postgres.query(
    connection,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'bot-trading lease%'",
  )
  await expect.poll(() => lock.check()).toContain('was lost')
  expect(await lock.check()).toContain('was lost')
  await lock.release()
})

test('no server: nothing is held, and it is said', async () => {
  using directory = temporaryDirectory()
  const remote = new AdvisoryLock({ ...connection, port: 1 })
  const account = { exchange: 'bybit', apiKey: 'k', leases: directory.path, dataDirectory: 'd', now: 1 }
  await expect(AccountLease.take({ ...account, remote })).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' })
  const free = await AccountLease.take(account)
  expect('lease' in free).toBe(true)
  if ('lease' in free) await free.lease.release()
})

test('two machines, each with a lease directory of its own, and one database', async () => {
  using here = temporaryDirectory()
  using there = temporaryDirectory()
  const account = { exchange: 'bybit', apiKey: 'k', dataDirectory: 'd', now: 1 }
  const first = await AccountLease.take({ ...account, leases: here.path, remote: new AdvisoryLock(connection) })
  const second = await AccountLease.take({ ...account, leases: there.path, remote: new AdvisoryLock(connection) })
  expect('lease' in first).toBe(true)
  expect(second).toEqual({ heldBy: expect.stringContaining('through the shared database') })
  if ('lease' in first) await first.lease.release()
})
