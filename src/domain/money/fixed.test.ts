import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { isSame, minus, order, over, plus, rational, rationalOf, sign, times, toWhole } from '#test/support/engine/rational.ts'
import * as fixed from './fixed.ts'
import type { Rounding } from './fixed.ts'

const ROUNDINGS: readonly Rounding[] = ['floor', 'ceil', 'half-even']
const RUNS = { numRuns: 500 }

/** Decimal text with up to 15 digits before and 12 behind the point. */
const decimalText = fc
  .tuple(fc.boolean(), fc.bigInt(0n, 10n ** 15n), fc.integer({ min: 0, max: 12 }), fc.nat(999_999_999_999))
  .map(([negative, whole, digits, fraction]) => {
    const behind = digits === 0 ? '' : `.${fraction.toString().padStart(12, '0').slice(0, digits)}`
    return `${negative ? '-' : ''}${whole}${behind}`
  })
const positiveText = decimalText.map((text) => text.replace('-', '')).filter((text) => /[1-9]/.test(text))
const rounding = fc.constantFrom(...ROUNDINGS)
const valueOf = (value: fixed.Fixed<string>) => rationalOf(fixed.format(value))

describe('parse and format', () => {
  it('give back the text they read, but for the sign of zero', () => {
    fc.assert(
      fc.property(decimalText, (text) => {
        const isZero = !/[1-9]/.test(text)
        expect(fixed.format(fixed.parse(text))).toBe(isZero ? text.replace('-', '') : text)
      }),
      RUNS,
    )
  })

  it('drop leading zeros and keep the last ones', () => {
    expect(fixed.format(fixed.parse('007.50'))).toBe('7.50')
    expect(fixed.format(fixed.parse('-0.00'))).toBe('0.00')
    expect(fixed.format(fixed.parse('-0.05'))).toBe('-0.05')
    expect(fixed.format(fixed.trim(fixed.parse('100.500')))).toBe('100.5')
    expect(fixed.format(fixed.trim(fixed.parse('100.000')))).toBe('100')
  })

  it.each([
    '',
    ' ',
    '1 ',
    ' 1',
    '1 000',
    '1e5',
    '1E5',
    '1e-8',
    'NaN',
    'Infinity',
    '-Infinity',
    '+1',
    '--1',
    '-',
    '.5',
    '5.',
    '.',
    '1,5',
    '1_000',
    '0x10',
    '1n',
    '1\n',
    '１２',
    '٣',
    '1.2.3',
    'null',
    'undefined',
  ])('refuse %j', (text) => {
    expect(() => fixed.parse(text)).toThrow(RangeError)
  })

  it('take 80 characters and refuse 81', () => {
    expect(fixed.format(fixed.parse('9'.repeat(80)))).toBe('9'.repeat(80))
    expect(() => fixed.parse('9'.repeat(81))).toThrow(RangeError)
  })

  it('take 30 digits behind the point and refuse 31', () => {
    expect(fixed.format(fixed.parse(`0.${'1'.repeat(30)}`))).toBe(`0.${'1'.repeat(30)}`)
    expect(() => fixed.parse(`0.${'1'.repeat(31)}`)).toThrow(RangeError)
  })

  it('keep a value whole across structuredClone', () => {
    fc.assert(
      fc.property(decimalText, (text) => {
        const copy = structuredClone(fixed.parse(text))
        expect(fixed.format(copy)).toBe(fixed.format(fixed.parse(text)))
        expect(fixed.compare(copy, fixed.parse(text))).toBe(0)
      }),
      RUNS,
    )
  })

  it('give a value the compiler lets nobody change, and a new one each time', () => {
    const value = fixed.parse('1.5')
    // @ts-expect-error the compiler refuses it
    expect(() => (value.units = 2n)).toBeTypeOf('function')
    expect(fixed.parse('1.5')).not.toBe(value)
  })
})

describe('arithmetic against exact fractions', () => {
  it('adds, subtracts, negates and compares', () => {
    fc.assert(
      fc.property(decimalText, decimalText, (left, right) => {
        const [a, b] = [fixed.parse(left), fixed.parse(right)]
        const [x, y] = [rationalOf(left), rationalOf(right)]
        expect(isSame(valueOf(fixed.add(a, b)), plus(x, y))).toBe(true)
        expect(isSame(valueOf(fixed.subtract(a, b)), minus(x, y))).toBe(true)
        expect(isSame(valueOf(fixed.negate(a)), minus(rational(0n), x))).toBe(true)
        expect(sign(valueOf(fixed.absolute(a)))).toBe(Math.abs(sign(x)))
        expect(fixed.compare(a, b)).toBe(order(x, y))
      }),
      RUNS,
    )
  })

  it('multiplies without rounding', () => {
    fc.assert(
      fc.property(decimalText, decimalText, (left, right) => {
        expect(isSame(valueOf(fixed.multiply(fixed.parse(left), fixed.parse(right))), times(rationalOf(left), rationalOf(right)))).toBe(
          true,
        )
      }),
      RUNS,
    )
  })

  it('divides in each direction', () => {
    fc.assert(
      fc.property(
        decimalText,
        decimalText.filter((text) => /[1-9]/.test(text)),
        fc.integer({ min: 0, max: 20 }),
        rounding,
        (left, right, scale, way) => {
          const exact = over(rationalOf(left), rationalOf(right))
          const expected = toWhole(times(exact, rational(10n ** BigInt(scale))), way)
          const quotient = fixed.divide(fixed.parse(left), fixed.parse(right), scale, way)
          expect(quotient.scale).toBe(scale)
          expect(quotient.units).toBe(expected)
        },
      ),
      RUNS,
    )
  })

  it('divides small whole numbers in each direction, signs and halves included', () => {
    for (let n = -12n; n <= 12n; n += 1n) {
      for (let d = -6n; d <= 6n; d += 1n) {
        if (d === 0n) continue
        for (const way of ROUNDINGS) expect(fixed.divideUnits(n, d, way), `${n}/${d} ${way}`).toBe(toWhole(rational(n, d), way))
      }
    }
    expect(() => fixed.divideUnits(1n, 0n, 'floor')).toThrow(RangeError)
  })

  it('rounds to a step in each direction', () => {
    fc.assert(
      fc.property(decimalText, positiveText, rounding, (text, step, way) => {
        const rounded = fixed.roundToStep(fixed.parse(text), fixed.parse(step), way)
        const steps = toWhole(over(rationalOf(text), rationalOf(step)), way)
        expect(isSame(valueOf(rounded), times(rational(steps), rationalOf(step)))).toBe(true)
        expect(rounded.scale).toBe(fixed.parse(step).scale)
      }),
      RUNS,
    )
  })

  it('refuses a step that is not positive', () => {
    expect(() => fixed.roundToStep(fixed.parse('1'), fixed.parse('0'), 'floor')).toThrow(RangeError)
    expect(() => fixed.roundToStep(fixed.parse('1'), fixed.parse('-0.1'), 'floor')).toThrow(RangeError)
  })

  it('rounds to a scale in each direction, and leaves shorter values alone', () => {
    fc.assert(
      fc.property(decimalText, fc.integer({ min: 0, max: 14 }), rounding, (text, scale, way) => {
        const value = fixed.parse(text)
        const rounded = fixed.roundToScale(value, scale, way)
        if (value.scale <= scale) expect(rounded).toBe(value)
        else expect(rounded.units).toBe(toWhole(times(rationalOf(text), rational(10n ** BigInt(scale))), way))
      }),
      RUNS,
    )
  })

  it('trims without changing the value', () => {
    fc.assert(
      fc.property(decimalText, (text) => {
        const trimmed = fixed.trim(fixed.parse(text))
        expect(isSame(valueOf(trimmed), rationalOf(text))).toBe(true)
        expect(trimmed.scale === 0 || trimmed.units % 10n !== 0n).toBe(true)
      }),
      RUNS,
    )
  })
})
