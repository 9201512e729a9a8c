import { quoted, type CellFault } from '../rules.ts'
import { readDecimal } from './decimal-text.ts'
import type { LocalMeaning, TimeZone } from './time-zone.ts'

/** No coin was traded before; a time outside stands for "none" or is a mistake. */
export const EARLIEST_MS = Date.UTC(2009, 0, 1)
export const LATEST_MS = Date.UTC(2100, 0, 1)

/** What becomes of a wall-clock reading that the zone went through twice. */
export const AMBIGUOUS_TIMES = ['earlier', 'later', 'park'] as const
export type AmbiguousTime = (typeof AMBIGUOUS_TIMES)[number]

/** UTC milliseconds, cut down, and how the zone was found. */
export interface TimeReading {
  readonly ms: number
  /** `stated` in the text; `assumed`: the zone of the import; `ambiguous`: that zone leaves two moments, one was taken by rule. */
  readonly zone: 'stated' | 'assumed' | 'ambiguous'
}

const [DASH, COLON, POINT, BLANK] = [0x2d, 0x3a, 0x2e, 0x20]
const ZONE = /^ ?(?:Z|UTC|GMT|([+-])(\d{2})(?::?(\d{2})(?::?(\d{2}))?)?)$/i
/** Exchanges and Postgres go to 15:59:59. */
const OFFSET_MAX_MS = 16 * 3_600_000
/** Seconds, milliseconds, microseconds, nanoseconds: told apart by their digits within the years that are accepted. */
const EPOCH = /^(\d{10}|\d{13}|\d{16}|\d{19})(?:\.(\d*))?$/
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
/** Different zone suffixes remembered. */
const SUFFIXES_MAX = 1_000

/**
 * Reads the times of version 2: `2024-03-01T00:06:06.123456`, with a blank for the `T`, with `Z`, `+00`, `+03:00` or `+0300` behind it,
 * with any number of digits of the second or none, and epochs in seconds, milliseconds, microseconds or nanoseconds. A time without a
 * zone is read by the zone of the import. A reading that zone skipped was never on its clock: it is a fault, since the zone or the clock
 * must have been another. One it showed twice is the earlier or later moment by the plan, with a note, or a fault.
 */
export class TimeReader {
  readonly #zone: TimeZone
  readonly #ambiguous: AmbiguousTime
  readonly #suffixes = new Map<string, number | undefined>([['', undefined]])

  constructor(zone: TimeZone, ambiguous: AmbiguousTime) {
    this.#zone = zone
    this.#ambiguous = ambiguous
  }

  read(text: string): TimeReading | CellFault {
    const reading = text.charCodeAt(4) === DASH ? this.#readCalendar(text) : readEpoch(text)
    if (reading === undefined) return { rule: 'not-a-time', reason: `${quoted(text)} is no time` }
    if ('ms' in reading && (reading.ms < EARLIEST_MS || reading.ms >= LATEST_MS))
      return { rule: 'time-out-of-range', reason: `${quoted(text)} lies outside the years 2009 to 2099` }
    return reading
  }

  #readCalendar(text: string): TimeReading | CellFault | undefined {
    const length = clockLength(text)
    const local = length === 0 ? Number.NaN : localOf(text, length)
    if (Number.isNaN(local)) return undefined
    const offset = this.#offsetOf(text.slice(length))
    if (offset === undefined) return this.#assume(text, this.#zone.meaningOf(local))
    return Number.isNaN(offset) ? undefined : { ms: local - offset, zone: 'stated' }
  }

  #assume(text: string, meaning: LocalMeaning): TimeReading | CellFault {
    const where = `on the clocks of ${this.#zone.name}`
    if (meaning.kind === 'one') return { ms: meaning.ms, zone: 'assumed' }
    if (meaning.kind === 'none')
      return { rule: 'no-such-time', reason: `${quoted(text)} was never ${where}: they were set forward over it` }
    if (this.#ambiguous === 'park') return { rule: 'ambiguous-time', reason: `${quoted(text)} was twice ${where}: they were set back` }
    return { ms: meaning[this.#ambiguous], zone: 'ambiguous' }
  }

  /** Milliseconds east of UTC; undefined if the text names no zone, NaN if it is none. */
  #offsetOf(suffix: string): number | undefined {
    if (this.#suffixes.has(suffix)) return this.#suffixes.get(suffix)
    const [found, sign, hours = '0', minutes = '0', seconds = '0'] = ZONE.exec(suffix) ?? []
    const size = Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000
    const isOffset = found !== undefined && size < OFFSET_MAX_MS && Number(minutes) < 60 && Number(seconds) < 60
    const offset = isOffset ? (sign === '-' ? -size : size) : Number.NaN
    if (this.#suffixes.size < SUFFIXES_MAX) this.#suffixes.set(suffix, offset)
    return offset
  }
}

/** How much of `text` is date and time of day; 0 if it does not begin with them. */
function clockLength(text: string): number {
  const between = text.charCodeAt(10)
  const isSplit = between === BLANK || between === 0x54 || between === 0x74
  if (!isSplit || text.charCodeAt(7) !== DASH || text.charCodeAt(13) !== COLON) return 0
  if (text.charCodeAt(16) !== COLON) return 16
  if (text.charCodeAt(19) !== POINT) return 19
  let end = 20
  while (isDigit(text.charCodeAt(end))) end += 1
  return end > 20 ? end : 0
}

/** The reading as if it were UTC; NaN if a part is no number or out of its range. */
function localOf(text: string, length: number): number {
  const year = numberAt(text, 0) * 100 + numberAt(text, 2)
  const month = numberAt(text, 5)
  const day = numberAt(text, 8)
  const hour = numberAt(text, 11)
  const minute = numberAt(text, 14)
  const second = length > 16 ? numberAt(text, 17) : 0
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = (MONTH_DAYS[month - 1] ?? 0) + (month === 2 && isLeap ? 1 : 0)
  // A year before 100 becomes one of the last century, out of range all the same.
  const isValid = day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60
  return isValid ? Date.UTC(year, month - 1, day, hour, minute, second, thousandths(text, 20, length)) : Number.NaN
}

/** The two digits at `at`; NaN if they are none. */
function numberAt(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at), text.charCodeAt(at + 1)]
  return isDigit(tens) && isDigit(ones) ? (tens - 0x30) * 10 + ones - 0x30 : Number.NaN
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** The first three digits from `at`, those that are missing as zeros. */
function thousandths(text: string, at: number, end: number): number {
  let value = 0
  for (let digit = at; digit < at + 3; digit += 1) value = value * 10 + (digit < end ? text.charCodeAt(digit) - 0x30 : 0)
  return value
}

function readEpoch(text: string): TimeReading | undefined {
  const decimal = readDecimal(text)
  const [, whole = '', fraction = ''] = typeof decimal === 'string' ? (EPOCH.exec(decimal) ?? []) : []
  if (whole === '') return undefined
  // What is finer than a millisecond is cut off as text, where nothing can be rounded.
  const ms = whole.length === 10 ? Number(whole) * 1_000 + thousandths(fraction, 0, fraction.length) : Number(whole.slice(0, 13))
  return { ms, zone: 'stated' }
}
