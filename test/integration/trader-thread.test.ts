import { describe, expect, it } from 'vitest'
import { parseSymbol } from '#domain/ids.ts'
import { TRADER_QUEUE_MAX } from '#workers/trader.messages.ts'
import type { TraderLog } from '#workers/trader.messages.ts'
import {
  cacheWith,
  MINUTE,
  note,
  ready,
  SHOW_WINDOW,
  start,
  step,
  SYMBOL,
  until,
  useTraderThreads,
  writeStrategy,
} from './trader-harness.ts'
import type { TraderThread } from './trader-harness.ts'

useTraderThreads()

describe('a trader thread', () => {
  it('starts warm: its first answer already sees the last 500 candles of the cache', async () => {
    writeStrategy('window', SHOW_WINDOW, 500)
    const trader = await ready(start({ strategy: 'window', cachePath: cacheWith(700) }))
    trader.send(step(650))
    trader.send(step(651))
    trader.send(step(700))
    await until(() => trader.answers.length === 3)
    expect(trader.answers.map(note)).toEqual(['500 151 650 651', '500 152 651 652', '500 201 700 701'])
  })

  it('gives the same answers after a restart in the middle as without one', async () => {
    const cachePath = cacheWith(900)
    const view = (n: number) => ({ view: { positionQuantity: [0, 1, -1][n % 3] as number, unrealizedPnl: 0, openOrders: 0 } })
    const steady = await ready(start({ strategy: 'ema-cross', cachePath }))
    for (let n = 0; n < 200; n += 1) steady.send(step(600 + n, view(n)))
    const restarted = await ready(start({ strategy: 'ema-cross', cachePath, initAsMessage: true }))
    for (let n = 100; n < 200; n += 1) restarted.send(step(600 + n, view(n)))
    await until(() => steady.answers.length === 200 && restarted.answers.length === 100)
    expect(restarted.answers).toEqual(steady.answers.slice(100))
    expect(restarted.answers.flatMap(({ signals }) => signals).length).toBeGreaterThan(50)
  })

  it('answers each step once and in order, however long each takes', async () => {
    writeStrategy(
      'uneven',
      'analyze: async ({ candles }) => { await new Promise((r) => setTimeout(r, (candles.length * 7) % 5)); return [] }',
    )
    const trader = await ready(start({ strategy: 'uneven' }))
    const steps = Array.from({ length: 150 }, (_, n) => n)
    for (const n of steps) trader.send(step(n))
    await until(() => trader.answers.length >= steps.length)
    expect(trader.answers.map((answer) => answer.step)).toEqual(steps)
    expect(trader.answers[7]).toEqual({ type: 'StepAnswer', step: 7, traderId: 't1', symbol: SYMBOL, stepTime: 7 * MINUTE, signals: [] })
  })

  it('goes on after an exception, with the words of it in the answer and the count in the pong', async () => {
    writeStrategy(
      'shaky',
      "analyze({ candles }) { if (candles.length % 2 === 1) throw new RangeError('odd ' + candles.length); return [{ action: 'BUY', quantity: 1e-7 }] }",
    )
    const trader = await ready(start({ strategy: 'shaky' }))
    for (const n of [0, 1, 2]) trader.send(step(n))
    trader.send(step(3, { symbol: parseSymbol('ETH/USDT') }))
    await until(() => trader.answers.length === 4)
    expect(trader.answers.map(({ error }) => error)).toEqual([
      'RangeError: odd 1',
      undefined,
      'RangeError: odd 3',
      'AppError: ETH/USDT 1m is not followed by this trader',
    ])
    expect(trader.answers.map(({ signals }) => signals)).toEqual([[], [{ action: 'BUY', quantity: '0.0000001' }], [], []])
    trader.tell({ type: 'Ping', n: 7 })
    await until(() => trader.said.some(({ type }) => type === 'Pong'))
    expect(trader.said.at(-1)).toEqual({
      type: 'Pong',
      n: 7,
      queued: 0,
      steps: 4,
      signals: 1,
      errors: 3,
      consecutiveErrors: 2,
      lastStepTime: 3 * MINUTE,
    })
  })

  it('answers with an error when analyze does not come back in time, and while it has not', async () => {
    writeStrategy(
      'lost',
      "analyze: ({ candles }) => candles.length === 1 ? new Promise((r) => setTimeout(() => r([]), 400)) : candles.length === 2 ? [] : [{ action: 'BUY' }]",
    )
    const trader = await ready(start({ strategy: 'lost', deadlines: { analyzeMs: 100 } }))
    trader.send(step(0))
    trader.send(step(1))
    await until(() => trader.answers.length === 2)
    expect(trader.answers.map(({ error }) => error)).toEqual([
      'AppError: analyze took more than 100 ms',
      'AppError: the strategy is still busy with an earlier candle',
    ])
    await new Promise((resolve) => setTimeout(resolve, 450))
    trader.send(step(2))
    await until(() => trader.answers.length === 3)
    expect(trader.answers[2]).toMatchObject({ signals: [{ action: 'BUY' }] })
    expect(trader.answers[2]).not.toHaveProperty('error')
  })

  it('says that no model is loaded', async () => {
    writeStrategy('model', 'analyze: async ({ predict }) => await predict()')
    const trader = await ready(start({ strategy: 'model' }))
    trader.send(step(0))
    await until(() => trader.answers.length === 1)
    expect(trader.answers[0]?.error).toContain('no model is loaded')
  })

  it('ends with QUEUE_FULL when candles come much faster than the strategy works', async () => {
    writeStrategy('slow', 'analyze: () => new Promise((r) => setTimeout(() => r([]), 50))')
    const trader = await ready(start({ strategy: 'slow' }))
    for (let n = 0; n < TRADER_QUEUE_MAX + 10; n += 1) trader.send(step(n))
    expect(await trader.exit).toBe(1)
    await until(() => trader.said.some((message) => message.type === 'Failed' && message.code === 'QUEUE_FULL'))
  })

  it('ends with code 0 when told to stop', async () => {
    const trader = await ready(start({ strategy: 'ema-cross' }))
    trader.tell({ type: 'Stop' })
    expect(await trader.exit).toBe(0)
  })
})

describe('isolation', () => {
  /** Sends a step to a healthy trader every 20 ms for so long, and gives the slowest answer in milliseconds. */
  async function slowestAnswer(trader: TraderThread, forMs: number): Promise<number> {
    const began = performance.now()
    let n = 0
    for (; performance.now() - began < forMs; n += 1) {
      trader.send(step(n))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await until(() => trader.answers.length === n)
    return Math.max(...trader.latency.values())
  }

  it('an endless loop in one trader shows as missing pongs and leaves the others alone', async () => {
    writeStrategy('endless', 'analyze() { for (;;); }')
    const [bad, good] = await Promise.all([ready(start({ strategy: 'endless' })), ready(start({ strategy: 'ema-cross' }))])
    bad.send(step(0))
    const slowest = await slowestAnswer(good, 1_500)
    bad.tell({ type: 'Ping', n: 1 })
    good.tell({ type: 'Ping', n: 1 })
    await until(() => good.said.some(({ type }) => type === 'Pong'))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(bad.said.filter(({ type }) => type === 'Pong')).toEqual([])
    expect(bad.answers).toEqual([])
    process.stdout.write(`beside an endless loop: ${good.answers.length} answers, the slowest after ${slowest.toFixed(1)} ms\n`)
    expect(slowest).toBeLessThan(500)
    await bad.worker.terminate()
    expect(await bad.exit).toBe(1)
    good.send(step(9_999))
    await until(() => good.answers.at(-1)?.step === 9_999)
  })

  it('a strategy that stalls for 2 s delays no other', async () => {
    writeStrategy(
      'stalling',
      "analyze() { const until = performance.now() + 2000; while (performance.now() < until); return [{ action: 'BUY' }] }",
    )
    const [slow, good] = await Promise.all([ready(start({ strategy: 'stalling' })), ready(start({ strategy: 'rsi-reversal' }))])
    slow.send(step(0))
    const slowest = await slowestAnswer(good, 2_200)
    await until(() => slow.answers.length === 1)
    process.stdout.write(
      `beside a 2 s stall: ${good.answers.length} answers, the slowest after ${slowest.toFixed(1)} ms; the stalled one after ${slow.latency.get(0)?.toFixed(0)} ms\n`,
    )
    expect(slow.latency.get(0)).toBeGreaterThan(1_990)
    expect(slowest).toBeLessThan(500)
  })

  it('process.exit and a lost rejection in a strategy end its own thread only', async () => {
    writeStrategy('leaving', 'analyze() { process.exit(3) }')
    writeStrategy('rejecting', "analyze() { Promise.reject(new Error('lost')); return [] }")
    const [leaving, rejecting] = await Promise.all([ready(start({ strategy: 'leaving' })), ready(start({ strategy: 'rejecting' }))])
    leaving.send(step(0))
    rejecting.send(step(0))
    expect(await leaving.exit).toBe(3)
    expect(await rejecting.exit).toBe(1)
  })

  it('a strategy that eats all memory ends its own thread only', async () => {
    writeStrategy('hungry', 'analyze() { const all = []; for (;;) all.push(new Array(10000).fill({})) }')
    const hungry = await ready(start({ strategy: 'hungry' }))
    const failed = new Promise((resolve) => hungry.worker.once('error', resolve))
    hungry.send(step(0))
    expect(await failed).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' })
    expect(await hungry.exit).toBe(1)
  })

  it('sees no environment, and its console goes to the log', async () => {
    writeStrategy('curious', "analyze() { console.log('hello %d', 5); return [{ action: 'BUY', note: JSON.stringify(process.env) }] }")
    const trader = await ready(start({ strategy: 'curious' }))
    trader.send(step(0))
    await until(() => trader.answers.length === 1 && trader.said.length === 2)
    expect(note(trader.answers[0])).toBe('{}')
    expect(trader.said.at(-1)).toEqual({ type: 'Log', level: 'info', message: 'hello 5' } satisfies TraderLog)
  })
})
