import { setTimeout as sleep } from 'node:timers/promises'
import type { DataFolder } from './data-folder.ts'
import { PostgresTables } from './postgres-tables.ts'
import type { Status, WorkstationProcess } from './workstation-process.ts'

const SEEN_DEADLINE_MS = 30_000
const LOOK_EVERY_MS = 200

export interface Outage {
  /** What the status said of the replica while it was down. */
  readonly reasons: ReadonlySet<string>
  readonly states: ReadonlySet<string>
  /** Facts written while Postgres was away. */
  readonly factsMeanwhile: number
  readonly candlesMeanwhile: number
  readonly lagMax: number
}

/** Watches the workstation for a while during which it has no Postgres. Call it once the server is gone. */
export async function watchOutage(workstation: WorkstationProcess, durationMs: number): Promise<Outage> {
  const first = await untilStatus(workstation, (status) => status.replica.state === 'down')
  const reasons = new Set<string>()
  const states = new Set<string>()
  let last = first
  let lagMax = 0
  const until = performance.now() + durationMs
  while (performance.now() < until) {
    last = await workstation.status()
    reasons.add(last.replica.reason ?? '')
    states.add(last.replica.state)
    lagMax = Math.max(lagMax, last.replica.lag_events)
    await sleep(LOOK_EVERY_MS)
  }
  return {
    reasons,
    states,
    factsMeanwhile: last.journal.seq - first.journal.seq,
    candlesMeanwhile: (last.replay?.processed ?? 0) - (first.replay?.processed ?? 0),
    lagMax,
  }
}

/** Asks until the status is as wanted; throws with the last one when it does not become so. */
export async function untilStatus(
  workstation: WorkstationProcess,
  isWanted: (status: Status) => boolean,
  deadlineMs = SEEN_DEADLINE_MS,
): Promise<Status> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const status = await workstation.status()
    if (isWanted(status)) return status
    if (performance.now() > deadline) throw new Error(`the status did not become as wanted: ${JSON.stringify(status)}`)
    await sleep(LOOK_EVERY_MS)
  }
}

/** One glance at Postgres while it is written to: cursor, facts and what is folded from them are of one moment, or are not. */
const GLANCE = `
  SELECT c.seq AS cursor, (SELECT max(seq) FROM events) AS events,
         (SELECT count(*) FROM events WHERE type = 'OrderFilled') AS fills, (SELECT count(*) FROM trades) AS trades,
         (SELECT count(*) FROM events WHERE type = 'OrderSubmitted') AS submitted, (SELECT count(*) FROM orders) AS orders
  FROM replica_cursor c`

export interface Glances {
  readonly count: number
  /** Those that showed a half-written batch. */
  readonly torn: readonly string[]
}

/** Looks again and again, without a pause, until the workstation has reached the end of its replay. */
export async function glanceWhileReplaying(folder: DataFolder, workstation: WorkstationProcess): Promise<Glances> {
  await untilStatus(workstation, ({ replica }) => replica.state === 'streaming')
  await using tables = await PostgresTables.open(await folder.serverAddress())
  const torn: string[] = []
  let isOver = false
  const over = workstation.replayDone(SEEN_DEADLINE_MS).finally(() => {
    isOver = true
  })
  let count = 0
  for (; !isOver; count += 1) {
    const [row] = await tables.rows(GLANCE)
    const isWhole =
      row !== undefined && row['cursor'] === (row['events'] ?? '0') && row['fills'] === row['trades'] && row['submitted'] === row['orders']
    if (!isWhole) torn.push(JSON.stringify(row))
  }
  await over
  return { count, torn }
}
