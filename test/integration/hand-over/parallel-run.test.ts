import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runParallelCommand } from '#cli/parallel-run-command.ts'
import type { ParallelRunView } from '#contract/parallel-run.ts'
import { ParallelRunService } from '#orchestrator/parallel-run/parallel-run-service.ts'
import { systemClock } from '#platform/clock.ts'
import { silentLogger } from '#platform/log/logger.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { runGateway, TOKEN, type RunningGateway } from '#test/support/gateway.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import { startFront, tick } from '#test/support/workstation-front.ts'
import { planOf } from '#v2-import/mapping/import-plan.ts'
import { V2Tail } from '#v2-import/parallel-run/v2-tail.ts'
import { parsePostgresUrl } from '#v2-import/sources/postgres/live-connection.ts'

const TABLES = `
  CREATE TABLE signals (id serial PRIMARY KEY, symbol varchar(50), action varchar(10), created_at text, status varchar(50), score int);
  CREATE TABLE trades (id serial PRIMARY KEY, symbol varchar(50), side varchar(10), status varchar(20), entry_price numeric(20,8), quantity numeric(20,8),
    created_at text, signal_id int)`

describe('the shadow of version 2, with a real Postgres of version 2 and a running workstation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parallel-run-'))
  let postgres: TestPostgres
  let connection: PgConnection
  let running: RunningGateway
  let shadow: ParallelRunService
  let url: string
  const query = <Row extends object>(sql: string, values: readonly unknown[] = []) => postgres.query<Row>(connection, sql, values)
  const signal = (symbol: string, action: string, ms: number) =>
    query('INSERT INTO signals (symbol, action, created_at, status) VALUES ($1, $2, $3, $4)', [
      symbol,
      action,
      new Date(ms).toISOString(),
      'processed',
    ])

  beforeAll(async () => {
    postgres = await startTestPostgres()
    connection = postgres.freshDatabase()
    await postgres.query({ ...connection, database: 'postgres' }, `CREATE DATABASE ${connection.database}`)
    await query(TABLES)
    const { user, password = '', host, port, database } = connection
    url = `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`
    // What it asks main for comes of the same read model as everything else.
    const front = startFront({
      parallelRun: { state: () => shadow.state(), start: (request) => shadow.start(request), end: () => shadow.end() },
    })
    shadow = new ParallelRunService({
      readModel: front.readModel,
      history: front.dependencies.history,
      traders: front.dependencies.traders,
      workerUrl: new URL('../../../src/workers/parallel-run.worker.ts', import.meta.url),
      clock: systemClock,
      logger: silentLogger,
    })
    running = await runGateway({}, front)
  })
  afterAll(async () => {
    await shadow.stop()
    await running.close()
    await postgres[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  it('takes each row once, also one that became visible late, gives trades their signal, and writes nothing', async () => {
    const tail = new V2Tail(parsePostgresUrl(url), planOf(), undefined)
    await signal('BTCUSDT', 'buy', 1_700_000_000_000)
    expect(await tail.look(), 'what was there before is not news').toMatchObject({ signals: [], isMore: false })
    await query(`INSERT INTO signals (id, symbol, action, created_at) VALUES (12, 'ETHUSDT', 'sell', '2024-03-01 10:00:00')`)
    await query(`INSERT INTO trades (symbol, side, status, entry_price, quantity, created_at, signal_id)
      VALUES ('ETHUSDT', 'Sell', 'OPEN', 3000, 2, '2024-03-01 10:00:01', 12), ('SOLUSDT', 'Buy', 'OPEN', 100, 5, '2024-03-01 10:00:02', NULL)`)
    const first = await tail.look()
    expect(first.signals).toMatchObject([
      { id: 'signal:12', symbol: 'ETH/USDT:USDT', direction: 'SELL', quantity: '2.00000000', ts: Date.UTC(2024, 2, 1, 10) },
      { id: 'trade:2', symbol: 'SOL/USDT:USDT', direction: 'BUY', quantity: '5.00000000' },
    ])
    await query(
      `INSERT INTO signals (id, symbol, action, created_at) VALUES (11, 'BTCUSDT', 'long', '2024-03-01 10:00:00'), (13, 'BTCUSDT', 'maybe', '2024-03-01 10:00:00')`,
    )
    expect(await tail.look()).toMatchObject({ signals: [{ id: 'signal:11', direction: 'BUY' }], unreadable: 1 })
    expect(await tail.look()).toMatchObject({ signals: [], unreadable: 0 })
    await query('DELETE FROM signals; DELETE FROM trades')
  })

  it('compares what both have decided, and says why they differ', async () => {
    tick(running.front, '50000.00')
    const mine = [
      { symbol: 'BTC/USDT', action: 'BUY', quantity: '0.01', strategy: 'test' },
      { symbol: 'BTC/USDT', action: 'BUY', quantity: '0.02', strategy: 'test' },
    ]
    for (const one of mine) {
      await running.post('/api/v1/signals', one)
      running.front.engine.wait(600_000)
    }
    const { items } = (await (await running.call('/api/v1/signals')).json()) as { items: readonly { ts: number; outcome: string }[] }
    const [second = 0, first = 0] = items.map(({ ts }) => ts)
    expect(items.map(({ outcome }) => outcome)).toHaveLength(2)
    await signal('BTCUSDT', 'buy', first + 5_000)
    await signal('BTCUSDT', 'buy', second + 200_000)
    await signal('DOGEUSDT', 'sell', first)
    const [{ id } = { id: 0 }] = await query<{ id: number }>('SELECT min(id) AS id FROM signals')
    await query(
      `INSERT INTO trades (symbol, side, status, entry_price, quantity, created_at, signal_id) VALUES ('BTCUSDT', 'Buy', 'OPEN', 50000, 0.5, $1, $2)`,
      [new Date(first + 5_000).toISOString(), id],
    )
    let text = ''
    const stdout = new Writable({
      write(chunk: Buffer, _, done) {
        text += chunk.toString()
        done()
      },
    })
    const args = ['--source', url, '--since', new Date(first - 60_000).toISOString(), '--for', '0', '--window-s', '300', '--json']
    const where = ['--url', running.gateway.url, '--token', TOKEN, '--data-dir', folder]
    const before = await query<{ n: string }>('SELECT (SELECT count(*) FROM signals) || $1 || (SELECT count(*) FROM trades) AS n', [' '])
    expect(await runParallelCommand([...args, ...where], { env: {}, stdout, stderr: process.stderr })).toBe(0)
    const report = JSON.parse(text) as { counts: object; rows: readonly { verdict: string; cause: string; lag_ms: number | null }[] }
    expect(report.counts).toEqual({ same: 0, different_size: 1, different_time: 1, missing: 1, extra: 0 })
    const causes = Object.fromEntries(report.rows.map(({ verdict, cause }) => [verdict, cause]))
    expect(causes['different_size']).toContain('0.50000000 there, 0.01 here')
    expect(causes['different_time']).toContain('200 s earlier')
    expect(causes['missing']).toBe('no trader of version 3 follows DOGE/USDT')
    expect(await query('SELECT (SELECT count(*) FROM signals) || $1 || (SELECT count(*) FROM trades) AS n', [' '])).toEqual(before)
  })

  it('says which side does not answer', async () => {
    let words = ''
    const stderr = new Writable({
      write(chunk: Buffer, _, done) {
        words += chunk.toString()
        done()
      },
    })
    const where = ['--url', running.gateway.url, '--token', TOKEN, '--data-dir', folder, '--for', '0']
    const terminal = { env: {}, stdout: process.stdout, stderr }
    expect(await runParallelCommand(['--source', url.replace(/:[^:@]*@/, ':wrong@'), ...where], terminal)).toBe(1)
    expect(words).toContain('password')
    expect(words).not.toContain('wrong')
  })

  it('the running workstation follows it too: compared at once, told when it cannot look, and left alone afterwards', async () => {
    await query('DELETE FROM signals; DELETE FROM trades')
    const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: ParallelRunView }> => {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
      const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
      const response = await fetch(`${running.gateway.url}/api/v1${path}`, init)
      return { status: response.status, body: (await response.json()) as ParallelRunView }
    }
    const bare = url.replace(/:[^:@]*@/, '@')
    const password = decodeURIComponent(/:([^:@]*)@/.exec(url)?.[1] ?? '')
    expect(await call('POST', '/import/parallel-run', { source: bare, password: 'wrong-7319' })).toMatchObject({ status: 400 })
    expect((await call('GET', '/import/parallel-run')).body).toMatchObject({ state: 'failed', report: null })
    running.front.engine.wait(3_600_000)
    await call('POST', '/signals', { symbol: 'BTC/USDT', action: 'BUY', quantity: '0.01', strategy: 'test' })
    // A measurement of how fast signals go through decides nothing.
    await call('POST', '/signals', { symbol: 'BTC/USDT', action: 'SELL', quantity: '0.01', strategy: 'checklist', expires_at: 1 })
    const { items } = (await (await running.call('/api/v1/signals?limit=1')).json()) as { items: readonly [{ ts: number }] }
    const [{ ts }] = items
    await signal('BTCUSDT', 'buy', ts + 30_000)
    await signal('DOGEUSDT', 'sell', ts)
    const request = { source: bare, password, since: ts - 60_000 }
    const { status, body } = await call('POST', '/import/parallel-run', request)
    expect([status, body]).toMatchObject([200, { state: 'running', source: bare, problem: null }])
    expect(JSON.stringify(body)).not.toContain(password)
    expect(await call('POST', '/import/parallel-run', request)).toMatchObject({ status: 409 })
    const settled = async (wanted: (view: ParallelRunView) => boolean): Promise<ParallelRunView> => {
      const deadline = performance.now() + 30_000
      for (;;) {
        const view = (await call('GET', '/import/parallel-run')).body
        if (wanted(view) || performance.now() > deadline) return view
        await sleep(100)
      }
    }
    const compared = await settled(({ report }) => (report?.rows.length ?? 0) >= 2)
    expect(compared.report?.counts).toMatchObject({ missing: 1, extra: 0 })
    expect(compared.report?.rows.map(({ verdict }) => verdict).toSorted()).toEqual(['missing', 'same'])
    await query('ALTER TABLE signals RENAME COLUMN symbol TO was_symbol')
    const blind = await settled(({ problem }) => problem !== null)
    expect(blind).toMatchObject({ state: 'running', problem: expect.stringContaining('symbol'), report: compared.report })
    await query('ALTER TABLE signals RENAME COLUMN was_symbol TO symbol')
    expect((await settled(({ problem }) => problem === null)).problem).toBeNull()
    expect((await call('DELETE', '/import/parallel-run')).body).toMatchObject({ state: 'stopped', report: { counts: { missing: 1 } } })
    expect(await call('DELETE', '/import/parallel-run')).toMatchObject({ status: 409 })
  })
})
