import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Journal } from '#storage/journal/journal.ts'
import { EngineLoad } from './support/engine-load.ts'
import { atMost, noGoal, round, type BenchResult } from './support/result.ts'
import { workspace } from './support/workspace.ts'

const ORDERS = 1_000_000
/** Memory is compared from here on: ids remembered against doubles are full by then. */
const SETTLED_ORDERS = 100_000
/** Orders measured at once; of several the median counts, as one may meet a checkpoint or a stall of the machine. */
const SLICE = 8_000
const SLICES = 5
/** Compiled code and caches are there by then. */
const WARM_UP_ORDERS = 20_000
const HISTORY_TIMES = 10
const MIB = 1_048_576

/** Whether the engine grows with what it has lived through: its memory over a million orders, and the cost of a signal with ten times the history. */
export async function benchHistory(): Promise<BenchResult[]> {
  const { growthMib, heapMib } = memoryOverOrders()
  const { first, later } = costWithHistory()
  return [
    atMost(5, {
      name: 'heap growth of the engine from the 100,000th to the 1,000,000th order',
      value: round(growthMib),
      unit: 'MiB',
      n: ORDERS,
    }),
    noGoal({ name: 'heap after a million orders', value: round(heapMib), unit: 'MiB', n: ORDERS }),
    atMost(1.2, {
      name: 'cost of a signal with 10 times the history, journal included, against before',
      value: round(later / first),
      unit: 'times',
      n: 2 * SLICES * SLICE,
    }),
    noGoal({
      name: 'cost of a signal, journalled and filled, one thread',
      value: round((first / SLICE) * 1_000, 1),
      unit: 'us',
      n: SLICES * SLICE,
    }),
  ]
}

function memoryOverOrders(): { readonly growthMib: number; readonly heapMib: number } {
  const load = new EngineLoad(() => undefined)
  load.run(SETTLED_ORDERS)
  const settled = heapUsed()
  load.run(ORDERS - SETTLED_ORDERS)
  const after = heapUsed()
  return { growthMib: (after - settled) / MIB, heapMib: after / MIB }
}

function costWithHistory(): { readonly first: number; readonly later: number } {
  using place = workspace()
  const journal = new Journal({ path: join(place.path, 'journal.db'), purpose: 'bench' })
  const load = new EngineLoad((facts) => void journal.append(facts))
  load.run(WARM_UP_ORDERS)
  const first = medianSlice(load)
  load.run(HISTORY_TIMES * (WARM_UP_ORDERS + SLICES * SLICE))
  const later = medianSlice(load)
  journal.close()
  return { first, later }
}

/** Milliseconds of a slice. */
function medianSlice(load: EngineLoad): number {
  const slices = Array.from({ length: SLICES }, () => elapsed(() => load.run(SLICE))).toSorted((a, b) => a - b)
  return slices[Math.floor(SLICES / 2)] ?? Number.NaN
}

function elapsed(work: () => void): number {
  const began = performance.now()
  work()
  return performance.now() - began
}

/** What is left after a full collection. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}
