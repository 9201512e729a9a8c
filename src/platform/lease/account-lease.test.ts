import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { AccountLease, HEARTBEAT_MS, leaseKey, type LeaseAnswer } from './account-lease.ts'
import { leaseDirectory } from './lease-directory.ts'
import type { RemoteLock } from './remote-lock.ts'

const root = mkdtempSync(join(tmpdir(), 'account-lease-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const fresh = (): string => join(root, String((folders += 1)))
const SECRET = 'the-key-nobody-may-read'
const account = (leases: string, apiKey = SECRET) => ({ exchange: 'binance', apiKey, leases, dataDirectory: root, now: 1 })
function held(answer: LeaseAnswer): AccountLease {
  if ('lease' in answer) return answer.lease
  throw new Error(answer.heldBy)
}

/** A database that is shared with another machine, as far as a lease can see it. */
class Shared implements RemoteLock {
  elsewhere: string | undefined
  gone: string | undefined
  fails = false
  released = 0
  take(): Promise<string | undefined> {
    return this.fails ? Promise.reject(new Error('not reachable')) : Promise.resolve(this.elsewhere)
  }
  check(): Promise<string | undefined> {
    return Promise.resolve(this.gone)
  }
  release(): Promise<void> {
    this.released += 1
    return Promise.resolve()
  }
}

test('one holder an account; other accounts are free; the key is written nowhere', async () => {
  const leases = fresh()
  const first = held(await AccountLease.take(account(leases)))
  const second = await AccountLease.take(account(leases))
  expect(second).toEqual({ heldBy: expect.stringContaining(`process ${process.pid} on `) })
  const other = held(await AccountLease.take(account(leases, 'another key')))
  for (const file of readdirSync(leases)) {
    expect(file).not.toContain(SECRET)
    if (file.endsWith('.json')) expect(readFileSync(join(leases, file), 'utf8')).not.toContain(SECRET)
  }
  await first.release()
  const next = held(await AccountLease.take(account(leases)))
  expect([first.fence, next.fence, other.fence]).toEqual([1, 2, 1])
  await next.release()
  await other.release()
})

test('the exchange is part of the account, and the parts do not run into each other', () => {
  const keys = [
    ['a', 'bc'],
    ['ab', 'c'],
    ['abc', ''],
  ].map(([exchange = '', apiKey = '']) => leaseKey({ exchange, apiKey }))
  expect(new Set(keys).size).toBe(keys.length)
})

test('a loss is told once, within a heartbeat, and is for good', async () => {
  const leases = fresh()
  const lease = held(await AccountLease.take(account(leases)))
  const told: string[] = []
  lease.watch((why) => told.push(why))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(told).toEqual([])
  const file = join(leases, `${leaseKey({ exchange: 'binance', apiKey: SECRET })}.lock`)
  const since = performance.now()
  renameSync(file, `${file}.away`)
  while (told.length === 0 && performance.now() - since < 5_000) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(performance.now() - since).toBeLessThan(HEARTBEAT_MS + 300)
  renameSync(`${file}.away`, file)
  await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS + 200))
  expect(told).toEqual([expect.stringContaining('deleted')])
  expect(lease.lost).toContain('deleted')
  expect(await lease.check()).toContain('deleted')
  await lease.release()
})

test('another machine: taken there, or not to be asked, nothing is held here', async () => {
  const leases = fresh()
  const remote = new Shared()
  remote.elsewhere = 'process 4 on attic'
  expect(await AccountLease.take({ ...account(leases), remote })).toEqual({ heldBy: 'process 4 on attic' })
  remote.fails = true
  await expect(AccountLease.take({ ...account(leases), remote })).rejects.toThrow('not reachable')
  const lease = held(await AccountLease.take(account(leases)))
  await lease.release()
  const both = new Shared()
  const shared = held(await AccountLease.take({ ...account(leases), remote: both }))
  expect(await shared.check()).toBeUndefined()
  both.gone = 'the connection was lost'
  expect(await shared.check()).toBe('the connection was lost')
  both.gone = undefined
  expect(await shared.check(), 'a lost lease never comes back').toBe('the connection was lost')
  await shared.release()
  expect(both.released).toBe(1)
})

test('a released lease tells nobody', async () => {
  const leases = fresh()
  const lease = held(await AccountLease.take(account(leases)))
  const told: string[] = []
  lease.watch((why) => told.push(why))
  await lease.release()
  for (const file of readdirSync(leases)) unlinkSync(join(leases, file))
  await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS + 200))
  expect(told).toEqual([])
})

test('where leases are', () => {
  expect(leaseDirectory({ BOT_TRADING_LEASE_DIR: '/x', XDG_STATE_HOME: '/s' }, 'linux')).toBe('/x')
  expect(leaseDirectory({ XDG_STATE_HOME: '/s' }, 'linux')).toBe(join('/s', 'bot-trading', 'leases'))
  expect(leaseDirectory({ LOCALAPPDATA: 'L' }, 'win32')).toBe(join('L', 'bot-trading', 'leases'))
  expect(leaseDirectory({}, 'darwin')).toContain('Application Support')
})
