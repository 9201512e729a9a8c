import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHECK_AREAS, type ChecklistState } from '#contract/checklist.ts'
import { AppError } from '#domain/errors.ts'
import { startGateway, type Gateway } from '#gateway/gateway.ts'
import { startPrivateFront } from '#main/desktop-api.ts'
import { startWorkstation } from '#orchestrator/workstation.ts'
import type { Workstation } from '#orchestrator/workstation-api.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { TOKEN } from '../../support/gateway.ts'

// The whole workstation measures itself from outside: its own HTTP front, its own event stream, a thread of its own.
const MEASURED_MS = 60_000
const dataDir = mkdtempSync(join(tmpdir(), 'bot-trading-checklist-'))
let workstation: Workstation
let gateway: Gateway
// As the desktop program does it; the headless one gives its own front, and the wizard's test looks at that.
let openFront = () => startPrivateFront({ workstation, version: '3.0.0', logger: silentLogger })

async function call(method: string, body?: unknown): Promise<{ readonly status: number; readonly body: ChecklistState }> {
  const response = await fetch(`${gateway.url}/api/v1/checklist`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as ChecklistState }
}

async function measured(): Promise<ChecklistState> {
  const deadline = performance.now() + MEASURED_MS
  for (;;) {
    const { body } = await call('GET')
    if (body.running === null) return body
    if (performance.now() > deadline) throw new Error(`the checklist has no end: ${JSON.stringify(body.running)}`)
    await sleep(50)
  }
}

beforeAll(async () => {
  workstation = await startWorkstation({
    dataDir,
    workersDir: new URL('../../../src/workers/', import.meta.url),
    migrationsDir: join(import.meta.dirname, '../../../migrations/postgres'),
    version: '3.0.0',
    postgres: 'none',
    openFront: () => openFront(),
    env: {},
    logger: silentLogger,
  })
  gateway = await startGateway({ workstation, host: '127.0.0.1', port: 0, token: TOKEN, logger: silentLogger, version: '3.0.0' })
})
afterAll(async () => {
  await gateway?.close()
  await workstation?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

describe('the checklist of a running workstation', () => {
  it('has measured nothing at first', async () => {
    expect((await call('GET')).body).toEqual({ running: null, last: null, problem: null })
  })

  it('measures every area, and says of what it could not measure why', async () => {
    expect((await call('POST', { load: true })).body).toMatchObject({ running: { done: 0 }, last: null })
    expect(await call('POST')).toMatchObject({ status: 409, body: { detail: expect.stringContaining('Nothing was started') } })
    const { last, problem } = await measured()
    expect(problem).toBe(null)
    expect(last).toMatchObject({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), version: '3.0.0' })
    expect(last?.url).not.toBe(gateway.url)
    await expect(fetch(`${last?.url}/api/v1/health`), 'the front was there for the measurement alone').rejects.toThrow('fetch failed')
    const lines = last?.lines ?? []
    expect(CHECK_AREAS.filter((area) => lines.every((line) => line.area !== area))).toEqual([])
    expect(lines.find(({ name }) => name === 'GET /health')).toMatchObject({ status: 'passed', value: 'HTTP 200 {"status":"ok"}' })
    expect(lines.find(({ name }) => name.startsWith('signals decided'))?.value).toMatch(/signals\/s/)
    const unmeasured = lines.filter(({ status }) => status === 'not_run')
    expect(unmeasured.map(({ name }) => name)).toEqual(expect.arrayContaining(['copy of the journal in Postgres', 'models']))
    expect(unmeasured.filter(({ detail }) => detail === '')).toEqual([])
  })

  it('finds what has become wrong since', async () => {
    writeFileSync(join(dataDir, 'strategies', 'broken.ts'), 'export const strategy = 5 +')
    await call('POST')
    const { last } = await measured()
    expect(last?.lines.find(({ name }) => name === 'strategy broken (file)')).toMatchObject({ status: 'failed' })
    expect(last?.failed).toBeGreaterThan(0)
  })

  it('stops when it is told to, and the last measurement stays', async () => {
    const before = (await call('GET')).body.last
    await call('POST')
    expect((await call('DELETE')).status).toBe(200)
    expect(await measured()).toEqual({ running: null, last: before, problem: expect.stringContaining('stopped before its end') })
    expect((await call('DELETE')).status).toBe(409)
  })

  it('a quiet account is compared each 30 s, and that is seen though it leaves no fact', async () => {
    type Reconciled = { readonly state: { readonly last_at: number; readonly compared_at: number } }
    const reconciled = async () =>
      (await (await fetch(`${gateway.url}/api/v1/reconcile`, { headers: { authorization: `Bearer ${TOKEN}` } })).json()) as Reconciled
    await expect.poll(async () => (({ state }) => state.compared_at - state.last_at)(await reconciled())).toBeGreaterThan(20_000)
  })

  it('without a front it counts nothing as passed that it could not ask, and names the reason', async () => {
    openFront = async () => {
      throw new AppError('PORT_TAKEN', 'no port is free in this test')
    }
    await call('POST')
    const { last } = await measured()
    expect(last?.url).toBe(null)
    expect(last?.lines.filter(({ detail }) => detail === 'no port is free in this test').map(({ area }) => area)).toEqual(
      expect.arrayContaining(['health', 'exchanges', 'strategies', 'web_socket', 'performance']),
    )
    expect(last?.lines.filter(({ area, status }) => area === 'health' && status === 'passed')).toEqual([])
  })
})
