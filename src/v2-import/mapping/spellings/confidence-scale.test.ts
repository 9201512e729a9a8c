import { fc } from '#test/support/properties.ts'
import { expect, it } from 'vitest'
import { toUnitScale } from './confidence-scale.ts'

it.each([
  ['0', '0', false],
  ['0.64', '0.64', false],
  ['1', '1', false],
  ['1.5', '0.015', true],
  ['98.93016975101723', '0.9893016975101723', true],
  ['100', '1.00', true],
])('brings %s to %s', (text, value, isRescaled) => {
  expect(toUnitScale(text)).toEqual({ value, isRescaled })
})

it.each(['-0.1', '100.01', '55000', `2.${'1'.repeat(29)}`])('finds no scale for %s', (text) => {
  expect(toUnitScale(text)).toBeUndefined()
})

it('loses no digit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000_001, max: 100_000_000 }), (millionths) => {
      const text = `${Math.floor(millionths / 1e6)}.${String(millionths % 1e6).padStart(6, '0')}`
      expect(BigInt((toUnitScale(text)?.value ?? '').replace('.', ''))).toBe(BigInt(millionths))
    }),
  )
})
