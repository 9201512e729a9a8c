import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '#platform/clock.ts'
import { lockDataDirectory } from '#platform/data-directory.ts'
import { HEARTBEAT_MS, leaseKey } from '#platform/lease/account-lease.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { ComponentBoard } from '../component-board.ts'
import { AccountGuard, type AccountGuardOptions } from './account-guard.ts'

const root = mkdtempSync(join(tmpdir(), 'v2-claim-'))
afterAll(() => rmSync(root, { recursive: true }))
const account = { exchange: 'bybit', apiKey: 'a key' }
const claim = { since: 1, by: 'anna', reason: 'the old one goes on for a week' }
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
  return { guard, lost, row: () => board.rows().find(({ name }) => name === 'lease') }
}
const heartbeat = () => new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS + 300))

test('while version 2 is said to trade the account nobody here does, from that moment on and after every start', async () => {
  const first = guardOf()
  await first.guard.start()
  expect([first.guard.shadow, first.guard.fence]).toEqual([undefined, 1])
  await first.guard.leaveToV2(claim)
  expect(first.guard.shadow).toContain('Version 2 is said to trade this account since 1970')
  expect([first.lost.length, first.row()?.state]).toEqual([1, 'degraded'])
  await first.guard.stop()

  const second = guardOf()
  await second.guard.start()
  expect(second.guard.shadow).toContain('the old one goes on for a week')
  expect([second.guard.fence, second.lost, second.guard.v2Claim]).toEqual([0, [], claim])
  second.guard.takeFromV2()
  await heartbeat()
  expect(second.guard.shadow, 'nothing is taken over by itself').toBeDefined()
  await second.guard.stop()

  const third = guardOf()
  await third.guard.start()
  expect([third.guard.shadow, third.guard.fence]).toEqual([undefined, 2])
  await third.guard.stop()
})

test('one that another workstation of this user wrote is seen within a heartbeat', async () => {
  const holder = guardOf({ account: { ...account, apiKey: 'shared' } })
  await holder.guard.start()
  const other = guardOf({ account: { ...account, apiKey: 'shared' } })
  await other.guard.start()
  await other.guard.leaveToV2(claim)
  await heartbeat()
  expect(holder.guard.shadow).toContain('Version 2')
  expect(holder.lost).toHaveLength(1)
  await holder.guard.stop()
  await other.guard.stop()
})

test('a note that cannot be read holds, one of another account does not, and invented money has none', async () => {
  const spoilt = { exchange: 'bybit', apiKey: 'spoilt' }
  writeFileSync(join(root, 'leases', `${leaseKey(spoilt)}.v2.json`), '{"since":')
  const blind = guardOf({ account: spoilt })
  await blind.guard.start()
  expect(blind.guard.shadow).toContain('cannot be read')
  await blind.guard.stop()

  const other = guardOf({ account: { exchange: 'bybit', apiKey: 'another' } })
  await other.guard.start()
  expect(other.guard.shadow).toBeUndefined()
  await other.guard.stop()

  const paper = guardOf({ account: undefined })
  await paper.guard.start()
  await expect(paper.guard.leaveToV2(claim)).rejects.toThrow('invented money')
  expect(paper.guard.shadow).toBeUndefined()
  await paper.guard.stop()
  expect(readdirSync(join(root, 'leases')).some((name) => name.includes('a key'))).toBe(false)
})
