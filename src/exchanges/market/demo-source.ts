import { setTimeout as sleep } from 'node:timers/promises'
import type { Candle } from '#domain/candle.ts'
import * as fixed from '#domain/money/fixed.ts'
import type { RestoreExchange } from '#engine/ports.ts'
import type { Clock } from '#platform/clock.ts'
import type { MarketSlice } from '../paper/market-slice.ts'
import type { PaperInstrument } from '../paper/paper-instrument.ts'
import { BAR_MS, DemoMarket, SLICES_PER_BAR, type DemoBar } from './demo-market.ts'
import type { CandleSink, MarketMove, MarketSource, MarketSeries } from './market-source.ts'

/** Wall time of one 1m candle in a demo nobody configured, milliseconds. */
export const DEMO_CANDLE_EVERY_MS = 1_000
/** Bars made before the first live one, so that charts and indicators have something to stand on. */
export const DEMO_HISTORY_BARS = 500
/** Wall time between two moves inside a bar, milliseconds: at most four quotes a second. */
const MOVE_EVERY_MS = 250
/** Bars of wall time the demo may be late before it gives up catching up. */
const LATE_BARS_MAX = 2

export interface DemoOptions {
  readonly seed: string
  readonly clock: Clock
  readonly sink: CandleSink
  readonly candleEveryMs?: number | undefined
  readonly historyBars?: number | undefined
}

/**
 * The demo market in (accelerated) wall time. It starts at the wall clock's minute, or behind the last candle of the
 * journal where that is later: market time runs ahead of the clock when candles come faster than one a minute.
 * Bars that fell into a time when nobody was here go into the candle sink as history; no order meets them.
 */
export class DemoSource implements MarketSource {
  readonly lockStep = false
  readonly instruments: readonly PaperInstrument[]
  readonly series: readonly MarketSeries[]
  readonly startTime: number
  readonly #market: DemoMarket
  readonly #clock: Clock
  readonly #sink: CandleSink
  readonly #candleEveryMs: number
  readonly #historyBars: number
  #bars: readonly DemoBar[] = []
  #index = 0
  #slice = 0
  /** Monotonic time at which the bar began, and of the last move. */
  #barStartedAt = 0
  #movedAt = 0

  constructor(options: DemoOptions) {
    this.#market = new DemoMarket(options.seed)
    this.instruments = this.#market.instruments
    this.#clock = options.clock
    this.#sink = options.sink
    this.startTime = options.clock.now()
    this.series = this.instruments.map(({ symbol }) => ({ symbol, timeframe: '1m' }))
    this.#candleEveryMs = options.candleEveryMs ?? DEMO_CANDLE_EVERY_MS
    this.#historyBars = options.historyBars ?? DEMO_HISTORY_BARS
  }

  async resume(cursors: RestoreExchange['cursors']): Promise<readonly MarketSlice[]> {
    const traded = new Set(this.instruments.map(({ symbol }) => symbol))
    const known = cursors
      .filter(({ symbol, timeframe }) => timeframe === '1m' && traded.has(symbol))
      .map(({ openTime }) => openTime / BAR_MS)
    this.#index = Math.max(Math.floor(this.#clock.now() / BAR_MS), ...known.map((bar) => Math.floor(bar) + 1))
    const last: MarketSlice[] = []
    for (const instrument of this.instruments) {
      const history: Candle[] = []
      for (let bar = this.#index - this.#historyBars; bar < this.#index; bar += 1) history.push(this.#market.bar(instrument, bar).candle)
      this.#sink.putCandles(history)
      const slice = this.#market.bar(instrument, this.#index - 1).slices.at(-1)
      if (slice !== undefined) last.push(slice)
    }
    // Market time starts equal to the wall clock, so the first bar is entered in its middle.
    const passedMs = Math.max(0, this.#clock.now() - this.#index * BAR_MS)
    this.#enterBar(this.#clock.elapsed() - (passedMs / BAR_MS) * this.#candleEveryMs)
    this.#movedAt = this.#clock.elapsed()
    return last
  }

  async next(signal: AbortSignal): Promise<MarketMove | undefined> {
    const due = Math.min(this.#movedAt + MOVE_EVERY_MS, this.#barStartedAt + this.#candleEveryMs)
    const waitMs = due - this.#clock.elapsed()
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return undefined
    const now = this.#clock.elapsed()
    this.#movedAt = now
    const reached = Math.floor(((now - this.#barStartedAt) / this.#candleEveryMs) * SLICES_PER_BAR)
    const until = Math.max(this.#slice, Math.min(SLICES_PER_BAR, reached))
    const slices = this.#bars.flatMap((bar) => bar.slices.slice(this.#slice, until)).toSorted(byTime)
    this.#slice = until
    const ts = this.#index * BAR_MS + (until * BAR_MS) / SLICES_PER_BAR
    if (until < SLICES_PER_BAR) return { ts, slices, candles: [], forming: this.#bars.map((bar) => formingCandle(bar, until)) }
    const candles = this.#bars.map((bar) => bar.candle)
    this.#sink.putCandles(candles)
    this.#index += 1
    const next = this.#barStartedAt + this.#candleEveryMs
    this.#enterBar(now - next > LATE_BARS_MAX * this.#candleEveryMs ? now : next)
    return { ts, slices, candles, forming: [] }
  }

  progress(): undefined {
    return undefined
  }

  async close(): Promise<void> {
    this.#bars = []
  }

  #enterBar(startedAt: number): void {
    this.#bars = this.instruments.map((instrument) => this.#market.bar(instrument, this.#index))
    this.#slice = 0
    this.#barStartedAt = startedAt
  }
}

function byTime(a: MarketSlice, b: MarketSlice): number {
  if (a.openTime !== b.openTime) return a.openTime - b.openTime
  return a.symbol < b.symbol ? -1 : 1
}

/** The candle as far as it has come. */
function formingCandle({ candle, slices }: DemoBar, until: number): Candle {
  let { open: high, open: low, open: close } = candle
  let volume = fixed.make<'Quantity'>(0n, 0)
  for (const slice of slices.slice(0, until)) {
    if (fixed.compare(slice.high, high) > 0) high = slice.high
    if (fixed.compare(slice.low, low) < 0) low = slice.low
    close = slice.close
    volume = fixed.add(volume, slice.volume)
  }
  return { ...candle, high, low, close, volume }
}
