import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { parseTraderId } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { netPosition } from '#engine/symbol-book.ts'
import { ETH_PERP, EngineDriver, OTHER_TRADER, TRADER, accepted } from '#test/support/engine/engine-driver.ts'

const price = (text: string) => Price.parse(text)
const quantity = (text: string) => Quantity.parse(text)
const THIRD = parseTraderId('gamma')

function several(): EngineDriver {
  const driver = EngineDriver.ready()
  for (const traderId of [OTHER_TRADER, THIRD]) driver.trader({ traderId })
  return driver
}
/** Holds without caring how it came: buys or sells at 100. */
const hold = (driver: EngineDriver, traderId: typeof TRADER, size: string, action: 'BUY' | 'SELL') =>
  driver.hold(size, { symbol: ETH_PERP, traderId, action })
const close = (driver: EngineDriver, traderId: typeof TRADER, size?: string) => {
  const long = (driver.state.positions.get(`${traderId}|${ETH_PERP}`)?.quantity.units ?? 0n) > 0n
  driver.takeCommands()
  const id = driver.enter({
    symbol: ETH_PERP,
    traderId,
    action: long ? 'CLOSE_LONG' : 'CLOSE_SHORT',
    ...(size === undefined ? {} : { quantity: quantity(size) }),
  })
  const [command] = driver.takeCommands()
  return { id, reduceOnly: command?.type === 'SubmitOrder' ? command.order.reduceOnly : undefined }
}
const net = (driver: EngineDriver) => SignedQuantity.format(fixed.trim(netPosition(driver.state, ETH_PERP)))

describe('reduce-only on the wire', () => {
  it('is the net of all traders: where the exit of one would not reduce it, it goes out without', () => {
    const driver = several()
    hold(driver, TRADER, '2', 'BUY')
    hold(driver, OTHER_TRADER, '1.5', 'SELL')
    expect(net(driver)).toBe('0.5')
    expect(close(driver, TRADER, '0.5').reduceOnly).toBe(true)
    expect(close(driver, TRADER, '0.5').reduceOnly).toBe(false)
    expect(close(driver, OTHER_TRADER).reduceOnly).toBe(false)
  })

  it('of two exits that together are more than the net only the first has it', () => {
    const driver = several()
    hold(driver, TRADER, '1', 'BUY')
    hold(driver, OTHER_TRADER, '1', 'BUY')
    hold(driver, THIRD, '0.5', 'SELL')
    expect(close(driver, TRADER).reduceOnly).toBe(true)
    expect(close(driver, OTHER_TRADER).reduceOnly).toBe(false)
  })

  it('stays as it was sent when the order is sent again or restored', () => {
    const driver = several()
    hold(driver, TRADER, '1', 'BUY')
    const { id } = close(driver, TRADER)
    hold(driver, OTHER_TRADER, '3', 'SELL')
    driver.takeCommands()
    driver.say('OrderOutcomeUnknown', id, { reason: 'timeout' })
    driver.say('OrderNotFound', id, { authoritative: true })
    const again = driver.takeCommands().find((command) => command.type === 'SubmitOrder')
    expect(again?.type === 'SubmitOrder' && again.order).toMatchObject({ clientOrderId: id, reduceOnly: true })
    expect(driver.restarted().state.orders.get(id)?.reduceOnlyOnWire).toBe(true)
  })

  it("a trader's own position is never turned by its exits", () => {
    const driver = several()
    hold(driver, TRADER, '1', 'BUY')
    hold(driver, OTHER_TRADER, '5', 'BUY')
    expect(driver.signal({ symbol: ETH_PERP, action: 'CLOSE_LONG', quantity: quantity('1.001') }).reason).toBe('QUANTITY_ABOVE_POSITION')
  })

  it('the net is the sum of all positions, whatever happens, also after a restart', () => {
    const fill = fc.record({
      trader: fc.constantFrom(TRADER, OTHER_TRADER, THIRD),
      size: fc.integer({ min: 1, max: 300 }),
      sell: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(fill, { minLength: 1, maxLength: 20 }), (fills) => {
        const driver = several()
        for (const { trader, size, sell } of fills) {
          const decision = driver.signal({
            symbol: ETH_PERP,
            traderId: trader,
            action: sell ? 'SELL' : 'BUY',
            quantity: quantity((size / 100).toFixed(2)),
          })
          if (decision.clientOrderId !== undefined) driver.fill(decision.clientOrderId, (size / 100).toFixed(2))
        }
        for (const { state } of [driver, driver.restarted()]) {
          const sum = [...state.positions.values()].reduce(
            (total, position) => SignedQuantity.add(total, position.quantity),
            SignedQuantity.ZERO,
          )
          expect(fixed.compare(netPosition(state, ETH_PERP), sum)).toBe(0)
          expect([...(state.books.get(ETH_PERP)?.open ?? [])].sort()).toEqual(
            [...state.positions].flatMap(([key, { quantity: q }]) => (q.units === 0n ? [] : [key])).sort(),
          )
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('trading with ourselves', () => {
  const rest = (driver: EngineDriver, side: 'BUY' | 'SELL', at: string, traderId = OTHER_TRADER) =>
    accepted(driver.order({ symbol: ETH_PERP, traderId, side, price: price(at) }))

  it.each([
    ['a limit order at the price of the other', { price: price('101') }, 'SELF_TRADE'],
    ['a limit order below it', { price: price('100.99') }, 'ACCEPTED'],
    ['a market order while it is far', { type: 'MARKET' as const, price: undefined }, 'ACCEPTED'],
  ])('%s against a sale at 101', (_, change, reason) => {
    const driver = several()
    rest(driver, 'SELL', '101')
    expect(driver.order({ symbol: ETH_PERP, ...change }).reason).toBe(reason)
  })

  it('a market order within reach of the other is refused, with both in the words', () => {
    const driver = several()
    const id = rest(driver, 'SELL', '100.5')
    const decision = driver.signal({ symbol: ETH_PERP })
    expect(decision).toMatchObject({ reason: 'SELF_TRADE', value: 'BUY at 100.5' })
    expect(decision.limit).toContain(id)
    driver.say('OrderCanceled', id, { reason: 'gone' })
    expect(driver.signal({ symbol: ETH_PERP }).reason).toBe('ACCEPTED')
  })

  it('mirrored for sales', () => {
    const driver = several()
    rest(driver, 'BUY', '99.5')
    expect(driver.signal({ symbol: ETH_PERP, action: 'SELL' }).reason).toBe('SELF_TRADE')
    expect(driver.order({ symbol: ETH_PERP, side: 'SELL', price: price('99.51') }).reason).toBe('ACCEPTED')
  })

  it('the best of many decides, also when the best is gone', () => {
    const driver = several()
    const ids = ['101', '100.6', '100.8'].map((at) => rest(driver, 'SELL', at))
    const asks = () => driver.order({ symbol: ETH_PERP, price: price('100.7'), quantity: quantity('0.1') }).reason
    expect(asks()).toBe('SELF_TRADE')
    if (ids[1] !== undefined) driver.say('OrderCanceled', ids[1], { reason: 'gone' })
    expect(asks()).toBe('ACCEPTED')
    expect(driver.order({ symbol: ETH_PERP, price: price('100.8'), quantity: quantity('0.1') }).reason).toBe('SELF_TRADE')
  })

  it('an exit gets out: the entry in its way is canceled, an exit of another is let pass', () => {
    const driver = several()
    hold(driver, TRADER, '1', 'BUY')
    hold(driver, THIRD, '1', 'SELL')
    const entry = rest(driver, 'BUY', '99.9')
    const exit = accepted(driver.order({ symbol: ETH_PERP, traderId: THIRD, side: 'BUY', reduceOnly: true, price: price('99.8') }))
    driver.takeCommands()
    driver.enter({ symbol: ETH_PERP, action: 'CLOSE_LONG' })
    expect(driver.takeCommands().map((c) => (c.type === 'CancelOrder' ? c.clientOrderId : c.type))).toEqual([entry, 'SubmitOrder'])
    expect(driver.status(exit)).toBe('SUBMITTED')
  })

  it('also a stop that is met', () => {
    const driver = several()
    driver.hold('1', { symbol: ETH_PERP, stopLoss: price('97') })
    const entry = rest(driver, 'BUY', '96.9')
    driver.takeCommands()
    driver.quote(ETH_PERP, '97')
    expect(driver.takeCommands().map((c) => (c.type === 'CancelOrder' ? c.clientOrderId : c.type))).toEqual([entry, 'SubmitOrder'])
  })

  it('an order that waits for its trigger is judged when it is sent', () => {
    const driver = several()
    rest(driver, 'SELL', '103')
    const stop = accepted(driver.order({ symbol: ETH_PERP, type: 'STOP_MARKET', price: undefined, triggerPrice: price('102.9') }))
    expect(driver.status(stop)).toBe('EMULATED')
    driver.quote(ETH_PERP, '102.9')
    expect(driver.factsOf('OrderStatusChanged').at(-1)).toMatchObject({ clientOrderId: stop, status: 'REJECTED' })
  })
})
