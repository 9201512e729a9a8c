import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { HEARTBEAT_MS } from '#platform/lease/account-lease.ts'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import { LoopbackVenue } from '#test/support/loopback-venue/loopback-venue.ts'
import { LiveInstance } from '#test/support/two-instances/live-instance.ts'

/** A second for the heartbeat, and what a busy machine adds. */
const TOLD_MS = HEARTBEAT_MS + 500
const fenceOf = (id: string | undefined): string | undefined => id?.slice(8, 11)

async function untilShadow(instance: LiveInstance): Promise<number> {
  const since = performance.now()
  while ((await instance.lease())?.state !== 'degraded' && performance.now() - since < 10_000) await pause(20)
  return performance.now() - since
}

test('two workstations on one account of a venue: one trades, the other looks on, and nothing is taken over by itself', async () => {
  using directory = temporaryDirectory()
  const leases = directory.join('leases')
  await using venue = await LoopbackVenue.start()
  const orders = async () => (await venue.truth()).orders
  const plan = (name: string) => ({ dataDir: directory.join(name), leases, venue })

  await using first = new LiveInstance(plan('first'))
  expect(await first.lease()).toMatchObject({ state: 'running' })
  const resting = await first.order()
  expect([resting.outcome, fenceOf(resting.order_id)]).toEqual(['ACCEPTED', '001'])

  await using second = new LiveInstance(plan('second'))
  expect(await second.lease()).toMatchObject({ state: 'degraded', evidence: expect.stringContaining(`process ${first.pid} on `) })
  expect(await second.call('GET', '/api/v1/ready')).toMatchObject({ detail: expect.stringContaining('shadow mode') })
  expect(await second.order()).toMatchObject({ outcome: 'DENIED', reason: 'SHADOW_MODE' })
  const stopped = await second.call('POST', '/api/v1/system/emergency-stop', { flatten: true, reason: 'to see what happens' })
  expect(stopped, 'it halts, and says that it canceled nothing').toMatchObject({
    code: 'REFUSED',
    detail: expect.stringContaining('NOTHING'),
  })
  expect(await second.call('GET', '/api/v1/system/status')).toMatchObject({ halted: { reason: 'to see what happens' } })
  expect((await orders()).map(({ orderLinkId, status }) => [orderLinkId, status])).toEqual([[resting.order_id, 'New']])

  await first.kill()
  await pause(TOLD_MS)
  expect(await second.lease(), 'the account is free, and is not taken').toMatchObject({ state: 'degraded' })
  await second.call('POST', '/api/v1/system/resume', { reason: 'the test goes on' })
  expect(await second.order()).toMatchObject({ outcome: 'DENIED', reason: 'SHADOW_MODE' })
  expect(await orders()).toHaveLength(1)
  await second.stop()

  await using third = new LiveInstance(plan('first'))
  expect(await third.lease()).toMatchObject({ state: 'running' })
  const next = await third.order()
  expect([next.outcome, fenceOf(next.order_id)]).toEqual(['ACCEPTED', '002'])

  const [lock = ''] = readdirSync(leases).filter((name) => name.endsWith('.lock'))
  renameSync(join(leases, lock), join(leases, `${lock}.away`))
  expect(await untilShadow(third)).toBeLessThan(TOLD_MS)
  expect(await third.order()).toMatchObject({ outcome: 'DENIED', reason: 'SHADOW_MODE' })
  const alerts = await third.call<{ items: readonly { readonly code: string; readonly severity: string }[] }>(
    'GET',
    '/api/v1/alerts?limit=20',
  )
  expect(alerts.items).toContainEqual(expect.objectContaining({ code: 'SHADOW_MODE', severity: 'critical' }))
  expect(await third.call('DELETE', `/api/v1/orders/${next.order_id}`)).toMatchObject({ code: 'REFUSED' })
  expect(await orders()).toHaveLength(2)
  expect((await orders()).every(({ status }) => status === 'New')).toBe(true)
})
