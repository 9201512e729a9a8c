import type { Fact } from '#domain/facts.ts'
import type { EngineState } from '#engine/state.ts'
import type { Clock } from '#platform/clock.ts'
import type { Journal } from '#storage/journal/journal.ts'
import { crashAfterAppend, crashBeforeAppend } from './crash-points.ts'
import { SnapshotSaver } from './snapshot-saver.ts'

/** How long facts that nobody waits for may wait for a commit of others, milliseconds, and how many of them. */
const UNSYNCED_MS = 3
const UNSYNCED_FACTS_MAX = 1_000
const SNAPSHOT_EVERY_FACTS = 50_000
/** A state of many orders is saved more rarely, so that saving costs the same share of the time. */
const SNAPSHOT_EVERY_FACTS_PER_ORDER = 20

export interface FactLogOptions {
  readonly journal: Journal
  /** All whose facts have been added. */
  readonly state: EngineState
  readonly clock: Clock
  /** Facts after the newest snapshot: counted over all lives, else a program that dies often would read more at each start. */
  readonly factsSinceSnapshot: number
  /** The journal has grown. */
  readonly onSynced: () => void
  /** What was left for later could not be written; nothing more is. */
  readonly onFailure: (error: unknown) => void
}

/**
 * The way of decided facts to the disk. Several batches may share a commit, as long as nothing has left on account of them:
 * a sync costs a quarter of a millisecond and stops the engine. Beside it the log is folded and the state is saved.
 */
export class FactLog {
  readonly #options: FactLogOptions
  readonly #snapshots: SnapshotSaver
  #unsynced: readonly Fact[] = []
  #timer: NodeJS.Timeout | undefined
  #sinceSnapshot: number
  #commits = 0

  constructor(options: FactLogOptions) {
    this.#options = options
    this.#snapshots = new SnapshotSaver(options.journal, options.clock)
    this.#sinceSnapshot = options.factsSinceSnapshot
  }

  get head(): number {
    return this.#options.journal.head
  }

  get commits(): number {
    return this.#commits
  }

  get isFull(): boolean {
    return this.#unsynced.length >= UNSYNCED_FACTS_MAX
  }

  add(facts: readonly Fact[]): void {
    this.#unsynced = this.#unsynced.length === 0 ? facts : this.#unsynced.concat(facts)
  }

  /** Brings to the disk all that was added. Throws `JOURNAL_WRITE_FAILED`: then nothing of it is there. */
  sync(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const facts = this.#unsynced
    if (facts.length === 0) return
    this.#unsynced = []
    const { journal, state, onSynced } = this.#options
    crashBeforeAppend(facts)
    journal.append(facts)
    crashAfterAppend(facts, state.connected && !state.reconciled)
    this.#commits += 1
    this.#sinceSnapshot += facts.length
    onSynced()
    if (this.#snapshots.isWriting || this.#sinceSnapshot < this.#snapshotEvery()) return
    this.#sinceSnapshot = 0
    this.#snapshots.begin(state)
  }

  /** With the next commit, or a little later with one of their own. */
  syncSoon(): void {
    if (this.#unsynced.length === 0) return
    this.#timer ??= setTimeout(() => {
      try {
        this.sync()
        this.tidy()
      } catch (error) {
        this.#options.onFailure(error)
      }
    }, UNSYNCED_MS)
  }

  /** What nobody waits for, when all that was waited for is out. True when there is more of it to do. Throws when it cannot be written. */
  tidy(): boolean {
    this.#options.journal.foldLog()
    this.#snapshots.turn()
    return this.#snapshots.isWriting
  }

  /** Syncs what is left and saves the state, unless what was written has `failed`. Throws when it cannot. */
  close({ failed }: { readonly failed: boolean }): void {
    try {
      if (failed) return
      this.sync()
      if (this.#sinceSnapshot === 0 && !this.#snapshots.isWriting) return
      this.#snapshots.begin(this.#options.state)
      this.#snapshots.finish()
    } finally {
      clearTimeout(this.#timer)
    }
  }

  #snapshotEvery(): number {
    return Math.max(SNAPSHOT_EVERY_FACTS, SNAPSHOT_EVERY_FACTS_PER_ORDER * this.#options.state.orders.size)
  }
}
