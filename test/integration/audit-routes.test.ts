import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ImportJobView } from '#contract/import.ts'
import type { AuditView } from '#contract/views.ts'
import { SignedQuantity } from '#domain/money/quantity.ts'
import { CONTRACT_ROUTES } from '#gateway/contract-routes.ts'
import { startGateway, type Gateway } from '#gateway/gateway.ts'
import { startWorkstation } from '#orchestrator/workstation.ts'
import type { Workstation } from '#orchestrator/workstation-api.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { runGateway, TOKEN, type RunningGateway } from '../support/gateway.ts'
import { SYMBOL } from '../support/scripted-front.ts'
import { startFront, tick } from '../support/workstation-front.ts'

interface Called {
  readonly status: number
  readonly body: Record<string, unknown>
}
type Call = (method: string, path: string, body?: unknown) => Promise<Called>

function caller(url: string): Call {
  return async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
}

async function auditRows(call: Call): Promise<readonly AuditView[]> {
  return (await call('GET', '/audit?limit=1000')).body['items'] as readonly AuditView[]
}

interface Case {
  /** What must be there before; its own rows are not counted. */
  readonly before?: (call: Call) => Promise<void>
  readonly act: (call: Call) => Promise<Called>
  readonly row: Partial<AuditView>
}

const LIMIT = { symbol: 'BTC/USDT', side: 'BUY', type: 'LIMIT', quantity: '0.01', price: '49000.00' } as const
let running: RunningGateway
let lastOrder = ''
const placeOrder = async (call: Call): Promise<void> => {
  lastOrder = String((await call('POST', '/orders', LIMIT)).body['order_id'])
}
const holdPosition = async (call: Call): Promise<void> => {
  await call('POST', '/orders', { symbol: 'BTC/USDT', side: 'BUY', type: 'MARKET', quantity: '0.02' })
  for (let i = 0; i < 2; i += 1) tick(running.front, '50000.00')
}
let difference = ''
const findDifference = async (call: Call): Promise<void> => {
  running.front.engine.shownAccount = (snapshot) => ({
    ...snapshot,
    positions: [{ symbol: SYMBOL, quantity: SignedQuantity.parse('0.5') }],
  })
  const clock = setInterval(() => running.front.engine.wait(500), 20)
  await call('POST', '/reconcile')
  clearInterval(clock)
  const { body } = await call('GET', '/reconcile?state=OPEN')
  difference = encodeURIComponent((body['differences'] as [{ id: string }])[0].id)
}

/** Every way to change something, over the real engine and paper exchange in this thread. */
const CASES: Readonly<Record<string, Case>> = {
  'POST /orders': { act: (call) => call('POST', '/orders', LIMIT), row: { action: 'submit-order', after: 'ACCEPTED' } },
  'POST /orders/oco': {
    before: holdPosition,
    act: (call) =>
      call('POST', '/orders/oco', {
        orders: [
          { ...LIMIT, side: 'SELL', price: '52000.00', reduce_only: true },
          { symbol: 'BTC/USDT', side: 'SELL', type: 'STOP_MARKET', quantity: '0.01', trigger_price: '45000.00', reduce_only: true },
        ],
      }),
    row: { action: 'submit-oco-orders', after: 'ACCEPTED, ACCEPTED' },
  },
  'PATCH /orders/{id}': {
    before: placeOrder,
    act: (call) => call('PATCH', `/orders/${lastOrder}`, { price: '48000.00' }),
    row: { action: 'amend-order', before: expect.stringContaining('49000'), after: expect.stringContaining('48000') },
  },
  'DELETE /orders/{id}': { before: placeOrder, act: (call) => call('DELETE', `/orders/${lastOrder}`), row: { action: 'cancel-order' } },
  'PUT /positions/{id}/protection': {
    before: holdPosition,
    act: (call) => call('PUT', '/positions/manual.BTC-USDT/protection', { plan: { stop_loss: '45000' } }),
    row: { action: 'set-protection', before: expect.any(String), after: expect.stringContaining('45000') },
  },
  'POST /positions/{id}/close': {
    before: holdPosition,
    act: (call) => call('POST', '/positions/manual.BTC-USDT/close'),
    row: { action: 'close-position' },
  },
  'POST /signals': {
    act: (call) =>
      call(
        'POST',
        '/signals',
        [1, 2].map(() => ({ symbol: 'BTC/USDT', action: 'BUY', quantity: '0.001', strategy: 's' })),
      ),
    row: { action: 'submit-signals', reason: '2 signals, the first: BUY 0.001 BTC/USDT of s' },
  },
  'PUT /risk/limits': {
    act: async (call) => {
      const { body } = await call('GET', '/risk')
      return call('PUT', '/risk/limits', { ...(body['limits'] as object), max_open_orders: 77 })
    },
    row: { action: 'set-risk-limits', after: expect.stringContaining('77') },
  },
  'POST /reconcile': { act: (call) => call('POST', '/reconcile'), row: { action: 'reconcile' } },
  'POST /reconcile/differences/{id}': {
    before: findDifference,
    act: (call) => call('POST', `/reconcile/differences/${difference}`, { decision: 'IGNORE', reason: 'a test' }),
    row: { action: 'decide-difference', reason: 'a test', before: expect.stringContaining('theirs'), after: 'IGNORE' },
  },
  'POST /system/emergency-stop': {
    act: (call) => call('POST', '/system/emergency-stop', { reason: 'a test' }),
    row: { action: expect.stringContaining('stop'), reason: 'a test' },
  },
  'POST /system/resume': {
    act: (call) => call('POST', '/system/resume', { reason: 'a test' }),
    row: { action: 'resume', reason: 'a test' },
  },
}

const ADDED = { id: 'second', strategy: 'ema-cross', symbols: ['BTC/USDT'], start: false }
const act = (name: string): Case => ({
  act: (call) => call('POST', `/traders/second/${name}`),
  row: { action: `${name}-trader`, target: 'second' },
})
/** Traders have threads, so these need the whole workstation. */
const TRADER_CASES: Readonly<Record<string, Case>> = {
  'POST /traders': { act: (call) => call('POST', '/traders', ADDED), row: { action: 'create-trader', target: 'second' } },
  'PATCH /traders/{id}': {
    act: (call) => call('PATCH', '/traders/second', { order_notional: '500' }),
    row: { action: 'update-trader', after: expect.stringContaining('500') },
  },
  'POST /traders/{id}/start': act('start'),
  'POST /traders/{id}/pause': act('pause'),
  'POST /traders/{id}/resume': act('resume'),
  'POST /traders/{id}/stop': act('stop'),
  'DELETE /traders/{id}': { act: (call) => call('DELETE', '/traders/second'), row: { action: 'remove-trader', target: 'second' } },
}

const RUN = '20261122t000000_abc123'
const job = (state: ImportJobView['state']): ImportJobView => ({
  kind: 'import',
  state,
  run_id: RUN,
  dry_run: false,
  source: '/v2/backup.dump',
  v2_directory: null,
  time_zone: 'UTC',
  steps: ['history'],
  started_at: 1,
  ended_at: null,
  progress: null,
  problem: null,
})
const START = { source: '/v2/backup.dump', steps: ['history'] }
/** Imports and checklist are scripted: what they do is tested elsewhere, here only that it is written down who asked for it. */
const IMPORT_CASES: Readonly<Record<string, Case>> = {
  'POST /import/runs': {
    act: (call) => call('POST', '/import/runs', { ...START, dry_run: false }),
    row: { action: 'start-import', target: '/v2/backup.dump', after: expect.stringContaining(RUN) },
  },
  'POST /import/runs/{id}/cancel': {
    act: (call) => call('POST', `/import/runs/${RUN}/cancel`, {}),
    row: { action: 'cancel-import', target: RUN },
  },
  'POST /import/runs/{id}/rollback': {
    act: (call) => call('POST', `/import/runs/${RUN}/rollback`, {}),
    row: { action: 'roll-back-import', target: RUN },
  },
  'POST /import/parallel-run': {
    act: (call) => call('POST', '/import/parallel-run', { source: 'postgres://v2@127.0.0.1/bot' }),
    row: { action: 'start-parallel-run', target: 'version 2' },
  },
  'DELETE /import/parallel-run': {
    act: (call) => call('DELETE', '/import/parallel-run'),
    row: { action: 'end-parallel-run', target: 'version 2' },
  },
  'POST /checklist': {
    act: (call) => call('POST', '/checklist', { load: true }),
    row: { action: 'run-checklist', after: 'with 1,000 expired signals' },
  },
  'DELETE /checklist': { act: (call) => call('DELETE', '/checklist'), row: { action: 'cancel-checklist' } },
  'PUT /import/v2-trading': {
    act: (call) => call('PUT', '/import/v2-trading', { trading: true, reason: 'it still runs' }),
    row: { action: 'say-v2-trades', after: 'trading', reason: 'it still runs' },
  },
}
const ELSEWHERE: Readonly<Record<string, string>> = {
  'POST /import/inspect': 'changes nothing',
  'POST /import/analyse': 'changes nothing',
  'POST /import/runs/{id}/verify': 'changes nothing',
  'POST /import/hand-over/{line}': 'hand-over/hand-over-table.test.ts',
}

async function checkCase(call: Call, { before, act: change, row }: Case): Promise<void> {
  await before?.(call)
  const known = new Set((await auditRows(call)).map(({ seq }) => seq))
  const { status, body } = await change(call)
  expect(status, JSON.stringify(body)).toBe(200)
  const added = (await auditRows(call)).filter(({ seq }) => !known.has(seq))
  expect(added).toHaveLength(1)
  expect(added[0]).toMatchObject({ actor: expect.stringContaining('rest'), target: expect.stringMatching(/./), ...row })
}

it('every route that changes something is looked at below', () => {
  const changing = CONTRACT_ROUTES.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`)
  const looked = [CASES, TRADER_CASES, IMPORT_CASES, ELSEWHERE].flatMap((cases) => Object.keys(cases))
  expect(looked.toSorted()).toEqual(changing.toSorted())
})

describe('each act of an import and the checklist leaves exactly one row in the audit', () => {
  let gateway: RunningGateway
  beforeAll(async () => {
    const { imports, handOver, checklist, parallelRun } = startFront().dependencies
    const scripted = { start: async () => job('running'), rollback: async () => job('done'), cancel: () => job('canceled') }
    const front = startFront({
      imports: { ...imports, ...scripted },
      handOver: { ...handOver, setV2Trading: async () => undefined },
      parallelRun: { ...parallelRun, start: async () => parallelRun.state(), end: async () => parallelRun.state() },
      checklist: { ...checklist, start: () => checklist.state(), cancel: () => checklist.state() },
    })
    gateway = await runGateway({}, front)
  })
  afterAll(() => gateway.close())
  it.each(Object.entries(IMPORT_CASES))('%s', (_route, one) => checkCase(caller(gateway.gateway.url), one))

  it('a trial run is written down as one', async () => {
    const call = caller(gateway.gateway.url)
    await call('POST', '/import/runs', START)
    expect((await auditRows(call))[0]).toMatchObject({ action: 'try-import', target: '/v2/backup.dump' })
  })
})

describe('each change of orders, positions, limits and differences leaves exactly one row in the audit', () => {
  beforeAll(async () => {
    running = await runGateway()
    tick(running.front, '50000.00')
  })
  afterAll(() => running.close())
  it.each(Object.entries(CASES))('%s', (_route, one) => checkCase(caller(running.gateway.url), one))
})

describe('each change of a trader leaves exactly one row in the audit', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bot-trading-audit-'))
  let workstation: Workstation
  let gateway: Gateway
  beforeAll(async () => {
    workstation = await startWorkstation({
      dataDir,
      workersDir: new URL('../../src/workers/', import.meta.url),
      migrationsDir: join(import.meta.dirname, '../../migrations'),
      version: '3.0.0',
      postgres: 'none',
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
  it.each(Object.entries(TRADER_CASES))('%s', (_route, one) => checkCase(caller(gateway.url), one))

  it('the start of the workstation is in the audit too', async () => {
    expect((await auditRows(caller(gateway.url))).map(({ actor, action }) => `${actor} ${action}`)).toContain(
      'workstation start-workstation',
    )
  })
})
