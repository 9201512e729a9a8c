import { describe, expect, it } from 'vitest'
import { parseClientOrderId, parseExchangeOrderId, parseSignalId, type TraderId } from '#domain/ids.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { CLOSED_ORDERS_MAX } from '../state.ts'
import { BTC, ETH_PERP, EngineDriver, OTHER_TRADER } from '#test/support/engine/engine-driver.ts'

const quantity = (text: string) => Quantity.parse(text)
const FOREIGN = parseClientOrderId('zzzz0000000000000000000001')

describe('worst case', () => {
  it('100 signals in one burst with room for 10 send exactly 10', () => {
    const driver = EngineDriver.ready({ limits: { maxPositionNotional: '1000' } })
    const signals = Array.from({ length: 100 }, () => driver.signalOf({ quantity: quantity('1') }))
    const answer = driver.command({ type: 'SubmitSignals', signals })
    const reasons = answer?.type === 'Decisions' ? answer.decisions.map(({ reason }) => reason) : []
    expect(reasons.filter((reason) => reason === 'ACCEPTED')).toHaveLength(10)
    expect(reasons.filter((reason) => reason === 'MAX_POSITION_NOTIONAL')).toHaveLength(90)
    expect(driver.sent()).toHaveLength(10)
    expect(driver.reserved()).toBe('1000')
  })

  it('the same burst one by one, the balance being the limit', () => {
    const driver = EngineDriver.ready({ balance: '1000' })
    for (let i = 0; i < 100; i += 1) driver.signal({ quantity: quantity('1') })
    expect(driver.sent()).toHaveLength(10)
  })

  it('a part filled, a part working and a part canceled count as what they may still become', () => {
    const driver = EngineDriver.ready({ limits: { maxPositionNotional: '1000' } })
    const id = driver.enter({ quantity: quantity('6') })
    driver.fill(id, '2')
    expect(driver.signal({ quantity: quantity('4.001') }).reason).toBe('MAX_POSITION_NOTIONAL')
    driver.say('OrderCanceled', id, { reason: 'test' })
    expect(driver.reserved()).toBe('0')
    expect(driver.signal({ quantity: quantity('8.001') }).reason).toBe('MAX_POSITION_NOTIONAL')
    expect(driver.signal({ quantity: quantity('8') }).reason).toBe('ACCEPTED')
  })

  it('counts the positions of eight traders when the breach is in the last', () => {
    const driver = EngineDriver.ready({ limits: { maxOpenPositions: 8 } })
    const traders = Array.from({ length: 9 }, (_, i) => driver.signalOf({ traderId: `trader-${i}` as TraderId }).traderId)
    for (const traderId of traders) driver.trader({ traderId })
    const reasons = traders.map((traderId) => driver.signal({ traderId }).reason)
    expect(reasons).toEqual([...Array.from({ length: 8 }, () => 'ACCEPTED'), 'MAX_OPEN_POSITIONS'])
  })
})

describe('sending', () => {
  it('records the order before the send, once, under one id', () => {
    const driver = EngineDriver.ready()
    driver.takeCommands()
    const { transaction } = driver.process({
      type: 'Command',
      command: { type: 'SubmitSignals', signals: [driver.signalOf()] },
      ts: driver.now,
    })
    expect(transaction.facts.map(({ type }) => type)).toEqual(['OrderSubmitted', 'SignalDecided'])
    const [command] = transaction.commands
    const [fact] = transaction.facts
    expect(transaction.commands).toHaveLength(1)
    expect(command?.type === 'SubmitOrder' && fact?.type === 'OrderSubmitted' && command.order.clientOrderId === fact.clientOrderId).toBe(
      true,
    )
  })

  it("sizes an entry by the trader's notional, rounded down to the lot", () => {
    const driver = EngineDriver.ready()
    driver.quote(BTC, '333.33')
    expect(Quantity.format(driver.state.orders.get(driver.enter())?.quantity ?? quantity('0'))).toBe('0.300')
  })

  it('repeated 1,000 times the same signal is one order; the id counts per trader', () => {
    const driver = EngineDriver.ready()
    driver.trader({ traderId: OTHER_TRADER })
    const same = driver.signalOf({ signalId: parseSignalId('same') })
    for (let i = 0; i < 1_000; i += 1) driver.command({ type: 'SubmitSignals', signals: [same] })
    expect(driver.sent()).toHaveLength(1)
    driver.command({ type: 'SubmitSignals', signals: [{ ...same, traderId: OTHER_TRADER }] })
    expect(driver.sent()).toHaveLength(2)
    const again = driver.restarted()
    again.connect()
    again.quote(BTC, '100')
    expect(again.signal({ signalId: same.signalId }).outcome).toBe('DUPLICATE')
  })

  it("a strategy's answer to a step is decided once, also after a restart", () => {
    const driver = EngineDriver.ready()
    driver.answer(1_000, [{ action: 'BUY' }, { action: 'BUY', quantity: '0.5' }])
    driver.answer(1_000, [{ action: 'BUY' }])
    driver.answer(999, [{ action: 'BUY' }])
    const ids = driver.sent()
    expect(ids).toHaveLength(2)
    const again = driver.restarted()
    again.connect()
    again.quote(BTC, '100')
    for (const id of ids) again.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId(`X-${id}`) })
    again.takeCommands()
    again.answer(1_000, [{ action: 'BUY' }, { action: 'BUY', quantity: '0.5' }])
    expect(again.sent()).toHaveLength(0)
    again.answer(2_000, [{ action: 'CLOSE_LONG' }])
    expect(again.factsOf('SignalDecided').map(({ reason }) => reason)).toEqual(['NOTHING_TO_CLOSE'])
  })

  it.each([
    { action: 'HOLD' },
    { action: 'BUY', quantity: '1e3' },
    { action: 'BUY', quantity: 5 },
    { action: 'BUY', quantity: '-1' },
    { action: 'BUY', stopLoss: 'NaN' },
  ])('a malformed proposal %j is said and not traded', (proposed) => {
    const driver = EngineDriver.ready()
    driver.hold('1')
    driver.takeCommands()
    driver.answer(1_000, [proposed as never])
    expect(driver.commands).toEqual([])
    expect(driver.alerts()).toEqual(['SIGNAL_UNREADABLE'])
  })

  it('a strategy that failed is said; the trader goes on', () => {
    const driver = EngineDriver.ready()
    driver.answer(1_000, [], { error: 'boom' })
    driver.answer(2_000, [{ action: 'BUY' }])
    expect(driver.alerts()).toEqual(['STRATEGY_FAILED'])
    expect(driver.sent()).toHaveLength(1)
  })
})

describe('unknown outcome', () => {
  it('keeps its exposure reserved, counts in every limit and blocks new entries in the symbol for every trader', () => {
    const driver = EngineDriver.ready({ limits: { maxOpenPositions: 1 } })
    driver.trader({ traderId: OTHER_TRADER })
    const id = driver.enter({ quantity: quantity('2') })
    driver.say('OrderOutcomeUnknown', id, { reason: 'timeout' })
    expect(driver.status(id)).toBe('UNKNOWN')
    expect(driver.reserved()).toBe('200')
    expect(driver.signal().reason).toBe('OUTCOME_UNKNOWN_PENDING')
    expect(driver.signal({ traderId: OTHER_TRADER }).reason).toBe('OUTCOME_UNKNOWN_PENDING')
    expect(driver.signal({ symbol: ETH_PERP }).reason).toBe('MAX_OPEN_POSITIONS')
    driver.say('OrderRejected', id, { code: '1', message: 'no' })
    expect(driver.reserved()).toBe('0')
    expect(driver.signal({ traderId: OTHER_TRADER }).reason).toBe('ACCEPTED')
  })

  it('an order to be canceled that the exchange never confirmed blocks the symbol too', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter()
    driver.say('OrderOutcomeUnknown', id, { reason: 'timeout' })
    driver.command({ type: 'CancelOrder', clientOrderId: id, by: 'person' })
    expect(driver.signal().reason).toBe('OUTCOME_UNKNOWN_PENDING')
  })

  it('is settled by asking: nothing is sent again before the exchange has spoken', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter()
    driver.takeCommands()
    driver.tick(9_999)
    expect(driver.takeCommands()).toEqual([])
    driver.tick(1)
    expect(driver.status(id)).toBe('UNKNOWN')
    driver.tick(4_999)
    expect(driver.takeCommands().map(({ type }) => type)).toEqual(['QueryOrder'])
    driver.tick(1)
    expect(driver.takeCommands().map(({ type }) => type)).toEqual(['QueryOrder'])
    driver.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId('X-1') })
    expect(driver.status(id)).toBe('ACCEPTED')
  })
})

describe('fills', () => {
  it('a repeated trade id is applied once, also after a restart', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter({ quantity: quantity('2') })
    driver.fill(id, '1', '100', { tradeId: 'T1', fee: '0.1' })
    driver.fill(id, '1', '100', { tradeId: 'T1', fee: '0.1' })
    expect(driver.position()).toBe('1')
    expect(driver.reserved()).toBe('100')
    const again = driver.restarted()
    again.connect()
    again.fill(id, '1', '100', { tradeId: 'T1', fee: '0.1' })
    expect(again.position()).toBe('1')
    expect(again.facts.filter(({ type }) => type === 'OrderFilled')).toEqual([])
    again.fill(id, '1', '100', { tradeId: 'T2', fee: '0.1' })
    expect(again.position()).toBe('2')
    expect(again.status(id)).toBe('FILLED')
    expect(again.reserved()).toBe('0')
  })

  it('after a cancel are booked, with an alert, and reserve nothing', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter({ quantity: quantity('2') })
    driver.accept(id)
    driver.say('OrderCanceled', id, { reason: 'by the exchange' })
    driver.fill(id, '1')
    expect([driver.position(), driver.status(id), driver.reserved()]).toEqual(['1', 'CANCELED', '0'])
    driver.fill(id, '1')
    expect([driver.position(), driver.status(id), driver.reserved()]).toEqual(['2', 'FILLED', '0'])
    expect(driver.alerts()).toEqual(['UNEXPECTED_FILL', 'UNEXPECTED_FILL'])
    expect(driver.state.workingCount).toBe(0)
  })

  it('beyond the quantity are booked, with an alert; the reservation ends at zero and the engine lives', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter({ quantity: quantity('2') })
    driver.fill(id, '1.5')
    driver.fill(id, '1')
    expect([driver.position(), driver.status(id), driver.reserved()]).toEqual(['2.5', 'FILLED', '0'])
    expect(driver.alerts()).toEqual(['UNEXPECTED_FILL'])
    driver.fill(id, '1')
    expect([driver.position(), driver.reserved(), driver.state.workingCount]).toEqual(['3.5', '0', 0])
  })

  it('for an order that is not ours are not booked, and said', () => {
    const driver = EngineDriver.ready()
    driver.fill(FOREIGN, '1')
    expect(driver.position()).toBe('0')
    expect(driver.alerts()).toEqual(['UNKNOWN_ORDER_REPORTED'])
  })

  it('before the acceptance settle the order; the late acceptance changes nothing', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter({ quantity: quantity('1') })
    driver.fill(id, '0.4')
    driver.accept(id)
    expect(driver.status(id)).toBe('PARTIALLY_FILLED')
    driver.fill(id, '0.6')
    driver.accept(id)
    expect([driver.status(id), driver.position()]).toEqual(['FILLED', '1'])
  })

  it('for an order closed long ago are still booked as long as it is remembered', () => {
    const driver = EngineDriver.ready({ balance: '1000000' })
    const ids = Array.from({ length: CLOSED_ORDERS_MAX + 1 }, () => {
      const id = driver.enter()
      driver.say('OrderCanceled', id, { reason: 'test' })
      return id
    })
    expect(driver.state.orders.size).toBe(CLOSED_ORDERS_MAX)
    driver.fill(ids[1] ?? FOREIGN, '1')
    expect(driver.position()).toBe('1')
    driver.fill(ids[0] ?? FOREIGN, '1')
    expect(driver.alerts()).toEqual(['UNEXPECTED_FILL', 'UNKNOWN_ORDER_REPORTED'])
  })
})

describe('cancels', () => {
  it('of nothing and of what has ended are refused', () => {
    const driver = EngineDriver.ready()
    const id = driver.hold('1')
    expect(driver.command({ type: 'CancelOrder', clientOrderId: FOREIGN, by: 'person' })).toMatchObject({
      type: 'Refused',
      code: 'NOT_FOUND',
    })
    expect(driver.command({ type: 'CancelOrder', clientOrderId: id, by: 'person' })).toMatchObject({ type: 'Refused', code: 'CONFLICT' })
  })

  it('are not forgotten when their answer is lost: the order is asked about and canceled again', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter()
    driver.accept(id)
    driver.command({ type: 'CancelOrder', clientOrderId: id, by: 'person' })
    driver.say('OrderOutcomeUnknown', id, { reason: 'timeout of the cancel' })
    expect(driver.status(id)).toBe('PENDING_CANCEL')
    driver.takeCommands()
    driver.tick(10_000)
    expect(driver.takeCommands().map(({ type }) => type)).toEqual(['QueryOrder'])
    driver.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId(`X-${id}`) })
    expect(driver.takeCommands().map(({ type }) => type)).toEqual(['CancelOrder'])
    driver.say('OrderCanceled', id, { reason: 'done' })
    expect([driver.status(id), driver.reserved()]).toEqual(['CANCELED', '0'])
  })

  it('refused for an order that was never confirmed prove nothing: the exchange is asked, and it is not sent again', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter()
    driver.say('OrderOutcomeUnknown', id, { reason: 'timeout' })
    driver.command({ type: 'CancelOrder', clientOrderId: id, by: 'person' })
    driver.takeCommands()
    driver.say('CancelRejected', id, { reason: 'no such order' })
    expect(driver.status(id)).toBe('PENDING_CANCEL')
    expect(driver.takeCommands().map(({ type }) => type)).toEqual(['QueryOrder'])
    driver.say('OrderNotFound', id, { authoritative: true })
    expect([driver.status(id), driver.reserved(), driver.takeCommands().length]).toEqual(['CANCELED', '0', 0])
  })

  it('refused for a confirmed order put it back, part filled or not', () => {
    const driver = EngineDriver.ready()
    const [a, b] = [driver.enter({ quantity: quantity('2') }), driver.enter({ symbol: ETH_PERP })]
    driver.accept(a)
    driver.accept(b)
    driver.fill(a, '1')
    for (const id of [a, b]) {
      driver.command({ type: 'CancelOrder', clientOrderId: id, by: 'person' })
      driver.say('CancelRejected', id, { reason: 'too late' })
    }
    expect([driver.status(a), driver.status(b)]).toEqual(['PARTIALLY_FILLED', 'ACCEPTED'])
  })

  it('are never held back by our own limits', () => {
    const driver = EngineDriver.ready({ limits: { maxOrdersPerSecond: 5 } })
    const ids = Array.from({ length: 5 }, () => driver.enter())
    expect(driver.signal().reason).toBe('MAX_ORDER_RATE')
    for (const clientOrderId of ids)
      expect(driver.command({ type: 'CancelOrder', clientOrderId, by: 'person' })).toMatchObject({ type: 'Done' })
  })
})

describe('reports that do not fit', () => {
  it('change nothing and are said', () => {
    const driver = EngineDriver.ready()
    const id = driver.hold('1')
    driver.say('OrderRejected', id, { code: '1', message: 'late' })
    driver.say('OrderCanceled', id, { reason: 'late' })
    expect([driver.status(id), driver.position()]).toEqual(['FILLED', '1'])
    expect(driver.alerts()).toEqual(['ILLEGAL_ORDER_TRANSITION', 'ILLEGAL_ORDER_TRANSITION'])
  })

  it('an acceptance said twice is no alarm', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter()
    driver.accept(id)
    driver.accept(id)
    expect(driver.alerts()).toEqual([])
  })
})
