import { describe, expect, it } from 'vitest'
import { type ClientOrderId, parseExchangeOrderId, parseSignalId } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { FLATTEN_ATTEMPTS_MAX, REFUSED_CLOSE_SILENCE_MS } from './orders/flattening.ts'
import { BTC, ETH_PERP, EngineDriver, TRADER } from '#test/support/engine/engine-driver.ts'
import { ScriptedAccount } from '#test/support/engine/scripted-account.ts'

const stop = (driver: EngineDriver, flatten = false) => driver.command({ type: 'Halt', by: 'person', reason: 'test', flatten })
const onlySent = (driver: EngineDriver) => driver.sent()[0] ?? failed()
function failed(): never {
  throw new Error('no order was sent')
}

describe('halt', () => {
  it('is recorded before the first cancel, and every working order is canceled', () => {
    const driver = EngineDriver.ready()
    const ids = [driver.enter(), driver.enter({ symbol: ETH_PERP })]
    driver.accept(ids[0] ?? failed())
    driver.takeCommands()
    const { transaction, answer } = driver.process({
      type: 'Command',
      command: { type: 'Halt', by: 'person', reason: 'test', flatten: false },
      ts: driver.now,
    })
    expect(transaction.facts.map(({ type }) => type)).toEqual([
      'TradingHalted',
      'ActionAudited',
      'OrderStatusChanged',
      'OrderStatusChanged',
    ])
    expect(transaction.commands.map((command) => (command.type === 'CancelOrder' ? command.clientOrderId : command.type))).toEqual(ids)
    expect(answer).toEqual({ type: 'HaltReceipt', canceling: ids, flattening: [] })
  })

  it('denies entries, exits of strategies and new orders by hand; a person may close', () => {
    const driver = EngineDriver.ready()
    driver.hold('1')
    stop(driver)
    const reasons = [driver.signal().reason, driver.signal({ action: 'CLOSE_LONG' }).reason, driver.order().reason]
    expect(reasons).toEqual(['HALTED', 'HALTED', 'HALTED'])
    const close = driver.command({ type: 'ClosePosition', traderId: TRADER, symbol: BTC, by: 'person', signalId: parseSignalId('x') })
    expect(close).toMatchObject({ type: 'Decisions', decisions: [{ reason: 'ACCEPTED' }] })
    const [id] = driver.sent().slice(-1)
    if (id === undefined) failed()
    driver.accept(id)
    driver.tick(60_000)
    driver.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId(`X-${id}`) })
    expect(driver.status(id)).toBe('ACCEPTED')
    driver.fill(id, '1')
    expect(driver.position()).toBe('0')
  })

  it('stays shut in a storm of signals, and no stop order fires', () => {
    const driver = EngineDriver.ready()
    driver.hold('1')
    stop(driver)
    driver.takeCommands()
    for (let i = 0; i < 500; i += 1) driver.signal({ symbol: i % 2 === 0 ? BTC : ETH_PERP })
    driver.quote(BTC, '1')
    expect(driver.takeCommands()).toEqual([])
  })

  it('pressed ten times is one halt; flatten may be added, never taken away', () => {
    const driver = EngineDriver.ready()
    for (let i = 0; i < 10; i += 1) stop(driver)
    expect(driver.factsOf('TradingHalted')).toHaveLength(1)
    stop(driver, true)
    stop(driver, false)
    expect(driver.factsOf('TradingHalted').map(({ flatten }) => flatten)).toEqual([false, true])
    expect(driver.state.halt?.flatten).toBe(true)
  })

  it('survives a restart, cancels again what the exchange still shows, and never resends', () => {
    const driver = EngineDriver.ready()
    const [known, lost] = [driver.enter(), driver.enter({ symbol: ETH_PERP })]
    driver.accept(known)
    stop(driver)
    const again = driver.restarted()
    expect(again.state.halt).toMatchObject({ by: 'person', reason: 'test' })
    again.connect()
    expect(again.takeCommands().map(({ type }) => type)).toEqual(['QueryOrder', 'QueryOrder'])
    again.say('OrderFound', known, { exchangeOrderId: parseExchangeOrderId(`X-${known}`) })
    again.say('OrderNotFound', lost, { authoritative: true })
    expect(again.takeCommands().map(({ type }) => type)).toEqual(['CancelOrder'])
    expect(again.status(lost)).toBe('CANCELED')
    again.quote(BTC, '100')
    expect(again.signal().reason).toBe('HALTED')
  })

  it('an order that turns out to live during the halt is canceled, also after a refused or lost cancel', () => {
    const driver = EngineDriver.ready()
    const [refused, lost] = [driver.enter(), driver.enter({ symbol: ETH_PERP })]
    for (const id of [refused, lost]) driver.accept(id)
    stop(driver)
    driver.say('CancelRejected', refused, { reason: 'not yet' })
    expect(driver.status(refused)).toBe('ACCEPTED')
    driver.takeCommands()
    driver.tick(10_000)
    expect(driver.takeCommands().map(({ type }) => type)).toEqual(['QueryOrder', 'QueryOrder'])
    for (const id of [refused, lost]) driver.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId(`X-${id}`) })
    expect(driver.takeCommands().map(({ type }) => type)).toEqual(['CancelOrder', 'CancelOrder'])
    expect(driver.status(refused)).toBe('PENDING_CANCEL')
  })

  it('is ended only by resume, which is refused when nothing is halted', () => {
    const driver = EngineDriver.ready()
    expect(driver.command({ type: 'Resume', by: 'person', reason: 'why' })).toMatchObject({ type: 'Refused', code: 'CONFLICT' })
    stop(driver)
    driver.tick(86_400_000)
    expect(driver.state.halt).not.toBeNull()
    expect(driver.command({ type: 'Resume', by: 'person', reason: 'checked' })).toMatchObject({ type: 'Done' })
    driver.quote(BTC, '100')
    expect(driver.signal().reason).toBe('ACCEPTED')
    expect(driver.restarted().state.halt).toBeNull()
  })
})

describe('flatten', () => {
  it('waits for the cancels of a position, then closes it whole, reduce-only', () => {
    const driver = EngineDriver.ready()
    driver.hold('1')
    const working = driver.enter({ quantity: Quantity.parse('0.5') })
    driver.hold('2', { symbol: ETH_PERP, action: 'SELL' })
    driver.takeCommands()
    const receipt = stop(driver, true)
    expect(receipt).toMatchObject({ canceling: [working] })
    expect(
      driver.takeCommands().map((c) => (c.type === 'SubmitOrder' ? [c.order.symbol, c.order.side, c.order.reduceOnly] : c.type)),
    ).toEqual(['CancelOrder', [ETH_PERP, 'BUY', true]])
    driver.fill(working, '0.2')
    expect(driver.takeCommands()).toEqual([])
    driver.say('OrderCanceled', working, { reason: 'done' })
    const [close] = driver.takeCommands()
    expect(close?.type === 'SubmitOrder' && [close.order.side, Quantity.format(close.order.quantity), close.order.reduceOnly]).toEqual([
      'SELL',
      '1.2',
      true,
    ])
  })

  it('goes on after partial fills until flat and then rests', () => {
    const driver = EngineDriver.ready()
    driver.hold('1')
    driver.takeCommands()
    stop(driver, true)
    const first = onlySent(driver)
    driver.fill(first, '0.4')
    driver.takeCommands()
    driver.say('OrderExpired', first, { reason: 'rest not filled' })
    const second = onlySent(driver)
    driver.fill(second, '0.6')
    expect(driver.position()).toBe('0')
    driver.takeCommands()
    for (let i = 0; i < 20; i += 1) driver.tick(1_000)
    expect(driver.takeCommands()).toEqual([])
  })

  it(`gives up after ${FLATTEN_ATTEMPTS_MAX} attempts and says so; a restart does not count anew`, () => {
    const driver = EngineDriver.ready()
    driver.hold('1')
    driver.takeCommands()
    stop(driver, true)
    const rejectLast = (on: EngineDriver) => {
      const id = onlySent(on)
      on.takeCommands()
      on.say('OrderRejected', id, { code: 'X', message: 'no' })
    }
    rejectLast(driver)
    driver.tick(1_000)
    rejectLast(driver)
    driver.tick(2_000)
    const again = driver.restarted()
    again.connect()
    const open = driver.sent()
    again.takeCommands()
    again.say('OrderRejected', open[0] ?? failed(), { code: 'X', message: 'no' })
    again.quote(BTC, '100')
    again.tick(4_000)
    rejectLast(again)
    again.tick(8_000)
    // The last one may still close it.
    expect(again.alerts()).toEqual([])
    rejectLast(again)
    again.tick(60_000)
    expect(again.alerts()).toEqual(['FLATTEN_GIVING_UP'])
    again.tick(60_000)
    expect(again.takeCommands()).toEqual([])
    const attempts = [...driver.facts, ...again.facts].filter((fact) => fact.type === 'OrderSubmitted' && fact.purpose === 'FLATTEN')
    expect(attempts).toHaveLength(FLATTEN_ATTEMPTS_MAX)
    expect(again.position()).toBe('1')
    // Whoever presses the button once more wants it tried once more.
    stop(again, true)
    expect(again.factsOf('TradingHalted')).toHaveLength(1)
    again.fill(onlySent(again), '1')
    expect(again.position()).toBe('0')
    again.takeCommands()
    stop(again, true)
    expect([again.factsOf('TradingHalted').length, again.takeCommands()]).toEqual([1, []])
  })

  it('waits longer after each refusal, and not at all after a fill', () => {
    const driver = EngineDriver.ready()
    driver.hold('1')
    driver.takeCommands()
    stop(driver, true)
    const pauseAfter = (end: (id: ClientOrderId) => void): number => {
      const id = onlySent(driver)
      driver.takeCommands()
      end(id)
      let waited = 0
      while (driver.sent().length === 0 && waited < 20_000) {
        driver.tick(500)
        waited += 500
      }
      return waited
    }
    const refused = (id: ClientOrderId): void => void driver.say('OrderRejected', id, { code: 'X', message: 'no' })
    const partly = (id: ClientOrderId): void => {
      driver.fill(id, '0.1')
      driver.say('OrderExpired', id, { reason: 'rest not filled' })
    }
    expect([refused, refused, refused, partly, partly, refused, refused].map(pauseAfter)).toEqual([1_000, 2_000, 4_000, 0, 0, 1_000, 2_000])
    expect(driver.alerts()).toEqual([])
  })

  it('takes no exit that would wait for its price, for it would wait with it; one at the market, and any other after it has given up', () => {
    const driver = EngineDriver.ready({ capabilities: { timesInForce: ['GTC', 'IOC'], orderTypes: ['MARKET', 'LIMIT', 'STOP_MARKET'] } })
    driver.hold('1')
    const entry = driver.enter({ quantity: Quantity.parse('1') })
    driver.accept(entry)
    stop(driver, true)
    const exit = { side: 'SELL', reduceOnly: true, quantity: Quantity.parse('0.4') } as const
    const limit = { ...exit, type: 'LIMIT', price: Price.parse('101') } as const
    const trigger = { ...exit, type: 'STOP_MARKET', price: undefined, triggerPrice: Price.parse('95') } as const
    expect([driver.order(limit), driver.order(trigger), ...driver.oco(limit, trigger)].map(({ reason }) => reason)).toEqual(
      Array.from({ length: 4 }, () => 'HALTED'),
    )
    expect(driver.order({ ...exit, type: 'MARKET', price: undefined }).reason).toBe('ACCEPTED')
    expect(driver.order({ ...limit, timeInForce: 'IOC' }).reason).toBe('ACCEPTED')
    for (const id of driver.sent().slice(-2)) driver.say('OrderExpired', id, { reason: 'no offers' })
    driver.say('OrderCanceled', entry, { reason: 'done' })
    for (let i = 0; i < FLATTEN_ATTEMPTS_MAX; i += 1) {
      expect(driver.order(limit).reason).toBe('HALTED')
      driver.say('OrderRejected', driver.sent().at(-1) ?? failed(), { code: 'X', message: 'no' })
      driver.tick(8_000)
    }
    expect([driver.alerts(), driver.order(limit).reason]).toEqual([['FLATTEN_GIVING_UP'], 'ACCEPTED'])
  })

  it('a halt without flatten leaves a person any exit', () => {
    const driver = EngineDriver.ready()
    driver.hold('1')
    stop(driver)
    const limit = { side: 'SELL', reduceOnly: true, type: 'LIMIT', price: Price.parse('101') } as const
    expect(driver.order(limit).reason).toBe('ACCEPTED')
  })

  it('after a start uses its first attempt at once, and the next ones when the account is known', () => {
    const account = ScriptedAccount.ready()
    const entry = account.driver.enter({ quantity: Quantity.parse('1') })
    account.answer()
    account.fill(entry, '1', { told: true })
    account.driver.disconnect()
    stop(account.driver, true)
    account.says = () => false
    account.hears = ({ type }) => type !== 'SubmitOrder'
    account.connect()
    const { driver } = account
    const flattening = () => driver.factsOf('OrderSubmitted').filter(({ purpose }) => purpose === 'FLATTEN').length
    expect([flattening(), driver.state.reconciled]).toEqual([1, false])
    driver.say('OrderRejected', driver.factsOf('OrderSubmitted').at(-1)?.clientOrderId ?? failed(), { code: 'X', message: 'no' })
    for (let i = 0; i < 10; i += 1) driver.quote(BTC, '100')
    expect(flattening()).toBe(1)
    account.says = () => true
    account.pass(60)
    expect([flattening(), driver.state.reconciled]).toEqual([2, true])
  })

  it('a position our own gate will not close is said once a minute, not at every price', () => {
    const driver = EngineDriver.ready({ rules: { minQuantity: '0.1', minNotional: '0' } })
    const id = driver.enter({ quantity: Quantity.parse('1') })
    driver.fill(id, '0.05')
    driver.say('OrderCanceled', id, { reason: 'rest' })
    stop(driver, true)
    for (let i = 0; i < 100; i += 1) driver.quote(BTC, '100')
    expect(driver.alerts()).toEqual(['PROTECTION_NOT_SENT'])
    driver.tick(REFUSED_CLOSE_SILENCE_MS)
    for (let i = 0; i < 100; i += 1) driver.quote(BTC, '100')
    expect(driver.alerts()).toEqual(['PROTECTION_NOT_SENT', 'PROTECTION_NOT_SENT'])
  })

  it('closes nothing while the exchange is away, and does so when it is back', () => {
    const driver = EngineDriver.ready()
    driver.hold('1')
    driver.disconnect()
    driver.takeCommands()
    stop(driver, true)
    driver.tick(1_000)
    expect(driver.takeCommands()).toEqual([])
    driver.connect()
    expect(driver.takeCommands().map(({ type }) => type)).toEqual(['SubmitOrder'])
  })
})
