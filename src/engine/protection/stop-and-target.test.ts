import { describe, expect, it } from 'vitest'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { Signal } from '#domain/signal.ts'
import { BTC, ETH_PERP, EngineDriver, NOON, OTHER_TRADER } from '#test/support/engine/engine-driver.ts'

const price = (text: string) => Price.parse(text)
const LEVELS: Partial<Signal> = { stopLoss: price('90'), takeProfit: price('120') }

/** What closed the position, read from the facts. */
const purposes = (driver: EngineDriver) => driver.factsOf('OrderSubmitted').flatMap(({ purpose }) => (purpose === 'ENTRY' ? [] : [purpose]))

function holding(change: Partial<Signal> = LEVELS): EngineDriver {
  const driver = EngineDriver.ready()
  driver.hold('1', change)
  driver.takeCommands()
  driver.now += 60_000
  return driver
}

describe('stop and target', () => {
  it.each([
    { low: '90.01', high: '119.99', closes: [] },
    { low: '90', high: '100', closes: ['STOP_LOSS'] },
    { low: '100', high: '120', closes: ['TAKE_PROFIT'] },
    { low: '90', high: '120', closes: ['STOP_LOSS'] },
  ])('of a long: a bar from $low to $high closes by $closes', ({ low, high, closes }) => {
    const driver = holding()
    driver.candle(BTC, { low, high, close: '100' })
    expect(purposes(driver)).toEqual(closes)
    expect(
      driver.commands.map(
        (c) => c.type === 'SubmitOrder' && [c.order.side, c.order.type, c.order.reduceOnly, Quantity.format(c.order.quantity)],
      ),
    ).toEqual(closes.map(() => ['SELL', 'MARKET', true, '1']))
  })

  it.each([
    { low: '80.01', high: '109.99', closes: [] },
    { low: '100', high: '110', closes: ['STOP_LOSS'] },
    { low: '80', high: '100', closes: ['TAKE_PROFIT'] },
    { low: '80', high: '110', closes: ['STOP_LOSS'] },
  ])('of a short: a bar from $low to $high closes by $closes', ({ low, high, closes }) => {
    const driver = holding({ symbol: ETH_PERP, action: 'SELL', stopLoss: price('110'), takeProfit: price('80') })
    driver.candle(ETH_PERP, { low, high, close: '100' })
    expect(purposes(driver)).toEqual(closes)
  })

  it('fires at a quote, once, however often the price is repeated', () => {
    const driver = holding()
    for (let i = 0; i < 10; i += 1) driver.quote(BTC, '89')
    expect(purposes(driver)).toEqual(['STOP_LOSS'])
  })

  it('goes on with what a partial fill left', () => {
    const driver = holding()
    driver.quote(BTC, '89')
    const [id] = driver.sent()
    driver.takeCommands()
    if (id === undefined) throw new Error('nothing was sent')
    driver.fill(id, '0.4', '89')
    driver.say('OrderExpired', id, { reason: 'rest' })
    driver.quote(BTC, '88')
    expect(driver.commands.map((c) => c.type === 'SubmitOrder' && Quantity.format(c.order.quantity))).toEqual(['0.6'])
  })

  it('is not fired by a price of zero, which is no price', () => {
    const driver = holding()
    driver.quote(BTC, '0')
    driver.candle(BTC, { low: '0', high: '100', close: '100' })
    expect(driver.commands).toEqual([])
    expect(driver.alerts()).toEqual(['CANDLE_IMPOSSIBLE'])
    expect(driver.signal({ symbol: ETH_PERP }).reason).toBe('ACCEPTED')
  })

  it('is not fired by what the market did before the position was there', () => {
    const driver = EngineDriver.ready()
    driver.now += 30_000
    driver.hold('1', LEVELS)
    driver.takeCommands()
    driver.now += 30_000
    driver.candle(BTC, { low: '80', high: '130', close: '100', openTime: NOON - 1 })
    expect(driver.commands).toEqual([])
    driver.now += 60_000
    driver.candle(BTC, { low: '89', high: '100', close: '100', openTime: NOON + 60_000 })
    expect(purposes(driver)).toEqual(['STOP_LOSS'])
  })

  it('where no quotes are seen, the whole bar counts: a replay knows only bars', () => {
    const driver = EngineDriver.ready()
    driver.hold('1', LEVELS)
    driver.now += 60_000
    driver.candle(BTC, { low: '89', high: '100', close: '100', openTime: NOON })
    expect(purposes(driver)).toEqual(['STOP_LOSS'])
  })

  it('survives a restart, but sends nothing while the exchange is away or the fate of an order of it is being asked', () => {
    const driver = holding()
    const working = driver.enter({ quantity: Quantity.parse('1') })
    driver.accept(working)
    const again = driver.restarted()
    again.quote(BTC, '89')
    expect(again.commands).toEqual([])
    again.connect()
    again.quote(BTC, '89')
    expect(again.takeCommands().map(({ type }) => type)).toEqual(['QueryOrder'])
    again.say('OrderCanceled', working, { reason: 'gone' })
    again.quote(BTC, '89')
    expect(purposes(again)).toEqual(['STOP_LOSS'])
  })

  it('does not depend on the trader: paused, stopped or failed, its position stays protected', () => {
    for (const state of ['paused', 'stopped', 'error'] as const) {
      const driver = holding()
      driver.trader({}, state)
      driver.quote(BTC, '90')
      expect(purposes(driver)).toEqual(['STOP_LOSS'])
    }
  })

  it("belongs to one trader: the other one's position in the same instrument stays", () => {
    const driver = holding()
    driver.trader({ traderId: OTHER_TRADER })
    driver.hold('2', { traderId: OTHER_TRADER, stopLoss: price('50') })
    driver.takeCommands()
    driver.quote(BTC, '90')
    expect(driver.commands.map((c) => c.type === 'SubmitOrder' && Quantity.format(c.order.quantity))).toEqual(['1'])
    expect(driver.position(BTC, OTHER_TRADER)).toBe('2')
  })

  it('ends with the position: the next one without levels has none', () => {
    const driver = holding()
    driver.fill(driver.enter({ action: 'CLOSE_LONG' }), '1')
    driver.hold('1')
    driver.takeCommands()
    driver.quote(BTC, '50')
    expect(driver.commands).toEqual([])
  })
})

describe('candles', () => {
  it('that come again or out of order are neither recorded nor analysed again', () => {
    const driver = EngineDriver.ready()
    const first = driver.candle(BTC, { low: '99', high: '101', close: '100', openTime: NOON })
    expect(first.analyze).toHaveLength(1)
    for (const openTime of [NOON, NOON - 60_000]) {
      const again = driver.candle(BTC, { low: '99', high: '101', close: '50', openTime })
      expect([again.analyze, again.facts]).toEqual([[], []])
    }
  })

  it("of two timeframes of an instrument do not get in each other's way", () => {
    const driver = EngineDriver.ready()
    driver.trader({ timeframe: '5m' })
    for (let i = 0; i < 5; i += 1) driver.candle(BTC, { low: '99', high: '101', close: '100', openTime: NOON + i * 60_000 })
    const long = driver.candle(BTC, { low: '99', high: '101', close: '100', openTime: NOON, timeframe: '5m' })
    expect(long.facts.map(({ type }) => type)).toContain('CandleClosed')
    expect(long.analyze.map(({ step }) => step.timeframe)).toEqual(['5m'])
    expect(driver.restarted().state.lastCandles.size).toBe(2)
  })
})
