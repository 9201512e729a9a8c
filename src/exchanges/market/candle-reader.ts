import type { Candle } from '#domain/candle.ts'
import { readCandles } from './candle-csv.ts'
import type { CandleSeries } from './candle-file-name.ts'
import type { CandleSink } from './market-source.ts'

/** One candle file, read ahead a batch at a time; each batch is in the sink before its first candle is handed out. */
export class CandleReader {
  readonly series: CandleSeries
  readonly #batches: AsyncGenerator<readonly Candle[], void, void>
  readonly #sink: CandleSink
  #batch: readonly Candle[] = []
  #index = 0

  constructor(series: CandleSeries, sink: CandleSink) {
    this.series = series
    this.#batches = readCandles(series)
    this.#sink = sink
  }

  /** The next candle, left in place. Undefined at the end of the file. */
  async peek(): Promise<Candle | undefined> {
    if (this.#index < this.#batch.length) return this.#batch[this.#index]
    const { value, done } = await this.#batches.next()
    if (done === true || value === undefined) return undefined
    this.#sink.putCandles(value)
    this.#batch = value
    this.#index = 0
    return value[0]
  }

  /** Takes the candle that `peek` showed. */
  take(): Candle {
    const candle = this.#batch[this.#index]
    if (candle === undefined) throw new Error('take() needs a peek() that found a candle')
    this.#index += 1
    return candle
  }

  /** Passes over all candles that open at or before a time. */
  async skipThrough(openTime: number): Promise<{ readonly count: number; readonly last: Candle | undefined }> {
    let count = 0
    let last: Candle | undefined
    for (let candle = await this.peek(); candle !== undefined && candle.openTime <= openTime; candle = await this.peek()) {
      last = this.take()
      count += 1
    }
    return { count, last }
  }

  async close(): Promise<void> {
    await this.#batches.return()
  }
}
