import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { indicators as own } from './indicators.ts'
import type { Columns } from './series.ts'

const FOLDER = '../shared/data/indicators/jesse'
let checked = 0
afterAll(() =>
  process.stdout.write(
    `indicators against the Jesse expectations: ${checked} checked; ${expectations.filter(({ test }) => !(test in compute)).length} of ${expectations.length} are about indicators we do not have\n`,
  ),
)

interface Expectation {
  readonly test: string
  readonly candles: readonly string[]
  readonly asserts: readonly string[]
}

const last = (series: Float64Array) => series.at(-1) as number

/** Per expectation: what its words mean here. The periods are Jesse's defaults. */
const compute: Readonly<Record<string, (bars: Columns) => Readonly<Record<string, number>>>> = {
  apo: ({ close }) => ({ single: last(own.ema(close, 12)) - last(own.ema(close, 26)) }),
  ppo: ({ close }) => ({ single: (last(own.ema(close, 12)) / last(own.ema(close, 26)) - 1) * 100 }),
  bollinger_bands_width: ({ close }) => {
    const { upper, middle, lower } = own.bollinger(close, 20, 2)
    return { single: (last(upper) - last(lower)) / last(middle) }
  },
  hma: ({ close }) => ({ single: last(own.hma(close, 5)) }),
  kama: ({ close }) => ({ single: last(own.kama(close, 10)) }),
  kdj: (bars) => {
    const { k, d } = own.stoch(bars, 9, 3, 3)
    return { k: last(k), d: last(d), j: 3 * last(k) - 2 * last(d) }
  },
  linearreg_slope: ({ close }) => ({ single: last(own.linearRegression(close, 14).slope) }),
  linearreg_angle: ({ close }) => ({ single: (Math.atan(last(own.linearRegression(close, 14).slope)) * 180) / Math.PI }),
  tsf: ({ close }) => ({ single: last(own.linearRegression(close, 14).value) + last(own.linearRegression(close, 14).slope) }),
  medprice: (bars) => ({ single: last(own.donchian(bars, 1).middle) }),
  midpoint: ({ close }) => ({ single: (last(own.highest(close, 14)) + last(own.lowest(close, 14))) / 2 }),
  obv: (bars) => ({ 'single / 1000000': last(own.obv(bars)) / 1e6 }),
  roc: ({ close }) => ({ single: last(own.roc(close, 14)) }),
  rocr: ({ close }) => ({ single: last(own.roc(close, 14)) / 100 + 1 }),
  smma: ({ close }) => ({ single: last(own.rma(close, 5)) }),
  wilders: ({ close }) => ({ single: last(own.rma(close, 5)) }),
  stddev: ({ close }) => ({ single: last(own.standardDeviation(close, 5)) }),
  var: ({ close }) => ({ single: last(own.standardDeviation(close, 14)) ** 2 }),
  trange: (bars) => ({ single: last(own.trueRange(bars)) }),
  wma: ({ close }) => ({ single: last(own.wma(close, 9)) }),
  vwap: (bars) => ({ single: last(own.vwap(bars, 1)) }),
}

function readBars(name: string): Columns {
  const [, ...lines] = readFileSync(join(FOLDER, `${name}.csv`), 'utf8')
    .trim()
    .split('\n')
  return own.columns(
    lines.map((line) => {
      const [openTime, open, high, low, close, volume] = line.split(',').map(Number) as [number, number, number, number, number, number]
      return { openTime, open, high, low, close, volume }
    }),
  )
}

const expectations = existsSync(FOLDER)
  ? (JSON.parse(readFileSync(join(FOLDER, 'expectations.json'), 'utf8')) as readonly Expectation[])
  : []

describe.skipIf(expectations.length === 0)('indicators agree with Jesse (skipped where the data folder is absent)', () => {
  it.for(expectations.filter(({ test }) => test in compute))('$test', ({ test, candles, asserts }) => {
    const rounded = asserts.flatMap((text) => {
      const match = /^round\(([^,]+), (\d+)\) == (-?[\d.]+)$/.exec(text)
      return match === null ? [] : [{ name: match[1] as string, digits: Number(match[2]), value: Number(match[3]) }]
    })
    const values = compute[test]
    if (values === undefined) throw new Error(`no ${test} here`)
    const found = values(readBars(candles[0] as string))
    for (const { name, digits, value } of rounded) {
      expect(Math.abs((found[name] as number) - value), `${name} is ${found[name]}, expected ${value}`).toBeLessThanOrEqual(
        0.5 * 10 ** -digits + 1e-9,
      )
      checked += 1
    }
  })
})
