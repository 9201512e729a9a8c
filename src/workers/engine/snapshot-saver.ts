import { createHash, type Hash } from 'node:crypto'
import type { Clock } from '#platform/clock.ts'
import { snapshotPieces } from '#engine/snapshot.ts'
import type { EngineState } from '#engine/state.ts'

/** Time given to the text in one turn, milliseconds. */
const TURN_MS = 0.5
/** Under full load, when turns are rare: this share of the time since the last one. */
const SHARE = 0.1

/** A snapshot on its way. */
interface Writing {
  /** The last fact in it. */
  readonly seq: number
  readonly pieces: Iterator<string>
  readonly hash: Hash
  text: string[]
}

/**
 * Saves the state without stopping the engine: its text takes tens of milliseconds, so it is made in turns, while the engine
 * goes on. A life that ends before the last turn leaves the snapshot before, and the facts after it.
 */
export class SnapshotSaver {
  readonly #save: (seq: number, body: string, sha256: string) => void
  readonly #clock: Clock
  #writing: Writing | undefined
  #turnEndedAt = 0

  constructor(save: (seq: number, body: string, sha256: string) => void, clock: Clock) {
    this.#save = save
    this.#clock = clock
  }

  get isWriting(): boolean {
    return this.#writing !== undefined
  }

  /** Takes the state as it is now: after `seq`, all of which must be on its way to the journal. What was being written before is left. */
  begin(state: EngineState, seq: number): void {
    this.#writing = { seq, pieces: snapshotPieces(state)[Symbol.iterator](), hash: createHash('sha256'), text: [] }
    this.#turnEndedAt = this.#clock.elapsed()
  }

  /** Goes on for a turn, if there is something to write; the last one sends it off. */
  turn(): void {
    if (this.#writing === undefined) return
    const began = this.#clock.elapsed()
    this.#goOn(began + Math.max(TURN_MS, SHARE * (began - this.#turnEndedAt)))
    this.#turnEndedAt = this.#clock.elapsed()
  }

  /** All that is left, at once. */
  finish(): void {
    this.#goOn(Number.POSITIVE_INFINITY)
  }

  #goOn(until: number): void {
    const writing = this.#writing
    if (writing === undefined) return
    const { pieces, hash, text, seq } = writing
    do {
      const piece = pieces.next()
      if (piece.done) {
        this.#writing = undefined
        this.#save(seq, text.join(''), hash.digest('hex'))
        return
      }
      hash.update(piece.value)
      text.push(piece.value)
    } while (this.#clock.elapsed() < until)
  }
}
