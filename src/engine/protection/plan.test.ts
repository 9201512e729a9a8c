import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { OrderSide } from '#domain/order.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import { positionKey } from '#engine/state.ts'
import { BTC, ETH_PERP, EngineDriver, NOON, TRADER } from '#test/support/engine/engine-driver.ts'

const quantity = (text: string) => Quantity.parse(text)
const KEY = positionKey(TRADER, ETH_PERP)
const exits = (driver: EngineDriver) => driver.factsOf('OrderSubmitted').filter(({ reduceOnly }) => reduceOnly)
const sold = (driver: EngineDriver) => exits(driver).map((order) => [order.purpose, order.quantity, order.ladderLevel])
const moves = (driver: EngineDriver) => driver.factsOf('ProtectionMoved').map(({ cause, stopLoss }) => [cause, stopLoss])
const stop = (driver: EngineDriver) => {
  const level = driver.state.positions.get(KEY)?.stopLoss
  return level === undefined ? undefined : Number(Price.format(level))
}

/** Holds 4 long at 100 under a plan. */
function guarded(plan: ProtectionPlan, size = '4'): EngineDriver {
  const driver = EngineDriver.ready()
  driver.hold(size, { symbol: ETH_PERP, protection: plan })
  driver.takeCommands()
  driver.now += 60_000
  return driver
}
/** Fills whole whatever exit was sent last. */
function fillExits(driver: EngineDriver, at: string): void {
  for (const { clientOrderId, quantity: size } of exits(driver))
    if (driver.status(clientOrderId) === 'SUBMITTED') driver.fill(clientOrderId, size, at)
}

describe('a plan', () => {
  it('comes with the signal and is in force from the first fill; a simple one needs no word of its own', () => {
    const driver = guarded({ stopLoss: '90', trailing: { by: 'PRICE', distance: '5' } })
    expect(stop(driver)).toBe(95)
    expect(driver.factsOf('ProtectionSet')).toMatchObject([{ plan: { stopLoss: '90', trailing: { by: 'PRICE', distance: '5' } } }])
    const simple = guarded({ stopLoss: '90', takeProfit: '120' })
    expect([stop(simple), simple.factsOf('ProtectionSet')]).toEqual([90, []])
  })

  it('comes with an order of a person', () => {
    const driver = EngineDriver.ready()
    const decision = driver.order({ symbol: ETH_PERP, protection: { stopLoss: '91', breakeven: { atBps: '100', offsetBps: '10' } } })
    if (decision.clientOrderId !== undefined) driver.fill(decision.clientOrderId, '1')
    expect(stop(driver)).toBe(91)
    driver.quote(ETH_PERP, '101')
    expect(stop(driver)).toBe(100.1)
  })

  it.each<[string, ProtectionPlan]>([
    ['a stop above the price of a long', { stopLoss: '100' }],
    ['a target below it', { takeProfit: '100' }],
    ['no decimal', { stopLoss: 'abc' }],
    ['a distance of nothing', { trailing: { by: 'BPS', distance: '0' } }],
    ['a distance of everything', { trailing: { by: 'BPS', distance: '10000' } }],
    [
      'a ladder out of order',
      {
        ladder: [
          { atBps: '200', shareBps: '5000' },
          { atBps: '100', shareBps: '5000' },
        ],
      },
    ],
    [
      'shares of more than all',
      {
        ladder: [
          { atBps: '100', shareBps: '6000' },
          { atBps: '200', shareBps: '4001' },
        ],
      },
    ],
    ['a share of nothing', { ladder: [{ atBps: '100', shareBps: '0' }] }],
    ['a lock beyond what sets it', { locks: [{ atBps: '100', lockBps: '100' }] }],
    ['breakeven beyond what sets it', { breakeven: { atBps: '10', offsetBps: '10' } }],
    ['basis points below zero', { breakeven: { atBps: '10', offsetBps: '-5' } }],
  ])('with %s is refused', (_, protection) => {
    expect(EngineDriver.ready().signal({ symbol: ETH_PERP, protection }).reason).toBe('PROTECTION_WRONG_SIDE')
    const driver = guarded({ takeProfit: '150' })
    const before = driver.facts.length
    expect(driver.protect(protection, ETH_PERP)).toMatchObject({ type: 'Refused', reason: 'PROTECTION_WRONG_SIDE' })
    expect(driver.facts).toHaveLength(before)
  })

  it('of a strategy that cannot be read makes the proposal unreadable', () => {
    const driver = EngineDriver.ready()
    driver.answer(1_000, [{ action: 'BUY', protection: { trailing: { by: 'FEET', distance: '1' } } as never }])
    expect([driver.sent(), driver.alerts()]).toEqual([[], ['SIGNAL_UNREADABLE']])
  })
})

describe('set by a person', () => {
  it('is audited, in force at once, and taken away with null', () => {
    const driver = guarded({ stopLoss: '90' })
    expect(driver.protect({ stopLoss: '95', takeProfit: '130' }, ETH_PERP)).toMatchObject({ type: 'Done' })
    expect(driver.factsOf('ActionAudited').at(-1)).toMatchObject({ action: 'set-protection', before: '{"stopLoss":"90"}' })
    expect(stop(driver)).toBe(95)
    driver.protect(null, ETH_PERP)
    driver.quote(ETH_PERP, '10')
    expect([stop(driver), exits(driver)]).toEqual([undefined, []])
  })

  it('never loosens the stop in force', () => {
    const driver = guarded({ stopLoss: '90', trailing: { by: 'PRICE', distance: '5' } })
    driver.quote(ETH_PERP, '110')
    expect(stop(driver)).toBe(105)
    expect(driver.protect({ stopLoss: '104' }, ETH_PERP)).toMatchObject({ type: 'Refused', limit: 'stop in force 105.00' })
    expect(driver.protect({ takeProfit: '130' }, ETH_PERP)).toMatchObject({ type: 'Done' })
    expect(stop(driver)).toBe(105)
    expect(driver.protect({ stopLoss: '106' }, ETH_PERP)).toMatchObject({ type: 'Done' })
    expect(stop(driver)).toBe(106)
  })

  it('is refused where nothing is held', () => {
    expect(EngineDriver.ready().protect({ stopLoss: '90' }, ETH_PERP)).toMatchObject({ type: 'Refused', code: 'NOT_FOUND' })
  })
})

describe('breakeven, locks and trailing', () => {
  it('move the stop one decision after the other when the price jumps over several', () => {
    const driver = guarded({
      stopLoss: '95',
      breakeven: { atBps: '100', offsetBps: '20' },
      locks: [
        { atBps: '200', lockBps: '100' },
        { atBps: '300', lockBps: '200' },
        { atBps: '400', lockBps: '300' },
      ],
    })
    driver.quote(ETH_PERP, '103.5')
    expect(moves(driver)).toEqual([
      ['BREAKEVEN', '100.20'],
      ['LOCK', '101.00'],
      ['LOCK', '102.00'],
    ])
    driver.quote(ETH_PERP, '102.5')
    driver.quote(ETH_PERP, '103.5')
    expect(moves(driver)).toHaveLength(3)
    driver.quote(ETH_PERP, '102')
    expect(sold(driver)).toEqual([['STOP_LOSS', '4', undefined]])
  })

  it('trail from the activation on, by steps', () => {
    const driver = guarded({ stopLoss: '90', trailing: { by: 'BPS', distance: '100', activationBps: '500', stepBps: '50' } })
    driver.quote(ETH_PERP, '104.99')
    expect(stop(driver)).toBe(90)
    driver.quote(ETH_PERP, '105')
    expect(stop(driver)).toBe(103.95)
    driver.quote(ETH_PERP, '105.4')
    expect(stop(driver)).toBe(103.95)
    driver.quote(ETH_PERP, '106')
    expect(stop(driver)).toBe(104.94)
    const again = driver.restarted()
    again.connect()
    again.quote(ETH_PERP, '105')
    expect(Number(stop(again))).toBe(104.94)
    expect(Price.format(again.state.guards.get(KEY)?.highWater ?? Price.parse('0'))).toBe('106')
  })

  it('by the average range wait for it', () => {
    const driver = guarded({ stopLoss: '90', trailing: { by: 'ATR', distance: '2' } })
    driver.quote(ETH_PERP, '120')
    expect(stop(driver)).toBe(90)
    for (let i = 0; i < 14; i += 1) {
      driver.now += 60_000
      driver.candle(ETH_PERP, { low: '119', high: '121', close: '120' })
    }
    expect(stop(driver)).toBe(117)
  })

  it('a bar that went far enough and came back has met the stop it set: the position is closed, the stop never beyond the price', () => {
    const driver = guarded({ stopLoss: '95', trailing: { by: 'PRICE', distance: '3' } })
    driver.candle(ETH_PERP, { low: '99', high: '112', close: '101' })
    expect(sold(driver)).toEqual([['STOP_LOSS', '4', undefined]])
    expect(stop(driver)).toBe(97)
  })

  it('the stop in force before a bar is taken before anything the bar would move', () => {
    const driver = guarded({ stopLoss: '95', takeProfit: '110', ladder: [{ atBps: '100', shareBps: '5000' }] })
    driver.candle(ETH_PERP, { low: '95', high: '112', close: '101' })
    expect(sold(driver)).toEqual([['STOP_LOSS', '4', undefined]])
  })
})

describe('scaling in', () => {
  it('levels in basis points follow the new average, the stop stays', () => {
    const driver = guarded({
      stopLoss: '95',
      breakeven: { atBps: '200', offsetBps: '0' },
      ladder: [
        { atBps: '500', shareBps: '5000' },
        { atBps: '900', shareBps: '5000' },
      ],
    })
    driver.quote(ETH_PERP, '102')
    expect(stop(driver)).toBe(100)
    const more = driver.enter({ symbol: ETH_PERP, quantity: quantity('4') })
    driver.fill(more, '4', '104')
    // The average is 102 now, breakeven would be there: the price has not been at 104.04.
    expect(stop(driver)).toBe(100)
    driver.quote(ETH_PERP, '104.04')
    expect(stop(driver)).toBe(102)
    driver.quote(ETH_PERP, '107.1')
    expect(sold(driver)).toEqual([['TAKE_PROFIT', '4', 0]])
  })

  it('an entry with a nearer stop tightens it, one with a further stop does not loosen it', () => {
    const driver = guarded({ stopLoss: '95' })
    driver.fill(driver.enter({ symbol: ETH_PERP, quantity: quantity('1'), stopLoss: Price.parse('90') }), '1')
    expect(stop(driver)).toBe(95)
    driver.fill(driver.enter({ symbol: ETH_PERP, quantity: quantity('1'), stopLoss: Price.parse('97') }), '1')
    expect(stop(driver)).toBe(97)
  })

  it('the stop closes all that is held then', () => {
    const driver = guarded({ stopLoss: '95' })
    driver.fill(driver.enter({ symbol: ETH_PERP, quantity: quantity('1.5') }), '1.5')
    driver.quote(ETH_PERP, '95')
    expect(sold(driver)).toEqual([['STOP_LOSS', '5.5', undefined]])
  })
})

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

describe('long and short', () => {
  const MID = 10_000
  const cents = (n: number) => `${Math.floor(n / 100)}.${(n % 100).toString().padStart(2, '0')}`
  const bps = fc.integer({ min: 1, max: 500 }).map(String)
  const plan = fc.record({
    trailing: fc.option(
      fc.record({
        by: fc.constantFrom('PRICE' as const),
        distance: fc.integer({ min: 10, max: 400 }).map(cents),
        activationBps: fc.option(bps, { nil: undefined }),
      }),
      { nil: undefined },
    ),
    breakeven: fc.option(
      fc.integer({ min: 2, max: 300 }).map((at) => ({ atBps: `${at}`, offsetBps: `${Math.floor(at / 2)}` })),
      { nil: undefined },
    ),
    locks: fc.option(
      fc
        .uniqueArray(fc.integer({ min: 2, max: 500 }), { minLength: 1, maxLength: 3 })
        .map((ats) => ats.sort((a, b) => a - b).map((at) => ({ atBps: `${at}`, lockBps: `${Math.floor(at / 2)}` }))),
      { nil: undefined },
    ),
    ladder: fc.option(
      fc
        .uniqueArray(fc.integer({ min: 2, max: 500 }), { minLength: 1, maxLength: 3 })
        .map((ats) => ats.sort((a, b) => a - b).map((at) => ({ atBps: `${at}`, shareBps: '3000' }))),
      { nil: undefined },
    ),
  })
  const path = fc.array(fc.record({ price: fc.integer({ min: -500, max: 500 }), spread: fc.nat(300), isBar: fc.boolean() }), {
    minLength: 1,
    maxLength: 30,
  })

  function run(
    side: OrderSide,
    protection: ProtectionPlan,
    stopAt: number,
    steps: readonly { readonly price: number; readonly spread: number; readonly isBar: boolean }[],
  ) {
    const sign = side === 'BUY' ? 1 : -1
    const at = (offset: number) => cents(MID + sign * offset)
    const driver = EngineDriver.ready()
    driver.hold('4', { symbol: ETH_PERP, action: side, protection: { ...protection, stopLoss: at(-stopAt) } })
    for (const step of steps) {
      if (step.isBar) {
        driver.now += 60_000
        const [a, b] = [at(step.price - step.spread), at(step.price + step.spread)]
        driver.candle(ETH_PERP, { low: sign === 1 ? a : b, high: sign === 1 ? b : a, close: at(step.price) })
      } else driver.quote(ETH_PERP, at(step.price))
      fillExits(driver, at(step.price))
    }
    const offset = (text: string | undefined) => (text === undefined ? undefined : sign * (Math.round(Number(text) * 100) - MID) + 0)
    return driver.facts.flatMap((fact) => {
      if (fact.type === 'ProtectionMoved') return [[fact.cause, offset(fact.stopLoss), offset(fact.highWater)]]
      return fact.type === 'OrderSubmitted' ? [[fact.purpose, fact.quantity, fact.ladderLevel]] : []
    })
  }

  it('are mirror images', () => {
    let moved = 0
    fc.assert(
      fc.property(plan, fc.integer({ min: 50, max: 600 }), path, (protection, stopAt, steps) => {
        const long = run('BUY', protection, stopAt, steps)
        moved += long.length - 1
        expect(run('SELL', protection, stopAt, steps)).toEqual(long)
      }),
      { numRuns: 300 },
    )
    expect(moved).toBeGreaterThan(300)
  })

  it('the stop never loosens and never lies beyond the price; exits never exceed what is held', () => {
    fc.assert(
      fc.property(plan, fc.integer({ min: 50, max: 600 }), path, fc.boolean(), (protection, stopAt, steps, isLong) => {
        const facts = run(isLong ? 'BUY' : 'SELL', protection, stopAt, steps)
        let last = -stopAt
        let held = 4
        for (const [what, value] of facts) {
          if (what === 'ENTRY') continue
          if (typeof what === 'string' && ['BREAKEVEN', 'LOCK', 'TRAILING'].includes(what) && value !== undefined) {
            expect(Number(value)).toBeGreaterThan(last)
            last = Number(value)
          } else if (what === 'STOP_LOSS' || what === 'TAKE_PROFIT') held -= Number(value)
          expect(held).toBeGreaterThanOrEqual(-1e-9)
        }
      }),
      { numRuns: 200 },
    )
  })
})

it('plans of two instruments do not touch', () => {
  const driver = guarded({ stopLoss: '95' })
  driver.hold('1', { symbol: BTC, protection: { stopLoss: '80' } })
  driver.quote(BTC, '85')
  expect([exits(driver), driver.now > NOON]).toEqual([[], true])
})
