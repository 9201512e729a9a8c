import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MINUTE, note, ready, start, step, strategyFolder, SYMBOL, until, useTraderThreads, write } from './trader-harness.ts'

useTraderThreads()

describe("a strategy of one's own", () => {
  const body = `
    interface Level { readonly value: number }
    const round = (value: number): Level => ({ value: Math.round(value) })
    export const strategy = defineStrategy({
      name: 'NAME', symbols: ['BTC/USDT'], timeframe: '5m', warmup: 20,
      params: { fast: 5, slow: 10 },
      async analyze({ candles, position, params, indicators, clock }) {
        const bars = indicators.columns(candles)
        const fast = indicators.ema(bars.close, params.fast).at(-1)!
        return position.quantity === 0 ? [{ action: 'BUY', note: [round(fast).value, params.fast, params.slow, clock.now()].join(' ') }] : []
      },
    })`

  it.each([
    ['imported', 'ts', "import { defineStrategy } from 'bot-trading'\n"],
    ['global', 'ts', ''],
    ['neighbour', 'ts', "import { defineStrategy } from 'bot-trading'\nimport { one } from './one.ts'\nif (one !== 1) throw new Error()\n"],
  ])('runs in TypeScript, with defineStrategy %s', async (name, extension, head) => {
    write('one.ts', 'export const one: number = 1')
    write(`${name}.${extension}`, head + body.replace('NAME', name))
    const trader = await ready(start({ strategy: name, params: { fast: 3 } }))
    expect(trader.said[0]).toMatchObject({
      strategy: {
        name,
        params: [
          { name: 'fast', default: 5 },
          { name: 'slow', default: 10 },
        ],
      },
      params: { fast: 3, slow: 10 },
      symbols: [SYMBOL],
      timeframe: '1m',
    })
    for (let n = 0; n < 20; n += 1) trader.send(step(n))
    await until(() => trader.answers.length === 20)
    expect(trader.answers.slice(0, 19).every(({ signals, error }) => signals.length === 0 && error === undefined)).toBe(true)
    expect(note(trader.answers[19])).toMatch(new RegExp(`^\\d{5} 3 10 ${20 * MINUTE}$`))
  })

  it('runs as the example of docs/strategies.md', async () => {
    const example = /```ts\n([^]*?)```/.exec(readFileSync('docs/strategies.md', 'utf8'))?.[1] ?? ''
    write('night-fade.ts', example)
    const trader = await ready(start({ strategy: 'night-fade', params: { multiple: 0.5, trendMax: 60 } }))
    for (let n = 0; n < 220; n += 1) trader.send(step(n, { view: { positionQuantity: n % 2, unrealizedPnl: 0, openOrders: 0 } }))
    await until(() => trader.answers.length === 220)
    expect(trader.answers.flatMap(({ error }) => error ?? [])).toEqual([])
    const signals = trader.answers.flatMap((answer) => answer.signals)
    expect(new Set(signals.map(({ action }) => action))).toEqual(new Set(['BUY', 'CLOSE_LONG']))
    expect(signals.find(({ action }) => action === 'BUY')?.stopLoss).toMatch(/^\d+\.?\d*$/)
  })

  it.each(['mjs', 'js'])('runs in JavaScript as .%s', async (extension) => {
    write(
      `plain.${extension}`,
      "import { defineStrategy, indicators, HISTORY_BARS } from 'bot-trading'\nexport const strategy = defineStrategy({ name: 'plain', symbols: ['BTC/USDT'], timeframe: '5m', warmup: HISTORY_BARS - 499, params: {}, analyze: () => [{ action: 'SELL', note: typeof indicators.rsi }] })",
    )
    const trader = await ready(start({ strategy: 'plain' }))
    trader.send(step(0))
    await until(() => trader.answers.length === 1)
    expect(trader.answers[0]?.signals).toEqual([{ action: 'SELL', note: 'function' }])
  })

  const valid = (name: string) =>
    `export const strategy = defineStrategy({ name: '${name}', symbols: ['BTC/USDT'], timeframe: '5m', warmup: 1, params: {}, analyze: () => [] })`
  it.each([
    ['broken', 'export const strategy = {{', 'STRATEGY_INVALID', /broken\.ts could not be loaded: SyntaxError/],
    ['empty', 'export const other = 1', 'STRATEGY_INVALID', /empty\.ts exports no 'strategy'/],
    ['wrong-name', valid('other'), 'STRATEGY_INVALID', /defines the strategy 'other', not 'wrong-name'/],
    [
      'unchecked',
      "export const strategy = { name: 'unchecked', warmup: 'x' }",
      'STRATEGY_INVALID',
      /'unchecked' is not valid.*symbols must be.*warmup must be.*analyze must be/,
    ],
    ['throwing', "throw new Error('at load')", 'STRATEGY_INVALID', /throwing\.ts could not be loaded: Error: at load/],
    [
      'reading',
      `import 'node:fs'\n${valid('reading')}`,
      'STRATEGY_INVALID',
      /may import 'bot-trading' and files of its own folder, not 'node:fs'/,
    ],
    ['climbing', `import '../other.ts'\n${valid('climbing')}`, 'STRATEGY_INVALID', /could not be loaded/],
    ['hanging', `await new Promise(() => undefined)\n${valid('hanging')}`, 'DEADLINE_EXCEEDED', /took more than 300 ms to load/],
    ['../evil', undefined, 'STRATEGY_INVALID', /'\.\.\/evil' is not a strategy's name/],
    ['missing', undefined, 'NOT_FOUND', /holds no missing\.ts, \.js or \.mjs/],
  ])('%s is refused in clear words', async (name, text, code, words) => {
    if (text !== undefined) write(`${name}.ts`, text)
    const trader = start({ strategy: name, deadlines: { loadMs: 300 } })
    await until(() => trader.said.length > 0)
    expect(trader.said).toEqual([{ type: 'Failed', code, message: expect.stringMatching(words) }])
    expect(await trader.exit).toBe(1)
  })

  it('is refused when its file is a link that leads elsewhere, or its params are wrong', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'))
    try {
      writeFileSync(join(outside, 'linked.ts'), valid('linked'))
      symlinkSync(join(outside, 'linked.ts'), join(strategyFolder(), 'linked.ts'))
      const [linked, wrong] = [start({ strategy: 'linked' }), start({ strategy: 'ema-cross', params: { fast: 50 } })]
      await until(() => linked.said.length + wrong.said.length === 2)
      expect(linked.said[0]).toMatchObject({
        type: 'Failed',
        code: 'STRATEGY_INVALID',
        message: expect.stringContaining('leads out of the strategy folder'),
      })
      expect(wrong.said[0]).toMatchObject({
        type: 'Failed',
        code: 'STRATEGY_INVALID',
        message: expect.stringContaining('fast (50) must be below slow (26)'),
      })
      expect(await Promise.all([linked.exit, wrong.exit])).toEqual([1, 1])
    } finally {
      rmSync(outside, { recursive: true, force: true })
    }
  })
})
