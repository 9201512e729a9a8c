import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { addDecimal, formatDecimal, NUMBER_STYLES, percentOf, readDecimal, scaleOfStep, signOf, subtractDecimal } from './decimal.ts'

const { en, ru } = NUMBER_STYLES

describe('formatDecimal', () => {
  it.each([
    ['1234567.891', {}, '1,234,567.891'],
    ['-0.00000001', {}, '\u22120.00000001'],
    ['10241.184', { digits: 2 }, '10,241.18'],
    ['0.125', { digits: 2 }, '0.12'],
    ['5', { digits: 2 }, '5.00'],
    ['5.10', { trim: true }, '5.1'],
    ['12', { signed: true }, '+12'],
    ['0.001', { digits: 2, signed: true }, '0.00'],
    ['-0.001', { digits: 2 }, '0.00'],
    ['99999999999999999999.99', { digits: 2 }, '99,999,999,999,999,999,999.99'],
    ['n/a', { digits: 2 }, 'n/a'],
  ])('%s %o', (text, options, shown) => expect(formatDecimal(text, en, options)).toBe(shown))

  it('writes as the language does', () => expect(formatDecimal('1234.5', ru, { digits: 2 })).toBe('1\u202f234,50'))

  it('shows every digit of any value, so that nothing is lost on the way to the screen', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 12 }), (units, scale) => {
        const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
        const text = `${units < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`
        const back = readDecimal(formatDecimal(text, en))
        expect(back).toBe(units === 0n ? text.replace('-', '') : text)
      }),
    )
  })
})

describe('readDecimal', () => {
  it.each([
    ['0.01', '0.01'],
    ['0,01', '0.01'],
    ['1,234.5', '1234.5'],
    ['1\u202f234,5', '1234.5'],
    ['\u22125', '-5'],
    ['1e5', undefined],
    ['', undefined],
    ['1.2.3', undefined],
  ])('%s', (typed, plain) => expect(readDecimal(typed)).toBe(plain))
})

it('percent, sums, signs and steps are exact', () => {
  expect(percentOf('1', '3', 2)).toBe('33.33')
  expect(percentOf('1', '0', 2)).toBeUndefined()
  expect(addDecimal('0.1', '0.2')).toBe('0.3')
  expect(subtractDecimal('10241.18', '10000')).toBe('241.18')
  expect([signOf('-0.00'), signOf('0.01'), signOf('-3'), signOf(null)]).toEqual([0, 1, -1, 0])
  expect([scaleOfStep('0.50'), scaleOfStep('10'), scaleOfStep('0.000001')]).toEqual([1, 0, 6])
})
