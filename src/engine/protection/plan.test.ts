import { describe, expect, it } from 'vitest'
import { Price } from '#domain/money/price.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import { BTC, ETH_PERP, EngineDriver, NOON } from '#test/support/engine/engine-driver.ts'
import { GUARDED_KEY, exits, guarded, moves, quantity, sold, stopOf } from '#test/support/engine/guarded.ts'

describe('a plan', () => {
  it('comes with the signal and is in force from the first fill; a simple one needs no word of its own', () => {
    const driver = guarded({ stopLoss: '90', trailing: { by: 'PRICE', distance: '5' } })
    expect(stopOf(driver)).toBe(95)
    expect(driver.factsOf('ProtectionSet')).toMatchObject([{ plan: { stopLoss: '90', trailing: { by: 'PRICE', distance: '5' } } }])
    const simple = guarded({ stopLoss: '90', takeProfit: '120' })
    expect([stopOf(simple), simple.factsOf('ProtectionSet')]).toEqual([90, []])
  })

  it('comes with an order of a person', () => {
    const driver = EngineDriver.ready()
    const decision = driver.order({ symbol: ETH_PERP, protection: { stopLoss: '91', breakeven: { atBps: '100', offsetBps: '10' } } })
    if (decision.clientOrderId !== undefined) driver.fill(decision.clientOrderId, '1')
    expect(stopOf(driver)).toBe(91)
    driver.quote(ETH_PERP, '101')
    expect(stopOf(driver)).toBe(100.1)
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
    expect(stopOf(driver)).toBe(95)
    driver.protect(null, ETH_PERP)
    driver.quote(ETH_PERP, '10')
    expect([stopOf(driver), exits(driver)]).toEqual([undefined, []])
  })

  it('never loosens the stop in force', () => {
    const driver = guarded({ stopLoss: '90', trailing: { by: 'PRICE', distance: '5' } })
    driver.quote(ETH_PERP, '110')
    expect(stopOf(driver)).toBe(105)
    expect(driver.protect({ stopLoss: '104' }, ETH_PERP)).toMatchObject({ type: 'Refused', limit: 'stop in force 105.00' })
    expect(driver.protect({ takeProfit: '130' }, ETH_PERP)).toMatchObject({ type: 'Done' })
    expect(stopOf(driver)).toBe(105)
    expect(driver.protect({ stopLoss: '106' }, ETH_PERP)).toMatchObject({ type: 'Done' })
    expect(stopOf(driver)).toBe(106)
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
    expect(stopOf(driver)).toBe(90)
    driver.quote(ETH_PERP, '105')
    expect(stopOf(driver)).toBe(103.95)
    driver.quote(ETH_PERP, '105.4')
    expect(stopOf(driver)).toBe(103.95)
    driver.quote(ETH_PERP, '106')
    expect(stopOf(driver)).toBe(104.94)
    const again = driver.restarted()
    again.connect()
    again.quote(ETH_PERP, '105')
    expect(Number(stopOf(again))).toBe(104.94)
    expect(Price.format(again.state.guards.get(GUARDED_KEY)?.highWater ?? Price.parse('0'))).toBe('106')
  })

  it('by the average range wait for it', () => {
    const driver = guarded({ stopLoss: '90', trailing: { by: 'ATR', distance: '2' } })
    driver.quote(ETH_PERP, '120')
    expect(stopOf(driver)).toBe(90)
    for (let i = 0; i < 14; i += 1) {
      driver.now += 60_000
      driver.candle(ETH_PERP, { low: '119', high: '121', close: '120' })
    }
    expect(stopOf(driver)).toBe(117)
  })

  it('a bar that went far enough and came back has met the stop it set: the position is closed, the stop never beyond the price', () => {
    const driver = guarded({ stopLoss: '95', trailing: { by: 'PRICE', distance: '3' } })
    driver.candle(ETH_PERP, { low: '99', high: '112', close: '101' })
    expect(sold(driver)).toEqual([['STOP_LOSS', '4', undefined]])
    expect(stopOf(driver)).toBe(97)
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
    expect(stopOf(driver)).toBe(100)
    const more = driver.enter({ symbol: ETH_PERP, quantity: quantity('4') })
    driver.fill(more, '4', '104')
    // The average is 102 now, breakeven would be there: the price has not been at 104.04.
    expect(stopOf(driver)).toBe(100)
    driver.quote(ETH_PERP, '104.04')
    expect(stopOf(driver)).toBe(102)
    driver.quote(ETH_PERP, '107.1')
    expect(sold(driver)).toEqual([['TAKE_PROFIT', '4', 0]])
  })

  it('an entry with a nearer stop tightens it, one with a further stop does not loosen it', () => {
    const driver = guarded({ stopLoss: '95' })
    driver.fill(driver.enter({ symbol: ETH_PERP, quantity: quantity('1'), stopLoss: Price.parse('90') }), '1')
    expect(stopOf(driver)).toBe(95)
    driver.fill(driver.enter({ symbol: ETH_PERP, quantity: quantity('1'), stopLoss: Price.parse('97') }), '1')
    expect(stopOf(driver)).toBe(97)
  })

  it('the stop closes all that is held then', () => {
    const driver = guarded({ stopLoss: '95' })
    driver.fill(driver.enter({ symbol: ETH_PERP, quantity: quantity('1.5') }), '1.5')
    driver.quote(ETH_PERP, '95')
    expect(sold(driver)).toEqual([['STOP_LOSS', '5.5', undefined]])
  })
})

it('plans of two instruments do not touch', () => {
  const driver = guarded({ stopLoss: '95' })
  driver.hold('1', { symbol: BTC, protection: { stopLoss: '80' } })
  driver.quote(BTC, '85')
  expect([exits(driver), driver.now > NOON]).toEqual([[], true])
})
