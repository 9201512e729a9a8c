import { readFileSync, writeFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { runRollBackCommand } from '#cli/roll-back-command.ts'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import { LoopbackVenue } from '#test/support/loopback-venue/loopback-venue.ts'
import { LiveInstance } from '#test/support/two-instances/live-instance.ts'

interface Said {
  readonly v2_trading: { readonly reason: string } | null
  readonly shadow: string | null
}

test('while version 2 is said to trade a live account, not one order leaves, not even after a restart', async () => {
  using directory = temporaryDirectory()
  await using venue = await LoopbackVenue.start()
  const orders = async () => (await venue.truth()).orders.length
  const plan = { dataDir: directory.join('data'), leases: directory.join('leases'), venue }
  const say = (instance: LiveInstance, trading: boolean) =>
    instance.call<Said>('PUT', '/api/v1/import/v2-trading', { trading, reason: 'the old one is still at it' })

  await using first = new LiveInstance(plan)
  expect(await first.order()).toMatchObject({ outcome: 'ACCEPTED' })
  expect(await say(first, true)).toMatchObject({ v2_trading: { reason: 'the old one is still at it' }, shadow: expect.any(String) })
  expect(await first.order()).toMatchObject({ outcome: 'DENIED', reason: 'SHADOW_MODE' })
  expect(await first.call('GET', '/api/v1/audit?limit=5')).toMatchObject({
    items: expect.arrayContaining([expect.objectContaining({ action: 'say-v2-trades', after: 'trading' })]),
  })
  await first.stop()

  await using second = new LiveInstance(plan)
  expect(await second.lease()).toMatchObject({ state: 'degraded', evidence: expect.stringContaining('Version 2 is said to trade') })
  expect(await second.order()).toMatchObject({ outcome: 'DENIED', reason: 'SHADOW_MODE' })
  expect(await say(second, false)).toMatchObject({ v2_trading: null, shadow: expect.any(String) })
  expect(await orders()).toBe(1)
  await second.stop()

  await using third = new LiveInstance(plan)
  expect(await third.order()).toMatchObject({ outcome: 'ACCEPTED' })
  expect(await orders()).toBe(2)

  const [started, config] = [directory.join('started'), directory.join('roll-back.yaml')]
  const start = { run: [process.execPath, '-e', `require('node:fs').writeFileSync(${JSON.stringify(started)}, 'v2')`] }
  writeFileSync(config, JSON.stringify({ roll_back: { engine: { start, verify: { run: [process.execPath, '-e', ''] } } } }))
  let text = ''
  const stdout = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString()
      done()
    },
  })
  const args = ['engine', '--yes', '--json', '--config', config, '--url', await third.started(), '--token', LiveInstance.TOKEN]
  const terminal = { env: process.env, stdin: process.stdin, stdout, stderr: process.stderr }
  expect(await runRollBackCommand([...args, '--data-dir', directory.join('cli')], terminal)).toBe(0)
  const { steps } = JSON.parse(text) as { readonly steps: readonly { readonly id: string; readonly status: string }[] }
  expect(steps.map(({ id, status }) => [id, status])).toEqual(
    ['halt', 'confirm', 'positions', 'release', 'start-engine', 'verify-engine'].map((id) => [id, 'done']),
  )
  expect(readFileSync(started, 'utf8')).toBe('v2')
  expect((await venue.truth()).orders.filter(({ status }) => status === 'New')).toEqual([])
  expect(await third.order()).toMatchObject({ outcome: 'DENIED' })
})
