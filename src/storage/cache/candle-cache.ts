import { existsSync, rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { Candle, CandleBar, Timeframe } from '#domain/candle.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'

/** Bars kept of each series: 34 days of one-minute bars, 170 of five-minute ones. */
const BARS_PER_SERIES_MAX = 50_000
/** A series may outgrow its limit by this much before it is cut, so that cutting is rare. */
const PRUNE_SLACK = 2_000
const BUSY_TIMEOUT_MS = 2_000
/** A file of another version is thrown away and filled again: it is a cache. */
const SCHEMA_VERSION = 1

const SCHEMA = `
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  symbol TEXT NOT NULL,
  timeframe TEXT NOT NULL,
  UNIQUE (symbol, timeframe)
) STRICT;
CREATE TABLE bars (
  series INTEGER NOT NULL REFERENCES series (id),
  open_time INTEGER NOT NULL,
  open REAL NOT NULL, high REAL NOT NULL, low REAL NOT NULL, close REAL NOT NULL, volume REAL NOT NULL,
  PRIMARY KEY (series, open_time)
) STRICT, WITHOUT ROWID;
`

/** What strategies and charts ask. Numbers, as for indicators and pixels. */
export interface CandleReader {
  /** The last `limit` bars that open at or before `untilOpenTime`, oldest first. */
  lastBars(symbol: InstrumentSymbol, timeframe: Timeframe, untilOpenTime: number, limit: number): readonly CandleBar[]
  /** Bars with `fromOpenTime <= openTime <= untilOpenTime`, oldest first, at most `limit`. */
  range(
    symbol: InstrumentSymbol,
    timeframe: Timeframe,
    span: { readonly fromOpenTime: number; readonly untilOpenTime: number; readonly limit: number },
  ): readonly CandleBar[]
  close(): void
}

export interface CandleCache extends CandleReader {
  /** Adds bars, or replaces those of the same open time. All or none; readers in other threads see them when it returns. */
  putCandles(candles: readonly Candle[]): void
}

export interface CandleCacheOptions {
  readonly barsPerSeriesMax?: number
}

/**
 * The one writer of `cache.db`. A file that is damaged, or of another version, is replaced by an empty one: everything in
 * it can be had again.
 */
export function openCandleCache(path: string, options: CandleCacheOptions = {}): CandleCache {
  const db = openOrReplace(path)
  const write = candleWriter(db, options.barsPerSeriesMax ?? BARS_PER_SERIES_MAX)
  return { ...candleQueries(db), putCandles: write, close: () => db.close() }
}

/** A read-only view for other threads (this name is fixed: traders and screens import it); the file must have been made by `openCandleCache`. */
export function openCandleCacheReader(path: string): CandleReader {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
  return { ...candleQueries(db), close: () => db.close() }
}

function openOrReplace(path: string): Database.Database {
  if (existsSync(path)) {
    const known = tryOpen(path)
    if (known !== undefined) return known
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
  }
  const db = open(path)
  db.transaction(() => {
    db.exec(SCHEMA)
    db.pragma(`user_version = ${SCHEMA_VERSION}`)
  })()
  return db
}

function tryOpen(path: string): Database.Database | undefined {
  let db: Database.Database | undefined
  try {
    db = open(path)
    const whole = db.pragma('quick_check(1)', { simple: true }) === 'ok'
    if (whole && db.pragma('user_version', { simple: true }) === SCHEMA_VERSION) return db
  } catch (error) {
    // Only damage is answered by a new file; a full disk or a missing right is not.
    if (!(error instanceof Database.SqliteError) || !/^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) {
      db?.close()
      throw error
    }
  }
  db?.close()
  return undefined
}

function open(path: string): Database.Database {
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS })
  try {
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = NORMAL')
    db.pragma('mmap_size = 0')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function candleWriter(db: Database.Database, barsMax: number): (candles: readonly Candle[]) => void {
  const addSeries = db.prepare<[string, string]>('INSERT INTO series (symbol, timeframe) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const findSeries = db.prepare<[string, string], { id: number }>('SELECT id FROM series WHERE symbol = ? AND timeframe = ?')
  const count = db.prepare<[number], { bars: number }>('SELECT count(*) AS bars FROM bars WHERE series = ?')
  const put = db.prepare<[number, number, number, number, number, number, number]>(
    'INSERT OR REPLACE INTO bars VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const prune = db.prepare<[number, number, number]>(
    'DELETE FROM bars WHERE series = ? AND open_time <= (SELECT open_time FROM bars WHERE series = ? ORDER BY open_time DESC LIMIT 1 OFFSET ?)',
  )
  /** Per series its id and at most how many bars it has. */
  const known = new Map<string, { readonly id: number; bars: number }>()

  const seriesOf = ({ symbol, timeframe }: Candle): { readonly id: number; bars: number } => {
    const key = `${symbol} ${timeframe}`
    const found = known.get(key)
    if (found !== undefined) return found
    addSeries.run(symbol, timeframe)
    const id = findSeries.get(symbol, timeframe)?.id
    if (id === undefined) throw new Error(`the series ${key} was not kept`)
    const series = { id, bars: count.get(id)?.bars ?? 0 }
    known.set(key, series)
    return series
  }
  const putAll = db.transaction((candles: readonly Candle[]) => {
    for (const candle of candles) {
      const series = seriesOf(candle)
      const { open: first, high, low, close, volume } = candle
      put.run(
        series.id,
        candle.openTime,
        Price.toNumber(first),
        Price.toNumber(high),
        Price.toNumber(low),
        Price.toNumber(close),
        Quantity.toNumber(volume),
      )
      series.bars += 1
      if (series.bars <= barsMax + Math.min(PRUNE_SLACK, barsMax)) continue
      prune.run(series.id, series.id, barsMax)
      series.bars = count.get(series.id)?.bars ?? 0
    }
  })
  return (candles) => {
    try {
      putAll(candles)
    } catch (error) {
      // What was noted during a transaction that did not happen is not so.
      known.clear()
      throw error
    }
  }
}

function candleQueries(db: Database.Database): Pick<CandleReader, 'lastBars' | 'range'> {
  const fields = 'open_time AS openTime, open, high, low, close, volume'
  const series = '(SELECT id FROM series WHERE symbol = ? AND timeframe = ?)'
  const last = db.prepare<[string, string, number, number], CandleBar>(
    `SELECT ${fields} FROM bars WHERE series = ${series} AND open_time <= ? ORDER BY open_time DESC LIMIT ?`,
  )
  const between = db.prepare<[string, string, number, number, number], CandleBar>(
    `SELECT ${fields} FROM bars WHERE series = ${series} AND open_time BETWEEN ? AND ? ORDER BY open_time LIMIT ?`,
  )
  return {
    lastBars: (symbol, timeframe, untilOpenTime, limit) => last.all(symbol, timeframe, untilOpenTime, limit).toReversed(),
    range: (symbol, timeframe, { fromOpenTime, untilOpenTime, limit }) =>
      between.all(symbol, timeframe, fromOpenTime, untilOpenTime, limit),
  }
}
