import { setTimeout as sleep } from 'node:timers/promises'
import type { DataFolder } from './data-folder.ts'
import { JournalGauge } from './journal-file.ts'
import { reachHead } from './runs.ts'
import { WorkstationProcess } from './workstation-process.ts'

/** When a life ends: so long after its start, or so long after the journal has grown so far. */
export interface Kill {
  readonly atHead?: number
  readonly afterMs: number
  /** From there on it waits for an order that is on its way, and strikes before its answer can be written. */
  readonly inFlight?: boolean
  /** Whether the database server goes with it. */
  readonly serverToo: boolean
  readonly noPostgres?: boolean
}

export interface KillPlan {
  readonly count: number
  readonly random: () => number
  /** Facts of the unbroken run. */
  readonly head: number
  /** How long a start takes here, until the market is open. */
  readonly startMs: number
}

/** Share of the kills that hit a start; the first two always hit the very first start, on an empty directory. */
const START_SHARE = 0.35
const SERVER_SHARE = 0.15
const IN_FLIGHT_SHARE = 0.3
const IN_FLIGHT_DEADLINE_MS = 10_000
/** A kill waits up to this long after its mark, so that it falls between any two lines. */
const JITTER_MAX_MS = 12
const FIRST_STARTS = 2

/** Random moments from the very start to the very end; two starts may be hit in a row. */
export function planKills({ count, random, head, startMs }: KillPlan): readonly Kill[] {
  const isStart = Array.from({ length: count }, (_, index) => index < FIRST_STARTS || random() < START_SHARE)
  const heads = isStart
    .filter((start) => !start)
    .map(() => 1 + Math.floor(random() * head))
    .sort((a, b) => a - b)
  return isStart.map((start) => {
    const serverToo = random() < SERVER_SHARE
    if (start) return { afterMs: Math.round(random() * startMs), serverToo }
    const inFlight = !serverToo && random() < IN_FLIGHT_SHARE
    return { atHead: heads.shift() ?? head, afterMs: inFlight ? 0 : random() * JITTER_MAX_MS, serverToo, inFlight }
  })
}

/** Lives one life until its kill; gives the journal's head when it was over. */
export async function liveAndDie(folder: DataFolder, candles: string, kill: Kill): Promise<number> {
  await using workstation = new WorkstationProcess({ dataDir: folder.path, candles, noPostgres: kill.noPostgres ?? false })
  const gauge = new JournalGauge(folder.journal)
  try {
    if (kill.atHead !== undefined) await reachHead(folder, workstation, kill.atHead)
    await sleep(Math.floor(kill.afterMs))
    // The last part of a millisecond, and of a transaction, cannot be slept.
    const until = performance.now() + (kill.afterMs % 1)
    while (performance.now() < until);
    if (kill.inFlight === true) waitForOrder(gauge)
    if (kill.serverToo) await folder.killPostmaster()
    await workstation.kill()
    return gauge.head()
  } finally {
    gauge.close()
  }
}

function waitForOrder(gauge: JournalGauge): void {
  const deadline = performance.now() + IN_FLIGHT_DEADLINE_MS
  gauge.head()
  while (!gauge.hasOrderInFlight() && performance.now() < deadline);
}
