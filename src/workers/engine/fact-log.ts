import type { AppError } from '#domain/errors.ts'
import type { Fact } from '#domain/facts.ts'
import type { EngineState } from '#engine/state.ts'
import type { Clock } from '#platform/clock.ts'
import { pagesOf } from '#storage/journal/journal-page.ts'
import { writeFailed } from '#storage/journal/write-failed.ts'
import { crashAfterAppend, crashBeforeAppend } from './crash-points.ts'
import type { JournalLine } from './journal-line.ts'
import { SnapshotSaver } from './snapshot-saver.ts'

/** How long facts that nobody waits for may wait for a commit of others, milliseconds. */
const UNSENT_MS = 3
/** So many that wait for the commit under way to end: the engine takes nothing more until then. */
const UNSENT_FACTS_MAX = 4_000
const SNAPSHOT_EVERY_FACTS = 50_000
/** Writing a state of some megabytes keeps commits waiting for tens of milliseconds: not more often than this under full load. */
const SNAPSHOT_EVERY_MS = 20_000
/** A state of many orders is saved more rarely, so that saving costs the same share of the time. */
const SNAPSHOT_EVERY_FACTS_PER_ORDER = 20

export interface FactLogOptions {
  readonly line: JournalLine
  /** Sequence of the newest record. */
  readonly head: number
  /** All whose facts have been added. */
  readonly state: EngineState
  readonly clock: Clock
  /** Facts after the newest snapshot: counted over all lives, else a program that dies often would read more at each start. */
  readonly factsSinceSnapshot: number
  /** The disk has all up to `head`. */
  readonly onWritten: (head: number) => void
  /** Something could not be written; nothing more is. */
  readonly onFailure: (error: AppError) => void
}

/**
 * The way of decided facts to the disk. One commit is under way at a time, on the journal's thread, while the engine goes on;
 * what is decided meanwhile shares the next one. So a slow disk makes commits larger, not the engine slower.
 */
export class FactLog {
  readonly #options: FactLogOptions
  readonly #snapshots: SnapshotSaver
  #unsent: readonly Fact[] = []
  #underWay: readonly Fact[] | undefined
  #isWanted = false
  #timer: NodeJS.Timeout | undefined
  #sinceSnapshot: number
  #snapshotAt = Number.NEGATIVE_INFINITY
  #head: number
  #commits = 0
  #drained: PromiseWithResolvers<void> | undefined
  #hasFailed = false

  constructor(options: FactLogOptions) {
    const { line, head, clock, factsSinceSnapshot, onFailure } = options
    this.#options = options
    this.#head = head
    this.#snapshots = new SnapshotSaver((seq, body, sha256) => line.saveSnapshot(seq, body, sha256), clock)
    this.#sinceSnapshot = factsSinceSnapshot
    line.listen({ onWritten: (written) => this.#written(written), onFailure })
  }

  /** The disk has all up to here. */
  get head(): number {
    return this.#head
  }

  /** Sequence that the fact added last has, or will have. */
  get added(): number {
    return this.#head + (this.#underWay?.length ?? 0) + this.#unsent.length
  }

  get commits(): number {
    return this.#commits
  }

  get isFull(): boolean {
    return this.#unsent.length >= UNSENT_FACTS_MAX
  }

  add(facts: readonly Fact[]): void {
    this.#unsent = this.#unsent.length === 0 ? facts : this.#unsent.concat(facts)
  }

  /** Somebody waits for all that was added: it goes to the disk as soon as the commit under way has ended. */
  sync(): void {
    if (this.#underWay === undefined) this.#send()
    else this.#isWanted = this.#unsent.length > 0
  }

  /** With the next commit, or a little later with one of their own. */
  syncSoon(): void {
    if (this.#unsent.length > 0) this.#timer ??= setTimeout(() => this.sync(), UNSENT_MS)
  }

  /** Goes on with the snapshot, if there is one to write. True when there is more of it to do. */
  tidy(): boolean {
    if (this.#hasFailed) return false
    this.#snapshots.turn()
    return this.#snapshots.isWriting
  }

  /** Resolves when all is on the disk and the state with it, unless something has failed, and the journal is closed. */
  async close(): Promise<void> {
    this.#drained = Promise.withResolvers()
    this.sync()
    if (this.#underWay === undefined || this.#hasFailed) this.#drained.resolve()
    await this.#drained.promise
    clearTimeout(this.#timer)
    if (!this.#hasFailed && (this.#sinceSnapshot > 0 || this.#snapshots.isWriting)) {
      this.#snapshots.begin(this.#options.state, this.#head)
      this.#snapshots.finish()
    }
    await this.#options.line.close()
  }

  /** The state is now ahead of the journal for good: neither facts nor states are written any more. */
  giveUp(): void {
    clearTimeout(this.#timer)
    this.#hasFailed = true
    this.#unsent = []
    this.#drained?.resolve()
  }

  #send(): void {
    if (this.#hasFailed) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isWanted = false
    const facts = this.#unsent
    if (facts.length === 0) return
    const { line, state, onFailure } = this.#options
    try {
      crashBeforeAppend(facts)
      line.append(pagesOf(facts))
    } catch (error) {
      onFailure(writeFailed(error))
      return
    }
    this.#unsent = []
    this.#underWay = facts
    this.#sinceSnapshot += facts.length
    if (!this.#isSnapshotDue()) return
    this.#sinceSnapshot = 0
    this.#snapshotAt = this.#options.clock.elapsed()
    this.#snapshots.begin(state, this.added)
  }

  #written(head: number): void {
    if (this.#hasFailed) return
    const facts = this.#underWay ?? []
    const { state, onWritten, onFailure } = this.#options
    if (head !== this.#head + facts.length) {
      onFailure(writeFailed(new Error(`the journal stands at ${head}, expected ${this.#head + facts.length}`)))
      return
    }
    this.#underWay = undefined
    this.#head = head
    this.#commits += 1
    crashAfterAppend(facts, state.connected && !state.reconciled)
    onWritten(head)
    if (this.#isWanted || this.isFull || this.#drained !== undefined) this.#send()
    if (this.#underWay === undefined) this.#drained?.resolve()
  }

  #isSnapshotDue(): boolean {
    const { state, clock } = this.#options
    const facts = Math.max(SNAPSHOT_EVERY_FACTS, SNAPSHOT_EVERY_FACTS_PER_ORDER * state.orders.size)
    if (this.#snapshots.isWriting || this.#sinceSnapshot < facts) return false
    return clock.elapsed() - this.#snapshotAt >= SNAPSHOT_EVERY_MS
  }
}
