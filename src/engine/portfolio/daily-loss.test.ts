import { describe, expect, it } from 'vitest'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { BTC, DAY_MS, ETH_PERP, EngineDriver, NOON } from '#test/support/engine/engine-driver.ts'

const MIDNIGHT = NOON + DAY_MS / 2
const bar = (close: string) => ({ low: close, high: close, close })
const mayEnter = (driver: EngineDriver) => driver.signal({ symbol: ETH_PERP, quantity: Quantity.parse('0.1') }).reason

/** Lost `loss` of 10,000 since noon, realised or not; the limit is 50. */
function losing(loss: number, realized: boolean): EngineDriver {
  const driver = EngineDriver.ready({ limits: { maxDailyLoss: '50', referenceMaxAgeMs: 2 * DAY_MS } })
  driver.hold('1')
  const price = `${100 - loss}`
  driver.candle(BTC, bar(price))
  if (realized) driver.fill(driver.enter({ action: 'CLOSE_LONG' }), '1', price)
  return driver
}

describe('daily loss', () => {
  it.each([true, false])('stops entries at the limit and not a cent before (realised: %s)', (realized) => {
    expect(mayEnter(losing(49, realized))).toBe('ACCEPTED')
    expect(mayEnter(losing(50, realized))).toBe('MAX_DAILY_LOSS')
  })

  it('counts fees', () => {
    const driver = EngineDriver.ready({ limits: { maxDailyLoss: '50' } })
    driver.fill(driver.enter({ quantity: Quantity.parse('1') }), '1', '100', { fee: '50' })
    expect(mayEnter(driver)).toBe('MAX_DAILY_LOSS')
  })

  it('leaves exits open', () => {
    const driver = losing(60, false)
    expect(driver.signal({ action: 'CLOSE_LONG' }).reason).toBe('ACCEPTED')
  })

  it('is not forgotten by a restart', () => {
    for (const realized of [true, false]) {
      const again = losing(50, realized).restarted()
      again.connect()
      again.quote(ETH_PERP, '100')
      if (!realized) again.quote(BTC, '50')
      expect(mayEnter(again)).toBe('MAX_DAILY_LOSS')
    }
  })

  it.each([true, false])('begins anew at 00:00 UTC, before any candle or fill of the new day (realised: %s)', (realized) => {
    const driver = losing(50, realized)
    driver.now = MIDNIGHT - 1
    expect(mayEnter(driver)).toBe('MAX_DAILY_LOSS')
    driver.now = MIDNIGHT
    expect(mayEnter(driver)).toBe('ACCEPTED')
  })

  it('begins anew also when the account has not moved since, and a restart knows it', () => {
    const driver = losing(50, true)
    driver.now = MIDNIGHT + 60_000
    driver.candle(ETH_PERP, bar('100'))
    expect(driver.restarted().state.accounts.get('USDT')?.dayStart).toMatchObject({ units: 9950n })
    expect(mayEnter(driver)).toBe('ACCEPTED')
  })

  it('counts from the equity at midnight: a loss of the new day stops again', () => {
    const driver = losing(40, false)
    driver.now = MIDNIGHT + 60_000
    driver.candle(BTC, bar('60'))
    driver.quote(BTC, '10.01')
    expect(mayEnter(driver)).toBe('ACCEPTED')
    driver.quote(BTC, '10')
    for (const id of driver.sent()) if (driver.status(id) === 'PENDING_CANCEL') driver.say('OrderCanceled', id, { reason: 'done' })
    expect(mayEnter(driver)).toBe('MAX_DAILY_LOSS')
  })

  it('cancels entries that work, once, and leaves exits and positions alone; also those that wait here', () => {
    const driver = EngineDriver.ready({ limits: { maxDailyLoss: '50' } })
    driver.hold('1')
    const entry = driver.enter({ symbol: ETH_PERP })
    driver.accept(entry)
    const waiting =
      driver.order({ symbol: ETH_PERP, type: 'STOP_MARKET', price: undefined, triggerPrice: Price.parse('110') }).clientOrderId ?? entry
    const exit = driver.order({ side: 'SELL', reduceOnly: true, price: Price.parse('104') }).clientOrderId ?? entry
    driver.accept(exit)
    driver.takeCommands()
    for (const price of ['50.01', '50', '49', '51']) driver.quote(BTC, price)
    expect([driver.status(entry), driver.status(waiting), driver.status(exit)]).toEqual(['PENDING_CANCEL', 'CANCELED', 'ACCEPTED'])
    expect([driver.takeCommands().map(({ type }) => type), driver.alerts()]).toEqual([['CancelOrder'], ['DAILY_LOSS_REACHED']])
    const again = driver.restarted()
    again.connect()
    again.quote(BTC, '49')
    expect(again.alerts()).toEqual([])
  })

  it('counts as a new breach after a new day, wider limits, or a clear recovery', () => {
    const driver = EngineDriver.ready({ limits: { maxDailyLoss: '50' } })
    driver.hold('1')
    driver.quote(BTC, '50')
    driver.limits({ maxDailyLoss: '60' })
    driver.quote(BTC, '40')
    expect(driver.alerts()).toHaveLength(2)
    driver.now += 60_000
    driver.candle(BTC, bar('41'))
    driver.quote(BTC, '40')
    expect(driver.alerts()).toHaveLength(2)
    driver.now += 60_000
    driver.candle(BTC, bar('46.5'))
    driver.quote(BTC, '40')
    expect(driver.alerts()).toHaveLength(3)
  })
})

describe('equity marks', () => {
  it('say start + realised + unrealised − fees, and the same in buys, sells and fees', () => {
    const driver = EngineDriver.ready()
    const buy = driver.enter({ quantity: Quantity.parse('3') })
    driver.fill(buy, '1.5', '101.37', { fee: '0.0152055' })
    driver.fill(buy, '1.5', '101.41', { fee: '0.0152115' })
    driver.fill(driver.enter({ action: 'CLOSE_LONG', quantity: Quantity.parse('1') }), '1', '99.99', { fee: '-0.0019998' })
    driver.candle(BTC, bar('103.03'))
    const mark = driver.factsOf('EquityMarked').at(-1)
    // 10000 − 1.5×101.37 − 1.5×101.41 + 99.99 + 2×103.03 − (0.0152055 + 0.0152115 − 0.0019998)
    expect(mark).toMatchObject({ start: '10000', equity: '10001.8515828', exposure: '206.06', fees: '0.0284172', reserved: '0' })
  })
})
