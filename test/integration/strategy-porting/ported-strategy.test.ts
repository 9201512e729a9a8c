import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { portStrategy } from '#v2-import/strategies/port-strategy.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const DATA = join(ROOT, '../shared/data')
const SOURCE = join(DATA, 'v2-install/clean/strategies/ema_cross.py')
const CANDLES = join(DATA, 'candles/ETH_USDT-PERP_5m_2023.csv')
const hasData = existsSync(SOURCE) && existsSync(CANDLES)
if (!hasData) process.stdout.write(`skipped: ${DATA} is absent\n`)
const run = promisify(execFile)
const CONFIG = { strategy_name: 'ema_cross', pairs: ['BTC/USDT'], interval: '5m', max_position_size: 1200, stop_loss_pct: 0.015 }
const BARS = 2_500
const HISTORY = 500

/** A strategy that needs most of what a translation can contain, marks included. */
const RICH = `import talib
LIMIT = 70
class Rich(Base):
    use_trend = True
    def __init__(self, config):
        super().__init__(config)
        self.period = int(config.get("period", 14))
        self.history = []
    def _bands(self, closes):
        if len(closes) < 30:
            return None
        upper, middle, lower = talib.BBANDS(closes, timeperiod=20, nbdev=2.0)
        return {"upper": upper, "low-er": lower, "mid": middle}
    def _trend(self, data):
        closes = [c["close"] for c in data]
        highs = [c["high"] * 2 for c in data[-20:] if c["volume"] > 0]
        strength = (closes[-1] - closes[-5]) / closes[-5] * 100 // 2 % 3
        return strength > 0.5 or not max(highs) > closes[-1] * 1.1
    def analyze(self, symbol, data):
        closes = [c["close"] for c in data]
        bands = self._bands(closes)
        if bands is None:
            return None
        r = talib.RSI(closes, timeperiod=self.period)
        signal = None
        if self.use_trend and self._trend(data) and closes[-1] > bands["upper"][-1] and 30 < r[-1] < LIMIT:
            signal = "buy"
            extra = 1
        elif closes[-1] < bands["low-er"][-1]:
            signal = "sell"
            extra = 2
        else:
            extra = round(sum(closes[-3:]) / 3)
        atr = talib.ATR(data, 14)
        extra += min(atr[-1], 4)
        for c in data:
            extra += 1
        if any(c["close"] > 5 for c in data) and signal is not None:
            return {"action": signal, "amount": 3}
        if self.history:
            place_order(symbol, "sell", 1)
        place_order(symbol, "sell", 1)
        return foo(closes, atr)
`

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ported-'))
})
afterAll(async () => await rm(folder, { recursive: true, force: true }))

/** Types and lint, as the project's own code is checked. */
async function check(file: string): Promise<string> {
  const strategies = join(ROOT, 'src/strategies')
  const face = `export { defineStrategy, HISTORY_BARS } from '${strategies}/strategy.ts'\nexport { indicators } from '${strategies}/indicators/indicators.ts'\n`
  await writeFile(join(folder, 'face.ts'), face)
  const options = { lib: ['ES2024'], types: [], paths: { 'bot-trading': [join(folder, 'face.ts')] } }
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(ROOT, 'tsconfig.base.json'), compilerOptions: options, files: [file] }),
  )
  const bin = join(ROOT, 'node_modules/.bin')
  const said = (failed: unknown) => String((failed as { stdout?: string }).stdout ?? failed)
  const types = await run(join(bin, 'tsc'), ['-p', folder]).then(() => '', said)
  const lint = await run(join(bin, 'oxlint'), ['--config', join(ROOT, '.oxlintrc.json'), '--deny-warnings', join(folder, file)]).then(
    () => '',
    said,
  )
  return types + lint
}

describe.skipIf(!hasData)('a ported strategy', () => {
  it('compiles against the real types and passes the lint', async () => {
    const { code, report } = await portStrategy(readFileSync(SOURCE, 'utf8'), { fileName: 'ema_cross.py', config: CONFIG })
    expect(report.status).toBe('ready')
    await writeFile(join(folder, 'v2-ema-cross.ts'), code)
    expect(await check('v2-ema-cross.ts')).toBe('')
    await writeFile(join(folder, 'broken.ts'), code.replace('item(ind.rsi, -1)', 'item(ind.nothing, -1)'))
    expect(await check('broken.ts')).toContain('nothing')
  })

  it('compiles with marks too, and refuses to start', async () => {
    const { code, report } = await portStrategy(RICH, { fileName: 'rich.py', config: CONFIG })
    expect(report.status).toBe('unfinished')
    await writeFile(join(folder, 'rich.ts'), code)
    expect(await check('rich.ts')).toBe('')
    await writeFile(join(folder, 'v2-ema-cross.ts'), code)
    const words = await inTrader(
      `try { configureStrategy(strategy, {}); console.log('started') } catch (error) { console.log(error.message) }`,
    )
    expect(words).toContain('not translated yet: rich.py:')
    expect(words).toContain('The trader was not started')
  })

  it('gives the signals of the same logic written by hand, at the same bars', async () => {
    const { code } = await portStrategy(readFileSync(SOURCE, 'utf8'), { fileName: 'ema_cross.py', config: CONFIG })
    await writeFile(join(folder, 'v2-ema-cross.ts'), code)
    const rows = readFileSync(CANDLES, 'utf8')
      .trim()
      .split('\n')
      .slice(1, BARS + 1)
    const candles = rows.map((row) => {
      const [openTime = 0, open = 0, high = 0, low = 0, close = 0, volume = 0] = row.split(',').map(Number)
      return { openTime, open, high, low, close, volume }
    })
    await writeFile(join(folder, 'candles.json'), JSON.stringify(candles))
    const answer = JSON.parse(
      await inTrader(`const { warmup, params } = configureStrategy(strategy, {})
        const candles = JSON.parse(readFileSync(${JSON.stringify(join(folder, 'candles.json'))}, 'utf8'))
        const found = []
        for (let i = warmup - 1; i < candles.length; i += 1) {
          const view = { candles: candles.slice(Math.max(0, i + 1 - ${HISTORY}), i + 1), params, symbol: 'BTC/USDT:USDT' }
          const [flat] = checkSignals(await strategy.analyze({ ...view, position: { quantity: 0 } }))
          const [long] = checkSignals(await strategy.analyze({ ...view, position: { quantity: 1 } }))
          if (flat !== undefined) found.push([i, flat.action, long.action, flat.stopLoss])
        }
        console.log(JSON.stringify({ warmup, found }))`),
    ) as { warmup: number; found: [number, string, string, string][] }
    const expected = candles.flatMap((_, i) =>
      i < answer.warmup - 1
        ? []
        : (byHand(
            candles.slice(Math.max(0, i + 1 - HISTORY), i + 1).map(({ close }) => close),
            i,
          ) ?? []),
    )
    expect(expected.length).toBeGreaterThan(50)
    expect(answer.found.map(([i, action]) => `${i} ${action}`)).toEqual(expected)
    for (const [i, action, whenLong, stop] of answer.found) {
      expect(whenLong).toBe(action === 'SELL' ? 'CLOSE_LONG' : 'BUY')
      expect(Number(stop) / candles[i]!.close).toBeCloseTo(action === 'BUY' ? 0.985 : 1.015, 4)
    }
  })
})

/** Loads the file as a trader's thread does and runs the lines there. */
async function inTrader(lines: string): Promise<string> {
  const from = (path: string) => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url).href)
  const script = `import { readFileSync } from 'node:fs'
    import { loadStrategy } from ${from('workers/trader/load-strategy.ts')}
    import { configureStrategy } from ${from('strategies/strategy.ts')}
    import { checkSignals } from ${from('strategies/signals.ts')}
    const strategy = await loadStrategy('v2-ema-cross', ${JSON.stringify(folder)}, 5000)
    ${lines}`
  return (await run(process.execPath, ['--input-type=module', '-e', script], { maxBuffer: 2 ** 24, timeout: 60_000 })).stdout
}

function byHand(closes: readonly number[], bar: number): string | undefined {
  const fast = average(closes, 12)
  const slow = average(closes, 26)
  const strength = relativeStrength(closes, 14)
  const [f1, f2, s1, s2] = [fast.at(-1)!, fast.at(-2)!, slow.at(-1)!, slow.at(-2)!]
  if (f1 > s1 && f2 <= s2 && strength < 70) return `${bar} BUY`
  return f1 < s1 && f2 >= s2 ? `${bar} SELL` : undefined
}

function average(values: readonly number[], period: number): number[] {
  let value = values.slice(0, period).reduce((sum, each) => sum + each, 0) / period
  return [value, ...values.slice(period).map((each) => (value += ((each - value) * 2) / (period + 1)))]
}

function relativeStrength(values: readonly number[], period: number): number {
  const changes = values.slice(1).map((value, i) => value - values[i]!)
  let [up, down] = [0, 0]
  changes.forEach((change, i) => {
    const weight = i < period ? 1 / period : 1 / period
    const fade = i < period ? 1 : (period - 1) / period
    up = up * fade + Math.max(0, change) * weight
    down = down * fade + Math.max(0, -change) * weight
  })
  return (100 * up) / (up + down)
}
