import { setTimeout as sleep } from 'node:timers/promises'
import type { DataFolder, ServerAddress } from './data-folder.ts'
import { examine, type Examined } from './examine.ts'
import { JournalGauge } from './journal-file.ts'
import { waitUntilDrained } from './postgres-tables.ts'
import { WorkstationProcess } from './workstation-process.ts'

const REPLAY_DEADLINE_MS = 600_000
const STANDSTILL_MS = 60_000
const DRAIN_DEADLINE_MS = 180_000
const POLL_MS = 2

export interface Times {
  /** Until `replay_done`, start-up included. */
  readonly replayMs: number
  readonly drainMs: number
}

export interface Wishes {
  readonly speed?: string
  /** Where Postgres is, when it is not the embedded one. */
  readonly address?: ServerAddress
  /** What else happens meanwhile; the replay's end is waited for after it. */
  readonly during?: (workstation: WorkstationProcess) => Promise<void>
}

/** Runs a replay to its end and until Postgres has it all, examines what is there, and leaves cleanly. */
export async function finishReplay(folder: DataFolder, candles: string, wishes: Wishes = {}): Promise<Examined & Times> {
  const { speed = 'max', address, during } = wishes
  const began = performance.now()
  await using workstation = new WorkstationProcess({ dataDir: folder.path, candles, speed })
  await Promise.all([during?.(workstation), workstation.replayDone(REPLAY_DEADLINE_MS)])
  const done = performance.now()
  const gauge = new JournalGauge(folder.journal)
  await waitUntilDrained({
    address: async () => address ?? folder.serverAddress(),
    head: () => gauge.head(),
    lost: () => failureOf(workstation),
    deadlineMs: DRAIN_DEADLINE_MS,
  }).finally(() => gauge.close())
  const drained = performance.now()
  const examined = await examine(folder, candles, address)
  const how = await workstation.stop()
  if (how !== 'code 0') throw new Error(`the workstation left with ${how}: ${workstation.stderr}`)
  return { ...examined, replayMs: Math.round(done - began), drainMs: Math.round(drained - done) }
}

/** The replica's own word that a person must help. */
async function failureOf(workstation: WorkstationProcess): Promise<string | undefined> {
  const { replica } = await workstation.status()
  return replica.state === 'failed' ? (replica.reason ?? 'it does not say why') : undefined
}

/** Waits until the journal has grown to `seq`, or the workstation has left. */
export async function reachHead(folder: DataFolder, workstation: WorkstationProcess, seq: number): Promise<void> {
  const gauge = new JournalGauge(folder.journal)
  try {
    let head = 0
    let grownAt = performance.now()
    while (!workstation.hasExited) {
      const now = gauge.head()
      if (now >= seq) return
      if (now > head) grownAt = performance.now()
      head = now
      if (performance.now() - grownAt > STANDSTILL_MS)
        throw new Error(`the journal stays at ${head}, ${seq} was to come: ${workstation.stderr}`)
      await sleep(POLL_MS)
    }
  } finally {
    gauge.close()
  }
}
