import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LiveWorkstation, liveConfig } from '#test/support/crash/live-workstation.ts'
import { LoopbackVenue, VENUE_SECRET } from '#test/support/loopback-venue/loopback-venue.ts'
import { DataFolder } from '#test/support/replay/data-folder.ts'

const SOON = { timeout: 20_000, interval: 100 }
const NOWHERE = 'exchange:\n  kind: live\n  venue: bybit\n  symbols: ["BTC/USDT:USDT"]\n'

async function startAndFail(config: string, env: Readonly<Record<string, string | undefined>> = {}) {
  await using folder = await DataFolder.make(config)
  await using workstation = new LiveWorkstation(folder, { noPostgres: true, env })
  const how = await workstation.exited
  return { how, words: workstation.stderr }
}

describe('a live account does not start', () => {
  test('at a venue on the internet: refused, and it says why', async () => {
    const { how, words } = await startAndFail(NOWHERE)
    expect(how).toBe('code 3')
    expect(words).toContain('not certified in this build')
  })

  test('without keys: wrong usage', async () => {
    const { how, words } = await startAndFail(NOWHERE, { EXCHANGE_API_SECRET: undefined })
    expect(how).toBe('code 2')
    expect(words).toContain('EXCHANGE_API_SECRET is not set')
  })

  test('with a failpoint outside of tests: refused', async () => {
    const { how, words } = await startAndFail(NOWHERE, { FAILPOINT: 'P4', NODE_ENV: undefined })
    expect(how).toBe('code 3')
    expect(words).toContain('ends the process on purpose')
  })
})

test('a live account: says so, shuts the gate while the venue is away, opens it again, and writes its secret nowhere', async () => {
  await using venue = await LoopbackVenue.start()
  await using folder = await DataFolder.make(liveConfig(venue))
  await using workstation = new LiveWorkstation(folder, { noPostgres: true })
  await workstation.ready()
  expect(await workstation.status()).toMatchObject({ mode: 'live', state: 'running' })
  const order = { symbol: 'BTC/USDT:USDT', side: 'BUY', type: 'MARKET', quantity: '0.01' }
  const ask = async () => (await workstation.request<{ outcome: string; reason: string }>('POST', '/orders', order))?.body
  expect(await ask()).toMatchObject({ outcome: 'ACCEPTED' })
  expect(
    (await workstation.request<{ items: readonly { kind: string }[] }>('GET', '/traders'))?.body.items.map(({ kind }) => kind),
  ).toEqual(['manual'])

  const exchangeState = async () => (await workstation.status()).components.find(({ name }) => name === 'exchange')?.state
  await venue.conditions({ isOffline: true })
  await expect.poll(exchangeState, SOON).toBe('degraded')
  expect(await ask()).toMatchObject({ outcome: 'DENIED' })
  expect((await workstation.request('GET', '/ready'))?.status).toBe(503)
  await venue.conditions({ isOffline: false })
  await expect.poll(exchangeState, SOON).toBe('running')
  await expect.poll(async () => (await workstation.request('GET', '/ready'))?.status, SOON).toBe(200)

  expect(await workstation.stop()).toBe('code 0')
  const files = filesIn(folder.path)
  expect(files.length).toBeGreaterThan(5)
  expect(files.filter((file) => readFileSync(file).includes(VENUE_SECRET))).toEqual([])
  expect(workstation.stderr).not.toContain(VENUE_SECRET)
})

function filesIn(path: string): readonly string[] {
  return readdirSync(path).flatMap((name) => {
    const inner = join(path, name)
    return statSync(inner).isDirectory() ? filesIn(inner) : [inner]
  })
}
