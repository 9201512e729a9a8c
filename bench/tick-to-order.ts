import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { silentLogger } from '#platform/log/logger.ts'
import { TraderThread } from '#orchestrator/traders/trader-thread.ts'
import { openCandleCache } from '#storage/cache/candle-cache.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import { benchTrader, startBenchEngine } from './support/bench-engine.ts'
import { atLeast, atMost, noGoal, percentile, round, type BenchResult } from './support/result.ts'
import { workerUrl, workspace } from './support/workspace.ts'

const TRADERS = 20
const PER_SECOND = 1_000
const SECONDS = 15
const WARM_UP_SECONDS = 3

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
  using place = workspace()
  writeFileSync(join(place.path, 'bench-always.ts'), STRATEGY)
  const cachePath = join(place.path, 'cache.db')
  openCandleCache(cachePath).close()
  await using bench = await startBenchEngine(place.path, TRADERS, (symbol, n) => benchTrader(symbol, n, 'bench-always'))
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
  const measuredSeconds = SECONDS - WARM_UP_SECONDS
  return [
    atMost(5, {
      name: 'tick to order, p99, 20 trader threads',
      value: round(percentile(latencies, 0.99)),
      unit: 'ms',
      n: latencies.length,
    }),
    noGoal({ name: 'tick to order, p50, 20 trader threads', value: round(percentile(latencies, 0.5)), unit: 'ms', n: latencies.length }),
    atLeast(PER_SECOND * 0.95, {
      name: 'rate held during tick to order',
      value: round(latencies.length / measuredSeconds, 0),
      unit: 'orders/s',
      n: latencies.length,
    }),
    noGoal({ name: 'candles not sent because the one before was unanswered', value: skipped, unit: 'candles', n: PER_SECOND * SECONDS }),
  ]
}

/** One candle a millisecond, round robin over the instruments, held to the clock so that a late one is not forgiven. */
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
      // The time the candle was due, not the time this loop got to it.
      sentAt.set(symbol, began + sent / (PER_SECOND / 1_000))
      exchange.candle(symbol)
    }
    // Sleeping, not spinning: a feeder that burns a core would be measured too. Its lateness counts into the latency.
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return skipped
}
