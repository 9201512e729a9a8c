import { DAMAGED_BYTES_MAX } from './limits.ts'

const CAPACITY_MIN = 4_096

/** Collects the pieces of one row or statement that runs over several chunks, up to a bound; beyond it only counts. */
export class ByteAccumulator {
  readonly #limit: number
  #buffer: Buffer = Buffer.alloc(0)
  #kept = 0
  #length = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** All bytes given, kept or not. */
  get length(): number {
    return this.#length
  }

  append(piece: Buffer): void {
    this.#length += piece.length
    if (this.#length <= this.#limit) {
      this.#copy(piece)
      return
    }
    // What is over the limit is damaged anyway: only the beginning is worth the memory.
    if (this.#kept > DAMAGED_BYTES_MAX) {
      this.#buffer = Buffer.from(this.#buffer.subarray(0, DAMAGED_BYTES_MAX))
      this.#kept = DAMAGED_BYTES_MAX
    }
    this.#copy(piece.subarray(0, DAMAGED_BYTES_MAX - this.#kept))
  }

  /** What was kept, and starts anew. */
  take(): Buffer {
    const whole = this.#buffer.subarray(0, this.#kept)
    this.#buffer = Buffer.alloc(0)
    this.#kept = 0
    this.#length = 0
    return whole
  }

  /** One growing buffer and no list of pieces: a row may come in millions of them. */
  #copy(piece: Buffer): void {
    const needed = this.#kept + piece.length
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(CAPACITY_MIN, Math.min(this.#limit, needed * 2), needed))
      this.#buffer.copy(grown, 0, 0, this.#kept)
      this.#buffer = grown
    }
    piece.copy(this.#buffer, this.#kept)
    this.#kept = needed
  }
}
