import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Candle } from '#domain/candle.ts'
import { AppError } from '#domain/errors.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { readCandles, summarizeCandles, type CandleFileSummary } from './candle-csv.ts'
import { candleSeries } from './candle-file-name.ts'
import { instrumentOfFiles } from './instruments.ts'

const DATA = resolve('../shared/data/candles')
const HEADER = 'timestamp_ms,open,high,low,close,volume'
const GOOD = '1640995200000,100,110,90,105,1'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candle-csv-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function summarize(text: string, name = 'BTC_USDT_1m.csv'): Promise<CandleFileSummary> {
  const path = join(folder, name)
  await writeFile(path, text)
  return summarizeCandles(candleSeries({ path }))
}
async function candlesOf(text: string): Promise<readonly Candle[]> {
  const path = join(folder, 'BTC_USDT_1m.csv')
  await writeFile(path, text)
  const all: Candle[] = []
  for await (const batch of readCandles(candleSeries({ path }))) all.push(...batch)
  return all
}

describe('candle files', () => {
  it('take the columns in any order, a byte order mark, CRLF and columns nobody asked for', async () => {
    const [candle] = await candlesOf('\uFEFFvolume,close,low,high,note,open,timestamp\r\n1.50,105,90,110,hello,100.0,1640995200000\r\n')
    expect([candle!.openTime, Price.format(candle!.open), Price.format(candle!.close), Quantity.format(candle!.volume)]).toEqual([
      1_640_995_200_000,
      '100',
      '105',
      '1.5',
    ])
  })

  it('allow gaps and count them', async () => {
    const rows = [0, 1, 5, 6, 9].map((n) => `${1_640_995_200_000 + n * 60_000},100,110,90,105,1`)
    expect(await summarize([HEADER, ...rows].join('\n'))).toMatchObject({ rows: 5, gaps: 2, missing: 5 })
  })

  it.each([
    ['a missing column', 'timestamp,open,high,low,close\n', /line 1: there is no column "volume"/],
    ['a column named twice', 'timestamp,timestamp_ms,open,high,low,close,volume\n', /line 1: the column "timestamp" is named twice/],
    ['not a number', `${HEADER}\n${GOOD}\n1640995260000,1o0,110,90,105,1\n`, /line 3: open is "1o0", not a finite decimal/],
    ['nan', `${HEADER}\n1640995260000,100,110,90,105,nan\n`, /line 2: volume is "nan"/],
    ['an infinite price', `${HEADER}\n1640995260000,100,inf,90,105,1\n`, /line 2: high is "inf"/],
    ['a negative price', `${HEADER}\n1640995260000,100,110,-90,105,1\n`, /line 2: low is "-90"/],
    ['a price of zero', `${HEADER}\n1640995260000,100,110,0,105,1\n`, /line 2: low is 0/],
    ['high below close', `${HEADER}\n1640995260000,100,104,90,105,1\n`, /line 2: high 104 is below close 105/],
    ['low above open', `${HEADER}\n1640995260000,100,110,101,105,1\n`, /line 2: low 101 is above open 100/],
    ['a repeated candle', `${HEADER}\n${GOOD}\n${GOOD}\n`, /line 3: the candle of 1640995200000 is there twice/],
    ['time that runs backwards', `${HEADER}\n1640995260000,100,110,90,105,1\n${GOOD}\n`, /line 3: .* comes after 1640995260000/],
    [
      'a time off the grid',
      `${HEADER}\n1640995200001,100,110,90,105,1\n`,
      /line 2: timestamp 1640995200001 is not the start of a 1m candle/,
    ],
    ['seconds', `${HEADER}\n1640995200,100,110,90,105,1\n`, /line 2: .* not in milliseconds/],
    ['a short row', `${HEADER}\n${GOOD}\n1640995260000,100\n`, /line 3: it cannot be read as CSV/],
    ['an endless line', `${HEADER}\n${GOOD}\n${'9'.repeat(10_000)}\n`, /cannot be read as CSV/],
    ['no candle', `${HEADER}\n`, /there is no candle/],
    ['nothing at all', '', /the file is empty/],
  ])('refuse %s, and say where', async (_, text, message) => {
    const error = await summarize(text).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ code: 'FILE_INVALID', message: expect.stringMatching(message) })
    expect((error as AppError).message).toContain('BTC_USDT_1m.csv')
  })

  it('that are not there are named', async () => {
    await expect(summarizeCandles(candleSeries({ path: '/nowhere/BTC_USDT_1m.csv' }))).rejects.toThrow(
      '/nowhere/BTC_USDT_1m.csv: there is no such file',
    )
  })

  it.each([
    ['BTC_USDT_5m.csv', 'BTC/USDT', '5m', 'base'],
    ['dir/ETH_USDT-PERP_1h_2023.csv', 'ETH/USDT:USDT', '1h', 'base'],
    ['BTC-PERP_ftx_1m_202201a.csv', 'BTC/USD:USD', '1m', 'quote'],
    ['BTC_USDT_bybit-spot_1m_20221213.csv', 'BTC/USDT', '1m', 'base'],
  ])('%s is %s %s, volume in %s', (path, symbol, timeframe, volumeUnit) =>
    expect(candleSeries({ path })).toEqual({ path, symbol, timeframe, volumeUnit }),
  )

  it('are what the options say, before the name', () => {
    expect(candleSeries({ path: 'BTC_USDT_5m.csv', symbol: 'ETH/BTC', timeframe: '1h' })).toMatchObject({
      symbol: 'ETH/BTC',
      timeframe: '1h',
    })
    expect(() => candleSeries({ path: 'data.csv' })).toThrow('the name does not tell the instrument')
    expect(() => candleSeries({ path: 'BTC_USDT.csv' })).toThrow('the name does not tell the timeframe')
    expect(() => candleSeries({ path: 'BTC_USDT_5m.csv', timeframe: '7m' })).toThrow('7m is not a timeframe')
    expect(() => candleSeries({ path: 'BTC_USDT_5m.csv', symbol: 'btc' })).toThrow('btc is not an instrument')
  })
})

/** Rows, gaps and missing candles of each real file in the documented format. */
const REAL: Readonly<Record<string, readonly [number, number, number]>> = {
  'ADA_BTC_5m_201801.csv': [5_720, 5, 40],
  'BTC-PERP_ftx_1m_202201a.csv': [22_515, 0, 0],
  'BTC_USDT_bybit-spot_1m_20221213.csv': [1_440, 0, 0],
  'BTC_USD_coinbase_1m_20180404.csv': [1_007, 1, 1],
  'DASH_BTC_5m_201801.csv': [5_758, 2, 2],
  'ETH_BTC_5m_201801.csv': [5_760, 0, 0],
  'ETH_USDT-PERP_5m_2023.csv': [10_999, 0, 0],
  'LTC_BTC_5m_201801.csv': [5_760, 0, 0],
  'UNITTEST_BTC_1m_201711.csv': [13_681, 538, 717],
  'XLM_BTC_5m_201801.csv': [5_760, 0, 0],
  'XRP_USDT-PERP_1h_202111.csv': [100, 0, 0],
  'XRP_USDT-PERP_5m_202111.csv': [1_999, 0, 0],
}
/** Real files that are something else, and what is said about them. */
const NOT_CANDLES: Readonly<Record<string, RegExp>> = {
  'BTC_USDT_bybit-spot_1m_quotes_20221213.csv': /there is no column "open"/,
  'XRP_USDT-PERP_1h_mark_202111.csv': /line 2: volume is "nan"/,
  'binance_raw_klines_ADABTC-1m-2021-11-27.csv': /the name does not tell the instrument/,
  'lean_funding_bybit_btcusdt.csv': /the name does not tell the instrument/,
}

describe.skipIf(!existsSync(DATA))('real candle files (skipped where ../shared/data is absent)', () => {
  it('are all known to this test', async () => {
    const files = (await readdir(DATA)).filter((name) => name.endsWith('.csv')).toSorted()
    expect(files).toEqual([...Object.keys(REAL), ...Object.keys(NOT_CANDLES)].toSorted())
  })

  it.each(Object.entries(REAL))('%s: rows, gaps, missing %j', async (name, expected) => {
    const summary = await summarizeCandles(candleSeries({ path: join(DATA, name) }))
    expect([summary.rows, summary.gaps, summary.missing]).toEqual(expected)
    const rules = instrumentOfFiles([summary])
    for await (const batch of readCandles(summary.series)) {
      expect(
        batch.every(({ open, high, low, close }) => [open, high, low, close].every((price) => Price.isOnTick(price, rules.tickSize))),
      ).toBe(true)
    }
  })

  it.each(Object.entries(NOT_CANDLES))('%s is refused', async (name, message) => {
    const read = async () => summarizeCandles(candleSeries({ path: join(DATA, name) }))
    await expect(read()).rejects.toThrow(message)
  })
})
