import type { ImportDatabase } from '../run/import-database.ts'

const LOT_BYTES = 1_048_576
const LINE_FEED = 0x0a
const BACKSLASH = 0x5c

/** Text of COPY on its way into a table, in lots of whole lines: while one is sent the next is gathered. */
export class CopyLots {
  readonly #database: ImportDatabase
  readonly #into: string
  readonly #onLot: (lot: Buffer) => void
  #pieces: Buffer[] = []
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
    this.#pieces.push(piece)
    this.#bytes += piece.length
    if (this.#bytes < LOT_BYTES) return
    const text = Buffer.concat(this.#pieces)
    const end = endOfLines(text)
    await this.#send(text.subarray(0, end))
    this.#pieces = [text.subarray(end)]
    this.#bytes = text.length - end
  }

  /** Sends all, and waits for it. */
  async flush(): Promise<void> {
    await this.#send(Buffer.concat(this.#pieces))
    this.#pieces = []
    this.#bytes = 0
    await this.#sending
  }

  /** When nothing is on its way any more, well or not. */
  async settled(): Promise<void> {
    await this.#sending.catch(() => undefined)
  }

  async #send(lot: Buffer): Promise<void> {
    await this.#sending
    if (lot.length === 0) return
    this.#onLot(lot)
    this.#sending = this.#database.copy(this.#into, lot).then((rows) => {
      this.rows += rows
    })
    // Its failure is thrown where it is waited for.
    this.#sending.catch(() => undefined)
  }
}

/** Where the last line ends: a line feed behind a backslash may belong to a cell. */
function endOfLines(text: Buffer): number {
  let at = text.lastIndexOf(LINE_FEED)
  while (at > 0 && text[at - 1] === BACKSLASH) at = text.lastIndexOf(LINE_FEED, at - 1)
  return at + 1
}
