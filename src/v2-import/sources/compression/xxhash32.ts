const PRIME_1 = 0x9e3779b1
const PRIME_2 = 0x85ebca77
const PRIME_3 = 0xc2b2ae3d
const PRIME_4 = 0x27d4eb2f
const PRIME_5 = 0x165667b1
const STRIPE = 16

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function round(lane: number, word: number): number {
  return Math.imul(rotate((lane + Math.imul(word, PRIME_2)) | 0, 13), PRIME_1)
}

/** The 32-bit xxHash (seed 0) of bytes given piece by piece, as LZ4 frames carry it. */
export class XxHash32 {
  readonly #lanes = Int32Array.of(PRIME_1 + PRIME_2, PRIME_2, 0, -PRIME_1)
  readonly #rest = Buffer.alloc(STRIPE)
  #restLength = 0
  #length = 0

  update(bytes: Buffer): void {
    this.#length += bytes.length
    let at = 0
    if (this.#restLength > 0) {
      at = Math.min(STRIPE - this.#restLength, bytes.length)
      bytes.copy(this.#rest, this.#restLength, 0, at)
      this.#restLength += at
      if (this.#restLength < STRIPE) return
      this.#stripes(this.#rest, 0)
      this.#restLength = 0
    }
    at = this.#stripes(bytes, at)
    this.#restLength = bytes.copy(this.#rest, 0, at)
  }

  /** Unsigned. More bytes may follow. */
  digest(): number {
    const [one = 0, two = 0, three = 0, four = 0] = this.#lanes
    const long = this.#length >= STRIPE
    let hash = long ? (rotate(one, 1) + rotate(two, 7) + rotate(three, 12) + rotate(four, 18)) | 0 : PRIME_5 | 0
    hash = (hash + this.#length) | 0
    let at = 0
    for (; at + 4 <= this.#restLength; at += 4) {
      hash = Math.imul(rotate((hash + Math.imul(this.#rest.readInt32LE(at), PRIME_3)) | 0, 17), PRIME_4)
    }
    for (; at < this.#restLength; at += 1) {
      hash = Math.imul(rotate((hash + Math.imul(this.#rest[at] ?? 0, PRIME_5)) | 0, 11), PRIME_1)
    }
    hash = Math.imul(hash ^ (hash >>> 15), PRIME_2)
    hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
    return (hash ^ (hash >>> 16)) >>> 0
  }

  /** Works through whole stripes from `at` on; gives where the rest begins. */
  #stripes(bytes: Buffer, at: number): number {
    let [one = 0, two = 0, three = 0, four = 0] = this.#lanes
    for (; at + STRIPE <= bytes.length; at += STRIPE) {
      one = round(one, bytes.readInt32LE(at))
      two = round(two, bytes.readInt32LE(at + 4))
      three = round(three, bytes.readInt32LE(at + 8))
      four = round(four, bytes.readInt32LE(at + 12))
    }
    this.#lanes.set([one, two, three, four])
    return at
  }
}

export function xxHash32(bytes: Buffer): number {
  const hash = new XxHash32()
  hash.update(bytes)
  return hash.digest()
}
