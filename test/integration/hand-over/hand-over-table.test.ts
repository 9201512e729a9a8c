import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HandOverLineView, HandOverView } from '#contract/hand-over.ts'
import { parseExchangeOrderId, parseSymbol } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { AccountSnapshot, VenueOrder } from '#engine/ports.ts'
import type { HandOverControl } from '#orchestrator/hand-over/hand-over-control.ts'
import { HandOverService } from '#orchestrator/hand-over/hand-over-service.ts'
import { systemClock } from '#platform/clock.ts'
import { openDataDirectory } from '#platform/data-directory.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { runGateway, type RunningGateway } from '#test/support/gateway.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import { startFront, tick } from '#test/support/workstation-front.ts'
import { planOf } from '#v2-import/mapping/import-plan.ts'
import { IMPORTED_ROWS } from '#checklist/checks/database.ts'
import { runChecklist } from '#checklist/run-checklist.ts'
import { importFrom, migratedDatabase } from '../import/import-support.ts'

const BITCOIN = parseSymbol('BTC/USDT')
const TRADES = `id,symbol,order_id,side,status,entry_price,close_price,quantity,created_at,closed_at
1,BTCUSDT,E1,Buy,OPEN,50000,,0.25,2024-03-01 10:00:00Z,
2,ETHUSDT,E2,Sell,OPEN,3000,,2,2024-03-01 10:00:00Z,
3,SOLUSDT,E3,Buy,CLOSE,100,101,5,2024-03-01 10:00:00Z,2024-03-01 11:00:00Z
`
const ORDERS = `id,order_id,symbol,side,type,quantity,price,status,created_at
1,X1,BTCUSDT,Buy,limit,0.01,40000,open,2024-03-01 10:00:00Z
2,X2,BTCUSDT,Buy,limit,0.01,41000,open,2024-03-01 10:00:00Z
3,X3,BTCUSDT,Buy,limit,0.01,41000,filled,2024-03-01 10:00:00Z
`

function venueOrder(id: string): VenueOrder {
  const quantity = Quantity.parse('0.01')
  const rest = { symbol: BITCOIN, side: 'BUY', type: 'LIMIT', quantity, filledQuantity: Quantity.ZERO, reduceOnly: false } as const
  return { ...rest, exchangeOrderId: parseExchangeOrderId(id), price: Price.parse('40000') }
}

describe('hand-over, with a real Postgres, the real engine and what the exchange shows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hand-over-'))
  let postgres: TestPostgres
  let connection: PgConnection
  let running: RunningGateway
  let service: HandOverService
  let isDatabaseThere = true

  beforeAll(async () => {
    postgres = await startTestPostgres()
    connection = await migratedDatabase(postgres)
    mkdirSync(join(folder, 'v2'))
    writeFileSync(join(folder, 'v2', 'v2_trades.csv'), TRADES)
    writeFileSync(join(folder, 'v2', 'v2_orders.csv'), ORDERS)
    await importFrom(connection, join(folder, 'v2'), { plan: planOf({ exchange: 'paper', marketKind: 'spot' }) })
    const handOver: HandOverControl = {
      table: () => service.table(),
      v2Claim: () => service.v2Claim(),
      shadow: () => service.shadow(),
      setV2Trading: (...said) => service.setV2Trading(...said),
    }
    const front = startFront({ handOver })
    service = new HandOverService({
      readModel: front.readModel,
      exchange: 'paper',
      guard: { shadow: undefined, v2Claim: undefined, leaveToV2: async () => undefined, takeFromV2: () => undefined },
      database: () => (isDatabaseThere ? { state: 'ready', detail: '', connection } : { state: 'down', detail: 'it was stopped' }),
      clock: systemClock,
    })
    running = await runGateway({}, front)
  })
  afterAll(async () => {
    await running.close()
    await postgres[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  const table = async (): Promise<HandOverView> => (await (await running.call('/api/v1/import/hand-over')).json()) as HandOverView
  const line = async (id: string): Promise<HandOverLineView> => {
    const found = (await table()).lines.find((each) => each.id === id)
    if (found === undefined) throw new Error(`no line ${id}`)
    return found
  }
  const decide = async (
    id: string,
    body: object,
  ): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> => {
    const response = await running.post(`/api/v1/import/hand-over/${encodeURIComponent(id)}`, { reason: 'a test', ...body })
    return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> }
  }
  const decideNow = async (id: string, body: object) => decide(id, { fingerprint: (await line(id)).fingerprint, ...body })
  const compare = async (): Promise<void> => {
    const clock = setInterval(() => running.front.engine.wait(500), 20)
    await running.post('/api/v1/reconcile', {})
    clearInterval(clock)
  }

  it('before the exchange was asked nothing is known, and nothing can be decided', async () => {
    // What a start does; here only the fields that say so are looked at.
    const before = await table()
    expect(before.complete).toBe(false)
    expect(before.lines.map(({ id }) => id).toSorted()).toEqual([
      'order.paper.X1',
      'order.paper.X2',
      'position.paper.BTC-USDT',
      'position.paper.ETH-USDT',
    ])
  })

  it('shows who says what, and what may be decided', async () => {
    tick(running.front, '50000.00')
    running.front.engine.shownAccount = (snapshot: AccountSnapshot) => ({
      ...snapshot,
      positions: [{ symbol: BITCOIN, quantity: SignedQuantity.parse('0.25') }],
      openOrders: [...snapshot.openOrders, venueOrder('X1'), venueOrder('H9')],
    })
    await compare()
    const { lines, open, complete, missing } = await table()
    const said = lines.map(({ id, agreement, allowed, settled }) => [id, agreement, allowed.join(' '), settled] as const)
    expect(said.toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      ['order.paper.H9', 'v2_and_v3', 'CANCEL ADOPT IGNORE', false],
      ['order.paper.X1', 'v2_and_exchange', 'CANCEL ADOPT IGNORE', false],
      ['order.paper.X2', 'exchange_and_v3', 'IGNORE', false],
      ['position.paper.BTC-USDT', 'v2_and_exchange', 'ADOPT CLOSE IGNORE', false],
      ['position.paper.ETH-USDT', 'exchange_and_v3', 'IGNORE', false],
    ])
    expect([open, complete, missing]).toEqual([5, false, ['5 lines are not decided']])
    expect(await line('position.paper.BTC-USDT')).toMatchObject({ v2: '0.25 (1 open trades)', at_exchange: '0.25', v3: '0' })
    expect(await line('position.paper.ETH-USDT')).toMatchObject({ v2: '-2 (1 open trades)', at_exchange: '0' })
  })

  it('refuses what was not looked at, what is not allowed, and what names no trader', async () => {
    const facts = running.front.engine.entries.length
    const id = 'position.paper.BTC-USDT'
    expect(await decide(id, { decision: 'ADOPT', trader_id: 'manual', fingerprint: 'stale' })).toMatchObject({ status: 409 })
    expect(await decideNow(id, { decision: 'CANCEL' })).toMatchObject({ status: 409, body: { code: 'CONFLICT' } })
    expect(await decideNow(id, { decision: 'ADOPT' })).toMatchObject({ status: 400 })
    expect(await decideNow(id, { decision: 'ADOPT', trader_id: 'nobody' })).toMatchObject({ status: 404 })
    expect(await decideNow(id, { decision: 'ADOPT', trader_id: 'manual', reason: 'x' })).toMatchObject({ status: 400 })
    expect(await decide('position.paper.NO-SUCH', { decision: 'IGNORE', fingerprint: '' })).toMatchObject({ status: 404 })
    expect(running.front.engine.entries).toHaveLength(facts)
  })

  it('a position goes to a trader through the engine, and is then agreed upon', async () => {
    const answer = await decideNow('position.paper.BTC-USDT', { decision: 'ADOPT', trader_id: 'manual' })
    expect(answer).toMatchObject({ status: 200, body: { settled: true } })
    await compare()
    expect(await line('position.paper.BTC-USDT')).toMatchObject({ agreement: 'all', v3: '0.25', settled: true, allowed: [] })
    const types = running.front.engine.entries.map(({ fact }) => fact.type)
    expect([types.includes('PositionAssigned'), types.includes('DifferenceClosed')]).toEqual([true, true])
  })

  it('a decision the copy of the audit in Postgres holds counts, as long as the line says the same', async () => {
    const [ether, order] = [await line('position.paper.ETH-USDT'), await line('order.paper.X2')]
    await postgres.query(
      connection,
      `WITH e AS (INSERT INTO events (seq, ts_ms, type, payload) VALUES (1, 1, 'ActionAudited', '{}'), (2, 2, 'ActionAudited', '{}'))
       SELECT 1`,
    )
    await postgres.query(
      connection,
      `INSERT INTO audit (seq, actor, action, target, reason, after, ts_ms) VALUES
         (1, 'anna', 'hand-over', $1, 'earlier', $2, 1), (2, 'anna', 'hand-over', $3, 'earlier', 'IGNORE stale', 2)`,
      [ether.id, `IGNORE ${ether.fingerprint}`, order.id],
    )
    expect(await line(ether.id)).toMatchObject({ settled: true, decided: { by: 'anna', reason: 'earlier', at: 1 } })
    expect(await line(order.id)).toMatchObject({ settled: false, decided: null })
  })

  it('orders are watched, left alone or canceled at the exchange; what is only old is written down', async () => {
    expect(await decideNow('order.paper.X1', { decision: 'ADOPT' })).toMatchObject({ status: 200, body: { settled: true } })
    expect(await decideNow('order.paper.H9', { decision: 'IGNORE' })).toMatchObject({ status: 200, body: { settled: true } })
    expect(await decideNow('order.paper.X2', { decision: 'IGNORE' })).toMatchObject({ status: 200, body: { settled: true } })
    const last = await decideNow('position.paper.ETH-USDT', { decision: 'IGNORE', reason: 'closed by hand in March' })
    expect(last).toMatchObject({ body: { settled: true, decided: { decision: 'IGNORE', reason: 'closed by hand in March' } } })
    const { open, complete, missing } = await table()
    expect([open, complete, missing]).toEqual([0, true, []])
    const audit = running.front.readModel.audit({ limit: 10 }).items.filter(({ action }) => action === 'hand-over')
    expect(audit.map(({ target }) => target)).toEqual(['position.paper.ETH-USDT', 'order.paper.X2'])
    expect(audit[0]?.before).toBe('version 2: -2 (1 open trades); exchange: 0; here: 0')
  })

  it('without the database it says so, and nothing is decided', async () => {
    isDatabaseThere = false
    const response = await running.call('/api/v1/import/hand-over')
    expect([response.status, await response.json()]).toMatchObject([
      503,
      { code: 'UNAVAILABLE', detail: expect.stringContaining('stopped') },
    ])
    isDatabaseThere = true
  })

  it('the checklist counts the imported rows now; one that is gone is named with its table', async () => {
    const directory = openDataDirectory(join(folder, 'data'))
    const place = { directory, probe: undefined, absence: '', version: null, clock: systemClock, isLoadAllowed: false }
    const workerUrl = (): URL => new URL('file:///not/asked/for')
    const measure = () => runChecklist({ ...place, workerUrl, database: () => Promise.resolve(connection) }, { checks: [IMPORTED_ROWS] })
    expect(await measure()).toMatchObject({ passed: 2, failed: 0 })
    await postgres.query(connection, "DELETE FROM imported.rows WHERE table_key = 'orders' AND row_key = '[\"2\"]'")
    const { lines, passed } = await measure()
    expect(passed).toBe(1)
    expect(lines.find(({ name }) => name.startsWith('rows of orders'))).toMatchObject({
      status: 'failed',
      value: '2 imported, 0 parked',
      expectation: '3 imported, 0 parked, as its report says',
    })
    await postgres.query(connection, 'TRUNCATE imported.runs CASCADE')
    expect((await measure()).lines, 'nothing was imported').toMatchObject([{ status: 'not_run' }])
  })
})
