import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runGateway, type RunningGateway } from '../support/gateway.ts'
import { tick } from '../support/workstation-front.ts'

interface Body {
  readonly [key: string]: unknown
}
const json = async (response: Response): Promise<Body> => (await response.json()) as Body

describe('REST over the real handlers, engine and paper exchange', () => {
  let running: RunningGateway
  beforeAll(async () => {
    running = await runGateway()
    tick(running.front, '50000.00')
  })
  afterAll(() => running.close())

  it('trades a signal and shows order, fill, position and balance', async () => {
    const answered = await running.post('/api/v1/signals', {
      symbol: 'BTC/USDT',
      action: 'BUY',
      quantity: '0.01',
      strategy: 'test_strategy',
    })
    expect(answered.status).toBe(200)
    const answer = await json(answered)
    expect(answer).toMatchObject({ outcome: 'ACCEPTED', reason: 'ACCEPTED' })
    tick(running.front, '50100.00')
    tick(running.front, '50200.00')

    const order = await json(await running.call(`/api/v1/orders/${String(answer['order_id'])}`))
    expect(order).toMatchObject({ status: 'FILLED', symbol: 'BTC/USDT', side: 'BUY', trader_id: 'manual', filled_quantity: '0.01000' })
    const orders = await json(await running.call('/api/v1/orders?symbol=BTC/USDT&limit=5'))
    expect(orders).toMatchObject({ items: [{ id: answer['order_id'] }], next_cursor: null, source: 'memory', complete: true })
    const trades = await json(await running.call('/api/v1/trades?trader_id=manual'))
    expect((trades['items'] as Body[]).length).toBeGreaterThan(0)
    const positions = await json(await running.call('/api/v1/positions'))
    expect(positions).toMatchObject({ items: [{ id: 'manual.BTC-USDT', side: 'LONG', mark_price: '50200.00' }] })
    const balance = await json(await running.call('/api/v1/accounts/balance?points=10'))
    const [account] = balance['balances'] as Record<string, string>[]
    const sum = ['start', 'realized', 'unrealized'].reduce((total, key) => total + Number(account?.[key]), 0) - Number(account?.['fees'])
    expect(Number(account?.['equity'])).toBeCloseTo(sum, 9)
    expect((balance['equity_curve'] as Body[]).at(-1)).toMatchObject({ equity: account?.['equity'] })

    const closing = await running.post('/api/v1/positions/manual.BTC-USDT/close')
    expect(await json(closing)).toMatchObject({ outcome: 'ACCEPTED' })
    tick(running.front, '50300.00')
    tick(running.front, '50300.00')
    expect(await json(await running.call('/api/v1/positions'))).toEqual({ items: [] })
  })

  it('answers a batch in order and says what each signal came to', async () => {
    const batch = [
      { symbol: 'BTC/USDT', action: 'BUY', quantity: '0.01', strategy: 's', signal_id: 'batch:1' },
      { symbol: 'BTC/USDT', action: 'BUY', quantity: '0.01', strategy: 's', signal_id: 'batch:1' },
      { symbol: 'DOGE/USDT', action: 'BUY', quantity: '1', strategy: 's' },
    ]
    const answers = (await (await running.post('/api/v1/signals', batch)).json()) as Body[]
    expect(answers.map((answer) => answer['outcome'])).toEqual(['ACCEPTED', 'DUPLICATE', 'DENIED'])
    expect(answers[2]).toMatchObject({ reason: 'UNKNOWN_SYMBOL' })
    const listed = await json(await running.call('/api/v1/signals?outcome=DUPLICATE'))
    expect(listed['items']).toMatchObject([{ id: 'batch:1', outcome: 'DUPLICATE' }])
  })

  it('does a write once per Idempotency-Key', async () => {
    const body = { symbol: 'BTC/USDT', action: 'BUY', quantity: '0.001', strategy: 's' }
    const key = { 'idempotency-key': 'once-1' }
    const before = running.front.engine.entries.length
    const first = await json(await running.post('/api/v1/signals', body, key))
    const after = running.front.engine.entries.length
    const again = await json(
      await running.post('/api/v1/signals', { strategy: 's', quantity: '0.001', action: 'BUY', symbol: 'BTC/USDT' }, key),
    )
    expect(again).toEqual(first)
    expect(first['signal_id']).toBe('api:once-1:0')
    expect(after).toBeGreaterThan(before)
    expect(running.front.engine.entries).toHaveLength(after)

    const other = await running.post('/api/v1/signals', { ...body, quantity: '0.002' }, key)
    expect(other.status).toBe(422)
    expect(await json(other)).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', status: 422 })
    const badKey = await running.post('/api/v1/signals', body, { 'idempotency-key': 'with a blank' })
    expect(await json(badKey)).toMatchObject({ code: 'IDEMPOTENCY_KEY_INVALID', status: 400 })
  })

  it.each([
    ['a decimal that is none', '/api/v1/signals', { symbol: 'BTC/USDT', action: 'BUY', quantity: '1e3', strategy: 's' }, 'quantity'],
    ['a negative quantity', '/api/v1/signals', { symbol: 'BTC/USDT', action: 'BUY', quantity: '-1', strategy: 's' }, 'quantity'],
    ['a number where text is due', '/api/v1/signals', [{ symbol: 'BTC/USDT', action: 'BUY', quantity: 1, strategy: 's' }], '[0].quantity'],
    [
      'a negative stop in a batch',
      '/api/v1/signals',
      [{ symbol: 'BTC/USDT', action: 'BUY', stop_loss: '-5', strategy: 's' }],
      '[0].stop_loss',
    ],
    ['an unknown key', '/api/v1/signals', { symbol: 'BTC/USDT', action: 'BUY', strategy: 's', quantiy: '1' }, 'quantiy'],
    ['a limit order without a price', '/api/v1/orders', { symbol: 'BTC/USDT', side: 'BUY', type: 'LIMIT', quantity: '1' }, 'price'],
    ['a symbol that is none', '/api/v1/orders', { symbol: 'btc', side: 'BUY', type: 'MARKET', quantity: '1' }, 'symbol'],
    ['a resume without a reason', '/api/v1/system/resume', { reason: '' }, 'reason'],
  ])('names the field of %s', async (_what, path, body, field) => {
    const before = running.front.engine.entries.length
    const response = await running.post(path, body)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    const problem = await json(response)
    expect(problem).toMatchObject({ code: 'INPUT_INVALID', status: 400, errors: [{ path: field }] })
    expect(running.front.engine.entries).toHaveLength(before)
  })

  it('refuses more than 1,000 signals at once and takes 1,000', async () => {
    const signals = (count: number) =>
      Array.from({ length: count }, () => ({ symbol: 'ETH/USDT', action: 'BUY', quantity: '0.1', strategy: 's' }))
    expect((await running.post('/api/v1/signals', signals(1_001))).status).toBe(400)
    const answers = (await (await running.post('/api/v1/signals', signals(1_000))).json()) as Body[]
    expect(answers).toHaveLength(1_000)
    expect(answers.every((answer) => answer['reason'] === 'NO_REFERENCE_PRICE')).toBe(true)
  })

  it('pages through a list without a gap or a repeat', async () => {
    const seen: unknown[] = []
    let cursor: string | null = null
    do {
      const page: Body = await json(await running.call(`/api/v1/signals?limit=300${cursor === null ? '' : `&cursor=${cursor}`}`))
      seen.push(...(page['items'] as Body[]).map((row) => row['seq']))
      cursor = page['next_cursor'] as string | null
    } while (cursor !== null)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBeGreaterThan(1_000)
    expect([...seen].sort((a, b) => Number(b) - Number(a))).toEqual(seen)
  })

  it('sets limits with an audit row, and refuses half of them', async () => {
    const { limits } = (await json(await running.call('/api/v1/risk'))) as { limits: Body }
    const put = (body: unknown) =>
      running.call('/api/v1/risk/limits', { method: 'PUT', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
    expect((await put({ max_order_notional: '1' })).status).toBe(400)
    expect((await put({ ...limits, max_daily_loss: '-1' })).status).toBe(400)
    const set = await json(await put({ ...limits, max_order_notional: '100' }))
    expect(set).toMatchObject({ limits: { max_order_notional: '100' } })
    const audit = await json(await running.call('/api/v1/audit?limit=1'))
    expect(audit['items']).toMatchObject([{ actor: 'rest', action: 'set-risk-limits' }])
    const denied = await json(await running.post('/api/v1/signals', { symbol: 'BTC/USDT', action: 'BUY', quantity: '0.01', strategy: 's' }))
    expect(denied).toMatchObject({ outcome: 'DENIED', reason: 'MAX_ORDER_NOTIONAL', limit: '100' })
    await put(limits)
  })

  it('places, lists, cancels an order, and refuses a second cancel', async () => {
    tick(running.front, '50300.00')
    tick(running.front, '50300.00')
    const placed = await json(
      await running.post('/api/v1/orders', { symbol: 'BTC/USDT', side: 'BUY', type: 'LIMIT', quantity: '0.001', price: '49000.00' }),
    )
    expect(placed).toMatchObject({ outcome: 'ACCEPTED' })
    const id = String(placed['order_id'])
    expect((await json(await running.call('/api/v1/orders?status=OPEN')))['items']).toMatchObject([{ id, status: 'ACCEPTED' }])
    const canceled = await running.call(`/api/v1/orders/${id}`, { method: 'DELETE' })
    expect(await json(canceled)).toEqual({ id, status: 'CANCELED' })
    const again = await running.call(`/api/v1/orders/${id}`, { method: 'DELETE' })
    expect(again.status).toBe(409)
    expect(await json(again)).toMatchObject({ code: 'CONFLICT' })
    expect((await running.call('/api/v1/orders/nonsense', { method: 'DELETE' })).status).toBe(404)
    const audit = await json(await running.call('/api/v1/audit?limit=2'))
    expect((audit['items'] as Body[]).map((row) => row['action'])).toEqual(['cancel-order', 'submit-order'])
  })

  it('stops everything with a receipt, refuses signals meanwhile, and resumes for a reason', async () => {
    await running.post('/api/v1/signals', { symbol: 'BTC/USDT', action: 'BUY', quantity: '0.01', strategy: 's' })
    tick(running.front, '50300.00')
    tick(running.front, '50300.00')
    await running.post('/api/v1/orders', { symbol: 'BTC/USDT', side: 'BUY', type: 'LIMIT', quantity: '0.001', price: '49000.00' })
    const receipt = await json(await running.post('/api/v1/system/emergency-stop', { reason: 'test' }))
    expect(receipt).toMatchObject({ by: 'rest', reason: 'test', canceled: 1, remaining: [], confirmed: true })
    expect(Number(receipt['duration_ms'])).toBeLessThan(500)
    expect(await json(await running.call('/api/v1/health'))).toMatchObject({ status: 'halted' })
    const denied = await json(await running.post('/api/v1/signals', { symbol: 'BTC/USDT', action: 'BUY', quantity: '0.01', strategy: 's' }))
    expect(denied).toMatchObject({ outcome: 'DENIED', reason: 'HALTED' })
    const resumed = await running.post('/api/v1/system/resume', { reason: 'test is over' })
    expect(resumed.status).toBe(200)
    expect((await running.post('/api/v1/system/resume', { reason: 'test is over' })).status).toBe(409)
  })

  it('names what is left when the exchange says nothing until the deadline', async () => {
    await running.post('/api/v1/orders', { symbol: 'BTC/USDT', side: 'BUY', type: 'LIMIT', quantity: '0.001', price: '49000.00' })
    running.front.engine.exchangeSilent = true
    const receipt = await json(await running.post('/api/v1/system/emergency-stop', { flatten: true }))
    running.front.engine.exchangeSilent = false
    expect(receipt).toMatchObject({ confirmed: false })
    expect((receipt['remaining'] as Body[]).map((left) => left['kind'])).toContain('order')
    expect(Number(receipt['duration_ms'])).toBeGreaterThanOrEqual(4_900)
  })

  it('serves candles under both spellings of a symbol', async () => {
    for (const symbol of ['BTC-USDT', 'BTC%2FUSDT']) {
      expect(await json(await running.call(`/api/v1/markets/${symbol}/candles?limit=1`))).toMatchObject({
        symbol: 'BTC/USDT',
        timeframe: '1m',
        items: [{}],
      })
    }
    expect((await running.call('/api/v1/markets/NO-SUCH/candles')).status).toBe(404)
  })

  it('documents every route, and the problem schema', async () => {
    const document = (await json(await running.call('/api/v1/openapi.json'))) as {
      openapi: string
      paths: Record<string, Record<string, Body>>
      components: Body
    }
    expect(document.openapi).toMatch(/^3\.1/)
    expect(Object.keys(document.paths)).toContain('/system/emergency-stop')
    for (const item of Object.values(document.paths))
      for (const operation of Object.values(item)) expect(operation['responses']).toHaveProperty('default')
    expect(document.components).toMatchObject({
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: { type: 'object' } },
    })
  })

  it('never tells of an inner fault', async () => {
    const broken = await runGateway(
      {},
      {
        ...running.front,
        status: () => {
          throw new Error('secret path /home/x')
        },
      },
    )
    try {
      const response = await broken.call('/api/v1/health')
      expect(response.status).toBe(500)
      const text = await response.text()
      expect(text).not.toContain('secret')
      expect(text).not.toContain('at ')
      expect(JSON.parse(text)).toMatchObject({ code: 'INTERNAL' })
    } finally {
      await broken.gateway.close()
    }
  })
})
