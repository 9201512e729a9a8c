import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { AppError } from '#domain/errors.ts'
import { portStrategy } from './port-strategy.ts'
import type { PortOptions } from './port-strategy.ts'

const DATA = new URL('../../../../shared/data/v2-install/', import.meta.url)
const hasData = existsSync(DATA)
if (!hasData) process.stdout.write(`skipped: ${DATA.pathname} is absent\n`)

const inClass = (body: string, init = '    pass') => `class S:
    fast = 12
    def __init__(self, config):
    ${init}
    def analyze(self, symbol, data):
        close = [c["close"] for c in data]
${body.replace(/^/gm, '        ')}
`
const port = (source: string, options: Partial<PortOptions> = {}) => portStrategy(source, { fileName: 's.py', ...options })
const decision = async (body: string) => (await port(inClass(body))).code.split('function decide')[1]?.split('\n}\n')[0] ?? ''

describe.skipIf(!hasData)('the strategy of the v2 installation', () => {
  it.each(['clean', 'worn'])('of %s is translated whole, with its settings', async (name) => {
    const folder = new URL(`${name}/strategies/`, DATA)
    for (const file of readdirSync(folder)) {
      const [config] = JSON.parse(readFileSync(new URL(`${name}/strategies.json`, DATA), 'utf8')) as Record<string, unknown>[]
      const { code, report } = await port(readFileSync(new URL(file, folder), 'utf8'), { fileName: file, config })
      expect(report).toMatchObject({ status: 'ready', strategyName: 'v2-ema-cross', className: 'EmaCrossStrategy' })
      expect(code).toContain("symbols: ['BTC/USDT:USDT', 'ETH/USDT:USDT']")
      expect(code).toContain('const params = { fast: 12, slow: 26, stopLossFraction: 0.015 }')
      const outcome = (part: string) => report.parts.filter((each) => each.name === part).map((each) => `${each.line} ${each.outcome}`)
      expect(outcome('get_balance')).toEqual(['21 dropped'])
      expect(outcome('place_order')).toEqual(['23 translated'])
      expect(outcome('self.max_position')).toEqual(['13 dropped'])
      expect(outcome('ema')).toEqual(['17 translated', '17 translated'])
      expect(code).toContain('//   21: balance = get_balance("USDT")')
    }
  })
})

describe('translation', () => {
  it.each([
    [
      'if close[-1] > close[-2] and not close[-1] == 3: return "buy"',
      'if (item(close, -1) > item(close, -2) && !(item(close, -1) === 3)) {',
    ],
    ['if 1 < close[-1] <= 9: return "sell"', 'if (1 < item(close, -1) && item(close, -1) <= 9) {'],
    ['if close[-1] / close[-2] % 2 > 1: return "buy"', 'if (modulo(divide(item(close, -1), item(close, -2)), 2) > 1) {'],
    [
      'if (close[-1] - (close[-2] - 1)) * 2 > len(close): return "buy"',
      'if ((item(close, -1) - (item(close, -2) - 1)) * 2 > close.length) {',
    ],
    [
      'if max(close[-20:]) > min(1, abs(-self.fast)): return "buy"',
      'if (highestOf(close.slice(-20)) > lowestOf([1, Math.abs(-context.params.fast)])) {',
    ],
    ['if any(c["high"] > 3 for c in data): return "hold"', 'if (Array.from(data).map((c) => c.high > 3).some(Boolean)) {'],
    ['if data: return {"action": "close", "amount": 1}', 'if (data.length > 0) {'],
    ['m, s, h = macd(close, 12, 26, 9)\nif h[-1] > 0: return "buy"', 'if (item(h, -1) > 0) {'],
    ['x = close[-1] if len(close) > 2 else 0\nif x: return "buy"', 'const x = close.length > 2 ? item(close, -1) : 0'],
    ['side = None\nif close[-1] > 1: side = "buy"\nreturn side', 'return signalsFor(side, context, 9)'],
    ['place_order(symbol, "buy", 1)', "signals.push(...signalsFor('buy', context, 7))"],
    ['if symbol == self.fast or close[-1] in (1, 2): return "buy"', 'refuse('],
    [
      'if data["close"].rolling(20).mean().iloc[-1] > 1: return "buy"',
      'if (item(indicators.sma(indicators.columns(data).close, 20), -1) > 1) {',
    ],
  ])('%s', async (python, typescript) => expect(await decision(python)).toContain(typescript))
})

describe('what is not certain stays with a person', () => {
  it.each([
    ['for c in data: x = 1', 'for statement is not translated'],
    ['if ema(close)[-1] > 1: return "buy"', 'ema is called without its period'],
    ['if self.unknown > 1: return "buy"', 'nothing is known of self.unknown'],
    ['if get_balance("USDT") > 10: return "buy"', 'sees no balance'],
    ['x = open("f").read()', 'no files'],
    ['requests.get("http://x")', 'no network'],
    ['order = place_order(symbol, "buy", 1)\nreturn order', 'places no orders'],
    ['return place_order(symbol, "buy", 1, stop_loss=3)', "the order's stop_loss is not translated"],
    ['return place_order("ETH/USDT", "buy", 1)', 'not known to be for the symbol'],
    ['return {"action": "buy", "stop_loss": 3}', "the signal's stop_loss is not translated"],
    ['return "moon"', 'what v2 does on moon is not known'],
    ['return close[-1] > 3', 'what v2 makes of the result'],
    ['self.fast = 3\nif self.fast > 1: return "buy"', 'keep nothing between candles'],
    ['if close[-1] > 1: x = 1\nif x > 1: return "buy"', 'x may have no value'],
    ['x = close[-1] or 3\nif x > 1: return "buy"', 'not known to be true or false'],
    ['if self.model.predict(close) > 1: return "buy"', 'await predict(input)'],
    ['exec("x")', 'no files, processes'],
    ['try:\n    x = close[-1]\nexcept Exception:\n    pass', 'handling of errors'],
  ])('%s', async (python, reason) => {
    const { code, report } = await port(inClass(python))
    expect(report.status).toBe('unfinished')
    expect(code).toMatch(/const unfinished: readonly string\[\] = \[\n {2}'s\.py:\d+/)
    expect(code.replaceAll("\\'", "'")).toContain(reason)
    expect(code.split('function decide')[1]).toMatch(/refuse\(\d+, /)
    const first = python.split('\n').at(-1)!.trim()
    expect(code).toContain(first)
  })

  it('never counts a call of a marked line as translated', async () => {
    const { report } = await port(inClass('x = ema(close, 3)\nif x[-1] > foo(rsi(close, 14)[-1]): return "buy"'))
    const outcome = (name: string) => report.parts.find((part) => part.name === name)?.outcome
    expect([outcome('ema'), outcome('rsi'), outcome('foo'), outcome('analyze'), outcome('S')]).toEqual([
      'translated',
      'marked',
      'marked',
      'marked',
      'marked',
    ])
    expect(report.componentMapping).toContain('| 8 | call | `foo` | marked |')
  })

  it('marks what is done beside the decision: at import, in __init__, in a second decision', async () => {
    const source = `os.system("x")\n${inClass('return None', '    connect()')}    def generate_signal(self, data):\n        return "buy"\n`
    const { code, report } = await port(source)
    expect(report.status).toBe('unfinished')
    for (const reason of ['when the file is imported', 'when the strategy is made', 'which of the methods decides'])
      expect(code).toContain(reason)
  })

  it('asks about a stop loss that may be a percentage', async () => {
    const { code, report } = await port(inClass('return None'), {
      config: { stop_loss_pct: 2, pairs: ['x'], interval: '7m', max_position_size: 5 },
    })
    expect(report.status).toBe('unfinished')
    expect(code).toContain('may be a share or a percentage')
    expect(report.settings.map(({ key, outcome }) => `${key} ${outcome}`)).toEqual([
      'strategy_name default',
      'pairs parked',
      'pairs default',
      'interval parked',
      'max_position_size parked',
      'stop_loss_pct parked',
    ])
  })

  it('keeps hostile text inside comments and literals', async () => {
    const { code } = await port(inClass('x = f("*/ \u2028process.exit() `${1}` \' ")'), {
      fileName: "a'\n*/evil()//.py",
      config: { strategy_name: "'];evil()" },
    })
    expect(code).not.toMatch(/^\s*(\*\/)?\s*evil/m)
    expect(code).not.toContain('\u2028')
    expect(code).toContain("name: 'v2-evil'")
  })
})

describe('what cannot be read', () => {
  const deep = `x = ${'('.repeat(5_000)}1${')'.repeat(5_000)}\n`
  it.each([
    ['class S(:\n  pass', 'syntax error'],
    ['print "x"\n', 'Python 2'],
    [inClass('if 1 <> 2: return None'), 'Python 2'],
    ['class S:\n\tdef analyze(self, data):\n        return None\n', ''],
    ['class S:\n  def analyze(self, data):\n    if data:\n\t    return None\n', 'tabs'],
    ['x'.repeat(300_000), 'longer than'],
    [deep, 'nested deeper'],
    ['x = 1\n'.repeat(20_000), 'Nothing of it was translated'],
    ['\0', 'zero byte'],
    ['\ud800', 'not Unicode'],
    ['', 'holds no class'],
    ['class S:\n  pass\n', 'holds no class'],
  ])('%#: is refused with a reason', async (source, reason) => {
    const error = await port(source).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).code).toBe('FILE_INVALID')
    expect((error as AppError).message).toContain(reason)
  })
})

/** CPU time since; the clock on the wall says more about the machine's other work. */
function spentMs(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1_000
}

describe('mutated sources', () => {
  const seed = inClass(
    'b = get_balance("USDT")\nr = rsi(close, 14)\nif r[-1] > 70 and close[-1] / close[-2] > 1:\n    return place_order(symbol, "sell", b * 0.1)\nelif r[-1] < 30:\n    place_order(symbol, "buy", b)\nreturn None',
  )
  const pieces = [
    '(',
    ')',
    ':',
    '\n',
    '    ',
    '\t',
    '"',
    "'",
    '[-1]',
    ' not ',
    ' or ',
    '__proto__',
    'constructor',
    'self.',
    'lambda x: x',
    '{}',
    '**',
    '\u2028',
    '"__proto__"',
    'return ',
    'x',
    '0',
    ' = ',
    ', ',
  ]

  it('500 of them give a translation or an AppError, each within a second', async () => {
    let state = 42
    const random = (bound: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 2 ** 32) * bound)
    }
    let translated = 0
    let slowestMs = 0
    for (let i = 0; i < 500; i += 1) {
      let source = seed
      for (let n = random(4); n >= 0; n -= 1) {
        const at = random(source.length)
        source = source.slice(0, at) + (pieces[random(pieces.length)] ?? '') + source.slice(at + random(6))
      }
      const start = process.cpuUsage()
      const result = await port(source).catch((error: unknown) => error)
      slowestMs = Math.max(slowestMs, spentMs(start))
      if (result instanceof Error) expect(result, source).toBeInstanceOf(AppError)
      else translated += 1
    }
    expect(translated).toBeGreaterThan(20)
    expect(slowestMs).toBeLessThan(1_000)
  })

  it.each([
    ['attributes', `class S:\n${'  a = 1\n'.repeat(4_000)}  def analyze(self, data):\n    return None\n`],
    ['variables', inClass(Array.from({ length: 3_000 }, (_, i) => `a${i} = a${i - 1}`).join('\n'))],
    ['assignments', inClass(`a = 1\n${'a = a + 1\n'.repeat(2_500)}if a > 1: return "buy"`)],
    ['calls', inClass('place_order(symbol, "buy", a)\n'.repeat(1_500))],
    ['operators', inClass(`x = ${'1 + '.repeat(3_000)}1`)],
    [
      'methods',
      `class S:\n${Array.from({ length: 900 }, (_, i) => `  def m${i}(self):\n    return self.m${i + 1}()\n`).join('')}  def analyze(self, data):\n    return self.m0()\n`,
    ],
  ])('a great many %s take less than a second', async (_, source) => {
    const start = process.cpuUsage()
    const result = await port(source).catch((error: unknown) => error)
    if (result instanceof Error) expect(result).toBeInstanceOf(AppError)
    expect(spentMs(start)).toBeLessThan(1_000)
  })
})
