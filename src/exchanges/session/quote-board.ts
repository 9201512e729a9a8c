import type { Candle } from '#domain/candle.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import type { Quote } from '#engine/ports.ts'
import type { Clock } from '#platform/clock.ts'
import type { MarketSlice } from '../paper/market-slice.ts'
import { priceOfTicks, ticksOf, type PaperInstrument } from '../paper/paper-instrument.ts'
import { distanceTicks } from '../paper/synthetic-book.ts'

/** Least time between two updates of the screens, milliseconds: ten a second for each symbol. */
export const SCREEN_EVERY_MS = 100

/** Bid and ask as the paper exchange would make them at the close of a slice. */
export function quoteOf(slice: MarketSlice, instrument: PaperInstrument, halfSpreadCentiBps: number): Quote {
  const last = ticksOf(slice.close, instrument, 'half-even')
  const half = distanceTicks(last, halfSpreadCentiBps)
  const bid = last > half ? last - half : 1n
  const { symbol, close, closeTime } = slice
  return { symbol, bid: priceOfTicks(bid, instrument), ask: priceOfTicks(last + half, instrument), last: close, ts: closeTime }
}

export interface BoardNews {
  readonly quotes: readonly Quote[]
  readonly forming: readonly Candle[]
}

/** Keeps only the latest of each symbol, and hands it over at most every `SCREEN_EVERY_MS`. */
export class QuoteBoard {
  readonly #clock: Clock
  readonly #quotes = new Map<InstrumentSymbol, Quote>()
  #forming: readonly Candle[] = []
  #shownAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  put(quotes: readonly Quote[], forming: readonly Candle[]): void {
    for (const quote of quotes) this.#quotes.set(quote.symbol, quote)
    this.#forming = forming
  }

  /** What is new since the last time; undefined when nothing is, or when it is too early. */
  take(force = false): BoardNews | undefined {
    const now = this.#clock.elapsed()
    if (this.#quotes.size === 0 || (!force && now - this.#shownAt < SCREEN_EVERY_MS)) return undefined
    this.#shownAt = now
    const news = { quotes: [...this.#quotes.values()], forming: this.#forming }
    this.#quotes.clear()
    this.#forming = []
    return news
  }
}
