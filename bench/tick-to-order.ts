import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { silentLogger } from '#platform/log/logger.ts'
import { TraderThread } from '#orchestrator/traders/trader-thread.ts'
import { openCandleCache } from '#storage/cache/candle-cache.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import { benchTrader, startBenchEngine } from './support/bench-engine.ts'
import { bareHops } from './support/bare-hops.ts'
import { atLeast, atMost, noGoal, percentile, round, type BenchResult } from './support/result.ts'
import { workerUrl, workspace } from './support/workspace.ts'

const FEW_TRADERS = 4
const MANY_TRADERS = 20
const PER_SECOND = 1_000
const SECONDS = 46
/** With 20 threads each of them sees 50 candles a second and compiles its code for itself: the compilers are at work that long. */
const WARM_UP_SECONDS = 28
/** Not the first seconds, in which the code is interpreted. */
const COMPILING_FROM_SECONDS = 6
const HOPS_SECONDS = 12

/** A strategy that answers every candle: buys when flat, closes when long. */
const STRATEGY = `
export const strategy = defineStrategy({
  name: 'bench-always', symbols: ['A0/USDT:USDT'], timeframe: '1m', warmup: 1, params: {},
  analyze({ position }) {
    return position.quantity === 0 ? [{ action: 'BUY' }] : [{ action: 'CLOSE_LONG' }]
  },
})
`

/** From a closed candle leaving the exchange to the order arriving there: engine, journal, strategy thread, risk, journal, exchange port. */
export async function benchTickToOrder(): Promise<BenchResult[]> {
  const few = await measure(FEW_TRADERS)
  const fewHops = await hops(FEW_TRADERS)
  const many = await measure(MANY_TRADERS)
  const manyHops = await hops(MANY_TRADERS)
  return [
    ...resultsOf(FEW_TRADERS, few, fewHops),
    ...resultsOf(MANY_TRADERS, many, manyHops),
    noGoal({
      name: 'candles held back there because the one before was unanswered',
      value: many.skipped,
      unit: 'candles',
      n: PER_SECOND * (SECONDS - WARM_UP_SECONDS),
    }),
  ]
}

function resultsOf(traders: number, { latencies, compiling, perSecond }: Latencies, bare: readonly number[]): BenchResult[] {
  const name = (what: string) => `tick to order at ${PER_SECOND} a second, ${what}, ${traders} trader threads`
  const at = (share: number) => ({ value: round(percentile(latencies, share)), limit: round(percentile(bare, share)) })
  return [
    atMost(5, { name: name('p99'), unit: 'ms', n: latencies.length, ...at(0.99) }),
    noGoal({ name: name('p50'), unit: 'ms', n: latencies.length, ...at(0.5) }),
    noGoal({
      name: name(`p99 before, while their code is compiled (from second ${COMPILING_FROM_SECONDS} to ${WARM_UP_SECONDS})`),
      value: round(percentile(compiling, 0.99)),
      unit: 'ms',
      n: compiling.length,
    }),
    atLeast(PER_SECOND * 0.95, {
      name: `rate held by ${traders} threads`,
      value: round(perSecond, 0),
      unit: 'orders/s',
      n: latencies.length,
    }),
  ]
}

/** Beside each run what threads and disk allow, that do nothing but pass on. */
function hops(traders: number): Promise<readonly number[]> {
  return bareHops({ traders, perSecond: PER_SECOND, seconds: HOPS_SECONDS, warmUpSeconds: HOPS_SECONDS / 4 })
}

interface Latencies {
  /** Milliseconds, after the warm-up. */
  readonly latencies: readonly number[]
  readonly compiling: readonly number[]
  readonly perSecond: number
  readonly skipped: number
}

async function measure(traders: number): Promise<Latencies> {
  using place = workspace()
  writeFileSync(join(place.path, 'bench-always.ts'), STRATEGY)
  const cachePath = join(place.path, 'cache.db')
  openCandleCache(cachePath).close()
  await using bench = await startBenchEngine(place.path, { symbolCount: traders, fills: true }, (symbol, n) =>
    benchTrader(symbol, n, 'bench-always'),
  )
  const threads = bench.exchange.symbols.map(
    (symbol, n) =>
      new TraderThread({
        url: workerUrl('trader'),
        config: benchTrader(symbol, n, 'bench-always'),
        cachePath,
        strategyDirectory: place.path,
        silenceMaxMs: 10_000,
        elapsed: () => performance.now(),
        logger: silentLogger,
      }),
  )
  await Promise.all(threads.map((thread) => thread.ready()))
  threads.forEach((thread, n) =>
    bench.engine.attachTrader(benchTrader(bench.exchange.symbols[n] as InstrumentSymbol, n, '').traderId, thread.enginePort),
  )

  const sentAt = new Map<InstrumentSymbol, number>()
  const latencies: number[] = []
  const compiling: number[] = []
  const began = performance.now()
  bench.exchange.onSubmit = (symbol) => {
    const sent = sentAt.get(symbol)
    sentAt.delete(symbol)
    if (sent === undefined) return
    const second = (sent - began) / 1_000
    if (second >= COMPILING_FROM_SECONDS) (second < WARM_UP_SECONDS ? compiling : latencies).push(performance.now() - sent)
  }
  const skipped = await feed(bench.exchange, sentAt)
  await new Promise((resolve) => setTimeout(resolve, 500))
  await Promise.all(threads.map((thread) => thread.stop()))
  return { latencies, compiling, perSecond: latencies.length / (SECONDS - WARM_UP_SECONDS), skipped }
}

/** One candle a millisecond, round robin over the instruments, held to the clock on average; one that finds its predecessor unanswered is held back and counted. */
async function feed(
  exchange: Awaited<ReturnType<typeof startBenchEngine>>['exchange'],
  sentAt: Map<InstrumentSymbol, number>,
): Promise<number> {
  const began = performance.now()
  let skipped = 0
  for (let sent = 0; sent < PER_SECOND * SECONDS; ) {
    const due = Math.min(PER_SECOND * SECONDS, Math.floor((performance.now() - began) * (PER_SECOND / 1_000)))
    for (; sent < due; sent += 1) {
      const symbol = exchange.symbols[sent % exchange.symbols.length]
      if (symbol === undefined) continue
      if (sentAt.has(symbol)) {
        if (performance.now() - began >= WARM_UP_SECONDS * 1_000) skipped += 1
        continue
      }
      sentAt.set(symbol, performance.now())
      exchange.candle(symbol)
    }
    // Sleeping, not spinning: a feeder that burns a core would be measured too.
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return skipped
}
