import { describe, expect, it } from 'vitest'
import { parseExchangeOrderId, type ClientOrderId } from '#domain/ids.ts'
import { BTC, ETH_PERP, EngineDriver } from '#test/support/engine/engine-driver.ts'

interface Crashed {
  readonly driver: EngineDriver
  readonly accepted: ClientOrderId
  readonly unanswered: ClientOrderId
}

/** A restart with one order the exchange confirmed and one whose answer was never heard; price 100, not yet reconciled. */
function crashed(downMs = 0): Crashed {
  const before = EngineDriver.ready()
  const [accepted, unanswered] = [before.enter(), before.enter({ symbol: ETH_PERP })]
  before.accept(accepted)
  before.hold('1', { symbol: ETH_PERP })
  const driver = before.restarted()
  driver.now += downMs
  driver.connect()
  driver.quote(BTC, '100')
  return { driver, accepted, unanswered }
}
const found = (driver: EngineDriver, id: ClientOrderId) =>
  driver.say('OrderFound', id, { exchangeOrderId: parseExchangeOrderId(`X-${id}`) })

describe('reconciliation', () => {
  it('asks about each working order and nothing else, and marks what was never answered as unknown', () => {
    const { driver, accepted, unanswered } = crashed()
    expect(driver.commands.map((c) => c.type === 'QueryOrder' && c.clientOrderId)).toEqual([accepted, unanswered])
    expect([driver.status(accepted), driver.status(unanswered)]).toEqual(['ACCEPTED', 'UNKNOWN'])
    expect(driver.reserved()).toBe('200')
  })

  it('keeps the gate shut until every answer is in', () => {
    const { driver, accepted, unanswered } = crashed()
    expect(driver.signal().reason).toBe('NOT_RECONCILED')
    found(driver, accepted)
    expect(driver.signal().reason).toBe('NOT_RECONCILED')
    expect(driver.signal({ symbol: ETH_PERP, action: 'CLOSE_LONG' }).reason).toBe('NO_REFERENCE_PRICE')
    found(driver, unanswered)
    expect(driver.signal().reason).toBe('ACCEPTED')
    expect(driver.alerts()).toEqual([])
  })

  it('asks again every 5 s where the answer was lost, for any order, so that the gate opens in the end', () => {
    const { driver, accepted, unanswered } = crashed()
    found(driver, unanswered)
    driver.takeCommands()
    driver.tick(4_999)
    expect(driver.takeCommands()).toEqual([])
    driver.tick(1)
    expect(driver.takeCommands().map((c) => c.type === 'QueryOrder' && c.clientOrderId)).toEqual([accepted])
    found(driver, accepted)
    expect(driver.state.reconciled).toBe(true)
  })

  it('sends an order that provably never arrived again, under the same id, once', () => {
    const { driver, accepted, unanswered } = crashed()
    found(driver, accepted)
    driver.takeCommands()
    driver.say('OrderNotFound', unanswered, { authoritative: true })
    expect(driver.sent()).toEqual([unanswered])
    driver.tick(1_000)
    expect(driver.sent()).toEqual([unanswered])
    expect(driver.factsOf('OrderSubmitted')).toEqual([])
    expect(driver.state.orderCount).toBe(3)
  })

  it('never sends again on absence that proves nothing, nor an order the exchange once confirmed', () => {
    const { driver, accepted, unanswered } = crashed()
    driver.say('OrderNotFound', unanswered, { authoritative: false })
    driver.say('OrderNotFound', accepted, { authoritative: true })
    expect(driver.sent()).toEqual([])
    expect([driver.status(accepted), driver.status(unanswered)]).toEqual(['UNKNOWN', 'UNKNOWN'])
    expect(driver.reserved()).toBe('200')
    driver.quote(BTC, '100')
    expect(driver.signal().reason).toBe('OUTCOME_UNKNOWN_PENDING')
  })

  it('does not open on a price that is out of date: an old entry that never arrived is canceled', () => {
    const { driver, unanswered } = crashed(1_000_001)
    driver.say('OrderNotFound', unanswered, { authoritative: true })
    expect(driver.sent()).toEqual([])
    expect(driver.status(unanswered)).toBe('CANCELED')
    expect(driver.reserved()).toBe('100')
  })

  it('sends an old exit again, whatever its age', () => {
    const before = EngineDriver.ready()
    before.hold('1')
    const exit = before.enter({ action: 'CLOSE_LONG' })
    const driver = before.restarted()
    driver.now += 10_000_000
    driver.connect()
    driver.say('OrderNotFound', exit, { authoritative: true })
    expect(driver.sent()).toEqual([exit])
  })

  it('happens again after every disconnect, and entries and answers in between change nothing', () => {
    const driver = EngineDriver.ready()
    const id = driver.enter()
    driver.accept(id)
    driver.disconnect()
    expect(driver.alerts()).toEqual(['EXCHANGE_DISCONNECTED'])
    expect(driver.signal().reason).toBe('EXCHANGE_DISCONNECTED')
    driver.takeCommands()
    driver.connect()
    expect(driver.takeCommands().map(({ type }) => type)).toEqual(['QueryOrder'])
    expect(driver.signal().reason).toBe('NOT_RECONCILED')
  })

  it('books fills that come while it asks, and takes them as the answer', () => {
    const { driver, accepted, unanswered } = crashed()
    driver.fill(unanswered, '1')
    driver.fill(accepted, '1')
    expect(driver.state.reconciled).toBe(true)
    expect([driver.position(), driver.position(ETH_PERP), driver.reserved()]).toEqual(['1', '2', '0'])
  })

  it('with no order working opens at once', () => {
    const driver = EngineDriver.ready().restarted()
    driver.connect()
    expect(driver.state.reconciled).toBe(true)
  })
})
