import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ACCOUNT, AccountGuards, heartbeat } from '#test/support/account-guards.ts'
import { leaseKey } from '#platform/lease/account-lease.ts'

const guards = new AccountGuards()
afterAll(() => guards[Symbol.dispose]())
const claim = { since: 1, by: 'anna', reason: 'the old one goes on for a week' }

test('while version 2 is said to trade the account nobody here does, from that moment on and after every start', async () => {
  const first = guards.make()
  await first.guard.start()
  expect([first.guard.shadow, first.guard.fence]).toEqual([undefined, 1])
  await first.guard.leaveToV2(claim)
  expect(first.guard.shadow).toContain('Version 2 is said to trade this account since 1970')
  expect([first.lost.length, first.row()?.state]).toEqual([1, 'degraded'])
  await first.guard.stop()

  const second = guards.make()
  await second.guard.start()
  expect(second.guard.shadow).toContain('the old one goes on for a week')
  expect([second.guard.fence, second.lost, second.guard.v2Claim]).toEqual([0, [], claim])
  second.guard.takeFromV2()
  await heartbeat()
  expect(second.guard.shadow, 'nothing is taken over by itself').toBeDefined()
  await second.guard.stop()

  const third = guards.make()
  await third.guard.start()
  expect([third.guard.shadow, third.guard.fence]).toEqual([undefined, 2])
  await third.guard.stop()
})

test('one that another workstation of this user wrote is seen within a heartbeat', async () => {
  const holder = guards.make({ account: { ...ACCOUNT, apiKey: 'shared' } })
  await holder.guard.start()
  const other = guards.make({ account: { ...ACCOUNT, apiKey: 'shared' } })
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
  writeFileSync(join(guards.leases, `${leaseKey(spoilt)}.v2.json`), '{"since":')
  const blind = guards.make({ account: spoilt })
  await blind.guard.start()
  expect(blind.guard.shadow).toContain('cannot be read')
  await blind.guard.stop()

  const other = guards.make({ account: { exchange: 'bybit', apiKey: 'another' } })
  await other.guard.start()
  expect(other.guard.shadow).toBeUndefined()
  await other.guard.stop()

  const paper = guards.make({ account: undefined })
  await paper.guard.start()
  await expect(paper.guard.leaveToV2(claim)).rejects.toThrow('invented money')
  expect(paper.guard.shadow).toBeUndefined()
  await paper.guard.stop()
  expect(readdirSync(guards.leases).some((name) => name.includes('a key'))).toBe(false)
})
