import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { timeframeMs } from '#domain/candle.ts'
import type { ExchangeStatus, FromExchange } from '#engine/ports.ts'
import type { PaperSessionConfig } from '#exchanges/paper-session.ts'
import { DemoMarket } from '#exchanges/market/demo-market.ts'
import { openCandleCacheReader, type CandleReader } from '#storage/cache/candle-cache.ts'
import { ExchangeThread, ScriptedEngine, until } from './exchange-engine-script.ts'

const DATA = resolve('../shared/data/candles')
const FILES = ['XRP_USDT-PERP_5m_202111.csv', 'XRP_USDT-PERP_1h_202111.csv', 'BTC-PERP_ftx_1m_202201a.csv']
const hasData = existsSync(DATA)
const FIVE_MINUTES = join(DATA, FILES[0]!)
const ONE_HOUR = join(DATA, FILES[1]!)

let folder = ''
let caches = 0
const threads: ExchangeThread[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exchange-worker-'))
})
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.kill()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function start(market: PaperSessionConfig['market'], seed = 'integration'): ExchangeThread {
  const thread = new ExchangeThread({ seed, market }, join(folder, `cache-${(caches += 1)}.db`))
  threads.push(thread)
  return thread
}
const replay = (...paths: readonly string[]) => start({ kind: 'replay', files: paths.map((path) => ({ path })), speed: 'max' })

const disposable = (reader: CandleReader) => ({ reader, [Symbol.dispose]: () => reader.close() })

async function runThrough(thread: ExchangeThread, engine = new ScriptedEngine()): Promise<ScriptedEngine> {
  engine.attach(thread)
  await until('the end of the replay', () => engine.isDone && thread.of('ReplayProgress').some(({ done }) => done))
  return engine
}

describe.skipIf(!hasData)('the exchange thread in a replay (skipped where ../shared/data is absent)', () => {
  it('goes through two files in lock-step, tells how far it is, and ends by itself', async () => {
    const thread = replay(FIVE_MINUTES, ONE_HOUR)
    const engine = new ScriptedEngine()
    await until('ready', () => thread.of('Ready').length === 1)
    using cache = disposable(openCandleCacheReader(thread.candleCachePath))
    let found = 0
    engine.onStep = () => {
      for (const { symbol, timeframe, openTime } of engine.steps.at(-1)!.candles) {
        if (cache.reader.lastBars(symbol, timeframe, openTime, 1)[0]?.openTime === openTime) found += 1
      }
    }
    await runThrough(thread, engine)
    expect(found).toBe(2_099)
    expect(engine.candles).toHaveLength(2_099)
    expect(engine.steps.map(({ step }) => step)).toEqual(engine.steps.map((_, i) => i + 1))
    for (const { ts, candles, lockStep } of engine.steps) {
      expect(lockStep).toBe(true)
      expect(candles.every((candle) => candle.openTime + timeframeMs(candle.timeframe) === ts)).toBe(true)
      expect(candles.map(({ timeframe }) => timeframeMs(timeframe))).toEqual(
        candles.map(({ timeframe }) => timeframeMs(timeframe)).toSorted((a, b) => a - b),
      )
    }
    expect(engine.steps.some(({ candles }) => candles.length === 2)).toBe(true)
    const kinds = Map.groupBy(engine.reports, ({ type }) => type)
    expect(kinds.get('OrderAccepted')!.length).toBeGreaterThan(300)
    expect(kinds.get('OrderFill')!.length).toBeGreaterThan(300)
    expect(kinds.has('OrderRejected')).toBe(true)
    const progress = thread.of('ReplayProgress')
    expect(progress[0]).toMatchObject({ processed: 0, total: 2_099, done: false })
    expect(progress.at(-1)).toMatchObject({ processed: 2_099, total: 2_099, done: true })
    const seconds = (thread.said.at(-1)!.at - thread.said[0]!.at) / 1_000
    expect(progress.length).toBeLessThanOrEqual(4 * seconds + 3)
    expect(thread.of('Quotes').length).toBeLessThanOrEqual(10 * seconds + 3)
    thread.tell({ type: 'Ping', id: 7 })
    await until('a pong', () => thread.of('Pong').length === 1)
    expect(thread.of('Pong')[0]).toMatchObject({ id: 7, counters: { steps: engine.steps.length, candles: 2_099, inFlight: 0 } })
    expect(await thread.stop()).toBe(0)
    expect(thread.of('Stopped')).toHaveLength(1)
  })

  it('killed at any moment and restored, it reports byte for byte what an unbroken run does', async () => {
    const whole = await runThrough(replay(FIVE_MINUTES))
    const engine = new ScriptedEngine()
    let kills = 0
    for (let after = 60; !engine.isDone; after = (after * 7 + 13) % 331) {
      const thread = replay(FIVE_MINUTES)
      const target = engine.steps.length + after
      const dead = Promise.withResolvers<boolean>()
      engine.onStep = () => {
        if (engine.steps.length === target) dead.resolve(true)
      }
      engine.attach(thread)
      const finished = until('the end', () => engine.isDone).then(() => false)
      if (await Promise.race([dead.promise, finished])) kills += 1
      await thread.kill()
      threads.splice(threads.indexOf(thread), 1)
      finished.catch(() => undefined)
    }
    expect(kills).toBeGreaterThan(8)
    expect(engine.candles).toHaveLength(1_999)
    expect(engine.reports).toEqual(whole.reports)
    expect(engine.hash).toBe(whole.hash)
  })

  it('waits for an answer before the next step, and answers commands meanwhile', async () => {
    const thread = replay(FIVE_MINUTES)
    const seen: FromExchange[] = []
    thread.engine.on('message', (message: FromExchange) => seen.push(message))
    await until('a status', () => seen.length === 1)
    expect(seen[0]).toMatchObject({
      type: 'ExchangeStatus',
      exchange: 'paper',
      connected: true,
      ts: 1_636_934_400_000,
      openingBalances: [{ currency: 'USDT', balance: '10000' }],
    })
    thread.engine.postMessage({ type: 'RestoreExchange', orders: [], positions: [], cursors: [] })
    await sleep(150)
    expect(seen).toHaveLength(1)
    thread.engine.postMessage({ type: 'StepDone', step: 0 })
    await until('the first step', () => seen.length === 2)
    await sleep(150)
    expect(seen).toHaveLength(2)
    thread.engine.postMessage({ type: 'QueryOrder', clientOrderId: 'test00000000000000000000001', symbol: 'XRP/USDT:USDT', ts: 1 })
    await until('an answer', () => seen.length === 3)
    expect(seen[2]).toMatchObject({
      type: 'MarketStep',
      step: 1,
      lockStep: false,
      candles: [],
      reports: [{ type: 'OrderNotFound', authoritative: true }],
    })
    thread.engine.postMessage({ type: 'StepDone', step: 1 })
    await until('the second step', () => seen.length === 4)
  })

  it('stops in the middle, also when nobody has answered', async () => {
    const thread = start({ kind: 'replay', files: [{ path: FIVE_MINUTES }], speed: 1 })
    await until('ready', () => thread.of('Ready').length === 1)
    expect(await thread.stop()).toBe(0)
  })
})

describe('the exchange thread', () => {
  it('names a file it cannot use, to main and to the engine', async () => {
    const path = join(folder, 'BTC_USDT_1m.csv')
    await writeFile(path, 'timestamp,open,high,low,close,volume\n1640995200000,1,1,2,1,1\n')
    const thread = replay(path)
    const seen: FromExchange[] = []
    thread.engine.on('message', (message: FromExchange) => seen.push(message))
    await until('a failure', () => thread.of('Failed').length === 1 && seen.length === 1)
    expect(thread.of('Failed')[0]).toMatchObject({ code: 'FILE_INVALID', message: expect.stringContaining('BTC_USDT_1m.csv, line 2') })
    expect(seen[0] as ExchangeStatus).toMatchObject({ connected: false, reason: expect.stringContaining('line 2') })
    expect(await thread.stop()).toBe(0)
  })

  it('runs the demo market in accelerated time, quotes in between, and goes on where the journal ends', async () => {
    const engine = new ScriptedEngine()
    const market = new DemoMarket('demo')
    const began = Date.now()
    for (const round of [1, 2]) {
      const thread = start({ kind: 'demo', candleEveryMs: 400, historyBars: 100 }, 'demo')
      let quotes = 0
      thread.engine.on('message', (message: FromExchange) => {
        if (message.type === 'MarketStep' && message.candles.length === 0 && message.quotes.length > 0) quotes += 1
      })
      engine.attach(thread)
      await until('six bars', () => engine.steps.length >= 6 * round)
      expect(quotes).toBeGreaterThan(3)
      using cache = disposable(openCandleCacheReader(thread.candleCachePath))
      const { symbol, openTime } = engine.steps.at(-1)!.candles[0]!
      const bars = cache.reader.lastBars(symbol, '1m', openTime, 1_000)
      expect(bars.length).toBeGreaterThanOrEqual(106)
      bars.forEach((bar, i) => expect(bar.openTime).toBe(openTime - (bars.length - 1 - i) * 60_000))
      expect(thread.of('Quotes').some(({ forming }) => forming.length === 4)).toBe(true)
      if (round === 1) await thread.kill()
      else expect(await thread.stop()).toBe(0)
      threads.splice(threads.indexOf(thread), 1)
    }
    for (const instrument of market.instruments) {
      const candles = engine.candles.filter(({ symbol }) => symbol === instrument.symbol)
      const first = candles[0]!.openTime
      expect(Math.abs(first - began)).toBeLessThan(120_000)
      candles.forEach((candle, i) => {
        expect(candle.openTime).toBe(first + i * 60_000)
        expect(candle).toEqual(market.bar(instrument, candle.openTime / 60_000).candle)
      })
    }
    expect(engine.reports.some(({ type }) => type === 'OrderFill')).toBe(true)
  })

  it('the demo goes on when nobody answers, at a bounded rate', async () => {
    const thread = start({ kind: 'demo', candleEveryMs: 20, historyBars: 10 })
    let steps = 0
    thread.engine.on('message', (message: FromExchange) => {
      if (message.type === 'ExchangeStatus') thread.engine.postMessage({ type: 'RestoreExchange', orders: [], positions: [], cursors: [] })
      else if (message.type === 'MarketStep' && message.candles.length > 0) steps += 1
    })
    await until('some steps', () => steps >= 16, 20_000)
    await sleep(1_000)
    expect(steps).toBe(16)
    await until('some more', () => steps > 16, 5_000)
  })
})
