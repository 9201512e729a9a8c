import { timeframeMs, type Candle } from '#domain/candle.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { plainDecimal } from './decimal-text.ts'
import type { CandleSeries } from './candle-file-name.ts'

export const CANDLE_COLUMNS = ['timestamp', 'open', 'high', 'low', 'close', 'volume'] as const
export type CandleColumn = (typeof CANDLE_COLUMNS)[number]
/** Where each column stands in a row. */
export type ColumnOrder = Readonly<Record<CandleColumn, number>>

/** A row that is not a candle: what is wrong, and what to do about it. */
export class RowError extends Error {
  readonly advice: string
  constructor(problem: string, advice: string) {
    super(problem)
    this.name = 'RowError'
    this.advice = advice
  }
}

/** 2001-09-09; a smaller number is most likely in seconds. */
const OLDEST_TIMESTAMP_MS = 1_000_000_000_000
/** 2286-11-20; a larger number is most likely in microseconds. */
const NEWEST_TIMESTAMP_MS = 9_999_999_999_999

/** Finds the columns in the header. `timestamp_ms` is another name of `timestamp`; columns of other names are ignored. */
export function columnOrder(header: readonly string[]): ColumnOrder {
  const names = header.map((name) => name.trim().toLowerCase()).map((name) => (name === 'timestamp_ms' ? 'timestamp' : name))
  const at = (column: CandleColumn): number => {
    const index = names.indexOf(column)
    const advice = 'The first line must name timestamp (or timestamp_ms), open, high, low, close and volume, in any order.'
    if (index === -1) throw new RowError(`there is no column "${column}"`, advice)
    if (names.lastIndexOf(column) !== index) throw new RowError(`the column "${column}" is named twice`, advice)
    return index
  }
  return { timestamp: at('timestamp'), open: at('open'), high: at('high'), low: at('low'), close: at('close'), volume: at('volume') }
}

/** One row as a candle. Throws `RowError`. */
export function candleOfRow(row: readonly string[], columns: ColumnOrder, series: CandleSeries): Candle {
  const decimal = (column: CandleColumn): string => {
    const text = (row[columns[column]] ?? '').trim()
    const plain = plainDecimal(text)
    if (plain === undefined)
      throw new RowError(`${column} is "${text}", not a finite decimal of 0 or more`, 'Correct the value or remove the row.')
    return plain
  }
  const price = (column: CandleColumn): Price => {
    const value = Price.parse(decimal(column))
    if (!Price.isPositive(value)) throw new RowError(`${column} is 0`, 'Remove the row: a candle without trades may be left out.')
    return value
  }
  const openTime = timestamp((row[columns.timestamp] ?? '').trim(), series)
  const [open, high, low, close] = [price('open'), price('high'), price('low'), price('close')]
  for (const [name, value] of [
    ['open', open],
    ['close', close],
    ['low', low],
  ] as const) {
    if (Price.compare(high, value) < 0)
      throw new RowError(`high ${Price.format(high)} is below ${name} ${Price.format(value)}`, 'Correct the row.')
    if (Price.compare(low, value) > 0)
      throw new RowError(`low ${Price.format(low)} is above ${name} ${Price.format(value)}`, 'Correct the row.')
  }
  const volume = Quantity.parse(decimal('volume'))
  return { symbol: series.symbol, timeframe: series.timeframe, openTime, open, high, low, close, volume }
}

function timestamp(text: string, { timeframe }: CandleSeries): number {
  const value = /^\d{1,16}(\.0+)?$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(value)) throw new RowError(`timestamp is "${text}", not a whole number`, 'Write UTC milliseconds.')
  if (value < OLDEST_TIMESTAMP_MS || value > NEWEST_TIMESTAMP_MS) {
    throw new RowError(`timestamp ${text} is not in milliseconds`, 'Write UTC milliseconds (13 digits), not seconds or microseconds.')
  }
  if (value % timeframeMs(timeframe) !== 0) {
    throw new RowError(
      `timestamp ${text} is not the start of a ${timeframe} candle`,
      'Check the timeframe (--timeframe) or correct the row.',
    )
  }
  return value
}
