import { describe, expect, it } from 'vitest'
import type { ClientOrderId } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import type { RiskLimits } from '#domain/risk.ts'
import { BTC, ETH_PERP, EngineDriver, OTHER_TRADER } from '#test/support/engine/engine-driver.ts'
import { stopOf } from '#test/support/engine/guarded.ts'
import { STOP_GRACE_MS } from './watch-positions.ts'

const price = (text: string) => Price.parse(text)
const quantity = (text: string) => Quantity.parse(text)

/** Holds 4 long at 100 on an exchange that keeps stops. */
function holding(plan: ProtectionPlan = { stopLoss: '90' }, { amend = true, limits = {} as Partial<RiskLimits> } = {}): EngineDriver {
  const driver = EngineDriver.ready({ limits, capabilities: { orderTypes: ['MARKET', 'LIMIT', 'STOP_MARKET'], amend } })
  driver.hold('4', { symbol: ETH_PERP, protection: plan })
  return driver
}
const stops = (driver: EngineDriver) =>
  [...driver.state.orders.values()].filter(({ type, status }) => type === 'STOP_MARKET' && status !== 'CANCELED' && status !== 'REJECTED')
function only(driver: EngineDriver): ClientOrderId {
  const [stop, ...more] = stops(driver)
  if (stop === undefined || more.length > 0) throw new Error(`${stops(driver).length} stops`)
  return stop.clientOrderId
}
const terms = (driver: EngineDriver) => {
  const stop = driver.state.orders.get(only(driver))
  return [Number(Quantity.format(stop?.quantity ?? quantity('0'))), Price.toNumber(stop?.triggerPrice ?? price('0'))]
}
const words = (driver: EngineDriver) =>
  driver.takeCommands().map((c) => (c.type === 'SubmitOrder' ? `${c.order.type} ${Number(Quantity.format(c.order.quantity))}` : c.type))
/** The exchange does what the last amendment asks. */
function amended(driver: EngineDriver): void {
  const stop = driver.state.orders.get(only(driver))
  const { quantity: size = stop?.quantity ?? quantity('0'), triggerPrice = stop?.triggerPrice } = stop?.amending ?? {}
  driver.say('OrderAmended', only(driver), { quantity: size, triggerPrice })
}

describe('the stop at the exchange', () => {
  it('is not placed on spot, where a resting sale would lock the coins; it is watched here and closes', () => {
    const driver = EngineDriver.ready({ capabilities: { orderTypes: ['MARKET', 'LIMIT', 'STOP_MARKET'], amend: true } })
    driver.hold('4', { symbol: BTC, protection: { stopLoss: '90' } })
    expect(stops(driver)).toEqual([])
    driver.takeCommands()
    driver.quote(BTC, '90')
    expect(words(driver)).toEqual(['MARKET 4'])
  })

  it('is one reduce-only order for all of the position, placed with the first fill and resized after every one', () => {
    const driver = EngineDriver.ready({ capabilities: { orderTypes: ['MARKET', 'LIMIT', 'STOP_MARKET'], amend: true } })
    const entry = driver.enter({ symbol: ETH_PERP, quantity: quantity('4'), stopLoss: price('90') })
    driver.takeCommands()
    driver.fill(entry, '1')
    const [command] = driver.takeCommands()
    expect(command?.type === 'SubmitOrder' && command.order).toMatchObject({
      type: 'STOP_MARKET',
      side: 'SELL',
      reduceOnly: true,
      triggerPrice: price('90.00'),
    })
    driver.accept(only(driver))
    driver.fill(entry, '3')
    expect(words(driver)).toEqual(['AmendOrder'])
    amended(driver)
    expect(terms(driver)).toEqual([4, 90])
    driver.fill(driver.enter({ symbol: ETH_PERP, action: 'CLOSE_LONG', quantity: quantity('1.5') }), '1.5')
    amended(driver)
    expect(terms(driver)).toEqual([2.5, 90])
  })

  it('moves with the stop in force', () => {
    const driver = holding({ stopLoss: '90', trailing: { by: 'PRICE', distance: '5' } })
    driver.accept(only(driver))
    expect(terms(driver)).toEqual([4, 95])
    driver.quote(ETH_PERP, '104')
    amended(driver)
    driver.quote(ETH_PERP, '106')
    amended(driver)
    expect([terms(driver), stopOf(driver)]).toEqual([[4, 101], 101])
  })

  it('is canceled with the position: none is left without one', () => {
    const driver = holding()
    const stop = only(driver)
    driver.accept(stop)
    driver.fill(driver.enter({ symbol: ETH_PERP, action: 'CLOSE_LONG' }), '4')
    expect(driver.status(stop)).toBe('PENDING_CANCEL')
    driver.say('OrderCanceled', stop, { reason: 'done' })
    driver.quote(ETH_PERP, '100')
    expect(stops(driver)).toEqual([])
  })

  it('is canceled when the protection is taken away', () => {
    const driver = holding()
    const stop = only(driver)
    driver.accept(stop)
    driver.protect(null, ETH_PERP)
    expect(driver.status(stop)).toBe('PENDING_CANCEL')
  })

  it('leaves the position free to be closed otherwise', () => {
    const driver = holding()
    driver.accept(only(driver))
    driver.takeCommands()
    expect(driver.signal({ symbol: ETH_PERP, action: 'CLOSE_LONG' }).reason).toBe('ACCEPTED')
    const [command] = driver.takeCommands()
    expect(command?.type === 'SubmitOrder' && command.order.reduceOnly).toBe(true)
  })

  it('confirmed is left to fill it; unconfirmed the position is closed from here', () => {
    const confirmed = holding()
    confirmed.accept(only(confirmed))
    confirmed.takeCommands()
    confirmed.quote(ETH_PERP, '90')
    expect(words(confirmed)).toEqual([])
    const open = holding()
    open.takeCommands()
    open.quote(ETH_PERP, '90')
    expect(words(open)).toEqual(['MARKET 4'])
  })

  it('that does not fill although the price stays beyond it is not waited for', () => {
    const driver = holding()
    driver.accept(only(driver))
    driver.takeCommands()
    driver.quote(ETH_PERP, '89')
    driver.now += STOP_GRACE_MS - 1
    driver.quote(ETH_PERP, '89')
    expect(words(driver)).toEqual([])
    driver.now += 1
    driver.quote(ETH_PERP, '89')
    expect(words(driver)).toEqual(['MARKET 4'])
  })

  it('by its own fill ends the position', () => {
    const driver = holding()
    const stop = only(driver)
    driver.accept(stop)
    driver.fill(stop, '1', '90')
    driver.fill(stop, '3', '90')
    expect([driver.position(ETH_PERP), driver.status(stop), driver.alerts()]).toEqual(['0', 'FILLED', []])
  })

  it('is found again after a restart, not placed twice', () => {
    const driver = holding()
    driver.accept(only(driver))
    const again = driver.restarted()
    again.connect()
    again.quote(ETH_PERP, '100')
    again.say('OrderFound', only(again), {
      exchangeOrderId: 'X' as never,
      status: 'OPEN',
      quantity: quantity('4'),
      triggerPrice: price('90'),
    })
    again.quote(ETH_PERP, '100')
    expect([again.sent(), terms(again)]).toEqual([[], [4, 90]])
  })

  it('where it cannot be amended is replaced after the word of its cancel; meanwhile it is watched here', () => {
    const driver = holding({ stopLoss: '90', trailing: { by: 'PRICE', distance: '5' } }, { amend: false })
    const first = only(driver)
    driver.accept(first)
    driver.takeCommands()
    driver.quote(ETH_PERP, '104')
    expect(words(driver)).toEqual(['CancelOrder'])
    driver.say('OrderCanceled', first, { reason: 'done' })
    expect([words(driver), terms(driver)]).toEqual([['STOP_MARKET 4'], [4, 99]])
    expect(driver.factsOf('OrderSubmitted').at(-1)).toMatchObject({ replaces: first })
  })

  it('is kept in an emergency stop that keeps the position, and canceled in one that does not', () => {
    for (const flatten of [false, true]) {
      const driver = holding()
      const stop = only(driver)
      driver.accept(stop)
      driver.command({ type: 'Halt', by: 'p', reason: 'r', flatten })
      expect(driver.status(stop)).toBe(flatten ? 'PENDING_CANCEL' : 'ACCEPTED')
    }
  })

  it('there is none while another trader holds the instrument: the exchange knows only their net', () => {
    const driver = holding()
    const stop = only(driver)
    driver.accept(stop)
    driver.trader({ traderId: OTHER_TRADER })
    driver.hold('1', { symbol: ETH_PERP, traderId: OTHER_TRADER, action: 'SELL' })
    expect(driver.status(stop)).toBe('PENDING_CANCEL')
    driver.say('OrderCanceled', stop, { reason: 'done' })
    driver.takeCommands()
    driver.quote(ETH_PERP, '90')
    expect(words(driver)).toEqual(['MARKET 4'])
  })
})

describe('refused three times', () => {
  const refuse = (driver: EngineDriver) => {
    for (let i = 0; i < 10; i += 1)
      for (const { clientOrderId, status } of stops(driver))
        if (status === 'SUBMITTED') driver.say('OrderRejected', clientOrderId, { code: 'X', message: 'no' })
  }

  it('CLOSE closes at the market, with a critical alert', () => {
    const driver = holding({ stopLoss: '90' }, { limits: { unprotectedPolicy: 'CLOSE' } })
    refuse(driver)
    expect(driver.alerts()).toEqual(['POSITION_UNPROTECTED'])
    expect(driver.factsOf('OrderSubmitted').map(({ orderType }) => orderType)).toEqual([
      'MARKET',
      'STOP_MARKET',
      'STOP_MARKET',
      'STOP_MARKET',
      'MARKET',
    ])
  })

  it('ALARM says it once, and watches it from here', () => {
    const driver = holding({ stopLoss: '90', trailing: { by: 'PRICE', distance: '5' } }, { limits: { unprotectedPolicy: 'ALARM' } })
    refuse(driver)
    for (const at of ['101', '102', '103']) driver.quote(ETH_PERP, at)
    expect([driver.alerts(), driver.factsOf('OrderSubmitted').length]).toEqual([['POSITION_UNPROTECTED'], 4])
    driver.takeCommands()
    driver.quote(ETH_PERP, '98')
    expect(words(driver)).toEqual(['MARKET 4'])
  })

  it('an amendment that is refused again and again counts as well', () => {
    const driver = holding({ stopLoss: '90', trailing: { by: 'PRICE', distance: '5' } })
    driver.accept(only(driver))
    driver.quote(ETH_PERP, '104')
    for (let i = 0; i < 10; i += 1)
      if (driver.state.orders.get(only(driver))?.amending !== undefined) driver.say('AmendRejected', only(driver), { reason: 'no' })
    expect(driver.alerts()).toEqual(['POSITION_UNPROTECTED'])
  })
})
