const [SEED_LOW, SEED_HIGH, FACTOR_LOW, FACTOR_HIGH] = [0x9e3779b1, 0x85ebca77, 0xcc9e2d51, 0x85ebca6b]
const LENGTH_MARK = 0x2_0000

/** A hash of 64 bits as two words; not made against those who look for collisions on purpose. */
export class RowHash {
  low = 0
  high = 0

  hashText(text: string): void {
    this.#begin()
    this.#mixText(text)
    this.#finish()
  }

  #begin(): void {
    this.low = SEED_LOW | 0
    this.high = SEED_HIGH | 0
  }

  /** Four characters at a time, then the length, so that the borders of cells count. */
  #mixText(text: string): void {
    const { length } = text
    let [low, high] = [this.low, this.high]
    let at = 0
    for (; at + 3 < length; at += 4) {
      low = Math.imul(low ^ (text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)), FACTOR_LOW)
      high = Math.imul(high ^ (text.charCodeAt(at + 2) | (text.charCodeAt(at + 3) << 16)), FACTOR_HIGH)
      low = (((low << 13) | (low >>> 19)) + high) | 0
      high = (((high << 15) | (high >>> 17)) + low) | 0
    }
    this.low = low
    this.high = high
    for (; at < length; at += 1) this.#mix(text.charCodeAt(at))
    this.#mix(LENGTH_MARK + length)
  }

  #mix(value: number): void {
    const [low, high] = [Math.imul(this.low ^ value, FACTOR_LOW), Math.imul(this.high ^ value, FACTOR_HIGH)]
    this.low = (low << 13) | (low >>> 19)
    this.high = (high << 15) | (high >>> 17)
  }

  /** The first word is never zero: that is what an empty slot holds. */
  #finish(): void {
    this.low = finish(this.low) || 1
    this.high = finish(this.high)
  }
}

/** The last step of MurmurHash3: every bit of the input moves every bit of the result. */
function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
