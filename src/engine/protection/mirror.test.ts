import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import type { OrderSide } from '#domain/order.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import { ETH_PERP, EngineDriver } from '#test/support/engine/engine-driver.ts'
import { fillExits } from '#test/support/engine/guarded.ts'

describe('long and short', () => {
  /** Not a round number, so that levels in basis points fall between two ticks. */
  const MID = 10_003
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
    driver.hold('4', { symbol: ETH_PERP, action: side, protection: { ...protection, stopLoss: at(-stopAt) } }, at(0))
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
