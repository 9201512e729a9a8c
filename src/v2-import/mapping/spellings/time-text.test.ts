import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { EARLIEST_MS, LATEST_MS, TimeReader } from './time-text.ts'
import { TimeZone } from './time-zone.ts'

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Europe/Moscow',
  'Africa/Casablanca',
]
const utc = new TimeReader(new TimeZone('UTC'), 'earlier')
const berlin = new TimeReader(new TimeZone('Europe/Berlin'), 'earlier')
const MS = Date.UTC(2024, 2, 1, 0, 6, 6, 123)
const moments = fc.integer({ min: EARLIEST_MS, max: LATEST_MS - 1 })

describe('spellings of one moment', () => {
  it.each([
    '2024-03-01T00:06:06.123456+00:00',
    '2024-03-01 00:06:06.123456+00',
    '2024-03-01T00:06:06.123Z',
    '2024-03-01t00:06:06.1239z',
    '2024-03-01T03:06:06.123456+03:00',
    '2024-03-01T03:06:06.123456+0300',
    '2024-02-29 18:36:06.123999999-05:30',
    '2024-03-01 00:06:06.123 UTC',
    '2024-03-01 05:51:07.123+05:45:01',
    '1709251566.123',
    '1709251566.123456789',
    '1709251566123',
    '1709251566123.0',
    '1.709251566123E12',
    '1709251566123999',
    '1709251566123999999',
  ])('%s states its zone', (text) => {
    expect(berlin.read(text)).toEqual({ ms: MS, zone: 'stated' })
  })

  it.each(['2024-03-01T01:06:06.123456', '2024-03-01 01:06:06.1234567', '2024-03-01 01:06:06.123'])(
    '%s is read by the zone of the import',
    (text) => {
      expect(berlin.read(text)).toEqual({ ms: MS, zone: 'assumed' })
    },
  )

  it('takes seconds and fractions that are cut short as they are', () => {
    expect(utc.read('2024-03-01 00:06:06')).toMatchObject({ ms: MS - 123 })
    expect(utc.read('2024-03-01 00:06')).toMatchObject({ ms: MS - 6_123 })
    expect(utc.read('2024-03-01 00:06:06.1')).toMatchObject({ ms: MS - 23 })
    expect(utc.read('1709251566.1')).toMatchObject({ ms: MS - 23 })
  })

  it('reads every moment in every spelling', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 0, max: 999 }), fc.integer({ min: -959, max: 959 }), (ms, micros, offset) => {
        const wall = new Date(ms + offset * 60_000).toISOString().slice(0, -1)
        const zone = `${offset < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
        const finer = String(micros).padStart(3, '0')
        expect(utc.read(`${wall}${finer}${zone}`)).toEqual({ ms, zone: 'stated' })
        expect(utc.read(`${wall.replace('T', ' ')}${zone.replace(':', '')}`)).toEqual({ ms, zone: 'stated' })
        expect(utc.read(`${new Date(ms).toISOString().slice(0, -1)}${finer}`)).toEqual({ ms, zone: 'assumed' })
        expect(utc.read(`${ms}`)).toEqual({ ms, zone: 'stated' })
      }),
    )
  })
})

describe('what is no time', () => {
  it.each([
    '',
    'NaT',
    'None',
    'infinity',
    'yesterday',
    '2024-03-01',
    '2024-03-01T',
    '2024-13-01 00:00:00',
    '2024-02-30 00:00:00',
    '2023-02-29 00:00:00',
    '2024-03-01 24:00:00',
    '2024-03-01 23:60:00',
    '2024-03-01 23:59:60',
    '2024-03-01 00:00:00.',
    '2024-03-01 00:00:00 BC',
    '2024-03-01 00:00:00+16:00',
    '2024-03-01 00:00:00+03:99',
    '2024-03-01 00:00:00+3',
    '2024/03/01 00:00:00',
    '01.03.2024 00:00:00',
    '17092515660',
    '-1709251566',
    '1709251566123.5.1',
  ])('refuses %j', (text) => {
    expect(utc.read(text)).toMatchObject({ rule: 'not-a-time' })
  })

  it.each(['1970-01-01 00:00:00', '0001-01-01 00:00:00', '2100-01-01T00:00:00Z', '9999-12-31 23:59:59', '1000000000'])(
    'refuses %s as out of range',
    (text) => {
      expect(utc.read(text)).toMatchObject({ rule: 'time-out-of-range' })
    },
  )

  it('gives a moment in range or a fault, whatever comes', () => {
    const near = fc.string({ unit: fc.constantFrom('2', '0', '1', '9', '-', ':', 'T', ' ', '.', '+', 'Z'), minLength: 8, maxLength: 30 })
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (text) => {
        const reading = berlin.read(text)
        if ('ms' in reading) expect(reading.ms >= EARLIEST_MS && reading.ms < LATEST_MS && Number.isInteger(reading.ms)).toBe(true)
        else expect(reading.reason.length).toBeGreaterThan(0)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('wall clocks that are set', () => {
  it('takes the earlier moment of an hour that came twice, the later one, or none, as the plan says', () => {
    const text = '2024-10-27 02:30:00'
    const early = Date.UTC(2024, 9, 27, 0, 30)
    expect(berlin.read(text)).toEqual({ ms: early, zone: 'ambiguous' })
    const zone = new TimeZone('Europe/Berlin')
    expect(new TimeReader(zone, 'later').read(text)).toEqual({ ms: early + 3_600_000, zone: 'ambiguous' })
    expect(new TimeReader(zone, 'park').read(text)).toMatchObject({ rule: 'ambiguous-time' })
  })

  it('is right to the millisecond at both ends of that hour', () => {
    const last = Date.UTC(2024, 9, 27, 0, 0) - 1
    expect(berlin.read('2024-10-27 01:59:59.999')).toEqual({ ms: last, zone: 'assumed' })
    expect(berlin.read('2024-10-27 02:00:00')).toEqual({ ms: last + 1, zone: 'ambiguous' })
    expect(berlin.read('2024-10-27 03:00:00')).toEqual({ ms: Date.UTC(2024, 9, 27, 2), zone: 'assumed' })
  })

  it('finds a time that never was', () => {
    expect(berlin.read('2024-03-31 02:30:00')).toMatchObject({ rule: 'no-such-time' })
    expect(berlin.read('2024-03-31 01:59:59.999')).toEqual({ ms: Date.UTC(2024, 2, 31, 1) - 1, zone: 'assumed' })
    expect(berlin.read('2024-03-31 03:00:00')).toEqual({ ms: Date.UTC(2024, 2, 31, 1), zone: 'assumed' })
    // A whole day that Samoa left out.
    expect(new TimeReader(new TimeZone('Pacific/Apia'), 'earlier').read('2011-12-30 12:00:00')).toMatchObject({ rule: 'no-such-time' })
  })

  it.each(ZONES)('%s: each moment is found again from what the clock shows', (name) => {
    const zone = new TimeZone(name)
    // Near the changes of the clocks as often as anywhere.
    const near = fc
      .tuple(
        fc.integer({ min: 2010, max: 2040 }),
        fc.constantFrom(2, 3, 8, 9, 10),
        fc.integer({ min: 1, max: 31 }),
        fc.integer({ min: 0, max: 86_399 }),
      )
      .map(([year, month, day, second]) => Date.UTC(year, month, day, 0, 0, second))
    fc.assert(
      fc.property(fc.oneof(moments, near), (ms) => {
        const meaning = zone.meaningOf(wallClock(name, ms))
        const found = meaning.kind === 'one' ? [meaning.ms] : meaning.kind === 'two' ? [meaning.earlier, meaning.later] : []
        expect(found).toContain(ms)
      }),
      { numRuns: 150 },
    )
  })

  it('refuses a zone that is none', () => {
    expect(() => new TimeZone('Europe/Atlantis')).toThrow('no time zone')
  })
})

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** The clock's reading as if it were UTC, by another way than the code under test takes. */
function wallClock(zone: string, ms: number): number {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
  return Date.parse(`${format.format(ms).replace(' ', 'T')}Z`) + (ms % 1_000)
}
