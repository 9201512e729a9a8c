const CLOSING = Buffer.from('\n\\.')
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** Finds the line `\.` that closes the text of COPY, chunk by chunk. */
export class CopyEnd {
  /** The closing line was there. */
  isReached = false
  /** What may be the begin of the closing line; at first the line end that no text has before its first line. */
  #held = Buffer.from('\n')
  #extra = 1

  /** What of the text so far stands before the closing line; the end of it is held back for the next call. */
  before(chunk: Buffer): Buffer {
    if (this.isReached) return chunk.subarray(0, 0)
    const bytes = Buffer.concat([this.#held, chunk])
    let at = bytes.indexOf(CLOSING)
    while (at !== -1 && at + CLOSING.length < bytes.length) {
      const next = bytes[at + CLOSING.length]
      if (next === LINE_FEED || next === CARRIAGE_RETURN) {
        this.isReached = true
        return this.#take(bytes, at + 1)
      }
      at = bytes.indexOf(CLOSING, at + 1)
    }
    const end = at === -1 ? Math.max(0, bytes.length - CLOSING.length + 1) : at
    this.#held = bytes.subarray(end)
    return this.#take(bytes, end)
  }

  #take(bytes: Buffer, end: number): Buffer {
    const from = Math.min(this.#extra, end)
    this.#extra -= from
    return bytes.subarray(from, end)
  }
}
