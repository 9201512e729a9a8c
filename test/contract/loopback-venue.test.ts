import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ClientOrderId } from '#domain/ids.ts'
import { Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { LoopbackVenue, VENUE_SECRET } from '#test/support/loopback-venue/loopback-venue.ts'
import { BTC, orderRequest, VenueThread } from '#test/support/loopback-venue/venue-thread.ts'

// ccxt's real class in the connector's real thread, against a venue in a process of its own.
const SOON = { timeout: 10_000 }
let venue: LoopbackVenue
let thread: VenueThread

beforeAll(async () => {
  venue = await LoopbackVenue.start({ seed: 7, tickEveryMs: 20 })
  thread = await VenueThread.connected(venue)
})
beforeEach(() => venue.clearFaults())
afterAll(async () => {
  await thread[Symbol.asyncDispose]()
  await venue[Symbol.asyncDispose]()
})

const createsOf = async (id: string) => {
  const { creates, orders } = await venue.truth()
  return { asked: creates[id] ?? 0, held: orders.filter(({ orderLinkId }) => orderLinkId === id).length }
}

function filled(id: string): string {
  const fills = thread.reports(id).filter((report) => report.type === 'OrderFill')
  return String(Quantity.toNumber(fills.reduce((sum, { quantity }) => Quantity.add(sum, quantity), Quantity.ZERO)))
}

const typesOf = (id: string) => thread.reports(id).map(({ type }) => type)
const cancel = (clientOrderId: ClientOrderId) => thread.send({ type: 'CancelOrder', clientOrderId, symbol: BTC, ts: Date.now() })
const query = (clientOrderId: ClientOrderId) => thread.send({ type: 'QueryOrder', clientOrderId, symbol: BTC, ts: Date.now() })

describe('what the venue is', () => {
  test('instruments come exact, from text', async () => {
    const { instruments, openingBalances, capabilities } = await thread.status(true)
    expect(instruments).toHaveLength(1)
    const [btc] = instruments
    expect(btc).toMatchObject({ symbol: BTC, exchange: 'bybit', kind: 'perpetual', base: 'BTC', quote: 'USDT', settle: 'USDT' })
    expect([Price.format(btc!.tickSize), Quantity.format(btc!.lotSize), Money.format(btc!.minNotional)]).toEqual(['0.1', '0.001', '5'])
    expect([btc!.takerFee, btc!.makerFee]).toEqual([
      expect.objectContaining({ units: 55n, scale: 1 }),
      expect.objectContaining({ units: 2n }),
    ])
    expect(openingBalances).toEqual([{ currency: 'USDT', balance: '100000' }])
    expect(capabilities).toMatchObject({ amend: true, postOnly: true, accountQuery: true })
  })

  test('quotes move, and no running candle is given as closed', async () => {
    await sleep(900)
    const quotes = thread.messages.flatMap((message) => (message.type === 'MarketStep' ? message.quotes : []))
    expect(new Set(quotes.map(({ last }) => Price.format(last))).size).toBeGreaterThan(1)
    expect(quotes.every(({ bid, ask }) => Price.compare(bid, ask) < 0)).toBe(true)
    const candles = thread.messages.flatMap((message) => (message.type === 'MarketStep' ? message.candles : []))
    expect(candles.every(({ openTime }) => openTime + 60_000 <= Date.now())).toBe(true)
  })
})

describe('orders', () => {
  test('a market order is accepted under our id and filled, each fill once, to the last digit', async () => {
    const { clientOrderId } = thread.submit(orderRequest({ size: '0.02' }))
    await thread.report(clientOrderId, 'OrderAccepted')
    await expect.poll(() => filled(clientOrderId), SOON).toBe('0.02')
    const { executions } = await venue.truth()
    const theirs = executions.filter(({ orderLinkId }) => orderLinkId === clientOrderId)
    const ours = thread.reports(clientOrderId).filter((report) => report.type === 'OrderFill')
    expect(ours.map((fill) => [fill.tradeId, Money.format(fill.fee)])).toEqual(theirs.map(({ execId, fee }) => [execId, fee]))
    expect(typesOf(clientOrderId)).toEqual(['OrderAccepted', ...theirs.map(() => 'OrderFill')])
  })

  test('a resting order is canceled, and its end is told only when the venue shows it', async () => {
    const { clientOrderId } = thread.submit(orderRequest({ at: '50000' }))
    await thread.report(clientOrderId, 'OrderAccepted')
    cancel(clientOrderId)
    expect((await thread.report(clientOrderId, 'OrderCanceled')).reason).toContain('CancelByUser')
    expect(typesOf(clientOrderId)).toEqual(['OrderAccepted', 'OrderCanceled'])
  })

  test('an amendment holds when the order shows it; one that changes nothing is refused', async () => {
    const { clientOrderId } = thread.submit(orderRequest({ at: '50000' }))
    await thread.report(clientOrderId, 'OrderAccepted')
    const amendment = { type: 'AmendOrder', clientOrderId, symbol: BTC, ts: Date.now() } as const
    thread.send({ ...amendment, price: Price.parse('50100.5'), quantity: Quantity.parse('0.015') })
    const amended = await thread.report(clientOrderId, 'OrderAmended')
    expect([Price.format(amended.price!), Quantity.format(amended.quantity)]).toEqual(['50100.5', '0.015'])
    thread.send({ ...amendment, price: Price.parse('50100.5') })
    expect((await thread.report(clientOrderId, 'AmendRejected')).reason).toContain('10001')
  })

  test('an amendment that trades at once is told before its fills, also when its answer is lost', async () => {
    await venue.price('BTCUSDT', '60000')
    const { clientOrderId } = thread.submit(orderRequest({ at: '50000' }))
    await thread.report(clientOrderId, 'OrderAccepted')
    await venue.fault('/v5/order/amend', { kind: 'hang', when: 'after' })
    const change = { price: Price.parse('60500'), quantity: Quantity.parse('0.02') }
    thread.send({ type: 'AmendOrder', clientOrderId, symbol: BTC, ts: Date.now(), ...change })
    await expect.poll(() => filled(clientOrderId), SOON).toBe('0.02')
    expect(typesOf(clientOrderId).slice(0, 3)).toEqual(['OrderAccepted', 'OrderAmended', 'OrderFill'])
  })

  test('post-only that would take is a rejection, an unfillable IOC an expiry', async () => {
    const post = thread.submit(orderRequest({ at: '65000', postOnly: true }))
    expect((await thread.report(post.clientOrderId, 'OrderRejected')).message).toContain('EC_PostOnlyWillTakeLiquidity')
    const ioc = thread.submit(orderRequest({ at: '50000', timeInForce: 'IOC' }))
    await thread.report(ioc.clientOrderId, 'OrderExpired')
  })

  test('a stop waits at the venue and trades when its price is met', async () => {
    await venue.price('BTCUSDT', '60000')
    const stop = thread.submit(orderRequest({ type: 'STOP_MARKET', side: 'SELL', trigger: '58000' }))
    await thread.report(stop.clientOrderId, 'OrderAccepted')
    await sleep(200)
    expect(filled(stop.clientOrderId)).toBe('0')
    await venue.price('BTCUSDT', '57990')
    await expect.poll(() => filled(stop.clientOrderId), SOON).toBe('0.01')
    await venue.price('BTCUSDT', '60000')
  })

  test('what the venue refuses is rejected with its code', async () => {
    const odd = thread.submit(orderRequest({ at: '50000', size: '0.0015' }))
    expect(await thread.report(odd.clientOrderId, 'OrderRejected')).toMatchObject({ code: '10001' })
    const reduce = thread.submit(orderRequest({ side: 'BUY', reduceOnly: true, size: '1' }))
    expect(await thread.report(reduce.clientOrderId, 'OrderRejected')).toMatchObject({ code: '110017' })
  })
})

describe('answers that do not come', () => {
  test.each([
    ['an answer that is dropped', { kind: 'drop', when: 'after' }],
    ['a gateway error', { kind: 'status', when: 'after', status: 502 }],
    ['an answer cut in half', { kind: 'garbage', when: 'after' }],
    ['silence until the deadline', { kind: 'hang', when: 'after' }],
    ['a code nobody has listed', { kind: 'code', when: 'after', retCode: 19999, retMsg: 'what is this' }],
    ['a server timeout in the venue', { kind: 'code', when: 'after', retCode: 10000, retMsg: 'Server Timeout' }],
  ] as const)('%s leaves the order unknown, then found; one order in all', async (_, action) => {
    await venue.fault('/v5/order/create', action)
    const { clientOrderId } = thread.submit(orderRequest({ at: '50000' }))
    await thread.report(clientOrderId, 'OrderOutcomeUnknown')
    await thread.report(clientOrderId, 'OrderAccepted')
    expect(await createsOf(clientOrderId)).toEqual({ asked: 1, held: 1 })
  })

  test.each([
    ['dropped', { kind: 'drop', when: 'before' }],
    ['refused by a 503', { kind: 'status', when: 'before', status: 503 }],
  ] as const)('%s before the venue took it, it stays unknown and is never called absent for certain', async (_, action) => {
    await venue.fault('/v5/order/create', action)
    const { clientOrderId } = thread.submit(orderRequest({ at: '50000' }))
    await thread.report(clientOrderId, 'OrderOutcomeUnknown')
    query(clientOrderId)
    expect(await thread.report(clientOrderId, 'OrderNotFound')).toMatchObject({ authoritative: false })
    expect(await createsOf(clientOrderId)).toMatchObject({ held: 0 })
  })

  test('a second send of one id proves the first and makes no second order', async () => {
    await venue.fault('/v5/order/create', { kind: 'drop', when: 'after' })
    const order = thread.submit(orderRequest({ at: '50000' }))
    await thread.report(order.clientOrderId, 'OrderOutcomeUnknown')
    thread.submit(order)
    expect(await thread.report(order.clientOrderId, 'OrderRejected')).toMatchObject({ code: 'DUPLICATE_CLIENT_ORDER_ID' })
    query(order.clientOrderId)
    expect(await thread.report(order.clientOrderId, 'OrderFound')).toMatchObject({ status: 'OPEN' })
    expect(await createsOf(order.clientOrderId)).toEqual({ asked: 2, held: 1 })
  })

  test('too many requests is "not now", with the time to wait', async () => {
    await venue.fault('/v5/order/create', { kind: 'code', when: 'before', retCode: 10006, retMsg: 'Too many visits' })
    const first = thread.submit(orderRequest({ at: '50000' }))
    expect((await thread.report(first.clientOrderId, 'OrderThrottled')).retryAfterMs).toBeGreaterThan(0)
    await sleep(1_100)
    await venue.fault('/v5/order/create', { kind: 'status', when: 'before', status: 429, headers: { 'Retry-After': '2' } })
    const second = thread.submit(orderRequest({ at: '50000' }))
    expect(await thread.report(second.clientOrderId, 'OrderThrottled')).toMatchObject({ retryAfterMs: 2_000 })
    await sleep(2_000)
  })

  test('a lost answer to a cancel is told as unknown, and the end as soon as the venue shows it', async () => {
    const { clientOrderId } = thread.submit(orderRequest({ at: '50000' }))
    await thread.report(clientOrderId, 'OrderAccepted')
    await venue.fault('/v5/order/cancel', { kind: 'drop', when: 'after' })
    cancel(clientOrderId)
    await thread.report(clientOrderId, 'OrderOutcomeUnknown')
    await thread.report(clientOrderId, 'OrderCanceled')
  })

  test('a cancel too late tells the fill, not a refusal', async () => {
    await venue.pause(true)
    const { clientOrderId } = thread.submit(orderRequest({}))
    await thread.report(clientOrderId, 'OrderAccepted')
    await venue.fault('/v5/order/cancel', { kind: 'delay', when: 'before', ms: 300 })
    cancel(clientOrderId)
    await venue.pause(false)
    await expect.poll(() => filled(clientOrderId), SOON).toBe('0.01')
    await sleep(500)
    expect(typesOf(clientOrderId).filter((type) => type === 'CancelRejected' || type === 'OrderCanceled')).toEqual([])
  })

  test('fills that lag behind are waited for before the end is told', async () => {
    await venue.price('BTCUSDT', '60000')
    await venue.conditions({ lagMs: 600 })
    const { clientOrderId } = thread.submit(orderRequest({ at: '60500', timeInForce: 'IOC' }))
    await expect.poll(() => filled(clientOrderId), SOON).toBe('0.01')
    expect(typesOf(clientOrderId).filter((type) => type === 'OrderExpired' || type === 'OrderCanceled')).toEqual([])
    await venue.conditions({ lagMs: 0 })
  })
})

describe('questions', () => {
  test('many at once are answered from the list, ended ones one by one', async () => {
    const open = Array.from({ length: 60 }, () => thread.submit(orderRequest({ at: '45000' })))
    const done = thread.submit(orderRequest({}))
    const ids = [...open, done].map(({ clientOrderId }) => clientOrderId)
    for (const id of ids) await thread.report(id, 'OrderAccepted')
    await expect.poll(() => filled(done.clientOrderId), SOON).toBe('0.01')
    await sleep(1_000)
    const before = (await venue.truth()).requests['/v5/order/realtime'] ?? 0
    thread.send({
      type: 'CommandBatch',
      commands: ids.map((clientOrderId) => ({ type: 'QueryOrder', clientOrderId, symbol: BTC, ts: Date.now() })),
    })
    for (const id of ids) await thread.report(id, 'OrderFound')
    expect(await thread.report(done.clientOrderId, 'OrderFound')).toMatchObject({ status: 'FILLED' })
    expect(((await venue.truth()).requests['/v5/order/realtime'] ?? 0) - before).toBeLessThan(20)
    for (const { clientOrderId } of open) cancel(clientOrderId)
    for (const { clientOrderId } of open) await thread.report(clientOrderId, 'OrderCanceled')
  })

  test('the account as it stands: orders of others, position, cash and every fill since', async () => {
    const since = Date.now()
    const theirs = await venue.create({ symbol: 'BTCUSDT', side: 'Buy', orderType: 'Limit', qty: '0.5', price: '51000' })
    const { clientOrderId } = thread.submit(orderRequest({ size: '0.03' }))
    await expect.poll(() => filled(clientOrderId), SOON).toBe('0.03')
    const snapshot = await thread.account(1, since)
    const truth = await venue.truth()
    const shown = snapshot.openOrders.find(({ exchangeOrderId }) => exchangeOrderId === theirs.orderId)
    expect(shown).toMatchObject({ clientOrderId: undefined })
    expect(snapshot.balances.map(({ cash }) => Money.format(cash))).toEqual([truth.wallet])
    const held = snapshot.positions.find(({ symbol }) => symbol === BTC)
    expect(SignedQuantity.toNumber(held?.quantity ?? SignedQuantity.ZERO)).toBeCloseTo((truth.positions['BTCUSDT'] ?? 0) / 1_000, 9)
    const wanted = truth.executions.filter(({ execTime }) => execTime >= since).map(({ execId }) => execId)
    expect(snapshot.fills.map(({ tradeId }) => tradeId)).toEqual(wanted)
    thread.send({ type: 'CancelExternalOrder', exchangeOrderId: shown!.exchangeOrderId, symbol: BTC, ts: Date.now() })
    await expect
      .poll(async () => (await venue.truth()).orders.find(({ orderId }) => orderId === theirs.orderId)?.status, SOON)
      .toBe('Cancelled')
  })
})

describe('the connection', () => {
  test('silence disconnects, answers connect again, and what happened meanwhile is told', async () => {
    const { clientOrderId } = thread.submit(orderRequest({ at: '50000' }))
    await thread.report(clientOrderId, 'OrderAccepted')
    await venue.conditions({ isOffline: true })
    expect((await thread.status(false)).reason).toBeTruthy()
    const { orders } = await venue.truth()
    await venue.cancel(orders.find(({ orderLinkId }) => orderLinkId === clientOrderId)!.orderId)
    await venue.conditions({ isOffline: false })
    await thread.status(true)
    await thread.report(clientOrderId, 'OrderCanceled')
  })

  test('a refused key never connects, and says why in the venue’s words', async () => {
    await using other = new VenueThread(venue, { secret: 'wrong' })
    await expect.poll(() => other.said.some((each) => each.type === 'Log' && each.message.includes('10004')), SOON).toBe(true)
    expect(other.messages).toEqual([])
  })

  test('the venue’s clock signs, not ours', async () => {
    await venue.conditions({ clockOffsetMs: 20_000 })
    await using other = await VenueThread.connected(venue)
    const { clientOrderId } = other.submit(orderRequest({ at: '50000' }))
    await other.report(clientOrderId, 'OrderAccepted')
    await venue.conditions({ clockOffsetMs: 0 })
  })

  test('no message and no log line holds the secret', () => {
    const all = JSON.stringify([...thread.messages, ...thread.said], (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    expect(all).not.toContain(VENUE_SECRET)
    expect(all.length).toBeGreaterThan(1_000)
  })

  test.each([undefined, 'https://api.bybit.com', 'http://10.0.0.1:80', 'http://127.0.0.1:80@evil.example'])(
    'it does not go to the internet: %s',
    async (baseUrl) => {
      await using refused = new VenueThread(venue, { baseUrl })
      const { code, message } = await refused.hears('Failed')
      expect([code, message]).toEqual(['REFUSED', expect.stringContaining('Nothing was started')])
    },
  )
})
