import { seeded } from '#test/support/replay/seeded.ts'

export const JOURNAL_FILE = 'journal.db'
export const PROMISES_FILE = 'promises'

export interface WriterPlan {
  readonly directory: string
  readonly seed: number
  readonly untilSeq: number
  readonly snapshotEvery: number
  /** Small, so that checkpoints happen all the time. */
  readonly checkpointPages: number
  readonly end: 'kill' | 'close'
  /** `normal`: `synchronous=NORMAL` set behind the journal's back. `promise-first`: what is promised before it is written. */
  readonly control?: 'normal' | 'promise-first' | undefined
}

export type Promised =
  | { readonly type: 'Opened'; readonly journalId: string; readonly head: number; readonly settings: readonly unknown[] }
  | { readonly type: 'Appended'; readonly head: number }
  | { readonly type: 'Snapshot'; readonly seq: number }
  | { readonly type: 'Closed' }

/** Written and read by this test alone. */
export function parseWriterPlan(text: string): WriterPlan {
  return JSON.parse(text) as WriterPlan
}

const SMALL_BATCH_MAX = 6
const LARGE_BATCH_MAX = 120
const LARGE_BATCH_SHARE = 0.05

/** How many facts go after `head` in one append; mostly few, now and then many pages. Same seed, same cuts. */
export function batchSize(seed: number, head: number): number {
  const random = seeded(seed * 1_000_003 + head)
  const max = random() < LARGE_BATCH_SHARE ? LARGE_BATCH_MAX : SMALL_BATCH_MAX
  return 1 + Math.floor(random() * max)
}

const SNAPSHOT_CHARACTERS_MAX = 30_000

export function snapshotText(seed: number, seq: number): string {
  const length = Math.floor(seeded(seed + seq)() * SNAPSHOT_CHARACTERS_MAX)
  return `state at ${seq} ${'0123456789abcdef'.repeat(Math.ceil(length / 16))}`
}
