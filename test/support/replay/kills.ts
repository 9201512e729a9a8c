import { setTimeout as sleep } from 'node:timers/promises'
import type { DataFolder } from './data-folder.ts'
import { JournalGauge, type JournalRow, type TailFact } from './journal-file.ts'
import { reachHead } from './runs.ts'
import { WorkstationProcess } from './workstation-process.ts'

/** When a life ends: so long after its start, or so long after the journal has grown so far. */
export interface Kill {
  readonly atHead?: number
  readonly afterMs: number
  /** From there on it waits for such a moment, and strikes before the next line is written. */
  readonly moment?: 'order' | 'decision' | undefined
  /** Whether the database server goes with it. */
  readonly serverToo: boolean
  readonly noPostgres?: boolean
  /** A clean stop instead, which leaves a snapshot for the lives after it. */
  readonly stop?: boolean
}

export interface KillPlan {
  readonly count: number
  readonly random: () => number
  /** Facts of the unbroken run. */
  readonly head: number
  /** How long a start takes here, until the market is open, milliseconds. */
  readonly startMs: number
}

/** Share of the kills that hit a start; the first two always hit the very first start, on an empty directory. */
const START_SHARE = 0.35
const SERVER_SHARE = 0.15
const STOP_SHARE = 0.15
const STOP_AFTER_FACTS = 300
const STOP_POLL_MS = 5
/** Of the others each, on average: an order on its way, a decision swallowed, any moment. */
const MOMENTS = ['order', 'decision', undefined] as const
const MOMENT_DEADLINE_MS = 20_000
/** A fill, a candle, a protective order and a mark may stand between an order and the journal's end. */
const TAIL = 5
/** The replay is over, or has not begun again. */
const QUIET_MS = 3_000
/** A kill waits up to this long after its mark, so that it falls between any two lines. */
const JITTER_MAX_MS = 12
const FIRST_STARTS = 2

/** Random moments from the very start to the very end; two starts may be hit in a row. Here and there a clean stop between. */
export function planKills({ count, random, head, startMs }: KillPlan): readonly Kill[] {
  const isStart = Array.from({ length: count }, (_, index) => index < FIRST_STARTS || random() < START_SHARE)
  const heads = isStart
    .filter((start) => !start)
    .map(() => 1 + Math.floor(random() * head))
    .sort((a, b) => a - b)
  return isStart.flatMap((start): Kill[] => {
    const serverToo = random() < SERVER_SHARE
    const stops: Kill[] = random() < STOP_SHARE ? [{ afterMs: 0, serverToo: false, stop: true }] : []
    if (start) return [...stops, { afterMs: Math.round(random() * startMs), serverToo }]
    const moment = serverToo ? undefined : MOMENTS[Math.floor(random() * MOMENTS.length)]
    return [...stops, { atHead: heads.shift() ?? head, afterMs: moment === undefined ? random() * JITTER_MAX_MS : 0, serverToo, moment }]
  })
}

/** The open times of the candles on which an unbroken run decided to trade. */
export function decisionTimes(rows: readonly JournalRow[]): ReadonlySet<number> {
  const facts = rows.map(({ body }) => JSON.parse(body) as { readonly type: string; readonly outcome?: string; readonly stepTime?: number })
  return new Set(
    facts.flatMap(({ type, outcome, stepTime }) => (type === 'SignalDecided' && outcome === 'ACCEPTED' ? [stepTime ?? 0] : [])),
  )
}

/** Lives one life until its kill; gives the journal's head when it was over. */
export async function liveAndDie(
  folder: DataFolder,
  candles: string,
  kill: Kill,
  decisions: ReadonlySet<number> = new Set(),
): Promise<number> {
  await using workstation = new WorkstationProcess({ dataDir: folder.path, candles, noPostgres: kill.noPostgres ?? false })
  const gauge = new JournalGauge(folder.journal)
  try {
    if (kill.atHead !== undefined) await reachHead(folder, workstation, kill.atHead)
    await sleep(Math.floor(kill.afterMs))
    // The last part of a millisecond, and the time between two lines of the journal, cannot be slept.
    const until = performance.now() + (kill.afterMs % 1)
    while (performance.now() < until);
    if (kill.moment !== undefined) waitForMoment(gauge, kill.moment, decisions)
    if (kill.serverToo) await folder.killPostmaster()
    if (kill.stop === true) await stopCleanly(workstation, gauge)
    else await workstation.kill()
    return gauge.head()
  } finally {
    gauge.close()
  }
}

/** A while after the market is open again, or at the end of the replay. */
async function stopCleanly(workstation: WorkstationProcess, gauge: JournalGauge): Promise<void> {
  const from = gauge.head()
  const deadline = performance.now() + MOMENT_DEADLINE_MS
  while (gauge.head() < from + STOP_AFTER_FACTS && performance.now() < deadline) await sleep(STOP_POLL_MS)
  const how = await workstation.stop()
  if (how !== 'code 0') throw new Error(`the workstation left with ${how}: ${workstation.stderr}`)
}

/** Looks as fast as it can. A replay that ends without such a moment is killed all the same. */
function waitForMoment(gauge: JournalGauge, moment: 'order' | 'decision', decisions: ReadonlySet<number>): void {
  const isNow = moment === 'order' ? isOrderOnItsWay : (tail: readonly TailFact[]) => isDecisionDue(tail, decisions)
  const deadline = performance.now() + MOMENT_DEADLINE_MS
  let head = gauge.head()
  let quietAt = performance.now()
  while (performance.now() < deadline && !isNow(gauge.tail(TAIL))) {
    const now = gauge.head()
    if (now !== head) quietAt = performance.now()
    head = now
    if (performance.now() - quietAt > QUIET_MS) return
  }
}

function isOrderOnItsWay(tail: readonly TailFact[]): boolean {
  const answered = new Set(tail.filter(({ type }) => type === 'OrderStatusChanged').map(({ clientOrderId }) => clientOrderId))
  return tail.some(({ type, clientOrderId }) => type === 'OrderSubmitted' && !answered.has(clientOrderId))
}

/** The candle is in the journal, and what will be decided on it is not. */
function isDecisionDue(tail: readonly TailFact[], decisions: ReadonlySet<number>): boolean {
  const newest = tail.find(({ type }) => type === 'CandleClosed' || type === 'SignalDecided')
  return newest?.type === 'CandleClosed' && decisions.has(newest.openTime ?? 0)
}
