import type { CandleEvent, InstrumentView, PriceView } from '#contract/views.ts'
import type { CandleClosed, InstrumentListed } from '#domain/facts.ts'
import { SCALE_MAX } from '#domain/money/fixed.ts'
import { Price } from '#domain/money/price.ts'
import type { Quote } from '#engine/ports.ts'
import { candleEvent, instrumentView } from './rows-from-facts.ts'

/** Digits after an average price beyond those of the tick. */
const AVERAGE_EXTRA_DIGITS = 4
const DEFAULT_PRICE_SCALE = 8
const DEFAULT_SETTLE = 'USDT'

export interface MarketRowsState {
  readonly instruments: ReadonlyMap<string, InstrumentView>
  readonly prices: ReadonlyMap<string, PriceView>
  readonly candles: ReadonlyMap<string, CandleEvent>
}

/** What the exchange lists, its latest prices, and the last closed candle of each symbol and timeframe. */
export class MarketRows {
  readonly #instruments: Map<string, InstrumentView>
  readonly #prices: Map<string, PriceView>
  readonly #candles: Map<string, CandleEvent>

  constructor(saved?: MarketRowsState) {
    this.#instruments = new Map(saved?.instruments)
    this.#prices = new Map(saved?.prices)
    this.#candles = new Map(saved?.candles)
  }

  save(): MarketRowsState {
    return { instruments: this.#instruments, prices: this.#prices, candles: this.#candles }
  }

  listed(fact: InstrumentListed): void {
    this.#instruments.set(fact.symbol, instrumentView(fact))
  }

  /** A live price, which is not in the journal. */
  quoted({ symbol, bid, ask, last, ts }: Quote): void {
    this.#prices.set(symbol, { symbol, bid: Price.format(bid), ask: Price.format(ask), last: Price.format(last), ts })
  }

  candleClosed(fact: CandleClosed): CandleEvent {
    const { symbol, close, ts } = fact
    const candle = candleEvent(fact)
    this.#candles.set(`${symbol} ${fact.timeframe}`, candle)
    this.#prices.set(symbol, { symbol, bid: close, ask: close, last: close, ts })
    return candle
  }

  instruments(): InstrumentView[] {
    return [...this.#instruments.values()]
  }

  instrument(symbol: string): InstrumentView | undefined {
    return this.#instruments.get(symbol)
  }

  prices(): PriceView[] {
    return [...this.#prices.values()]
  }

  price(symbol: string): PriceView | undefined {
    return this.#prices.get(symbol)
  }

  lastCandles(): CandleEvent[] {
    return [...this.#candles.values()]
  }

  /** The currency an instrument settles in. */
  settleOf(symbol: string, fallback = DEFAULT_SETTLE): string {
    return this.#instruments.get(symbol)?.settle ?? fallback
  }

  /** Digits after the point of an average price. */
  priceScale(symbol: string): number {
    const tick = this.#instruments.get(symbol)?.tick_size
    if (tick === undefined) return DEFAULT_PRICE_SCALE
    return Math.min(SCALE_MAX, (tick.split('.')[1]?.length ?? 0) + AVERAGE_EXTRA_DIGITS)
  }
}
