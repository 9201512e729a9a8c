import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import * as fixed from '#domain/money/fixed.ts'
import { readDecimal, readInteger } from './decimal-text.ts'

/** As Postgres writes a NUMERIC. */
const NUMERIC = /^(?:0|-?[1-9]\d*|-?0\.\d*[1-9]\d*|0\.0+|-?[1-9]\d*\.\d+)$/
const decimals = fc.tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.integer({ min: 0, max: 20 }))

describe('decimals', () => {
  it.each([
    ['24.00000000', '24.00000000'],
    ['-0.30312000', '-0.30312000'],
    ['1e-05', '0.00001'],
    ['1.25E+2', '125'],
    ['1.500e1', '15.00'],
    ['-4.2e-3', '-0.0042'],
    ['+7', '7'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['007.10', '7.10'],
    ['-0.00', '0.00'],
    ['-0', '0'],
    [' 12 ', '12'],
    ['158.79465000000002', '158.79465000000002'],
  ])('reads %s as %s', (text, expected) => {
    expect(readDecimal(text)).toBe(expected)
  })

  it.each([
    '',
    '-',
    '.',
    '-.',
    'NaN',
    'nan',
    'Infinity',
    '-inf',
    '1,5',
    '1 000',
    '1_000',
    '0x10',
    '1e',
    '1e5.5',
    '1.2.3',
    '--1',
    '$5',
    '٣',
  ])('refuses %j', (text) => {
    expect(readDecimal(text)).toMatchObject({ rule: 'not-a-decimal' })
  })

  it.each(['9'.repeat(61), `0.${'1'.repeat(31)}`, '1e60', '1e-31', '1e9999', '1e-9999', `1${'0'.repeat(59)}e5`])(
    'refuses too many digits: %s',
    (text) => {
      expect(readDecimal(text)).toMatchObject({ rule: 'too-many-digits' })
    },
  )

  it('leaves every plain decimal as it is, and gives the same value for any way to write the exponent', () => {
    fc.assert(
      fc.property(decimals, fc.integer({ min: -8, max: 8 }), ([units, scale], shift) => {
        const plain = fixed.format(fixed.make(units, scale))
        expect(readDecimal(plain)).toBe(plain)
        const shifted = `${fixed.format(fixed.make(units, scale))}e${shift}`
        const value = readDecimal(shifted)
        if (typeof value !== 'string') throw new Error(value.reason)
        const expected = shift < 0 ? fixed.make(units, scale - shift) : fixed.make(units * 10n ** BigInt(shift), scale)
        expect(fixed.compare(fixed.parse(value), expected)).toBe(0)
        expect(value).toMatch(NUMERIC)
      }),
    )
  })

  it('gives a text that a NUMERIC keeps, or a fault, whatever comes', () => {
    const digits = fc.string({ unit: fc.constantFrom('0', '1', '9', '.', '-', '+', 'e', 'E', ' '), maxLength: 12 })
    fc.assert(
      fc.property(fc.oneof(digits, fc.string()), (text) => {
        const value = readDecimal(text)
        if (typeof value === 'string') expect(value).toMatch(NUMERIC)
        else expect(value.reason.length).toBeGreaterThan(0)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('whole numbers', () => {
  it.each([
    ['12', 12],
    ['12.0', 12],
    ['-34', -34],
    ['1e3', 1_000],
  ])('reads %s', (text, expected) => {
    expect(readInteger(text)).toBe(expected)
  })

  it.each(['12.5', '9007199254740993', 'NaN', '', 'twelve'])('refuses %j', (text) => {
    expect(readInteger(text)).toHaveProperty('rule')
  })
})
