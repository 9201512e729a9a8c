import type { ImportDatabase } from './import-database.ts'

const FLUSH_BYTES = 1_048_576
/** Room behind the flush mark for the line that passes it; a longer one gets more. */
const SPARE_BYTES = 65_536
/** UTF-16 code unit to UTF-8, at most. */
const BYTES_A_CHARACTER = 3

interface Lot {
  bytes: Buffer
  length: number
}

/**
 * Lines gathered a table and sent by COPY when there are enough. While one lot is on its way the next is gathered; more than one
 * is never waiting, so memory is bounded by two lots a table. Lines are bytes at once: text that waits would be copied by each collection.
 */
export class CopyBuffers {
  readonly #database: ImportDatabase
  readonly #options: string
  readonly #lots = new Map<string, Lot>()
  readonly #free: Buffer[] = []
  #sending: Promise<void> = Promise.resolve()

  /** `options`: of every COPY. */
  constructor(database: ImportDatabase, options = '') {
    this.#database = database
    this.#options = options
  }

  /** `into` is a table with its columns; `line` has its line end. */
  add(into: string, line: string): void {
    const lot = this.#lotFor(into, line.length * BYTES_A_CHARACTER)
    lot.length += lot.bytes.write(line, lot.length)
  }

  /** A line of which the middle is bytes already. */
  addAround(into: string, [before, middle, behind]: readonly [string, Buffer, string]): void {
    const lot = this.#lotFor(into, (before.length + behind.length) * BYTES_A_CHARACTER + middle.length)
    lot.length += lot.bytes.write(before, lot.length)
    lot.length += middle.copy(lot.bytes, lot.length)
    lot.length += lot.bytes.write(behind, lot.length)
  }

  /** With room for so many bytes more. */
  #lotFor(into: string, room: number): Lot {
    let lot = this.#lots.get(into)
    if (lot === undefined) this.#lots.set(into, (lot = { bytes: this.#take(), length: 0 }))
    const most = lot.length + room
    if (most <= lot.bytes.length) return lot
    const longer = Buffer.allocUnsafeSlow(Math.max(most, lot.bytes.length * 2))
    lot.bytes.copy(longer, 0, 0, lot.length)
    lot.bytes = longer
    return lot
  }

  /** Sends what is big enough. Throws the failure of a lot sent before. */
  async flushFull(): Promise<void> {
    for (const [into, lot] of this.#lots) if (lot.length >= FLUSH_BYTES) await this.#send(into, lot)
  }

  /** Sends all, and waits for it. */
  async flush(): Promise<void> {
    for (const [into, lot] of this.#lots) if (lot.length > 0) await this.#send(into, lot)
    await this.#sending
  }

  async #send(into: string, lot: Lot): Promise<void> {
    await this.#sending
    const { bytes, length } = lot
    lot.bytes = this.#take()
    lot.length = 0
    this.#sending = this.#database.copy(into, bytes.subarray(0, length), this.#options).then(() => this.#giveBack(bytes))
    // Its failure is thrown where it is waited for.
    this.#sending.catch(() => undefined)
  }

  #take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(FLUSH_BYTES + SPARE_BYTES)
  }

  /** One that grew for a long line is left to the collector. */
  #giveBack(bytes: Buffer): void {
    if (bytes.length === FLUSH_BYTES + SPARE_BYTES) this.#free.push(bytes)
  }
}
