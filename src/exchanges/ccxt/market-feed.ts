import { timeframeMs, type Candle, type Timeframe } from '#domain/candle.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import type { Quote } from '#engine/ports.ts'
import type { Clock } from '#platform/clock.ts'
import { pause } from '#platform/deadline.ts'
import type { Logger } from '#platform/log/logger.ts'
import type { VenueAdapter } from './venue-adapter.ts'

/** A candle is asked for so long after its end, for venues are not punctual, milliseconds. */
const CANDLE_DELAY_MS = 300
const CANDLE_RETRY_MS = 1_000
/** Candles asked for at once: after a pause no more than these are made up for. */
const CANDLES_MAX = 200

export interface MarketFeedOptions {
  readonly adapter: VenueAdapter
  readonly symbols: readonly InstrumentSymbol[]
  readonly timeframes: readonly Timeframe[]
  readonly quotesEveryMs: number
  readonly historyBars: number
  readonly keepCandles: (candles: readonly Candle[]) => void
  readonly emit: (news: { readonly candles?: readonly Candle[]; readonly quotes?: readonly Quote[] }) => void
  readonly showMarket: (news: { readonly quotes: readonly Quote[]; readonly forming: readonly Candle[] }) => void
  readonly clock: Clock
  readonly log: Logger
}

interface Series {
  readonly symbol: InstrumentSymbol
  readonly timeframe: Timeframe
  /** Open time of the newest candle that was handed on. */
  newest: number
  /** Venue's time at which the next one should be there. */
  dueAt: number
}

/** Prices and closed candles by question, each once and in order. History goes to the cache; only what closes from now on to the engine. */
export class MarketFeed {
  readonly #options: MarketFeedOptions
  readonly #series: Series[]

  constructor(options: MarketFeedOptions) {
    this.#options = options
    this.#series = options.symbols.flatMap((symbol) =>
      options.timeframes.map((timeframe) => ({ symbol, timeframe, newest: Number.NEGATIVE_INFINITY, dueAt: Number.NEGATIVE_INFINITY })),
    )
  }

  async run(signal: AbortSignal): Promise<void> {
    const { quotesEveryMs, log } = this.#options
    let isTold = false
    while (!signal.aborted) {
      try {
        await this.#quotes()
        await this.#candles()
        isTold = false
      } catch (error) {
        // Whether the venue is there is judged by the questions about orders; prices that stop coming age by themselves.
        if (!isTold) log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'Prices of the venue cannot be read')
        isTold = true
      }
      await pause(quotesEveryMs, signal)
    }
  }

  async #quotes(): Promise<void> {
    const { adapter, symbols, emit, showMarket } = this.#options
    const quotes = await adapter.quotes(symbols)
    emit({ quotes })
    showMarket({ quotes, forming: [] })
  }

  async #candles(): Promise<void> {
    for (const series of this.#series) if (this.#options.adapter.now() >= series.dueAt) await this.#advance(series)
  }

  async #advance(series: Series): Promise<void> {
    const { adapter, historyBars, keepCandles, emit } = this.#options
    const { symbol, timeframe, newest } = series
    const isFirst = newest === Number.NEGATIVE_INFINITY
    const missing = isFirst ? historyBars : Math.ceil((adapter.now() - newest) / timeframeMs(timeframe))
    const found = await adapter.candles(symbol, timeframe, Math.min(CANDLES_MAX * (isFirst ? 5 : 1), Math.max(1, missing)))
    const fresh = found.filter(({ openTime }) => openTime > newest)
    const last = fresh.at(-1)
    series.dueAt = adapter.now() + CANDLE_RETRY_MS
    if (last === undefined) return
    keepCandles(fresh)
    series.newest = last.openTime
    series.dueAt = last.openTime + 2 * timeframeMs(timeframe) + CANDLE_DELAY_MS
    if (!isFirst) emit({ candles: fresh })
  }
}
