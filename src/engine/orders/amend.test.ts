import { describe, expect, it } from 'vitest'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { ManualOrder } from '#engine/ports.ts'
import { ETH_PERP, EngineDriver, accepted } from '#test/support/engine/engine-driver.ts'
import { parseExchangeOrderId } from '#domain/ids.ts'

const price = (text: string) => Price.parse(text)
const quantity = (text: string) => Quantity.parse(text)

function resting(native: boolean, change: Partial<ManualOrder> = {}) {
  const driver = EngineDriver.ready({ capabilities: { amend: native } })
  const id = accepted(driver.order({ symbol: ETH_PERP, quantity: quantity('4'), price: price('98'), ...change }))
  driver.accept(id)
  driver.takeCommands()
  return { driver, id }
}
const words = (driver: EngineDriver) =>
  driver
    .takeCommands()
    .map((c) =>
      c.type === 'SubmitOrder'
        ? `send ${Quantity.format(c.order.quantity)} at ${c.order.price === undefined ? '' : Price.format(c.order.price)}`
        : c.type,
    )
const present = (driver: EngineDriver, id: ReturnType<typeof resting>['id']) => {
  const order = driver.state.orders.get(id)
  return order && [Quantity.format(order.quantity), order.price && Price.format(order.price), order.amending]
}

describe('in place', () => {
  it('is recorded, sent, and in force when the exchange says so; until then the worse of both is reserved', () => {
    const { driver, id } = resting(true)
    expect(driver.reserved()).toBe('392')
    expect(driver.amend(id, { quantity: '5', price: '97' })).toMatchObject({ type: 'Done' })
    expect(words(driver)).toEqual(['AmendOrder'])
    expect(driver.reserved()).toBe('485')
    expect(present(driver, id)?.slice(0, 2)).toEqual(['4', '98'])
    driver.say('OrderAmended', id, { quantity: quantity('5'), price: price('97') })
    expect([present(driver, id), driver.reserved()]).toEqual([['5', '97', undefined], '485'])
    expect(driver.factsOf('ActionAudited').at(-1)).toMatchObject({
      action: 'amend-order',
      before: 'quantity 4, price 98',
      after: 'quantity 5, price 97',
    })
  })

  it('to something smaller gives the rest back only when the exchange says so', () => {
    const { driver, id } = resting(true)
    driver.amend(id, { quantity: '2' })
    expect(driver.reserved()).toBe('392')
    driver.say('OrderAmended', id, { quantity: quantity('2'), price: price('98') })
    expect(driver.reserved()).toBe('196')
  })

  it('back to what it was before is believed only after the exchange was asked: its word may be of the first time', () => {
    const { driver, id } = resting(true)
    const amendTo = (size: string) => driver.amend(id, { quantity: size })
    const echo = (size: string) => driver.say('OrderAmended', id, { quantity: quantity(size), price: price('98') })
    amendTo('2')
    echo('2')
    amendTo('6')
    echo('6')
    amendTo('2')
    driver.takeCommands()
    // The answer to the first request, late: at the exchange the order is still of 6.
    echo('2')
    expect([words(driver), driver.reserved()]).toEqual([['QueryOrder'], '588'])
    driver.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId('X'), quantity: quantity('6'), price: price('98') })
    expect([present(driver, id)?.[0], driver.reserved()]).toEqual(['6', '588'])
    echo('2')
    expect(words(driver)).toEqual(['QueryOrder'])
    driver.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId('X'), quantity: quantity('2'), price: price('98') })
    expect([present(driver, id), driver.reserved()]).toEqual([['2', '98', undefined], '196'])
  })

  it('an answer to a question of before the request does not count either', () => {
    const { driver, id } = resting(true)
    for (const size of ['2', '6']) {
      driver.amend(id, { quantity: size })
      driver.say('OrderAmended', id, { quantity: quantity(size), price: price('98') })
    }
    driver.say('OrderAmended', id, { quantity: quantity('2'), price: price('98') })
    expect(words(driver).at(-1)).toBe('QueryOrder')
    driver.now += 1
    driver.amend(id, { quantity: '2' })
    driver.takeCommands()
    driver.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId('X'), quantity: quantity('2'), price: price('98') })
    expect([words(driver), driver.reserved()]).toEqual([['QueryOrder'], '588'])
  })

  it('refused leaves the order as it was', () => {
    const { driver, id } = resting(true)
    driver.amend(id, { quantity: '5' })
    driver.say('AmendRejected', id, { reason: 'too late' })
    expect([present(driver, id), driver.reserved(), driver.status(id)]).toEqual([['4', '98', undefined], '392', 'ACCEPTED'])
    expect(driver.factsOf('OrderAmended').at(-1)).toMatchObject({ reason: 'too late', quantity: '4' })
  })

  it('honours fills that come in between; beyond what is wanted now the rest is canceled', () => {
    const { driver, id } = resting(true)
    driver.amend(id, { quantity: '2' })
    driver.fill(id, '1.5', '98')
    driver.fill(id, '1', '98')
    expect(driver.position(ETH_PERP)).toBe('2.5')
    driver.takeCommands()
    driver.say('AmendRejected', id, { reason: 'filled more' })
    expect(words(driver)).toEqual(['CancelOrder'])
    driver.say('OrderCanceled', id, { reason: 'done' })
    expect([driver.reserved(), driver.position(ETH_PERP)]).toEqual(['0', '2.5'])
  })

  it('an end while it is on its way ends it', () => {
    const { driver, id } = resting(true)
    driver.amend(id, { quantity: '5' })
    driver.fill(id, '4', '98')
    expect([driver.status(id), driver.reserved(), driver.state.orders.get(id)?.amending]).toEqual(['FILLED', '0', undefined])
    driver.say('OrderAmended', id, { quantity: quantity('5'), price: price('98') })
    expect(driver.factsOf('OrderAmended')).toEqual([])
  })

  it('survives a restart and is asked for again until the exchange has spoken', () => {
    const { driver, id } = resting(true)
    driver.amend(id, { price: '97' })
    const again = driver.restarted()
    expect(again.reserved()).toBe('392')
    again.connect()
    again.now += 10_000
    again.takeCommands()
    again.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId(`X-${id}`), quantity: quantity('4'), price: price('98') })
    expect(again.takeCommands().filter(({ type }) => type === 'AmendOrder')).toHaveLength(1)
    again.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId(`X-${id}`), quantity: quantity('4'), price: price('97') })
    expect(present(again, id)).toEqual(['4', '97', undefined])
  })
})

describe('by a cancel and a new order', () => {
  it('sends the new one only on the word that the old one is canceled, for what is then left, linked to it', () => {
    const { driver, id } = resting(false)
    driver.fill(id, '1', '98')
    driver.amend(id, { quantity: '6', price: '97' })
    expect([words(driver), driver.status(id)]).toEqual([['CancelOrder'], 'PENDING_CANCEL'])
    expect(driver.reserved()).toBe('485')
    driver.fill(id, '0.5', '98')
    expect(words(driver)).toEqual([])
    driver.say('OrderCanceled', id, { reason: 'done' })
    expect(words(driver)).toEqual(['send 4.5 at 97'])
    const link = driver.factsOf('OrderSubmitted').at(-1)
    expect(link).toMatchObject({ replaces: id, quantity: '4.5', price: '97', traderId: 'alpha' })
    expect([driver.reserved(), driver.state.replacing.size]).toEqual(['436.5', 0])
  })

  it('sends nothing when by then enough has filled', () => {
    const { driver, id } = resting(false)
    driver.amend(id, { quantity: '2' })
    driver.fill(id, '2.5', '98')
    driver.takeCommands()
    driver.say('OrderCanceled', id, { reason: 'done' })
    expect([words(driver), driver.reserved()]).toEqual([[], '0'])
    driver.quote(ETH_PERP, '100')
    expect(words(driver)).toEqual([])
  })

  it('the old one filled completely: nothing further', () => {
    const { driver, id } = resting(false)
    driver.amend(id, { quantity: '6' })
    driver.fill(id, '4', '98')
    expect([driver.status(id), driver.position(ETH_PERP)]).toEqual(['FILLED', '4'])
    driver.takeCommands()
    driver.quote(ETH_PERP, '100')
    expect([words(driver), driver.reserved()]).toEqual([[], '0'])
  })

  it.each(['before', 'after'] as const)('a crash %s the word of the cancel ends right', (when) => {
    const { driver, id } = resting(false)
    driver.amend(id, { price: '97' })
    const again = driver.restarted()
    again.connect()
    again.quote(ETH_PERP, '100')
    again.takeCommands()
    if (when === 'before') {
      again.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId(`X-${id}`) })
      expect(words(again)).toEqual(['CancelOrder'])
      again.say('OrderCanceled', id, { reason: 'done' })
    } else
      again.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId(`X-${id}`), status: 'CANCELED', filledQuantity: quantity('0') })
    expect(words(again)).toEqual(['send 4 at 97'])
    again.quote(ETH_PERP, '100')
    expect(words(again)).toEqual([])
  })

  it('the wish waits until the account is known', () => {
    const { driver, id } = resting(false)
    const other = driver.enter()
    driver.accept(other)
    driver.amend(id, { price: '97' })
    const again = driver.restarted()
    again.connect()
    again.quote(ETH_PERP, '100')
    again.takeCommands()
    again.say('OrderCanceled', id, { reason: 'done' })
    expect([words(again), again.state.replacing.size]).toEqual([[], 1])
    const third = again.restarted()
    third.facts.unshift(...driver.facts)
    again.say('OrderCanceled', other, { reason: 'done' })
    expect(words(again)).toEqual(['send 4 at 97'])
  })

  it('the exchange that keeps the order ends it', () => {
    const { driver, id } = resting(false)
    driver.amend(id, { quantity: '6' })
    driver.say('CancelRejected', id, { reason: 'no' })
    expect([driver.status(id), present(driver, id), driver.reserved()]).toEqual(['ACCEPTED', ['4', '98', undefined], '392'])
  })

  it('a cancel or a halt that comes after drops the wish', () => {
    for (const stop of ['CancelOrder', 'Halt'] as const) {
      const { driver, id } = resting(false)
      driver.amend(id, { quantity: '6' })
      driver.command(
        stop === 'Halt' ? { type: 'Halt', by: 'p', reason: 'r', flatten: false } : { type: 'CancelOrder', clientOrderId: id, by: 'p' },
      )
      driver.takeCommands()
      driver.say('OrderCanceled', id, { reason: 'done' })
      expect([words(driver), driver.reserved()]).toEqual([[], '0'])
    }
  })

  it('a new order our rules refuse is said; nothing works in its place', () => {
    const { driver, id } = resting(false)
    driver.amend(id, { quantity: '6' })
    driver.limits({ maxOrderNotional: '500' })
    driver.say('OrderCanceled', id, { reason: 'done' })
    expect([driver.alerts(), driver.state.workingCount, driver.state.replacing.size]).toEqual([['ORDER_NOT_REPLACED'], 0, 0])
  })
})

describe('where it is watched here', () => {
  it('holds at once', () => {
    const driver = EngineDriver.ready()
    const id = accepted(driver.order({ symbol: ETH_PERP, type: 'STOP_MARKET', price: undefined, triggerPrice: price('110') }))
    driver.takeCommands()
    expect(driver.amend(id, { triggerPrice: '105', quantity: '2' })).toMatchObject({ type: 'Done' })
    expect([driver.reserved(), words(driver), driver.status(id)]).toEqual(['210', [], 'EMULATED'])
    driver.quote(ETH_PERP, '105')
    expect(words(driver)).toEqual(['send 2 at '])
  })

  it('is not moved to the wrong side of the price', () => {
    const driver = EngineDriver.ready()
    const id = accepted(driver.order({ symbol: ETH_PERP, type: 'STOP_MARKET', price: undefined, triggerPrice: price('110') }))
    expect(driver.amend(id, { triggerPrice: '100' })).toMatchObject({ reason: 'TRIGGER_WRONG_SIDE' })
  })
})

describe('is refused', () => {
  it.each([
    ['beyond a limit', { quantity: '60' }, { maxOrderNotional: '500' }, 'MAX_ORDER_NOTIONAL'],
    ['off the tick', { price: '97.005' }, {}, 'PRICE_OFF_TICK'],
    ['far from the price', { price: '90' }, { priceCollarBps: '500' }, 'PRICE_COLLAR'],
    ['with a trigger it has not', { triggerPrice: '90' }, {}, 'UNSUPPORTED_ORDER'],
  ])('%s', (_, change, limits, reason) => {
    const { driver, id } = resting(true)
    driver.limits(limits)
    expect(driver.amend(id, change)).toMatchObject({ type: 'Refused', reason })
    expect(words(driver)).toEqual([])
  })

  it('while one is on its way, when the order is over, not confirmed, or unknown, or is like that already', () => {
    const { driver, id } = resting(true)
    expect(driver.amend(id, { price: '98.00' })).toMatchObject({ code: 'CONFLICT' })
    driver.amend(id, { quantity: '5' })
    expect(driver.amend(id, { quantity: '6' })).toMatchObject({ reason: 'AMEND_PENDING', code: 'CONFLICT' })
    driver.say('OrderCanceled', id, { reason: 'done' })
    expect(driver.amend(id, { quantity: '6' })).toMatchObject({ reason: 'ORDER_NOT_WORKING' })
    const fresh = accepted(driver.order({ symbol: ETH_PERP }))
    expect(driver.amend(fresh, { quantity: '6' })).toMatchObject({ reason: 'ORDER_NOT_WORKING', value: 'SUBMITTED' })
    expect(driver.amend('zzzz0000000000000000000001' as never, { quantity: '6' })).toMatchObject({ code: 'NOT_FOUND' })
  })

  it('does not count the order against itself', () => {
    const { driver, id } = resting(true)
    driver.limits({ maxPositionNotional: '500', maxOpenOrders: 1, maxOpenPositions: 1 })
    expect(driver.amend(id, { quantity: '5' })).toMatchObject({ type: 'Done' })
  })

  it('an exit never to more than is held', () => {
    const driver = EngineDriver.ready({ capabilities: { amend: true } })
    driver.hold('2', { symbol: ETH_PERP })
    const id = accepted(driver.order({ symbol: ETH_PERP, side: 'SELL', reduceOnly: true, quantity: quantity('1'), price: price('104') }))
    driver.accept(id)
    expect(driver.amend(id, { quantity: '2.001' })).toMatchObject({ reason: 'QUANTITY_ABOVE_POSITION' })
    expect(driver.amend(id, { quantity: '2' })).toMatchObject({ type: 'Done' })
  })

  it('to no more than has filled is a cancel of the rest', () => {
    const { driver, id } = resting(true)
    driver.fill(id, '1', '98')
    driver.takeCommands()
    expect(driver.amend(id, { quantity: '1' })).toMatchObject({ type: 'Done' })
    expect(words(driver)).toEqual(['CancelOrder'])
  })
})
