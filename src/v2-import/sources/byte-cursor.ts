import type { ByteFile } from './byte-file.ts'
import { CHUNK_BYTES } from './limits.ts'
import type { Refuse } from './source-failure.ts'

/** Reads a file forward through one window: `if (!cursor.has(n)) await cursor.fill(n)`, then the plain reads. */
export class ByteCursor {
  readonly #file: ByteFile
  readonly #refuse: Refuse
  #window: Buffer = Buffer.alloc(0)
  #at = 0
  #windowStart: number

  constructor(file: ByteFile, offset: number, refuse: Refuse) {
    this.#file = file
    this.#windowStart = offset
    this.#refuse = refuse
  }

  get position(): number {
    return this.#windowStart + this.#at
  }

  /** Bytes of the file still ahead. */
  get remaining(): number {
    return this.#file.size - this.position
  }

  /** Bytes that need no further read of the disk. */
  get buffered(): number {
    return this.#window.length - this.#at
  }

  has(length: number): boolean {
    return this.buffered >= length
  }

  /** Brings the next `length` bytes into the window. Throws if the file ends before. The caller has bounded `length`. */
  async fill(length: number): Promise<void> {
    if (this.has(length)) return
    if (length > this.remaining) throw this.#refuse(endsEarly(length - this.remaining), this.#file.size)
    const start = this.position
    this.#window = await this.#file.read(start, Math.max(length, CHUNK_BYTES))
    this.#windowStart = start
    this.#at = 0
    if (this.#window.length < length) throw this.#refuse('the file became shorter while it was read', start + this.#window.length)
  }

  byte(): number {
    const value = this.#window[this.#at]
    if (value === undefined) throw new Error('a cursor must be filled before it is read')
    this.#at += 1
    return value
  }

  /** The next bytes, as a view of the window. */
  take(length: number): Buffer {
    if (!this.has(length)) throw new Error('a cursor must be filled before it is read')
    this.#at += length
    return this.#window.subarray(this.#at - length, this.#at)
  }

  /** Passes over bytes, also beyond the window. Throws if the file is shorter. */
  skip(length: number): void {
    if (length > this.remaining) throw this.#refuse(endsEarly(length - this.remaining), this.#file.size)
    if (this.has(length)) {
      this.#at += length
      return
    }
    this.#windowStart = this.position + length
    this.#window = Buffer.alloc(0)
    this.#at = 0
  }
}

/** How much is gone nobody knows: what is missed first is only the next piece. */
function endsEarly(missing: number): string {
  return `the file ends at least ${missing} byte${missing === 1 ? '' : 's'} too early`
}
