import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { indicators as own } from './indicators.ts'
import type { Columns } from './series.ts'

const FOLDER = '../shared/data/indicators/lean'
let strict = 0
let loose = 0
afterAll(() =>
  process.stdout.write(
    `indicators against the Lean columns: ${strict} values to the last printed digits, ${loose} loosely while starting up\n`,
  ),
)

interface Reference {
  readonly file: string
  readonly column: string
  readonly compute: (bars: Columns) => Float64Array
  /** How far the value may be away: one unit of the last printed digit, unless the file was made in single precision. */
  readonly within?: number
  /** How many of the first printed rows differ by how the series is begun: held only `within` so much, or left out. */
  readonly begin?: { readonly rows: number; readonly within?: number }
}

const references: readonly Reference[] = [
  { file: 'spy_with_indicators.txt', column: 'SMA14', compute: ({ close }) => own.sma(close, 14) },
  { file: 'spy_with_indicators.txt', column: 'EMA14', compute: ({ close }) => own.ema(close, 14) },
  { file: 'spy_with_indicators.txt', column: 'RSI 14 Wilder', compute: ({ close }) => own.rsi(close, 14) },
  // Lean starts each EMA at its own lookback, TA-Lib (and `macd`) both at the slow one: the same line once the start has faded.
  {
    file: 'spy_with_indicators.txt',
    column: 'MACD 12 26',
    compute: ({ close }) => own.ema(close, 12).map((value, i) => value - (own.ema(close, 26)[i] as number)),
    within: 2e-4,
  },
  {
    file: 'spy_with_indicators.txt',
    column: 'MACD 12 26',
    compute: ({ close }) => own.macd(close, 12, 26).macd,
    begin: { rows: 110, within: 25 },
    within: 2e-4,
  },
  { file: 'spy_bollinger_bands.txt', column: 'Moving Average 20', compute: ({ close }) => own.bollinger(close, 20, 2).middle },
  { file: 'spy_bollinger_bands.txt', column: 'Bollinger Bands® 20 2 Top', compute: ({ close }) => own.bollinger(close, 20, 2).upper },
  { file: 'spy_bollinger_bands.txt', column: 'Bollinger Bands® 20 2 Bottom', compute: ({ close }) => own.bollinger(close, 20, 2).lower },
  // This column is the plain mean of the true range.
  { file: 'spy_atr.txt', column: 'Average True Range 14', compute: (bars) => own.sma(own.trueRange(bars), 14), within: 1e-5 },
  { file: 'spy_natr.txt', column: 'NATR_5', compute: (bars) => own.natr(bars, 5) },
  { file: 'spy_tr.txt', column: 'TR', compute: (bars) => own.trueRange(bars) },
  // The column's first sums hold 14 bars, TA-Lib's (and ours) 13: equal to the last digit once that has faded, within 1 before.
  { file: 'spy_with_adx.txt', column: 'ADX 14', compute: (bars) => own.adx(bars, 14).adx, begin: { rows: 178, within: 1 } },
  { file: 'spy_with_adx.txt', column: '+DI14', compute: (bars) => own.adx(bars, 14).plusDi, begin: { rows: 145, within: 1 } },
  { file: 'spy_with_adx.txt', column: '-DI14', compute: (bars) => own.adx(bars, 14).minusDi, begin: { rows: 145, within: 1 } },
  { file: 'spy_with_stoch12k3.txt', column: 'Stochastics 12 %K 3', compute: (bars) => own.stoch(bars, 12, 3, 5).k, within: 1e-3 },
  { file: 'spy_with_stoch12k3.txt', column: '%D 5', compute: (bars) => own.stoch(bars, 12, 3, 5).d, within: 1e-3 },
  { file: 'spy_with_cci.txt', column: 'Commodity Channel Index (CCI) 14', compute: (bars) => own.cci(bars, 14), within: 1e-2 },
  { file: 'spy_mfi.txt', column: 'Money Flow Index 20', compute: (bars) => own.mfi(bars, 20) },
  // This column is the difference, not the percentage.
  {
    file: 'spy_with_roc50.txt',
    column: 'Rate of Change 50',
    compute: ({ close }) => own.roc(close, 50).map((value, i) => (value / 100) * (close[i - 50] as number)),
    within: 2e-5,
  },
  { file: 'spy_rocr.txt', column: 'ROCR_5', compute: ({ close }) => own.roc(close, 5).map((value) => value / 100 + 1) },
  // The first 49 rows of these are of shorter windows; here they are NaN.
  { file: 'spy_with_don50.txt', column: 'Donchian Channels 50 Top', compute: (bars) => own.donchian(bars, 50).upper, begin: { rows: 49 } },
  {
    file: 'spy_with_don50.txt',
    column: 'Donchian Channels 50 Bottom',
    compute: (bars) => own.donchian(bars, 50).lower,
    begin: { rows: 49 },
  },
  {
    file: 'spy_with_don50.txt',
    column: 'Donchian Channels 50 Mean',
    compute: (bars) => own.donchian(bars, 50).middle,
    begin: { rows: 49 },
  },
  { file: 'spy_dema.txt', column: 'DEMA_5', compute: ({ close }) => own.dema(close, 5) },
  { file: 'spy_hma.txt', column: 'HMA_16', compute: ({ close }) => own.hma(close, 16) },
  { file: 'spy_kama.txt', column: 'KAMA_5', compute: ({ close }) => own.kama(close, 5) },
  { file: 'spy_midprice.txt', column: 'MIDPRICE_5', compute: (bars) => own.donchian(bars, 5).middle },
  {
    file: 'spy_apo.txt',
    column: 'APO_5_10',
    compute: ({ close }) => own.sma(close, 5).map((value, i) => value - (own.sma(close, 10)[i] as number)),
  },
  { file: 'spy_trix.txt', column: 'TRIX_5', compute: ({ close }) => own.roc(own.ema(own.ema(own.ema(close, 5), 5), 5), 1) },
]

function read(file: string): { readonly header: readonly string[]; readonly lines: readonly (readonly string[])[] } {
  const [header = '', ...lines] = readFileSync(join(FOLDER, file), 'utf8')
    .replace(/^\uFEFF/, '')
    .trim()
    .split(/\r?\n/)
  return { header: header.split(',').map((name) => name.trim()), lines: lines.map((line) => line.split(',')) }
}

/** The size of the last printed digit: `12.30` → 0.01, `1.06E+08` → 1e6. */
function printedUnit(text: string): number {
  const [mantissa = '', exponent = '0'] = text.split(/e/i)
  return 10 ** (Number(exponent) - (mantissa.split('.')[1]?.length ?? 0))
}

describe.skipIf(!existsSync(FOLDER))('indicators agree with the columns of Lean (skipped where the data folder is absent)', () => {
  it.for(references)('$file $column', ({ file, column, compute, within = 0, begin = { rows: 0 } }) => {
    const { header, lines } = read(file)
    const named = (name: string) => header.findIndex((text) => text.toLowerCase() === name)
    const take = (name: string) => Float64Array.from(lines, (line) => Number(line[named(name)]))
    const actual = compute({ open: take('open'), high: take('high'), low: take('low'), close: take('close'), volume: take('volume') })
    const index = header.indexOf(column)
    expect(index, `column ${column}`).toBeGreaterThanOrEqual(0)
    const printed = lines
      .map((line, row) => ({ row, text: (line[index] ?? '').trim() }))
      .filter(({ text }) => text !== '' && text !== 'NaN')
    printed.forEach(({ row, text }, i) => {
      const exact = Math.max(within, printedUnit(text), 1e-9 * Math.abs(Number(text)))
      const allowed = i < begin.rows ? begin.within : exact
      if (allowed === undefined) return
      const found = actual[row] as number
      if (!(Math.abs(found - Number(text)) <= allowed)) throw new Error(`row ${row}: ${found} is not ${text} (within ${allowed})`)
      if (i < begin.rows) loose += 1
      else strict += 1
    })
  })
})
