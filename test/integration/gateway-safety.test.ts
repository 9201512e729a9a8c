import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SignedQuantity } from '#domain/money/quantity.ts'
import type { AccountSnapshot } from '#engine/ports.ts'
import { runGateway, StreamClient, TOKEN, type RunningGateway } from '../support/gateway.ts'
import { SYMBOL } from '../support/scripted-front.ts'
import { tick } from '../support/workstation-front.ts'

type Body = Readonly<Record<string, unknown>>
const LIMIT = { symbol: 'BTC/USDT', side: 'BUY', type: 'LIMIT', quantity: '0.01', price: '49000.00' } as const
const STOP = {
  symbol: 'BTC/USDT',
  side: 'SELL',
  type: 'STOP_MARKET',
  quantity: '0.01',
  trigger_price: '45000.00',
  reduce_only: true,
} as const

describe('orders, protection, differences and absences over REST, with the real engine and paper exchange', () => {
  let running: RunningGateway
  const ask = async (method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: Body }> => {
    const response = await running.call(`/api/v1${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    return { status: response.status, body: (await response.json()) as Body }
  }
  const order = async (request: unknown): Promise<string> => String((await ask('POST', '/orders', request)).body['order_id'])
  /** The exchange shows so much more than our books have. */
  const foreign = (quantity: string) => (snapshot: AccountSnapshot) => ({
    ...snapshot,
    positions: [{ symbol: SYMBOL, quantity: SignedQuantity.parse(quantity) }],
  })

  beforeAll(async () => {
    running = await runGateway()
    tick(running.front, '50000.00')
  })
  afterAll(() => running.close())

  it.each([
    ['a limit order without a price', { ...LIMIT, price: undefined }, 'price'],
    ['a market order with a price', { ...LIMIT, type: 'MARKET' }, 'price'],
    ['a stop without its trigger', { ...STOP, trigger_price: undefined }, 'trigger_price'],
    ['a limit order with a trigger', { ...LIMIT, trigger_price: '1' }, 'trigger_price'],
    ['a stop limit without its price', { ...STOP, type: 'STOP_LIMIT' }, 'price'],
    ['a trailing stop without a distance', { ...STOP, type: 'TRAILING_STOP', trigger_price: undefined }, 'trailing'],
    ['a distance of another order', { ...LIMIT, trailing: { by: 'BPS', distance: '10' } }, 'trailing'],
    [
      'a distance of nothing',
      { ...STOP, type: 'TRAILING_STOP', trigger_price: undefined, trailing: { by: 'BPS', distance: '0' } },
      'trailing.distance',
    ],
    ['post-only at the market', { ...STOP, post_only: true }, 'post_only'],
    ['post-only at once', { ...LIMIT, post_only: true, time_in_force: 'IOC' }, 'post_only'],
    ['a time in force without a price', { ...STOP, time_in_force: 'FOK' }, 'time_in_force'],
    ['levels beside a plan', { ...LIMIT, stop_loss: '40000', protection: { take_profit: '60000' } }, 'protection'],
    ['a plan of nothing', { ...LIMIT, protection: {} }, 'protection'],
    [
      'a ladder that goes back',
      {
        ...LIMIT,
        protection: {
          ladder: [
            { at_bps: '20', share_bps: '1' },
            { at_bps: '10', share_bps: '1' },
          ],
        },
      },
      'protection.ladder[1].at_bps',
    ],
    ['a ladder that sells too much', { ...LIMIT, protection: { ladder: [{ at_bps: '20', share_bps: '10001' }] } }, 'protection.ladder'],
    ['a lock above what sets it', { ...LIMIT, protection: { locks: [{ at_bps: '20', lock_bps: '20' }] } }, 'protection.locks[0].lock_bps'],
    ['a misspelt plan', { ...LIMIT, protection: { stop_loss: '1', stoploss: '1' } }, 'protection.stoploss'],
  ])('refuses %s and names the field', async (_what, request, field) => {
    const before = running.front.engine.entries.length
    const { status, body } = await ask('POST', '/orders', request)
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'INPUT_INVALID', errors: [{ path: field }] })
    expect(running.front.engine.entries).toHaveLength(before)
  })

  it('takes every type of order, says who holds it, and shows it whole', async () => {
    const entry = await order({ symbol: 'BTC/USDT', side: 'BUY', type: 'MARKET', quantity: '0.05' })
    tick(running.front, '50000.00')
    tick(running.front, '50000.00')
    expect((await ask('GET', `/orders/${entry}`)).body).toMatchObject({ status: 'FILLED', execution: 'NATIVE' })
    const stop = await order(STOP)
    expect((await ask('GET', `/orders/${stop}`)).body).toMatchObject({
      type: 'STOP_MARKET',
      status: 'EMULATED',
      execution: 'EMULATED',
      trigger_price: '45000.00',
    })
    const trailing = await order({ ...STOP, type: 'TRAILING_STOP', trigger_price: undefined, trailing: { by: 'BPS', distance: '100' } })
    expect((await ask('GET', `/orders/${trailing}`)).body).toMatchObject({
      trailing: { by: 'BPS', distance: '100' },
      execution: 'EMULATED',
    })
    const maker = await order({ ...LIMIT, post_only: true })
    expect((await ask('GET', `/orders/${maker}`)).body).toMatchObject({ post_only: true, time_in_force: 'GTC', execution: 'NATIVE' })
    for (const id of [stop, trailing, maker]) expect((await ask('DELETE', `/orders/${id}`)).status).toBe(200)
  })

  it('amends an order in its place, and says why it did not', async () => {
    const id = await order(LIMIT)
    expect((await ask('PATCH', `/orders/${id}`, { price: '48000.00' })).status).toBe(200)
    expect((await ask('GET', `/orders/${id}`)).body).toMatchObject({ price: '48000.00', amending: null })
    expect(await ask('PATCH', `/orders/${id}`, {})).toMatchObject({ status: 400, body: { code: 'INPUT_INVALID' } })
    expect(await ask('PATCH', `/orders/${id}`, { price: '48000.001' })).toMatchObject({ status: 409, body: { code: 'REFUSED' } })
    await ask('DELETE', `/orders/${id}`)
    expect(await ask('PATCH', `/orders/${id}`, { price: '47000.00' })).toMatchObject({ status: 409, body: { code: 'CONFLICT' } })
    expect(await ask('PATCH', '/orders/none', { price: '47000.00' })).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  })

  it('sends two orders of which one cancels the other, or neither', async () => {
    const pair = [
      { ...LIMIT, side: 'SELL', price: '52000.00', quantity: '0.01', reduce_only: true },
      { ...STOP, quantity: '0.01' },
    ]
    const sent = await ask('POST', '/orders/oco', { orders: pair })
    expect(sent).toMatchObject({ status: 200, body: { orders: [{ outcome: 'ACCEPTED' }, { outcome: 'ACCEPTED' }] } })
    const ids = (sent.body['orders'] as { order_id: string }[]).map((each) => each.order_id)
    const [first, second] = await Promise.all(ids.map(async (id) => (await ask('GET', `/orders/${id}`)).body))
    expect(first?.['oco_group']).toBe(second?.['oco_group'])
    expect(first?.['oco_group']).not.toBeNull()
    const working = running.front.readModel.workingOrders().length
    const refused = await ask('POST', '/orders/oco', { orders: [pair[0], { ...STOP, trigger_price: '60000.00' }] })
    expect(refused.body['orders']).toMatchObject([{ outcome: 'DENIED' }, { outcome: 'DENIED' }])
    expect(running.front.readModel.workingOrders()).toHaveLength(working)
    expect(await ask('POST', '/orders/oco', { orders: [pair[0], { ...STOP, symbol: 'ETH/USDT' }] })).toMatchObject({ status: 400 })
    for (const id of ids) await ask('DELETE', `/orders/${id}`)
  })

  it('sets, shows and removes the plan of a position', async () => {
    const path = '/positions/manual.BTC-USDT/protection'
    const plan = {
      stop_loss: '49000',
      trailing: { by: 'BPS', distance: '100' },
      ladder: [
        { at_bps: '100', share_bps: '5000' },
        { at_bps: '200', share_bps: '5000' },
      ],
    }
    const set = await ask('PUT', path, { plan })
    expect(set).toMatchObject({ status: 200, body: { stop_loss: expect.any(String), protection: { plan, closing: null } } })
    const shown = set.body['protection'] as { stop: string; ladder: { price: string }[] }
    expect(Number(shown.stop)).toBeGreaterThanOrEqual(49_000)
    expect(Number(shown.ladder[1]?.price)).toBeGreaterThan(Number(shown.ladder[0]?.price))
    expect(await ask('PUT', path, { plan: { ...plan, stop_loss: '40000' } })).toMatchObject({ status: 409, body: { code: 'REFUSED' } })
    expect(await ask('PUT', path, { plan: null })).toMatchObject({ status: 200, body: { protection: null, stop_loss: null } })
    expect(await ask('PUT', '/positions/manual.ETH-USDT/protection', { plan })).toMatchObject({ status: 404 })
  })

  it('compares on demand, lists what differs, and carries out a decision with its reason', async () => {
    const ws = await new StreamClient(running.gateway.url, { authorization: `Bearer ${TOKEN}` }).open()
    ws.send({ action: 'subscribe', channel: 'differences' })
    await ws.until((frame) => frame.type === 'snapshot' && frame.channel === 'differences')
    running.front.engine.shownAccount = foreign('0.25')
    // What is seen once is looked at again a little later: time passes while the call waits.
    const clock = setInterval(() => running.front.engine.wait(500), 20)
    const ran = await ask('POST', '/reconcile')
    clearInterval(clock)
    expect(ran).toMatchObject({
      status: 200,
      body: { finished: true, run: { trigger: 'PERSON', open_differences: 1 } },
    })
    const { body } = await ask('GET', '/reconcile?state=OPEN')
    expect(body).toMatchObject({
      state: { open: 1 },
      differences: [{ kind: 'POSITION', symbol: 'BTC/USDT', state: 'OPEN' }],
      next_cursor: null,
    })
    const [{ id }] = body['differences'] as [{ id: string }]
    await ws.until((frame) => frame.type === 'event' && frame.channel === 'differences' && (frame.data as { id: string }).id === id)
    ws.close()

    const path = `/reconcile/differences/${encodeURIComponent(id)}`
    expect(await ask('POST', path, { decision: 'ASSIGN', reason: 'mine' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'trader_id' }] },
    })
    expect(await ask('POST', path, { decision: 'IGNORE', reason: 'x' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'reason' }] },
    })
    expect(await ask('POST', path, { decision: 'ASSIGN', trader_id: 'nobody', reason: 'mine' })).toMatchObject({ status: 404 })
    expect(await ask('POST', path, { decision: 'ASSIGN', trader_id: 'manual', reason: 'bought by hand' })).toMatchObject({
      status: 200,
      body: { state: 'DECIDED', closed: { decision: 'ASSIGN', by: expect.any(String), reason: 'bought by hand', trader_id: 'manual' } },
    })
    expect((await ask('GET', '/positions')).body).toMatchObject({ items: [{ id: 'manual.BTC-USDT', quantity: '0.25' }] })
    expect((await ask('GET', '/reconcile')).body).toMatchObject({ state: { open: 0, entries_shut: null } })
    expect(await ask('POST', '/reconcile/differences/none', { decision: 'IGNORE', reason: 'why not' })).toMatchObject({ status: 404 })
  })

  it('reports on an absence, over all that happened since', async () => {
    const { status, body } = await ask('GET', '/away?since=1')
    expect(status).toBe(200)
    expect(body).toMatchObject({ since: 1, cause: 'ASKED', complete: true, totals: { differences_found: 1, differences_decided: 1 } })
    expect((body['totals'] as { fills: number }).fills).toBeGreaterThan(0)
    expect((await ask('GET', `/away?since=${running.front.readModel.lastTs}`)).body).toMatchObject({ totals: { fills: 0, actions: 0 } })
    expect((await ask('GET', '/away?since=yesterday')).status).toBe(400)
  })
})
