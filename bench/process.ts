import { startChild, type ChildWorkstation } from './support/child-workstation.ts'
import { noGoal, percentile, round, type BenchResult } from './support/result.ts'
import { workspace } from './support/workspace.ts'

const STARTS = 5
const MORE_TRADERS = 19
const SETTLE_MS = 5_000
const MIB = 1_048_576

/** Time from the start of the process to its ready line, first start and later ones, with the embedded Postgres. */
export async function benchStartup(): Promise<BenchResult[]> {
  using place = workspace()
  const times: number[] = []
  for (let n = 0; n < STARTS + 1; n += 1) {
    await using child = await startChild(place.path, [])
    times.push(child.readyMs)
  }
  const [first = Number.NaN, ...later] = times
  return [
    noGoal({ name: 'first start to ready, with initdb', value: round(first, 0), unit: 'ms', n: 1 }),
    noGoal({ name: 'start to ready, median of later starts', value: round(percentile(later, 0.5), 0), unit: 'ms', n: later.length }),
  ]
}

/** Resident memory of the workstation's process with its threads, with one trader and with twenty. */
export async function benchMemory(): Promise<BenchResult[]> {
  using place = workspace()
  await using child = await startChild(place.path, ['--no-postgres'])
  await settle()
  const one = child.rssBytes()
  for (let n = 0; n < MORE_TRADERS; n += 1) await addTrader(child, n)
  await settle()
  const twenty = child.rssBytes()
  return [
    noGoal({ name: 'memory with 1 trader', value: round(one / MIB, 0), unit: 'MiB', n: 1 }),
    noGoal({ name: 'memory with 20 traders', value: round(twenty / MIB, 0), unit: 'MiB', n: 1 }),
    noGoal({ name: 'memory of one more trader', value: round((twenty - one) / MIB / MORE_TRADERS, 1), unit: 'MiB', n: MORE_TRADERS }),
  ]
}

async function addTrader(child: ChildWorkstation, n: number): Promise<void> {
  const response = await fetch(`${child.url}/api/v1/traders`, {
    method: 'POST',
    headers: { ...child.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ id: `more-${n}`, strategy: 'rsi-reversal', symbols: ['ETH/USDT'], timeframe: '1m' }),
  })
  if (!response.ok) throw new Error(`adding a trader failed: ${response.status} ${await response.text()}`)
}

const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
