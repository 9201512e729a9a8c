import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { afterEach, beforeEach, expect } from 'vitest'
import type { Candle, CandleBar } from '#domain/candle.ts'
import { parseSymbol, parseTraderId } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { TraderConfig } from '#domain/trader.ts'
import type { AnalyzeStep, StepAnswer } from '#engine/ports.ts'
import { openCandleCache } from '#storage/cache/candle-cache.ts'
import { TRADER_WORKER_OPTIONS } from '#workers/trader.messages.ts'
import type { FromTrader, ToTrader, TraderDeadlines, TraderInit } from '#workers/trader.messages.ts'

export const MINUTE = 60_000
export const SYMBOL = parseSymbol('BTC/USDT:USDT')
const ENTRY = new URL('../../src/workers/trader.worker.ts', import.meta.url)

let directory: string
let threads: TraderThread[]

/** Gives each test a strategy folder of its own, and ends the threads it started. */
export function useTraderThreads(): void {
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'trader-'))
    threads = []
  })
  afterEach(async () => {
    await Promise.all(threads.map((thread) => thread.worker.terminate()))
    rmSync(directory, { recursive: true, force: true })
  })
}

/** The strategy folder of the test that runs. */
export function strategyFolder(): string {
  return directory
}

export interface TraderThread {
  readonly worker: Worker
  readonly engine: MessagePort
  readonly control: MessagePort
  readonly answers: StepAnswer[]
  /** Milliseconds from the send of each step to its answer, by step. */
  readonly latency: Map<number, number>
  readonly said: FromTrader[]
  /** What the thread died of. */
  readonly crashes: readonly unknown[]
  readonly exit: Promise<number>
  send(step: AnalyzeStep): void
  tell(message: ToTrader): void
}

export interface StartOptions {
  readonly strategy: string
  readonly deadlines?: Partial<TraderDeadlines>
  readonly cachePath?: string
  readonly params?: Record<string, number>
  readonly initAsMessage?: boolean
}

export function start({ strategy, deadlines, cachePath, params = {}, initAsMessage = false }: StartOptions): TraderThread {
  const [engine, control] = [new MessageChannel(), new MessageChannel()]
  const config: TraderConfig = {
    traderId: parseTraderId('t1'),
    strategy,
    symbols: [SYMBOL],
    timeframe: '1m',
    params,
    orderNotional: '100',
    desired: 'running',
    kind: 'strategy',
  }
  const init: TraderInit = {
    type: 'Init',
    config,
    strategyDirectory: directory,
    enginePort: engine.port2,
    controlPort: control.port2,
    deadlines,
    cachePath,
  }
  const transferList = [engine.port2, control.port2]
  const worker = new Worker(ENTRY, { ...TRADER_WORKER_OPTIONS, ...(initAsMessage ? {} : { workerData: init, transferList }) })
  if (initAsMessage) worker.postMessage(init, transferList)
  const crashes: unknown[] = []
  worker.on('error', (error) => crashes.push(error))
  const sent = new Map<number, number>()
  const thread: TraderThread = {
    worker,
    engine: engine.port1,
    control: control.port1,
    answers: [],
    latency: new Map(),
    said: [],
    crashes,
    exit: new Promise((resolve) => worker.once('exit', resolve)),
    send(step) {
      sent.set(step.step, performance.now())
      engine.port1.postMessage(step)
    },
    tell: (message) => control.port1.postMessage(message),
  }
  engine.port1.on('message', (answer: StepAnswer) => {
    thread.answers.push(answer)
    thread.latency.set(answer.step, performance.now() - (sent.get(answer.step) ?? 0))
  })
  control.port1.on('message', (message: FromTrader) => thread.said.push(message))
  threads.push(thread)
  return thread
}

export async function until(holds: () => boolean, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not so within ${withinMs} ms: ${holds.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

export async function ready(thread: TraderThread): Promise<TraderThread> {
  await until(() => thread.said.length + thread.crashes.length > 0)
  expect(thread.crashes).toEqual([])
  expect(thread.said.find(({ type }) => type !== 'Log')).toMatchObject({ type: 'Ready' })
  return thread
}

export function write(name: string, text: string): void {
  writeFileSync(join(directory, name), text)
}

/** A strategy of the given body, written as a person would. */
export function writeStrategy(name: string, body: string, warmup = 0): void {
  write(
    `${name}.ts`,
    `export const strategy = defineStrategy({ name: '${name}', symbols: ['BTC/USDT'], timeframe: '5m', warmup: ${warmup}, params: {}, ${body} })`,
  )
}

const price = (n: number) => Math.round((60_000 + 900 * Math.sin(n / 17) + 400 * Math.sin(n / 5)) * 100) / 100
const bar = (n: number): CandleBar => ({
  openTime: n * MINUTE,
  open: price(n - 1),
  high: Math.max(price(n), price(n - 1)) + 5,
  low: Math.min(price(n), price(n - 1)) - 5,
  close: price(n),
  volume: 1,
})
export const step = (n: number, change: Partial<AnalyzeStep> = {}): AnalyzeStep => ({
  type: 'AnalyzeStep',
  step: n,
  symbol: SYMBOL,
  timeframe: '1m',
  bar: bar(n),
  previousOpenTime: n === 0 ? undefined : (n - 1) * MINUTE,
  view: { positionQuantity: 0, unrealizedPnl: 0, openOrders: 0 },
  ts: (n + 1) * MINUTE,
  ...change,
})
const candle = (n: number): Candle => {
  const { openTime, open, high, low, close, volume } = bar(n)
  return {
    symbol: SYMBOL,
    timeframe: '1m',
    openTime,
    open: Price.parse(String(open)),
    high: Price.parse(String(high)),
    low: Price.parse(String(low)),
    close: Price.parse(String(close)),
    volume: Quantity.parse(String(volume)),
  }
}

/** A cache file with the bars `0..count-1`. */
export function cacheWith(count: number): string {
  const path = join(directory, 'cache.db')
  const cache = openCandleCache(path)
  cache.putCandles(Array.from({ length: count }, (_, n) => candle(n)))
  cache.close()
  return path
}

export const SHOW_WINDOW =
  "analyze: ({ candles, clock }) => [{ action: 'BUY', note: [candles.length, candles[0].openTime / 60000, candles.at(-1).openTime / 60000, clock.now() / 60000].join(' ') }]"
export const note = (answer: StepAnswer | undefined) => answer?.signals[0]?.note
