import { describe, expect, it } from 'vitest'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import { ETH_PERP, EngineDriver } from '#test/support/engine/engine-driver.ts'
import { fillExits, guarded, quantity, sold } from '#test/support/engine/guarded.ts'

describe('the ladder', () => {
  const LADDER: ProtectionPlan = {
    stopLoss: '90',
    ladder: [
      { atBps: '100', shareBps: '2500' },
      { atBps: '200', shareBps: '2500' },
      { atBps: '300', shareBps: '5000' },
    ],
  }

  it('sells shares of the original size, the last step the rest', () => {
    const driver = guarded(LADDER)
    for (const at of ['101', '102', '103']) {
      driver.quote(ETH_PERP, at)
      fillExits(driver, at)
    }
    expect(sold(driver)).toEqual([
      ['TAKE_PROFIT', '1', 0],
      ['TAKE_PROFIT', '1', 1],
      ['TAKE_PROFIT', '2', 2],
    ])
    expect(driver.position(ETH_PERP)).toBe('0')
  })

  it('a step that is done stays done when the position grows', () => {
    const driver = guarded(LADDER)
    driver.quote(ETH_PERP, '101')
    fillExits(driver, '101')
    driver.fill(driver.enter({ symbol: ETH_PERP, quantity: quantity('5') }), '5', '100')
    driver.quote(ETH_PERP, '101')
    expect(sold(driver)).toHaveLength(1)
    driver.quote(ETH_PERP, '102')
    // Half of the largest size held, 8, without what was sold before.
    expect(sold(driver).at(-1)).toEqual(['TAKE_PROFIT', '3', 1])
  })

  it('a jump over several steps is one order each, in order; nothing is sent twice', () => {
    const driver = guarded(LADDER)
    driver.quote(ETH_PERP, '103')
    driver.quote(ETH_PERP, '103.5')
    expect(sold(driver).map(([, size, level]) => [Number(size), level])).toEqual([
      [1, 0],
      [1, 1],
      [2, 2],
    ])
  })

  it('a crash between order and fill neither doubles nor forgets a step', () => {
    const driver = guarded(LADDER)
    driver.quote(ETH_PERP, '101')
    const [first] = driver.sent()
    const again = driver.restarted()
    again.connect()
    again.quote(ETH_PERP, '101')
    expect(again.sent()).toEqual([])
    again.say('OrderFound', first ?? driver.enter(), { exchangeOrderId: 'X' as never })
    again.fill(first ?? driver.enter(), '1', '101')
    again.quote(ETH_PERP, '101.5')
    expect(again.sent()).toEqual([])
    again.quote(ETH_PERP, '102')
    expect(sold(again).map(([, size, level]) => [Number(size), level])).toEqual([[1, 1]])
  })

  it('a step that was filled in part goes on with its rest, or with the next step', () => {
    const driver = guarded(LADDER)
    driver.quote(ETH_PERP, '101')
    const [id] = driver.sent()
    if (id === undefined) throw new Error('nothing was sent')
    driver.fill(id, '0.4', '101')
    driver.say('OrderExpired', id, { reason: 'rest' })
    driver.quote(ETH_PERP, '100')
    expect(sold(driver)).toHaveLength(1)
    driver.quote(ETH_PERP, '102')
    expect(
      sold(driver)
        .slice(1)
        .map(([, size, level]) => [Number(size), level]),
    ).toEqual([
      [0.6, 0],
      [1, 1],
    ])
  })

  it('the stop closes what the ladder has left', () => {
    const driver = guarded(LADDER)
    driver.quote(ETH_PERP, '101')
    fillExits(driver, '101')
    driver.quote(ETH_PERP, '90')
    expect(sold(driver).at(-1)).toEqual(['STOP_LOSS', '3', undefined])
  })

  it('steps below the least size, or that would leave such a rest, are merged into the next', () => {
    const driver = EngineDriver.ready({ rules: { minQuantity: '1', lot: '0.1', minNotional: '0' } })
    driver.hold('3', { symbol: ETH_PERP, protection: LADDER })
    driver.quote(ETH_PERP, '101')
    expect(sold(driver)).toEqual([])
    driver.quote(ETH_PERP, '102')
    fillExits(driver, '102')
    driver.quote(ETH_PERP, '103')
    expect(sold(driver).map(([, size, level]) => [Number(size), level])).toEqual([
      [1.5, 1],
      [1.5, 2],
    ])
    const dust = EngineDriver.ready({ rules: { minQuantity: '1', lot: '0.1', minNotional: '0' } })
    dust.hold('3', {
      symbol: ETH_PERP,
      protection: {
        ladder: [
          { atBps: '100', shareBps: '9000' },
          { atBps: '200', shareBps: '1000' },
        ],
      },
    })
    dust.quote(ETH_PERP, '101')
    expect(sold(dust)).toEqual([])
    dust.quote(ETH_PERP, '102')
    expect(sold(dust).map(([, size, level]) => [Number(size), level])).toEqual([[3, 1]])
  })

  it('and a target: steps before it are taken, then all that is left', () => {
    const driver = guarded({ takeProfit: '102.5', ladder: LADDER.ladder })
    driver.quote(ETH_PERP, '110')
    expect(sold(driver).map(([, size, level]) => [Number(size), level])).toEqual([
      [1, 0],
      [1, 1],
      [2, undefined],
    ])
  })
})

describe('closing', () => {
  it('goes on to the end whatever the price does, also after a restart', () => {
    const driver = guarded({ stopLoss: '95' })
    driver.quote(ETH_PERP, '95')
    const [id] = driver.sent()
    if (id === undefined) throw new Error('nothing was sent')
    driver.fill(id, '1', '95')
    const again = driver.restarted()
    again.connect()
    again.quote(ETH_PERP, '99')
    again.takeCommands()
    again.say('OrderExpired', id, { reason: 'rest' })
    expect(sold(again).map(([purpose, size]) => [purpose, Number(size)])).toEqual([['STOP_LOSS', 3]])
  })

  it('cancels exits that rest in the way and closes the rest as they end: never more than is held', () => {
    const driver = guarded({ stopLoss: '95' })
    const limit = driver.order({
      symbol: ETH_PERP,
      side: 'SELL',
      reduceOnly: true,
      price: Price.parse('104'),
      quantity: quantity('3'),
    }).clientOrderId
    if (limit === undefined) throw new Error('refused')
    driver.accept(limit)
    driver.takeCommands()
    driver.quote(ETH_PERP, '95')
    expect(driver.takeCommands().map((c) => (c.type === 'SubmitOrder' ? Number(Quantity.format(c.order.quantity)) : c.type))).toEqual([
      'CancelOrder',
      1,
    ])
    driver.fill(limit, '0.5', '104')
    driver.say('OrderCanceled', limit, { reason: 'done' })
    expect(driver.takeCommands().map((c) => (c.type === 'SubmitOrder' ? Number(Quantity.format(c.order.quantity)) : c.type))).toEqual([2.5])
  })

  it('three orders in a row that end without a fill are said, and then it waits a minute', () => {
    const driver = guarded({ stopLoss: '95' })
    driver.quote(ETH_PERP, '95')
    for (let i = 0; i < 10; i += 1)
      for (const id of driver.sent()) if (driver.status(id) === 'SUBMITTED') driver.say('OrderRejected', id, { code: 'X', message: 'no' })
    expect([driver.sent().length, driver.alerts()]).toEqual([3, ['PROTECTION_NOT_SENT']])
    driver.tick(60_000)
    expect(driver.sent()).toHaveLength(4)
  })
})
