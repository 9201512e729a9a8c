import { setTimeout as sleep } from 'node:timers/promises'
import { timeframeMs, type Candle } from '#domain/candle.ts'
import { AppError } from '#domain/errors.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import type { RestoreExchange } from '#engine/ports.ts'
import { sliceOfCandle, type MarketSlice } from '../paper/market-slice.ts'
import type { PaperInstrument } from '../paper/paper-instrument.ts'
import { summarizeCandles, type CandleFileSummary } from './candle-csv.ts'
import { candleSeries, fileName, type CandleFileSpec } from './candle-file-name.ts'
import { CandleReader } from './candle-reader.ts'
import { instrumentOfFiles } from './instruments.ts'
import type { CandleSink, MarketMove, MarketProgress, MarketSource, MarketSeries } from './market-source.ts'

/** `max`: as fast as everyone answers. A number: market milliseconds per millisecond of wall time. */
export type ReplaySpeed = number | 'max'

export interface ReplayOptions {
  readonly files: readonly CandleFileSpec[]
  readonly speed: ReplaySpeed
  readonly sink: CandleSink
}

/** Reads and checks all files before anything moves. Throws `FILE_INVALID`. */
export async function openReplay(options: ReplayOptions): Promise<MarketSource> {
  if (options.files.length === 0)
    throw new AppError('FILE_INVALID', 'No candle file was given. Nothing was replayed. Name at least one with --replay.')
  const summaries: CandleFileSummary[] = []
  for (const spec of options.files) summaries.push(await summarizeCandles(candleSeries(spec)))
  summaries.sort((a, b) => a.firstOpenTime - b.firstOpenTime)
  refuseOverlap(summaries)
  return new ReplaySource(summaries, options)
}

/** Two files of one series may follow each other, never overlap. */
function refuseOverlap(summaries: readonly CandleFileSummary[]): void {
  const last = new Map<string, CandleFileSummary>()
  for (const summary of summaries) {
    const { symbol, timeframe, path } = summary.series
    const key = `${symbol} ${timeframe}`
    const before = last.get(key)
    if (before !== undefined && before.lastOpenTime >= summary.firstOpenTime) {
      const names = `${fileName(before.series.path)} and ${fileName(path)}`
      throw new AppError(
        'FILE_INVALID',
        `${names} hold ${key} candles of the same time. Nothing was replayed. Give files that do not overlap.`,
      )
    }
    last.set(key, summary)
  }
}

function closeTime(candle: Candle): number {
  return candle.openTime + timeframeMs(candle.timeframe)
}

function bySeries(a: Candle, b: Candle): number {
  if (a.symbol !== b.symbol) return a.symbol < b.symbol ? -1 : 1
  return timeframeMs(a.timeframe) - timeframeMs(b.timeframe)
}

class ReplaySource implements MarketSource {
  readonly lockStep = true
  readonly instruments: readonly PaperInstrument[]
  readonly series: readonly MarketSeries[]
  readonly startTime: number
  readonly #readers: readonly CandleReader[]
  /** Orders meet only the finest candles of a symbol; coarser ones would let them trade the same market twice. */
  readonly #matched: ReadonlyMap<InstrumentSymbol, string>
  readonly #speed: ReplaySpeed
  readonly #paceMs: number
  readonly #file: string
  readonly #total: number
  #processed = 0
  #done = false

  constructor(summaries: readonly CandleFileSummary[], options: ReplayOptions) {
    this.instruments = [...bySymbol(summaries).values()].map(instrumentOfFiles)
    this.series = summaries.map(({ series: { symbol, timeframe } }) => ({ symbol, timeframe }))
    this.startTime = Math.min(...summaries.map(({ firstOpenTime }) => firstOpenTime))
    this.#matched = new Map([...bySymbol(summaries)].map(([symbol, files]) => [symbol, finest(files)]))
    this.#readers = summaries.map((summary) => new CandleReader(summary.series, options.sink))
    this.#speed = options.speed
    this.#paceMs = Math.min(...summaries.map(({ series }) => timeframeMs(series.timeframe)))
    this.#file = options.files.map(({ path }) => path).join(',')
    this.#total = summaries.reduce((sum, { rows }) => sum + rows, 0)
  }

  async resume(cursors: RestoreExchange['cursors']): Promise<readonly MarketSlice[]> {
    const known: MarketSlice[] = []
    for (const reader of this.#readers) {
      const { symbol, timeframe } = reader.series
      const cursor = cursors.find((one) => one.symbol === symbol && one.timeframe === timeframe)
      if (cursor === undefined) continue
      const skipped = await reader.skipThrough(cursor.openTime)
      this.#processed += skipped.count
      if (skipped.last !== undefined && this.#matched.get(symbol) === timeframe) known.push(sliceOfCandle(skipped.last))
    }
    return known
  }

  async next(signal: AbortSignal): Promise<MarketMove | undefined> {
    if (!(await this.#pace(signal))) return undefined
    let ts = Number.POSITIVE_INFINITY
    for (const reader of this.#readers) {
      const candle = await reader.peek()
      if (candle !== undefined) ts = Math.min(ts, closeTime(candle))
    }
    const candles: Candle[] = []
    for (const reader of this.#readers) {
      const candle = await reader.peek()
      if (candle !== undefined && closeTime(candle) === ts) candles.push(reader.take())
    }
    if (candles.length === 0) {
      this.#done = true
      return undefined
    }
    this.#processed += candles.length
    candles.sort(bySeries)
    const slices = candles.filter((candle) => this.#matched.get(candle.symbol) === candle.timeframe).map(sliceOfCandle)
    return { ts, slices, candles, forming: [] }
  }

  progress(): MarketProgress {
    return { file: this.#file, processed: this.#processed, total: this.#total, done: this.#done }
  }

  async close(): Promise<void> {
    for (const reader of this.#readers) await reader.close()
  }

  /** Between two moves passes the time of one candle at the set speed, gap or not. False when stopped. */
  async #pace(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    if (this.#speed === 'max') return true
    return sleep(this.#paceMs / this.#speed, true, { signal }).catch(() => false)
  }
}

function bySymbol(summaries: readonly CandleFileSummary[]): ReadonlyMap<InstrumentSymbol, readonly CandleFileSummary[]> {
  return Map.groupBy(summaries, ({ series }) => series.symbol)
}

function finest(files: readonly CandleFileSummary[]): string {
  const [first] = files.map(({ series }) => series.timeframe).toSorted((a, b) => timeframeMs(a) - timeframeMs(b))
  return first ?? ''
}
