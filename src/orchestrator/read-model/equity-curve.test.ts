import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { EquityCurve } from './equity-curve.ts'

describe('EquityCurve', () => {
  it('stays below its bound, keeps first and last, and spreads the rest evenly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 60 }), fc.integer({ min: 1, max: 2_000 }), (max, count) => {
        const curve = new EquityCurve(max)
        let largest = 0
        for (let i = 0; i < count; i += 1) {
          curve.add({ ts: i, equity: String(i) })
          largest = Math.max(largest, curve.size)
          if (curve.sample(1)[0]?.ts !== i) throw new Error(`the last mark ${i} is not there`)
        }
        expect(largest).toBeLessThan(max)
        const times = curve.sample(max).map((point) => point.ts)
        expect(times[0]).toBe(0)
        const gaps = new Set(times.slice(1, -1).map((ts, i) => ts - (times[i] ?? 0)))
        expect(gaps.size).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('replaces a point of the same time', () => {
    const curve = new EquityCurve(10)
    curve.add({ ts: 1, equity: '1' })
    curve.add({ ts: 1, equity: '2' })
    expect(curve.sample(10)).toEqual([{ ts: 1, equity: '2' }])
  })

  it('gives as many points as asked for, the last among them', () => {
    const curve = new EquityCurve(100)
    for (let i = 0; i < 50; i += 1) curve.add({ ts: i, equity: String(i) })
    expect(curve.sample(0)).toEqual([])
    const sample = curve.sample(7)
    expect(sample).toHaveLength(7)
    expect(sample.at(-1)?.ts).toBe(49)
    expect(sample[0]?.ts).toBe(0)
  })
})
