import { AppError } from '#domain/errors.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The offset from UTC on one UTC day: one, or two with the moment of the change. */
interface Day {
  readonly before: number
  readonly after: number
  /** First moment at which `after` holds. */
  readonly changeMs: number
}

/** Which moments a reading of a wall clock can mean. */
export type LocalMeaning =
  | { readonly kind: 'one'; readonly ms: number }
  /** The clock went through this reading twice, because it was set back. */
  | { readonly kind: 'two'; readonly earlier: number; readonly later: number }
  /** The clock never showed this: it was set forward over it. */
  | { readonly kind: 'none' }

/** Turns readings of a wall clock into moments, by the rules of a zone of the IANA database. */
export class TimeZone {
  readonly name: string
  readonly #isUtc: boolean
  readonly #format: Intl.DateTimeFormat
  /** At most one entry a day of the accepted range of years. */
  readonly #days = new Map<number, Day>()

  /** Throws `AppError` (CONFIG_INVALID) if there is no zone of this name. */
  constructor(name: string) {
    this.name = name
    this.#isUtc = /^(?:UTC|Etc\/UTC|Z)$/i.test(name)
    try {
      this.#format = new Intl.DateTimeFormat('en-US', { timeZone: this.#isUtc ? 'UTC' : name, timeZoneName: 'longOffset' })
    } catch (error) {
      throw new AppError(
        'CONFIG_INVALID',
        `There is no time zone ${JSON.stringify(name)}. Nothing was read. Give a name like Europe/Berlin.`,
        {
          cause: error,
        },
      )
    }
  }

  /** `local` is the reading as if it were UTC, in milliseconds. */
  meaningOf(local: number): LocalMeaning {
    if (this.#isUtc) return { kind: 'one', ms: local }
    const before = this.#offsetAt(local - DAY_MS)
    const after = this.#offsetAt(local + DAY_MS)
    const moments = (before === after ? [before] : [before, after]).map((offset) => local - offset).filter((ms) => this.#shows(ms, local))
    const [first, second] = moments.toSorted((a, b) => a - b)
    if (first === undefined) return { kind: 'none' }
    return second === undefined ? { kind: 'one', ms: first } : { kind: 'two', earlier: first, later: second }
  }

  #shows(ms: number, local: number): boolean {
    return ms + this.#offsetAt(ms) === local
  }

  #offsetAt(ms: number): number {
    const number = Math.floor(ms / DAY_MS)
    let day = this.#days.get(number)
    if (day === undefined) {
      day = this.#dayOf(number * DAY_MS)
      this.#days.set(number, day)
    }
    return ms < day.changeMs ? day.before : day.after
  }

  /** No zone changes twice within a day, so the one change is found by halving. */
  #dayOf(startMs: number): Day {
    const before = this.#askOffset(startMs)
    const after = this.#askOffset(startMs + DAY_MS)
    let [low, high] = [startMs, startMs + DAY_MS]
    while (before !== after && high - low > 1_000) {
      const middle = low + Math.floor((high - low) / 2_000) * 1_000
      if (this.#askOffset(middle) === before) low = middle
      else high = middle
    }
    return { before, after, changeMs: high }
  }

  #askOffset(ms: number): number {
    const text = this.#format.formatToParts(ms).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT'
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text) ?? []
    const offset = Number(hours) * HOUR_MS + Number(minutes) * 60_000 + Number(seconds) * 1_000
    return sign === '-' ? -offset : offset
  }
}
