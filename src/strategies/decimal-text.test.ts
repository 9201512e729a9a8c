import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import * as fixed from '#domain/money/fixed.ts'
import { decimalText } from './decimal-text.ts'

describe('decimalText', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [1, '1'],
    [-12.5, '-12.5'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e-7, '0.0000001'],
    [1.25e-10, '0.000000000125'],
    [1e21, '1000000000000000000000'],
    [1.5e22, '15000000000000000000000'],
    [-3e-31, '0'],
    [64_123.45, '64123.45'],
  ])('%d is %s', (value, text) => expect(decimalText(value)).toBe(text))

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300])('refuses %d', (value) => expect(() => decimalText(value)).toThrow(RangeError))

  it('reads back as the same number and as a decimal of the domain, whatever the size', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1e24, noNaN: true }), fc.boolean(), (size, negative) => {
        const value = negative ? -size : size
        const text = decimalText(value)
        expect(text).toMatch(/^-?\d+(\.\d+)?$/)
        expect(Number(text)).toBe(value)
        expect(fixed.toNumber(fixed.parse(text))).toBe(value)
      }),
    )
  })
})
