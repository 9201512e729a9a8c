import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '#platform/clock.ts'
import { lockDataDirectory } from '#platform/data-directory.ts'
import { HEARTBEAT_MS, leaseKey } from '#platform/lease/account-lease.ts'
import type { RemoteLock } from '#platform/lease/remote-lock.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { ComponentBoard } from '../component-board.ts'
import { AccountGuard, type AccountGuardOptions } from './account-guard.ts'

const root = mkdtempSync(join(tmpdir(), 'account-guard-'))
afterAll(() => rmSync(root, { recursive: true }))
const account = { exchange: 'bybit', apiKey: 'a key' }
let directories = 0

function guardOf(change: Partial<AccountGuardOptions> = {}) {
  const dataDirectory = mkdtempSync(join(root, `${(directories += 1)}-`))
  const board = new ComponentBoard(systemClock, () => undefined)
  const lost: string[] = []
  const guard = new AccountGuard({
    account,
    leases: join(root, 'leases'),
    dataDirectory,
    directoryLock: lockDataDirectory(dataDirectory, 1),
    clock: systemClock,
    board,
    logger: silentLogger,
    onLost: (why) => lost.push(why),
    ...change,
  })
  return { guard, board, lost, dataDirectory, row: () => board.rows().find(({ name }) => name === 'lease') }
}
const heartbeat = () => new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS + 300))

test('the first holds the account, the second runs in shadow mode and stays there when the account is free', async () => {
  const first = guardOf()
  await first.guard.start()
  expect([first.guard.shadow, first.guard.fence, first.row()?.state]).toEqual([undefined, 1, 'running'])
  const second = guardOf()
  await second.guard.start()
  expect(second.guard.shadow).toContain(first.dataDirectory)
  expect([second.guard.fence, second.row()?.state, second.lost]).toEqual([0, 'degraded', []])
  await first.guard.stop()
  await heartbeat()
  expect([second.guard.shadow === undefined, second.row()?.state]).toEqual([false, 'degraded'])
  await second.guard.stop()
  const third = guardOf()
  await third.guard.start()
  expect([third.guard.shadow, third.guard.fence]).toEqual([undefined, 2])
  await third.guard.stop()
})

test('a lost lease, or a lost data directory, is told once', async () => {
  const lease = guardOf()
  await lease.guard.start()
  const file = join(root, 'leases', `${leaseKey(account)}.lock`)
  renameSync(file, `${file}.away`)
  await heartbeat()
  renameSync(`${file}.away`, file)
  await heartbeat()
  expect(lease.lost).toEqual([expect.stringContaining('lease of the bybit account was lost')])
  expect([lease.guard.shadow, lease.row()?.state]).toEqual([lease.lost[0], 'degraded'])
  await lease.guard.stop()

  const directory = guardOf({ account: undefined })
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
  const { guard, row } = guardOf({ remote })
  await guard.start()
  expect(guard.shadow).toContain('cannot be known: the database is not there')
  expect(row()?.state).toBe('degraded')
  await guard.stop()
  const next = guardOf()
  await next.guard.start()
  expect(next.guard.shadow, 'and nothing is kept of it').toBeUndefined()
  await next.guard.stop()
})
