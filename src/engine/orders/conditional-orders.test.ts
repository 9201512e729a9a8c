import { describe, expect, it } from 'vitest'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { OrderType } from '#domain/order.ts'
import type { ManualOrder } from '#engine/ports.ts'
import { BTC, ETH_PERP, EngineDriver, NOON, OTHER_TRADER, accepted } from '#test/support/engine/engine-driver.ts'

const price = (text: string) => Price.parse(text)
const quantity = (text: string) => Quantity.parse(text)
/** A stop to buy 1 at 110 while the price is 100. */
const STOP: Partial<ManualOrder> = { symbol: ETH_PERP, type: 'STOP_MARKET', side: 'BUY', price: undefined, triggerPrice: price('110') }
const place = (driver: EngineDriver, change: Partial<ManualOrder> = {}) => accepted(driver.order({ ...STOP, ...change }))
const sentOrders = (driver: EngineDriver) => driver.commands.flatMap((command) => (command.type === 'SubmitOrder' ? [command.order] : []))

describe('an emulated order', () => {
  it('is in the journal and nowhere else: no command, no question after a restart', () => {
    const driver = EngineDriver.ready()
    driver.takeCommands()
    const id = place(driver)
    expect(driver.takeCommands()).toEqual([])
    expect(driver.state.orders.get(id)).toMatchObject({ status: 'EMULATED', execution: 'EMULATED', type: 'STOP_MARKET' })
    const again = driver.restarted()
    again.connect()
    expect(again.takeCommands()).toEqual([])
    expect([again.status(id), again.state.reconciled]).toEqual(['EMULATED', true])
  })

  it('reserves what it may cost at its trigger and counts in every limit', () => {
    const driver = EngineDriver.ready({ limits: { maxPositionNotional: '165', maxOpenOrders: 2 } })
    place(driver)
    expect(driver.reserved()).toBe('110')
    expect(driver.order({ symbol: ETH_PERP, quantity: quantity('0.51'), price: price('101') }).reason).toBe('ACCEPTED')
    expect(driver.order({ symbol: ETH_PERP, quantity: quantity('0.1') }).reason).toBe('TOO_MANY_OPEN_ORDERS')
    const other = EngineDriver.ready({ limits: { maxPositionNotional: '150' } })
    place(other)
    expect(other.order({ symbol: ETH_PERP, quantity: quantity('0.51') }).reason).toBe('MAX_POSITION_NOTIONAL')
  })

  it.each<readonly [OrderType, 'BUY' | 'SELL', string, string, string]>([
    ['STOP_MARKET', 'BUY', '110', '109.99', '110'],
    ['STOP_MARKET', 'SELL', '90', '90.01', '90'],
    ['STOP_LIMIT', 'BUY', '110', '109.99', '111'],
    ['TAKE_PROFIT_MARKET', 'BUY', '90', '90.01', '90'],
    ['TAKE_PROFIT_MARKET', 'SELL', '110', '109.99', '110'],
    ['TAKE_PROFIT_LIMIT', 'SELL', '110', '109.99', '110.5'],
  ])('%s %s at %s waits at %s and is sent at %s under its own id', (...[type, side, trigger, before, at]) => {
    const driver = EngineDriver.ready()
    const limit = type.endsWith('LIMIT') ? price(trigger) : undefined
    const id = place(driver, { type, side, triggerPrice: price(trigger), price: limit })
    driver.takeCommands()
    driver.quote(ETH_PERP, before)
    expect(driver.takeCommands()).toEqual([])
    driver.quote(ETH_PERP, at)
    expect(sentOrders(driver)).toMatchObject([
      { clientOrderId: id, side, type: limit === undefined ? 'MARKET' : 'LIMIT', triggerPrice: undefined, ts: driver.now },
    ])
    expect(driver.status(id)).toBe('SUBMITTED')
    driver.quote(ETH_PERP, at)
    expect(sentOrders(driver)).toHaveLength(1)
  })

  it('is met by the range of a bar, but not by what the market did before it was there', () => {
    const driver = EngineDriver.ready()
    driver.now += 30_000
    const id = place(driver)
    driver.now += 30_000
    driver.candle(ETH_PERP, { low: '100', high: '112', close: '101', openTime: NOON - 1 })
    expect(driver.status(id)).toBe('EMULATED')
    driver.now += 60_000
    driver.candle(ETH_PERP, { low: '100', high: '112', close: '101', openTime: NOON + 60_000 })
    expect(driver.status(id)).toBe('SUBMITTED')
  })

  it('is met after a restart that came before the trigger', () => {
    const driver = EngineDriver.ready()
    const id = place(driver)
    const again = driver.restarted()
    again.quote(ETH_PERP, '110')
    expect(again.status(id)).toBe('EMULATED')
    again.connect()
    again.quote(ETH_PERP, '110')
    expect([again.status(id), again.sent()]).toEqual(['SUBMITTED', [id]])
  })

  it('that our rules refuse when it is due ends rejected, with the reason and an alert', () => {
    const driver = EngineDriver.ready()
    const id = place(driver)
    driver.limits({ maxOrderNotional: '100' })
    driver.quote(ETH_PERP, '110')
    expect([driver.status(id), driver.reserved(), driver.alerts()]).toEqual(['REJECTED', '0', ['ORDER_NOT_RELEASED']])
    expect(driver.factsOf('OrderStatusChanged').at(-1)?.reason).toContain('MAX_ORDER_NOTIONAL')
  })

  it('does not count itself twice when it is due', () => {
    const driver = EngineDriver.ready({ balance: '115', limits: { maxPositionNotional: '115', maxOpenOrders: 1, maxOpenPositions: 1 } })
    const id = place(driver)
    driver.quote(ETH_PERP, '111')
    expect(driver.status(id)).toBe('SUBMITTED')
  })

  it('counts as an order sent when it is sent, not when it is placed', () => {
    const driver = EngineDriver.ready({ limits: { maxOrdersPerSecond: 1 } })
    place(driver)
    place(driver, { triggerPrice: price('111') })
    driver.now += 2_000
    driver.quote(ETH_PERP, '112')
    expect(driver.factsOf('OrderStatusChanged').map(({ status }) => status)).toEqual(['SUBMITTED', 'REJECTED'])
  })

  it('of a stopped trader is not sent', () => {
    const driver = EngineDriver.ready()
    const id = place(driver)
    driver.trader({}, 'paused')
    driver.quote(ETH_PERP, '111')
    expect(driver.factsOf('OrderStatusChanged').at(-1)).toMatchObject({ clientOrderId: id, status: 'REJECTED' })
  })

  it('waits while the account is not known, and the connection is away', () => {
    const driver = EngineDriver.ready()
    const working = driver.enter()
    driver.accept(working)
    const id = place(driver)
    driver.disconnect()
    driver.quote(ETH_PERP, '111')
    driver.connect()
    driver.quote(ETH_PERP, '111')
    expect(driver.status(id)).toBe('EMULATED')
    driver.say('OrderCanceled', working, { reason: 'gone' })
    driver.quote(ETH_PERP, '111')
    expect(driver.status(id)).toBe('SUBMITTED')
  })

  it('is gone at once when it is canceled, or trading is halted', () => {
    const driver = EngineDriver.ready()
    const [a, b] = [place(driver), place(driver)]
    driver.takeCommands()
    driver.command({ type: 'CancelOrder', clientOrderId: a, by: 'person' })
    expect(driver.status(a)).toBe('CANCELED')
    const receipt = driver.command({ type: 'Halt', by: 'person', reason: 'test', flatten: false })
    expect([driver.status(b), driver.takeCommands(), driver.reserved()]).toEqual(['CANCELED', [], '0'])
    expect(receipt).toMatchObject({ canceling: [b] })
  })

  it('is sent by the exchange itself where it can', () => {
    const driver = EngineDriver.ready({ capabilities: { orderTypes: ['MARKET', 'LIMIT', 'STOP_MARKET'] } })
    driver.takeCommands()
    const id = place(driver)
    expect(sentOrders(driver)).toMatchObject([{ clientOrderId: id, type: 'STOP_MARKET', triggerPrice: price('110') }])
    expect(driver.state.orders.get(id)).toMatchObject({ status: 'SUBMITTED', execution: 'NATIVE' })
  })
})

describe('an emulated exit', () => {
  const holding = () => {
    const driver = EngineDriver.ready()
    driver.hold('2', { symbol: ETH_PERP })
    driver.takeCommands()
    return driver
  }
  const EXIT: Partial<ManualOrder> = { side: 'SELL', triggerPrice: price('90'), reduceOnly: true, quantity: quantity('2') }

  it('commits nothing: the position may be closed otherwise, and then it is gone', () => {
    const driver = holding()
    const id = place(driver, EXIT)
    const close = driver.enter({ symbol: ETH_PERP, action: 'CLOSE_LONG' })
    driver.fill(close, '2')
    expect([driver.position(ETH_PERP), driver.status(id)]).toEqual(['0', 'CANCELED'])
  })

  it('is cut to what is left of the position', () => {
    const driver = holding()
    const id = place(driver, EXIT)
    driver.fill(driver.enter({ symbol: ETH_PERP, action: 'CLOSE_LONG', quantity: quantity('0.5') }), '0.5')
    driver.takeCommands()
    driver.quote(ETH_PERP, '90')
    expect(sentOrders(driver).map((order) => [order.clientOrderId, Quantity.format(order.quantity), order.reduceOnly])).toEqual([
      [id, '1.5', true],
    ])
  })

  it('waits until an exit that rests in its way is canceled, also after a restart, and never sells more than is held', () => {
    const driver = holding()
    const limit = accepted(driver.order({ symbol: ETH_PERP, side: 'SELL', reduceOnly: true, price: price('104'), quantity: quantity('2') }))
    driver.accept(limit)
    const id = place(driver, EXIT)
    driver.takeCommands()
    driver.quote(ETH_PERP, '90')
    expect(driver.takeCommands()).toMatchObject([{ type: 'CancelOrder', clientOrderId: limit }])
    expect([driver.status(id), driver.state.orders.get(id)?.triggered]).toEqual(['EMULATED', true])
    driver.fill(limit, '0.7', '104')
    const again = driver.restarted()
    again.connect()
    again.quote(ETH_PERP, '95')
    again.takeCommands()
    again.say('OrderCanceled', limit, { reason: 'done' })
    expect(sentOrders(again).map((order) => [order.clientOrderId, Quantity.format(order.quantity)])).toEqual([[id, '1.3']])
  })

  it('does not wait for the price to come again', () => {
    const driver = holding()
    const close = driver.enter({ symbol: ETH_PERP, action: 'CLOSE_LONG' })
    const id = place(driver, EXIT)
    driver.quote(ETH_PERP, '90')
    driver.quote(ETH_PERP, '100')
    expect(driver.status(id)).toBe('EMULATED')
    driver.say('OrderRejected', close, { code: 'X', message: 'no' })
    expect(driver.status(id)).toBe('SUBMITTED')
  })
})

describe('a trailing stop', () => {
  const trail = (driver: EngineDriver, by: 'PRICE' | 'BPS' | 'ATR', distance: string, side: 'BUY' | 'SELL' = 'SELL') =>
    driver.order({ ...STOP, side, type: 'TRAILING_STOP', triggerPrice: undefined, trailing: { by, distance } })
  const trigger = (driver: EngineDriver, id: ReturnType<typeof place>) => {
    const at = driver.state.orders.get(id)?.triggerPrice
    return at === undefined ? undefined : Price.format(at)
  }

  it.each([
    ['PRICE', '3', '97', '107', '106.99'],
    ['BPS', '300', '97', '106.7', '106.69'],
  ] as const)('by %s %s follows the best price and never goes back', (...[by, distance, first, best, beyond]) => {
    const driver = EngineDriver.ready()
    const id = accepted(trail(driver, by, distance))
    expect(Number(trigger(driver, id))).toBe(Number(first))
    driver.quote(ETH_PERP, '110')
    driver.quote(ETH_PERP, '108')
    expect(Number(trigger(driver, id))).toBe(Number(best))
    driver.quote(ETH_PERP, beyond)
    expect(driver.status(id)).toBe('SUBMITTED')
  })

  it('to buy follows the price down', () => {
    const driver = EngineDriver.ready()
    const id = accepted(trail(driver, 'PRICE', '2', 'BUY'))
    driver.quote(ETH_PERP, '90')
    driver.quote(ETH_PERP, '91.99')
    expect([trigger(driver, id), driver.status(id)]).toEqual(['92.00', 'EMULATED'])
    driver.quote(ETH_PERP, '92')
    expect(driver.status(id)).toBe('SUBMITTED')
  })

  it('records only what moves its trigger by a tick', () => {
    const driver = EngineDriver.ready()
    trail(driver, 'BPS', '100')
    for (let i = 0; i < 100; i += 1) driver.quote(ETH_PERP, `100.00${i % 10}`)
    expect(driver.factsOf('OrderAmended')).toHaveLength(0)
    driver.quote(ETH_PERP, '100.02')
    expect(driver.factsOf('OrderAmended')).toHaveLength(1)
  })

  it('keeps the best price over a restart', () => {
    const driver = EngineDriver.ready()
    const id = accepted(trail(driver, 'PRICE', '3'))
    driver.quote(ETH_PERP, '120')
    const again = driver.restarted()
    again.connect()
    again.quote(ETH_PERP, '118')
    expect(trigger(again, id)).toBe('117.00')
    expect(Price.format(again.state.orders.get(id)?.highWater ?? price('0'))).toBe('120')
    again.quote(ETH_PERP, '117')
    expect(again.status(id)).toBe('SUBMITTED')
  })

  it('is met within a bar that has been far enough and come back', () => {
    const driver = EngineDriver.ready()
    const id = accepted(trail(driver, 'PRICE', '3'))
    driver.now += 60_000
    driver.candle(ETH_PERP, { low: '100', high: '110', close: '108' })
    expect(trigger(driver, id)).toBe('107.00')
    driver.now += 60_000
    driver.candle(ETH_PERP, { low: '108', high: '120', close: '115' })
    expect(driver.status(id)).toBe('SUBMITTED')
  })

  it('by the average true range waits for 14 bars, then follows it', () => {
    const driver = EngineDriver.ready()
    for (let i = 0; i < 14; i += 1) {
      expect(trail(driver, 'ATR', '1.5')).toMatchObject({ reason: 'TRIGGER_REQUIRED', limit: "14 bars of the trader's timeframe" })
      driver.now += 60_000
      driver.candle(ETH_PERP, { low: '99', high: '101', close: '100' })
    }
    const again = driver.restarted()
    again.connect()
    again.quote(ETH_PERP, '100')
    for (const on of [driver, again]) expect(trigger(on, accepted(trail(on, 'ATR', '1.5')))).toBe('97.00')
  })

  it('takes no trigger of its own, and needs a distance', () => {
    const driver = EngineDriver.ready()
    const order = { ...STOP, side: 'SELL', type: 'TRAILING_STOP', trailing: { by: 'PRICE', distance: '3' } } as const
    expect(driver.order({ ...order, triggerPrice: price('90') }).reason).toBe('UNSUPPORTED_ORDER')
    expect(driver.order({ ...order, triggerPrice: undefined, trailing: undefined }).reason).toBe('TRIGGER_REQUIRED')
    expect(driver.order({ ...order, triggerPrice: undefined, trailing: { by: 'PRICE', distance: '0' } }).reason).toBe('TRIGGER_REQUIRED')
    expect(driver.order({ ...order, triggerPrice: undefined, trailing: { by: 'PRICE', distance: '100' } }).reason).toBe('TRIGGER_REQUIRED')
  })
})

describe('several traders', () => {
  it('each waits for its own', () => {
    const driver = EngineDriver.ready()
    driver.trader({ traderId: OTHER_TRADER })
    const [mine, theirs] = [place(driver), place(driver, { traderId: OTHER_TRADER, triggerPrice: price('111') })]
    driver.quote(ETH_PERP, '110.5')
    expect([driver.status(mine), driver.status(theirs)]).toEqual(['SUBMITTED', 'EMULATED'])
    expect(driver.position(BTC)).toBe('0')
  })
})
