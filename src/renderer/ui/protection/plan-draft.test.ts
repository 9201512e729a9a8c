import { describe, expect, it } from 'vitest'
import { protectionPlan } from '#contract/protection.ts'
import { BLANK_PLAN, bpsToPercent, draftOfPlan, percentToBps, readPlan } from './plan-draft.ts'

const FULL = {
  ...BLANK_PLAN,
  stop: '95',
  target: '120',
  trailDistance: '1,5',
  trailActivation: '2',
  trailStep: '0.1',
  breakevenAt: '1',
  breakevenOffset: '0.15',
  ladder: [
    { at: '2', to: '50' },
    { at: '4', to: '50' },
  ],
  locks: [{ at: '5', to: '2.5' }],
}

describe('a typed plan', () => {
  it('turns percent into basis points and back, exactly', () => {
    expect([percentToBps('1.5'), percentToBps('0.015'), bpsToPercent('150'), bpsToPercent('1.5')]).toEqual(['150', '1.5', '1.5', '0.015'])
  })

  it('is read whole, as the contract takes it, and written again as it was', () => {
    const { plan, faults } = readPlan(FULL)
    expect([...faults]).toEqual([])
    expect(protectionPlan.parse(plan)).toEqual({
      stop_loss: '95',
      take_profit: '120',
      trailing: { by: 'BPS', distance: '150', activation_bps: '200', step_bps: '10' },
      breakeven: { at_bps: '100', offset_bps: '15' },
      ladder: [
        { at_bps: '200', share_bps: '5000' },
        { at_bps: '400', share_bps: '5000' },
      ],
      locks: [{ at_bps: '500', lock_bps: '250' }],
    })
    expect(draftOfPlan(plan ?? null)).toEqual({ ...FULL, trailDistance: '1.5' })
  })

  it('takes a distance in price or in ranges as it is', () => {
    expect(readPlan({ ...BLANK_PLAN, trailBy: 'ATR', trailDistance: '2.5' }).plan).toEqual({ trailing: { by: 'ATR', distance: '2.5' } })
  })

  it('is empty when nothing is written, and no plan then', () => {
    expect(readPlan(BLANK_PLAN)).toMatchObject({ empty: true, plan: undefined })
  })

  it.each([
    [{ stop: 'x' }, 'stop', 'number'],
    [{ stop: '-1' }, 'stop', 'number'],
    [{ trailStep: '1' }, 'trailDistance', 'both'],
    [{ breakevenOffset: '1' }, 'breakevenAt', 'both'],
    [{ breakevenAt: '1', breakevenOffset: '1' }, 'breakevenOffset', 'lock'],
    [{ ladder: [{ at: '1', to: '' }] }, 'ladder.0.to', 'both'],
    [
      {
        ladder: [
          { at: '2', to: '50' },
          { at: '2', to: '50' },
        ],
      },
      'ladder.1.at',
      'order',
    ],
    [
      {
        ladder: [
          { at: '2', to: '60' },
          { at: '3', to: '41' },
        ],
      },
      'ladder.1.to',
      'shares',
    ],
    [{ locks: [{ at: '2', to: '2' }] }, 'locks.0.to', 'lock'],
  ] as const)('%o: %s %s', (typed, field, fault) => {
    const read = readPlan({ ...BLANK_PLAN, ...typed })
    expect(read.plan).toBeUndefined()
    expect(read.faults.get(field)).toBe(fault)
  })
})
