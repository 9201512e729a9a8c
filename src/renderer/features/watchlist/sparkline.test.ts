import { expect, it } from 'vitest'
import { sparklinePath, thin } from './sparkline.tsx'

it('thins evenly and keeps both ends', () => {
  const values = Array.from({ length: 1_000 }, (_v, i) => i)
  const shown = thin(values, 48)
  expect([shown.length, shown[0], shown.at(-1)]).toEqual([48, 0, 999])
  expect(thin([1, 2], 48)).toEqual([1, 2])
})

it('draws low at the bottom, high at the top, and a flat line without dividing by zero', () => {
  expect(sparklinePath([1, 2], 10, 16)).toBe('M0.0 15.0L10.0 1.0')
  expect(sparklinePath([5, 5], 10, 16)).not.toContain('NaN')
})
