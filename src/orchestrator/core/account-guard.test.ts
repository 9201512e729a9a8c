import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ACCOUNT, AccountGuards, heartbeat } from '#test/support/account-guards.ts'
import { leaseKey } from '#platform/lease/account-lease.ts'
import type { RemoteLock } from '#platform/lease/remote-lock.ts'

const guards = new AccountGuards()
afterAll(() => guards[Symbol.dispose]())

test('the first holds the account, the second runs in shadow mode and stays there when the account is free', async () => {
  const first = guards.make()
  await first.guard.start()
  expect([first.guard.shadow, first.guard.fence, first.row()?.state]).toEqual([undefined, 1, 'running'])
  const second = guards.make()
  await second.guard.start()
  expect(second.guard.shadow).toContain(first.dataDirectory)
  expect([second.guard.fence, second.row()?.state, second.lost]).toEqual([0, 'degraded', []])
  await first.guard.stop()
  await heartbeat()
  expect([second.guard.shadow === undefined, second.row()?.state]).toEqual([false, 'degraded'])
  await second.guard.stop()
  const third = guards.make()
  await third.guard.start()
  expect([third.guard.shadow, third.guard.fence]).toEqual([undefined, 2])
  await third.guard.stop()
})

test('a lost lease, or a lost data directory, is told once', async () => {
  const lease = guards.make()
  await lease.guard.start()
  const file = join(guards.leases, `${leaseKey(ACCOUNT)}.lock`)
  renameSync(file, `${file}.away`)
  await heartbeat()
  renameSync(`${file}.away`, file)
  await heartbeat()
  expect(lease.lost).toEqual([expect.stringContaining('lease of the bybit account was lost')])
  expect([lease.guard.shadow, lease.row()?.state]).toEqual([lease.lost[0], 'degraded'])
  await lease.guard.stop()

  const directory = guards.make({ account: undefined })
  await directory.guard.start()
  expect([directory.guard.shadow, directory.row()]).toEqual([undefined, undefined])
  rmSync(join(directory.dataDirectory, 'instance.lock'))
  await heartbeat()
  expect(directory.lost).toEqual([expect.stringContaining('lock of the data directory was lost')])
  await directory.guard.stop()
})

test('not knowing who holds the account is not holding it', async () => {
  const remote: RemoteLock = {
    take: () => Promise.reject(new Error('the database is not there')),
    check: () => Promise.resolve(undefined),
    release: () => Promise.resolve(),
  }
  const { guard, row } = guards.make({ remote })
  await guard.start()
  expect(guard.shadow).toContain('cannot be known: the database is not there')
  expect(row()?.state).toBe('degraded')
  await guard.stop()
  const next = guards.make()
  await next.guard.start()
  expect(next.guard.shadow, 'and nothing is kept of it').toBeUndefined()
  await next.guard.stop()
})
