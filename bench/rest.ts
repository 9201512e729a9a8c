import { Agent, get } from 'node:http'
import { performance } from 'node:perf_hooks'
import { startChild } from './support/child-workstation.ts'
import { atMost, noGoal, percentile, round, type BenchResult } from './support/result.ts'
import { workspace } from './support/workspace.ts'

const PER_SECOND = 500
const SECONDS = 14
const WARM_UP_SECONDS = 4
const SOCKETS = 32
const PATHS = [
  '/positions',
  '/orders?limit=50',
  '/trades?limit=50',
  '/accounts/balance',
  '/system/status',
  '/traders',
  '/signals?limit=50',
  '/markets/BTC-USDT/candles?limit=100',
]

/** Latency of REST reads at a fixed rate against the running demo, from the time each request was due. */
export async function benchRest(): Promise<BenchResult[]> {
  using place = workspace()
  await using child = await startChild(place.path, ['--no-postgres'])
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS })
  const latencies: number[] = []
  let failed = 0
  const ask = (path: string, due: number, counts: boolean) =>
    new Promise<void>((resolve) => {
      get(`${child.url}/api/v1${path}`, { agent, headers: child.headers }, (response) => {
        response.resume().on('end', () => {
          if (response.statusCode !== 200) failed += 1
          if (counts) latencies.push(performance.now() - due)
          resolve()
        })
      }).on('error', () => {
        failed += 1
        resolve()
      })
    })
  const began = performance.now()
  const asked: Promise<void>[] = []
  for (let n = 0; n < PER_SECOND * SECONDS; ) {
    for (; n < Math.min(PER_SECOND * SECONDS, ((performance.now() - began) * PER_SECOND) / 1_000); n += 1) {
      asked.push(ask(PATHS[n % PATHS.length] ?? '/ready', began + (n * 1_000) / PER_SECOND, n >= PER_SECOND * WARM_UP_SECONDS))
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(asked)
  agent.destroy()
  return [
    atMost(10, { name: 'REST reads at 500 a second, p99', value: round(percentile(latencies, 0.99)), unit: 'ms', n: latencies.length }),
    noGoal({ name: 'REST reads at 500 a second, p50', value: round(percentile(latencies, 0.5)), unit: 'ms', n: latencies.length }),
    atMost(0, { name: 'REST reads that failed', value: failed, unit: 'requests', n: asked.length }),
  ]
}
