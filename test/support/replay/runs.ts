import { setTimeout as sleep } from 'node:timers/promises'
import type { DataFolder } from './data-folder.ts'
import { examine, type Examined } from './examine.ts'
import { JournalGauge } from './journal-file.ts'
import { waitUntilDrained } from './postgres-tables.ts'
import { WorkstationProcess } from './workstation-process.ts'

const REPLAY_DEADLINE_MS = 600_000
const DRAIN_DEADLINE_MS = 120_000
const POLL_MS = 2

export interface Times {
  /** Until `replay_done`, start-up included. */
  readonly replayMs: number
  readonly drainMs: number
}

/** Runs a replay to its end and until Postgres has it all, examines what is there, and leaves cleanly. */
export async function finishReplay(folder: DataFolder, candles: string): Promise<Examined & Times> {
  const began = performance.now()
  await using workstation = new WorkstationProcess({ dataDir: folder.path, candles })
  await workstation.replayDone(REPLAY_DEADLINE_MS)
  const done = performance.now()
  const gauge = new JournalGauge(folder.journal)
  await waitUntilDrained(
    () => folder.serverAddress(),
    () => gauge.head(),
    DRAIN_DEADLINE_MS,
  )
  gauge.close()
  const drained = performance.now()
  const examined = await examine(folder, candles)
  const how = await workstation.stop()
  if (how !== 'code 0') throw new Error(`the workstation left with ${how}: ${workstation.stderr}`)
  return { ...examined, replayMs: Math.round(done - began), drainMs: Math.round(drained - done) }
}

/** Waits until the journal has grown to `seq`, or the workstation has left. */
export async function reachHead(folder: DataFolder, workstation: WorkstationProcess, seq: number): Promise<void> {
  const gauge = new JournalGauge(folder.journal)
  try {
    const deadline = performance.now() + REPLAY_DEADLINE_MS
    while (!workstation.hasExited && gauge.head() < seq) {
      if (performance.now() > deadline) throw new Error(`the journal stays at ${gauge.head()}, ${seq} was to come: ${workstation.stderr}`)
      await sleep(POLL_MS)
    }
  } finally {
    gauge.close()
  }
}
