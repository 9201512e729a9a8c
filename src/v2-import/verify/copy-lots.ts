import type { ImportDatabase } from '../run/import-database.ts'

const LOT_BYTES = 1_048_576
/** Room behind that mark for the piece that passes it; a longer one gets more. */
const SPARE_BYTES = 131_072
const LINE_FEED = 0x0a
const BACKSLASH = 0x5c

/** Text of COPY on its way into a table, in lots of whole lines: while one is sent the next is gathered, in the other of two buffers. */
export class CopyLots {
  readonly #database: ImportDatabase
  readonly #into: string
  readonly #onLot: (lot: Buffer) => void
  #gathered = Buffer.allocUnsafeSlow(LOT_BYTES + SPARE_BYTES)
  #other = Buffer.allocUnsafeSlow(LOT_BYTES + SPARE_BYTES)
  #bytes = 0
  #sending: Promise<void> = Promise.resolve()
  /** Rows that the server took. */
  rows = 0

  /** `into` is a table with its columns; `onLot` sees each lot before it is sent, and may throw. */
  constructor(database: ImportDatabase, into: string, onLot: (lot: Buffer) => void) {
    this.#database = database
    this.#into = into
    this.#onLot = onLot
  }

  /** Bytes that are gathered and not sent. */
  get waiting(): number {
    return this.#bytes
  }

  /** Throws the failure of a lot sent before. */
  async add(piece: Buffer): Promise<void> {
    if (this.#bytes + piece.length > this.#gathered.length) this.#grow(piece.length)
    this.#bytes += piece.copy(this.#gathered, this.#bytes)
    if (this.#bytes >= LOT_BYTES) await this.#send(endOfLines(this.#gathered.subarray(0, this.#bytes)))
  }

  /** Sends all, and waits for it. */
  async flush(): Promise<void> {
    await this.#send(this.#bytes)
    await this.#sending
  }

  /** When nothing is on its way any more, well or not. */
  async settled(): Promise<void> {
    await this.#sending.catch(() => undefined)
  }

  /** So many bytes; the rest is gathered on in the other buffer, which is free when what was sent before has arrived. */
  async #send(length: number): Promise<void> {
    await this.#sending
    if (length === 0) return
    const lot = this.#gathered.subarray(0, length)
    this.#onLot(lot)
    const rest = this.#gathered.subarray(length, this.#bytes)
    ;[this.#gathered, this.#other] = [this.#other, this.#gathered]
    this.#bytes = 0
    if (rest.length > this.#gathered.length) this.#grow(rest.length)
    this.#bytes = rest.copy(this.#gathered)
    this.#sending = this.#database.copy(this.#into, lot).then((rows) => {
      this.rows += rows
    })
    // Its failure is thrown where it is waited for.
    this.#sending.catch(() => undefined)
  }

  /** To room for so many bytes more. */
  #grow(room: number): void {
    const longer = Buffer.allocUnsafeSlow(Math.max(this.#bytes + room, 2 * this.#gathered.length))
    this.#gathered.copy(longer, 0, 0, this.#bytes)
    this.#gathered = longer
  }
}

/** Where the last line ends: a line feed behind a backslash may belong to a cell. */
function endOfLines(text: Buffer): number {
  let at = text.lastIndexOf(LINE_FEED)
  while (at > 0 && text[at - 1] === BACKSLASH) at = text.lastIndexOf(LINE_FEED, at - 1)
  return at + 1
}
