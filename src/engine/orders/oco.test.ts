import { describe, expect, it } from 'vitest'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { ManualOrder } from '#engine/ports.ts'
import { ETH_PERP, EngineDriver, accepted } from '#test/support/engine/engine-driver.ts'

const price = (text: string) => Price.parse(text)
const quantity = (text: string) => Quantity.parse(text)
const TARGET: Partial<ManualOrder> = { symbol: ETH_PERP, side: 'SELL', reduceOnly: true, quantity: quantity('2'), price: price('104') }
const STOP: Partial<ManualOrder> = { ...TARGET, type: 'STOP_MARKET', price: undefined, triggerPrice: price('95') }
const ABOVE: Partial<ManualOrder> = { symbol: ETH_PERP, type: 'STOP_MARKET', price: undefined, triggerPrice: price('103') }
const BELOW: Partial<ManualOrder> = { symbol: ETH_PERP, price: price('97') }

function bracket(capabilities = {}) {
  const driver = EngineDriver.ready({ capabilities })
  driver.hold('2', { symbol: ETH_PERP })
  const [target, stop] = driver.oco(TARGET, STOP).map(accepted)
  if (target === undefined || stop === undefined) throw new Error('refused')
  driver.accept(target)
  driver.takeCommands()
  return { driver, target, stop }
}
const words = (driver: EngineDriver) =>
  driver.takeCommands().map((c) => (c.type === 'SubmitOrder' ? `send ${Quantity.format(c.order.quantity)}` : c.type))

describe('target and stop of one position', () => {
  it('pass together although each is for all of it; the stop waits here even where the exchange has stops', () => {
    const { driver, target, stop } = bracket({ orderTypes: ['MARKET', 'LIMIT', 'STOP_MARKET'] })
    expect([driver.status(target), driver.status(stop)]).toEqual(['ACCEPTED', 'EMULATED'])
    expect(driver.state.orders.get(stop)?.ocoGroup).toBe(driver.state.orders.get(target)?.ocoGroup)
  })

  it('the target begins to fill: the stop is gone at once', () => {
    const { driver, target, stop } = bracket()
    driver.fill(target, '0.5', '104')
    expect(driver.status(stop)).toBe('CANCELED')
    driver.quote(ETH_PERP, '94')
    expect(words(driver)).toEqual([])
  })

  it('the stop is met: the target is canceled first, and only then the stop is sent, for what is left', () => {
    const { driver, target, stop } = bracket()
    driver.quote(ETH_PERP, '95')
    expect(words(driver)).toEqual(['CancelOrder'])
    driver.quote(ETH_PERP, '99')
    expect(words(driver)).toEqual([])
    driver.say('OrderCanceled', target, { reason: 'done' })
    expect([words(driver), driver.status(stop)]).toEqual([['send 2'], 'SUBMITTED'])
  })

  it('both in a race: what the target filled the stop does not sell again', () => {
    const { driver, target, stop } = bracket()
    driver.quote(ETH_PERP, '95')
    driver.fill(target, '2', '104')
    expect([driver.status(stop), driver.position(ETH_PERP)]).toEqual(['CANCELED', '0'])
    expect(words(driver).filter((word) => word.startsWith('send'))).toEqual([])
  })

  it('survives a restart', () => {
    const { driver, target, stop } = bracket()
    const again = driver.restarted()
    again.connect()
    again.quote(ETH_PERP, '100')
    again.fill(target, '2', '104')
    expect([again.status(stop), again.position(ETH_PERP)]).toEqual(['CANCELED', '0'])
  })

  it('two that could both trade at once are refused', () => {
    const driver = EngineDriver.ready()
    driver.hold('2', { symbol: ETH_PERP })
    const decisions = driver.oco(TARGET, { ...TARGET, price: price('103') })
    expect(decisions.map(({ reason }) => reason)).toEqual(['UNSUPPORTED_ORDER', 'UNSUPPORTED_ORDER'])
    expect(driver.state.workingCount).toBe(0)
  })
})

describe('two entries', () => {
  it('count as the sum of both, and both pass or neither is sent', () => {
    const driver = EngineDriver.ready({ limits: { maxPositionNotional: '199' } })
    driver.takeCommands()
    const decisions = driver.oco(BELOW, ABOVE)
    expect(decisions).toMatchObject([
      { outcome: 'DENIED', reason: 'MAX_POSITION_NOTIONAL', value: 'the other order of the pair' },
      { outcome: 'DENIED', reason: 'MAX_POSITION_NOTIONAL' },
    ])
    expect([words(driver), driver.state.workingCount, driver.factsOf('OrderSubmitted')]).toEqual([[], 0, []])
    const roomy = EngineDriver.ready({ limits: { maxPositionNotional: '206' } })
    expect(roomy.oco(BELOW, ABOVE).map(({ outcome }) => outcome)).toEqual(['ACCEPTED', 'ACCEPTED'])
    expect(roomy.reserved()).toBe('200')
  })

  it('one is released: the other is asked to be canceled', () => {
    const driver = EngineDriver.ready()
    const [below, above] = driver.oco(BELOW, ABOVE).map(accepted)
    if (below === undefined || above === undefined) throw new Error('refused')
    driver.accept(below)
    driver.takeCommands()
    driver.quote(ETH_PERP, '103')
    expect([words(driver), driver.status(below), driver.status(above)]).toEqual([['CancelOrder', 'send 1'], 'PENDING_CANCEL', 'SUBMITTED'])
  })

  it('both fill in a race: said, booked, and visible', () => {
    const driver = EngineDriver.ready()
    const [below, above] = driver.oco(BELOW, ABOVE).map(accepted)
    if (below === undefined || above === undefined) throw new Error('refused')
    driver.accept(below)
    driver.quote(ETH_PERP, '103')
    driver.fill(above, '1', '103')
    expect(driver.alerts()).toEqual([])
    driver.fill(below, '1', '97')
    expect([driver.alerts(), driver.position(ETH_PERP)]).toEqual([['OCO_BOTH_FILLED'], '2'])
  })

  it('an exchange that keeps the loser is asked again, also after a restart', () => {
    const driver = EngineDriver.ready()
    const [below, above] = driver.oco(BELOW, ABOVE).map(accepted)
    if (below === undefined || above === undefined) throw new Error('refused')
    driver.accept(below)
    driver.quote(ETH_PERP, '103')
    driver.say('CancelRejected', below, { reason: 'busy' })
    expect(driver.status(below)).toBe('ACCEPTED')
    driver.takeCommands()
    driver.tick(1_000)
    expect(words(driver)).toEqual(['CancelOrder'])
    driver.say('CancelRejected', below, { reason: 'busy' })
    const again = driver.restarted()
    again.connect()
    again.takeCommands()
    again.tick(1_000)
    expect(words(again)).toContain('CancelOrder')
  })

  it('each needs an id of its own, one trader and one instrument', () => {
    const driver = EngineDriver.ready()
    const order = driver.orderOf(BELOW)
    expect(driver.command({ type: 'SubmitOcoOrders', orders: [order, order] })).toMatchObject({ type: 'Refused' })
    const [first, second] = [driver.orderOf(BELOW), driver.orderOf(ABOVE)]
    driver.command({ type: 'SubmitOcoOrders', orders: [first, second] })
    const again = driver.command({ type: 'SubmitOcoOrders', orders: [first, second] })
    expect(again).toMatchObject({ decisions: [{ reason: 'DUPLICATE_SIGNAL' }, { reason: 'DUPLICATE_SIGNAL' }] })
    expect(driver.state.workingCount).toBe(2)
  })
})
