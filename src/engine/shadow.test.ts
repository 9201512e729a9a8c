import { describe, expect, it } from 'vitest'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { BTC, EngineDriver, TRADER } from '#test/support/engine/engine-driver.ts'
import type { ExchangeCommand } from './ports.ts'

const WHY = 'The bybit account is held by process 4711 on desk.'
const QUESTIONS: ReadonlySet<ExchangeCommand['type']> = new Set(['QueryOrder', 'QueryAccount'])

/** A position with a stop, a working limit order, an order without an answer; then the lease is lost. */
function overtaken(): {
  readonly driver: EngineDriver
  readonly working: ReturnType<EngineDriver['enter']>
  readonly sent: () => ExchangeCommand[]
} {
  const driver = EngineDriver.ready()
  driver.hold('1', { stopLoss: Price.parse('90') })
  const working = driver.order({ price: Price.parse('99') }).clientOrderId ?? fail()
  driver.accept(working)
  driver.enter({ quantity: Quantity.parse('1') })
  driver.process({ type: 'Lease', shadow: WHY, ts: driver.now })
  const before = driver.commands.length
  return { driver, working, sent: () => driver.commands.slice(before).filter(({ type }) => !QUESTIONS.has(type)) }
}
function fail(): never {
  throw new Error('no order')
}

describe('in shadow mode', () => {
  it('says so once, critically, and never takes it back', () => {
    const { driver } = overtaken()
    driver.process({ type: 'Lease', shadow: 'Another reason.', ts: driver.now })
    driver.process({ type: 'Lease', ts: driver.now })
    const alerts = driver.factsOf('AlertRaised').filter(({ code }) => code === 'SHADOW_MODE')
    expect(alerts).toHaveLength(1)
    expect(alerts[0]).toMatchObject({ severity: 'critical', message: expect.stringContaining(WHY) })
    expect(driver.state.shadow).toBe(WHY)
  })

  it('decides every signal and order, and denies it', () => {
    const { driver, sent } = overtaken()
    const denied = { outcome: 'DENIED', reason: 'SHADOW_MODE', value: WHY }
    expect(driver.signal()).toMatchObject(denied)
    expect(driver.signal({ action: 'CLOSE_LONG' })).toMatchObject(denied)
    expect(driver.order()).toMatchObject(denied)
    const signalId = driver.signalOf().signalId
    const closed = driver.command({ type: 'ClosePosition', traderId: TRADER, symbol: BTC, by: 'anna', signalId })
    expect(closed).toMatchObject({ type: 'Decisions', decisions: [denied] })
    expect(sent()).toEqual([])
  })

  it('refuses what a person would do to the other one’s orders, and records nothing of it', () => {
    const { driver, working, sent } = overtaken()
    const facts = driver.facts.length
    const refused = { type: 'Refused', code: 'REFUSED', message: expect.stringContaining(WHY) }
    expect(driver.command({ type: 'CancelOrder', clientOrderId: working, by: 'anna' })).toMatchObject(refused)
    expect(driver.command({ type: 'AmendOrder', clientOrderId: working, price: Price.parse('98'), by: 'anna' })).toMatchObject(refused)
    expect(driver.command({ type: 'SetProtection', traderId: TRADER, symbol: BTC, plan: null, by: 'anna' })).toMatchObject(refused)
    expect(driver.command({ type: 'DecideDifference', differenceId: 'x', decision: 'CLOSE', by: 'anna', reason: 'y' })).toMatchObject(
      refused,
    )
    expect(driver.facts).toHaveLength(facts)
    expect(sent()).toEqual([])
  })

  it('does nothing by itself: no stop, no flatten, no order again, whatever the prices and answers', () => {
    const { driver, working, sent } = overtaken()
    driver.quote(BTC, '50')
    driver.candle(BTC, { low: '10', high: '60', close: '50' })
    const silent = [...driver.state.orders.values()].find(({ status }) => status === 'SUBMITTED')?.clientOrderId ?? fail()
    driver.tick(60_000)
    driver.say('OrderNotFound', silent, { authoritative: true })
    driver.tick(60_000)
    const stopped = driver.command({ type: 'Halt', by: 'anna', reason: 'stop', flatten: true })
    expect(stopped, 'no clean receipt').toMatchObject({ type: 'Refused', message: expect.stringContaining('NOTHING was canceled') })
    for (let i = 0; i < 20; i += 1) driver.tick(5_000)
    expect(sent()).toEqual([])
    expect(driver.state.halt).not.toBeNull()
    expect(driver.state.orders.get(working)?.status, 'a cancel that was not sent is not awaited').toBe('ACCEPTED')
  })

  it('still asks about its orders, and books what the exchange says', () => {
    const { driver, working } = overtaken()
    const before = driver.commands.length
    driver.disconnect()
    driver.connect()
    expect(driver.commands.slice(before).some(({ type }) => QUESTIONS.has(type))).toBe(true)
    driver.fill(working, '1', '99')
    expect(driver.factsOf('OrderFilled').at(-1)).toMatchObject({ clientOrderId: working })
  })
})

it('a lease that is ours changes nothing; its number is in the order ids', () => {
  const driver = EngineDriver.ready()
  driver.process({ type: 'Lease', ts: driver.now })
  expect(driver.enter().slice(8, 11)).toBe('000')
  driver.state.fence = 40
  expect(driver.enter().slice(8, 11)).toBe('014')
})
