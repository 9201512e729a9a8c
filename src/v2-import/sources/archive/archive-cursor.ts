import type { ByteCursor } from '../byte-cursor.ts'
import type { Refuse } from '../source-failure.ts'

export interface IntegerSizes {
  readonly integerBytes: number
  readonly offsetBytes: number
}

export const ENTRY_OFFSET = { notSet: 1, set: 2, noData: 3 } as const

/** The basic values of pg_dump's archives: signed integers of a stated width, strings with a length, offsets with a flag. */
export class ArchiveCursor {
  readonly bytes: ByteCursor
  readonly sizes: IntegerSizes
  readonly #refuse: Refuse

  constructor(bytes: ByteCursor, sizes: IntegerSizes, refuse: Refuse) {
    this.bytes = bytes
    this.sizes = sizes
    this.#refuse = refuse
  }

  get position(): number {
    return this.bytes.position
  }

  async byte(): Promise<number> {
    if (!this.bytes.has(1)) await this.bytes.fill(1)
    return this.bytes.byte()
  }

  /** A sign byte (0 is plus), then the value, low byte first. */
  async integer(): Promise<number> {
    const length = this.sizes.integerBytes + 1
    if (!this.bytes.has(length)) await this.bytes.fill(length)
    const negative = this.bytes.byte() !== 0
    const value = this.#unsigned(this.sizes.integerBytes)
    return negative ? -value : value
  }

  /** Undefined stands for NULL. `limit` bounds the length in bytes. */
  async string(limit: number): Promise<string | undefined> {
    const length = await this.integer()
    if (length < 0) return undefined
    if (length > limit) throw this.#refuse(`a text of ${length} bytes is stated, ${limit} are allowed`, this.position)
    if (!this.bytes.has(length)) await this.bytes.fill(length)
    return this.bytes.take(length).toString('utf8')
  }

  async offset(): Promise<{ readonly flag: number; readonly position: number }> {
    const length = this.sizes.offsetBytes + 1
    if (!this.bytes.has(length)) await this.bytes.fill(length)
    const flag = this.bytes.byte()
    if (flag < ENTRY_OFFSET.notSet || flag > ENTRY_OFFSET.noData)
      throw this.#refuse(`an entry has the unknown offset flag ${flag}`, this.position)
    return { flag, position: this.#unsigned(this.sizes.offsetBytes) }
  }

  #unsigned(length: number): number {
    let value = 0
    for (let digit = 0; digit < length; digit += 1) value += this.bytes.byte() * 2 ** (8 * digit)
    if (!Number.isSafeInteger(value)) throw this.#refuse('a number is larger than any file', this.position)
    return value
  }
}
