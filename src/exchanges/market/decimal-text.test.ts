import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { plainDecimal } from './decimal-text.ts'

describe('plainDecimal', () => {
  it.each([
    ['46319', '46319'],
    ['46385.50', '46385.5'],
    ['0', '0'],
    ['0.000', '0'],
    ['5.33e-05', '0.0000533'],
    ['1E3', '1000'],
    ['12.', '12'],
    ['0.07545453000000001', '0.07545453'],
    ['0.016984990000000002', '0.01698499'],
    ['0.00031099999999999997', '0.000311'],
    ['99999999999999.99', '100000000000000'],
    ['007.5', '7.5'],
    ['1e2', '100'],
    ['12.5e1', '125'],
  ])('%s is %s', (text, plain) => expect(plainDecimal(text)).toBe(plain))

  it.each(['', 'nan', 'NaN', 'inf', '-1', '+1', '1,5', '1 000', '.5', '0x10', '1e', '1e999', '--'])('%s is nothing', (text) => {
    expect(plainDecimal(text)).toBeUndefined()
  })

  it('keeps the value of every decimal of up to 15 digits', () => {
    fc.assert(
      fc.property(fc.nat(999_999_999), fc.nat(12), (digits, places) => {
        const text = places === 0 ? `${digits}` : `${digits}`.padStart(places + 1, '0').replace(new RegExp(`(\\d{${places}})$`), '.$1')
        expect(Number(plainDecimal(text))).toBe(Number(text))
        expect(plainDecimal(plainDecimal(text) ?? '')).toBe(plainDecimal(text))
      }),
    )
  })
})
