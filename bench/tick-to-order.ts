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
const SECONDS = 18
/** With 20 threads each of them sees 50 candles a second, and each has compiled its code for itself after some 300. */
const WARM_UP_SECONDS = 6
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
  const name = (what: string, traders: number) => `tick to order at ${PER_SECOND} a second, ${what}, ${traders} trader threads`
  return [
    atMost(5, {
      name: name('p99', FEW_TRADERS),
      value: round(percentile(few.latencies, 0.99)),
      unit: 'ms',
      limit: round(percentile(fewHops, 0.99)),
      n: few.latencies.length,
    }),
    noGoal({
      name: name('p50', FEW_TRADERS),
      value: round(percentile(few.latencies, 0.5)),
      unit: 'ms',
      limit: round(percentile(fewHops, 0.5)),
      n: few.latencies.length,
    }),
    atLeast(PER_SECOND * 0.95, {
      name: 'rate held in that run',
      value: round(few.perSecond, 0),
      unit: 'orders/s',
      n: few.latencies.length,
    }),
    atMost(5, {
      name: name('p99', MANY_TRADERS),
      value: round(percentile(many.latencies, 0.99)),
      unit: 'ms',
      limit: round(percentile(manyHops, 0.99)),
      n: many.latencies.length,
    }),
    noGoal({
      name: name('p50', MANY_TRADERS),
      value: round(percentile(many.latencies, 0.5)),
      unit: 'ms',
      limit: round(percentile(manyHops, 0.5)),
      n: many.latencies.length,
    }),
    atLeast(PER_SECOND * 0.95, {
      name: 'rate held in that run of 20 threads',
      value: round(many.perSecond, 0),
      unit: 'orders/s',
      n: many.latencies.length,
    }),
    noGoal({
      name: 'candles held back there because the one before was unanswered',
      value: many.skipped,
      unit: 'candles',
      n: PER_SECOND * SECONDS,
    }),
  ]
}

/** Beside each run what threads and disk allow, that do nothing but pass on. */
function hops(traders: number): Promise<readonly number[]> {
  return bareHops({ traders, perSecond: PER_SECOND, seconds: HOPS_SECONDS, warmUpSeconds: HOPS_SECONDS / 4 })
}

interface Latencies {
  readonly latencies: readonly number[]
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
  const measureFrom = performance.now() + WARM_UP_SECONDS * 1_000
  bench.exchange.onSubmit = (symbol) => {
    const sent = sentAt.get(symbol)
    sentAt.delete(symbol)
    if (sent !== undefined && sent >= measureFrom) latencies.push(performance.now() - sent)
  }
  const skipped = await feed(bench.exchange, sentAt)
  await new Promise((resolve) => setTimeout(resolve, 500))
  await Promise.all(threads.map((thread) => thread.stop()))
  return { latencies, perSecond: latencies.length / (SECONDS - WARM_UP_SECONDS), skipped }
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
        skipped += 1
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
