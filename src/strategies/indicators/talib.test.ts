import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as talib from 'talib-web'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { indicators as own } from './indicators.ts'
import type { Columns } from './series.ts'

/** TA-Lib's C code in WebAssembly is the judge; 1e-9 of the value, or of the series' mean size where the value is near zero. */
const TOLERANCE = 1e-9
const CANDLES = '../shared/data/candles'
let compared = 0

beforeAll(async () => {
  const wasm = readFileSync(join(dirname(createRequire(import.meta.url).resolve('talib-web')), 'talib.wasm'))
  await talib.init(`data:application/wasm;base64,${wasm.toString('base64')}`)
})
afterAll(() => process.stdout.write(`indicators against TA-Lib: ${compared} values compared\n`))

/** TA-Lib returns its values from the first defined bar on and pads the tail with zeros. */
function expectSame(name: string, actual: Float64Array, oracle: readonly number[], lookback: number): void {
  expect(actual.length, name).toBe(oracle.length)
  const expected = oracle.slice(0, Math.max(0, oracle.length - lookback))
  const size = expected.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, expected.length)
  for (let i = 0; i < lookback && i < actual.length; i += 1) {
    if (!Number.isNaN(actual[i] as number)) throw new Error(`${name}[${i}] is ${actual[i]} before the lookback ${lookback}`)
  }
  expected.forEach((value, i) => {
    const found = actual[i + lookback] as number
    const allowed = TOLERANCE * Math.max(Math.abs(value), size)
    if (!(Math.abs(found - value) <= allowed)) throw new Error(`${name}[${i + lookback}]: ${found}, TA-Lib says ${value}`)
    compared += 1
  })
}

type Oracle = { readonly output: readonly number[] }

function compareAll(bars: Columns, period: number): void {
  const [high, low, close, volume] = [bars.high, bars.low, bars.close, bars.volume].map((column) => Array.from(column)) as [
    number[],
    number[],
    number[],
    number[],
  ]
  // TA-Lib's MFI answers 0 while the flow of the window is below 1.0, whatever the unit: lifted out of the way.
  const large = volume.map((value) => value * 1e9)
  const one = { inReal: close, timePeriod: period }
  const hlc = { high, low, close, timePeriod: period }
  const rows: readonly (readonly [string, Float64Array, Oracle, number])[] = [
    ['sma', own.sma(close, period), talib.SMA(one), period - 1],
    ['ema', own.ema(close, period), talib.EMA(one), period - 1],
    ['wma', own.wma(close, period), talib.WMA(one), period - 1],
    ['dema', own.dema(close, period), talib.DEMA(one), 2 * (period - 1)],
    ['tema', own.tema(close, period), talib.TEMA(one), 3 * (period - 1)],
    ['kama', own.kama(close, period), talib.KAMA(one), period],
    ['rsi', own.rsi(close, period), talib.RSI(one), period],
    ['roc', own.roc(close, period), talib.ROC(one), period],
    ['cci', own.cci(bars, period), talib.CCI(hlc), period - 1],
    ['williamsR', own.williamsR(bars, period), talib.WILLR(hlc), period - 1],
    ['trueRange', own.trueRange(bars), talib.TRANGE(hlc), 1],
    ['atr', own.atr(bars, period), talib.ATR(hlc), period],
    ['adx', own.adx(bars, period).adx, talib.ADX(hlc), 2 * period - 1],
    ['plusDi', own.adx(bars, period).plusDi, talib.PLUS_DI(hlc), period],
    ['minusDi', own.adx(bars, period).minusDi, talib.MINUS_DI(hlc), period],
    ['linearRegression', own.linearRegression(close, period).value, talib.LINEARREG(one), period - 1],
    ['slope', own.linearRegression(close, period).slope, talib.LINEARREG_SLOPE(one), period - 1],
    ['highest', own.highest(high, period), talib.MAX({ inReal: high, timePeriod: period }), period - 1],
    ['lowest', own.lowest(low, period), talib.MIN({ inReal: low, timePeriod: period }), period - 1],
    ['obv', own.obv(bars), talib.OBV({ inReal: close, volume }), 0],
    ['mfi', own.mfi(bars, period), talib.MFI({ high, low, close, volume: large, timePeriod: period }), period],
  ]
  for (const [name, actual, oracle, lookback] of rows) expectSame(`${name}(${period})`, actual, oracle.output, lookback)
  // TA-Lib's first NATR is always 0 (it divides by a close it has not read yet): compared from the second on.
  const natr = own.natr(bars, period)
  natr[period] = Number.NaN
  expectSame(`natr(${period})`, natr, [...talib.NATR(hlc).output.slice(1), 0], period + 1)
  compareBollinger(close, period)
}

/**
 * BBANDS and STDDEV of this WebAssembly build are wrong after the first `period − 1` values (they write over their own input),
 * so the bands are compared there, and everywhere against the definition: SMA ± 2 · √mean((x − mean)²).
 */
function compareBollinger(close: number[], period: number): void {
  const ours = own.bollinger(close, period, 2)
  const lookback = period - 1
  const widths = close.slice(lookback).map((_, i) => {
    const window = close.slice(i, i + period)
    const mean = window.reduce((sum, value) => sum + value, 0) / period
    return 2 * Math.sqrt(window.reduce((sum, value) => sum + (value - mean) ** 2, 0) / period)
  })
  const middle = talib.SMA({ inReal: close, timePeriod: period }).output
  const band = (sign: number) => middle.map((value, i) => value + sign * (widths[i] ?? 0))
  expectSame('bollinger middle', ours.middle, middle, lookback)
  expectSame('bollinger upper', ours.upper, band(1), lookback)
  expectSame('bollinger lower', ours.lower, band(-1), lookback)
  // Below a variance of 1e-8 TA-Lib says 0, whatever the unit: no bands for coins of a few satoshi.
  if ((close[0] as number) < 0.01) return
  const theirs = talib.BBANDS({ inReal: close, timePeriod: period, nbDevUp: 2, nbDevDn: 2 })
  const sound = (column: readonly number[]) => [...column.slice(0, lookback), ...column.slice(0, lookback).fill(0)]
  expectSame('bollinger upper, TA-Lib', ours.upper.slice(0, 2 * lookback), sound(theirs.upperBand), lookback)
  expectSame('bollinger lower, TA-Lib', ours.lower.slice(0, 2 * lookback), sound(theirs.lowerBand), lookback)
}

function compareMacdAndStoch(bars: Columns): void {
  const [high, low, close] = [bars.high, bars.low, bars.close].map((column) => Array.from(column)) as [number[], number[], number[]]
  const theirs = talib.MACD({ inReal: close, fastPeriod: 12, slowPeriod: 26, signalPeriod: 9 })
  const ours = own.macd(close, 12, 26, 9)
  expectSame('macd', ours.macd.fill(Number.NaN, 0, 33), theirs.MACD, 33)
  expectSame('macd signal', ours.signal, theirs.MACDSignal, 33)
  expectSame('macd histogram', ours.histogram, theirs.MACDHist, 33)
  // STOCH of this build answers with zeros; the smoothed line of STOCHF is the same as its slow %K.
  const slowK = talib.STOCHF({ high, low, close, fastK_Period: 14, fastD_Period: 3 }).fastD
  const stoch = own.stoch(bars, 14, 3, 5)
  expectSame('stoch k', stoch.k, slowK, 15)
  const slowD = talib.SMA({ inReal: slowK.slice(0, close.length - 15), timePeriod: 5 }).output
  expectSame('stoch d', stoch.d.slice(15), slowD, 4)
}

/** A seeded walk with gaps, flat stretches and volumes of very different size. */
function walk(seed: number, length: number, price: number): Columns {
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  let close = price
  return own.columns(
    Array.from({ length }, (_, i) => {
      const open = close * (1 + (random() - 0.5) * 0.002)
      if (random() > 0.1) close = open * (1 + (random() - 0.5) * 0.02)
      const high = Math.max(open, close) * (1 + random() * 0.004)
      const low = Math.min(open, close) * (1 - random() * 0.004)
      return { openTime: i * 60_000, open, high, low, close, volume: 1 + random() ** 4 * 100_000 }
    }),
  )
}

function readCandles(file: string, limit: number): Columns {
  const [, ...lines] = readFileSync(join(CANDLES, file), 'utf8')
    .trim()
    .split('\n')
    .slice(0, limit + 1)
  return own.columns(
    lines.map((line) => {
      const [openTime, open, high, low, close, volume] = line.split(',').map(Number) as [number, number, number, number, number, number]
      return { openTime, open, high, low, close, volume }
    }),
  )
}

describe('indicators agree with TA-Lib', () => {
  it.each([1, 2, 3, 4, 5, 6])('on a random walk, seed %i', (seed) => {
    const bars = walk(seed, 700, [60_000, 1800, 0.09, 1.5, 25, 0.00004][seed - 1] as number)
    for (const period of [2, 5, 14, 20, 50]) compareAll(bars, period)
    compareMacdAndStoch(bars)
  })

  const real = [
    'BTC-PERP_ftx_1m_202201a.csv',
    'XRP_USDT-PERP_1h_202111.csv',
    'ETH_USDT-PERP_5m_2023.csv',
    'BTC_USDT_bybit-spot_1m_20221213.csv',
  ]
  it.for(real)('on real candles %s', (file, { skip }) => {
    if (!existsSync(join(CANDLES, file))) skip(`no test data: ${CANDLES} is not there`)
    const bars = readCandles(file, 5_000)
    for (const period of [5, 14, 50]) compareAll(bars, period)
    compareMacdAndStoch(bars)
  })

  it('answers with nothing but NaN when there are too few bars', () => {
    const bars = walk(9, 10, 100)
    for (const output of [
      own.ema(bars.close, 14),
      own.rsi(bars.close, 14),
      own.adx(bars, 14).adx,
      own.bollinger(bars.close, 20).upper,
      own.kama(bars.close, 14),
      own.hma(bars.close, 14),
    ]) {
      expect(output.every(Number.isNaN)).toBe(true)
    }
  })
})
