import { createReadStream } from 'node:fs'
import { parse } from 'csv-parse'
import { timeframeMs, type Candle } from '#domain/candle.ts'
import { AppError } from '#domain/errors.ts'
import type { Fixed } from '#domain/money/fixed.ts'
import { fileName, type CandleSeries } from './candle-file-name.ts'
import { candleOfRow, columnOrder, RowError, type ColumnOrder } from './candle-row.ts'

/** Candles handed over at once. */
export const CANDLE_BATCH = 2_000
/** Longest line taken, in bytes. */
const LINE_LENGTH_MAX = 4_096

/** What a file holds, learnt by reading all of it. */
export interface CandleFileSummary {
  readonly series: CandleSeries
  readonly rows: number
  /** Places where candles are missing, and how many are missing in all. */
  readonly gaps: number
  readonly missing: number
  readonly firstOpenTime: number
  readonly lastOpenTime: number
  /** Most digits after the point that a price and a volume have. */
  readonly priceDigits: number
  readonly volumeDigits: number
  readonly highest: Candle['high']
}

interface CsvRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/**
 * Reads a candle file in batches, strictly: every row is checked, gaps are allowed, and the first row that is wrong ends
 * the reading with `FILE_INVALID`, naming file, line, what is wrong and what to do.
 */
export async function* readCandles(series: CandleSeries): AsyncGenerator<readonly Candle[], void, void> {
  const input = createReadStream(series.path)
  const parser = parse({ bom: true, info: true, skip_empty_lines: true, max_record_size: LINE_LENGTH_MAX })
  input.on('error', (cause) => parser.destroy(cause))
  input.pipe(parser)
  let line = 1
  let columns: ColumnOrder | undefined
  let batch: Candle[] = []
  let previous: Candle | undefined
  try {
    for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
      line = info.lines
      if (columns === undefined) {
        columns = columnOrder(record)
        continue
      }
      const candle = candleOfRow(record, columns, series)
      if (previous !== undefined) checkOrder(previous, candle)
      previous = candle
      if (batch.push(candle) < CANDLE_BATCH) continue
      yield batch
      batch = []
    }
    if (columns === undefined) throw new RowError('the file is empty', 'Give a file with a header and candles.')
    if (previous === undefined) throw new RowError('there is no candle in the file', 'Give a file with candles.')
  } catch (error) {
    throw fileError(series.path, line, error)
  } finally {
    input.destroy()
    parser.destroy()
  }
  if (batch.length > 0) yield batch
}

function checkOrder(previous: Candle, candle: Candle): void {
  if (candle.openTime > previous.openTime) return
  const what = candle.openTime === previous.openTime ? 'is there twice' : `comes after ${previous.openTime}`
  throw new RowError(`the candle of ${candle.openTime} ${what}`, 'Sort the file by time and remove repeated rows.')
}

function fileError(path: string, line: number, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  // The parser runs ahead of us; its own errors know their line.
  const at = cause instanceof Error && 'lines' in cause && typeof cause.lines === 'number' ? cause.lines : line
  const where = `${fileName(path)}, line ${at}`
  if (cause instanceof RowError)
    return new AppError('FILE_INVALID', `${where}: ${cause.message}. The file was not used. ${cause.advice}`, { cause })
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ENOENT') return new AppError('FILE_INVALID', `${path}: there is no such file. Nothing was read. Check the path.`, { cause })
  const words = cause instanceof Error ? cause.message : String(cause)
  return new AppError('FILE_INVALID', `${where}: it cannot be read as CSV (${words}). The file was not used. Correct the line.`, { cause })
}

/** Reads and checks a whole file, and says what is in it. Throws `FILE_INVALID`. */
export async function summarizeCandles(series: CandleSeries): Promise<CandleFileSummary> {
  const step = timeframeMs(series.timeframe)
  let [rows, gaps, missing, priceDigits, volumeDigits] = [0, 0, 0, 0, 0]
  let [first, last, highest]: (Candle | undefined)[] = []
  for await (const batch of readCandles(series)) {
    for (const candle of batch) {
      rows += 1
      const skipped = last === undefined ? 0 : (candle.openTime - last.openTime) / step - 1
      if (skipped > 0) gaps += 1
      missing += skipped
      priceDigits = Math.max(priceDigits, candle.open.scale, candle.high.scale, candle.low.scale, candle.close.scale)
      volumeDigits = Math.max(volumeDigits, candle.volume.scale)
      if (highest === undefined || isAbove(candle.high, highest.high)) highest = candle
      first ??= candle
      last = candle
    }
  }
  if (first === undefined || last === undefined || highest === undefined) throw new Error('a read file has at least one candle')
  return {
    series,
    rows,
    gaps,
    missing,
    firstOpenTime: first.openTime,
    lastOpenTime: last.openTime,
    priceDigits,
    volumeDigits,
    highest: highest.high,
  }
}

function isAbove(a: Fixed<string>, b: Fixed<string>): boolean {
  return a.scale === b.scale ? a.units > b.units : a.units * 10n ** BigInt(b.scale) > b.units * 10n ** BigInt(a.scale)
}
