import { RowHash } from '../mapping/row-hash.ts'

const SLOTS_MIN = 64
const HIGH_BITS = 0x1f_ffff
const WORD = 2 ** 32

/**
 * Texts met so far, by 8 bytes each: hashes of 53 bits. Among a million texts the chance that a new one looks known is one in ten thousand
 * million for each. Takes no more than `countMax`.
 */
export class TextSet {
  readonly #countMax: number
  readonly #hasher = new RowHash()
  #slots = new Float64Array(SLOTS_MIN)
  #count = 0

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  get count(): number {
    return this.#count
  }

  /** `full`: it was not known, and there is no room to remember it. */
  add(text: string): 'new' | 'known' | 'full' {
    const hash = this.#hashOf(text)
    const at = this.#find(hash)
    if (this.#slots[at] !== 0) return 'known'
    if (this.#count >= this.#countMax) return 'full'
    this.#slots[at] = hash
    this.#count += 1
    if (this.#count * 4 > this.#slots.length * 3) this.#grow()
    return 'new'
  }

  has(text: string): boolean {
    return this.#slots[this.#find(this.#hashOf(text))] !== 0
  }

  /** Never zero, which is what an empty slot holds. */
  #hashOf(text: string): number {
    this.#hasher.hashText(text)
    return (this.#hasher.high & HIGH_BITS) * WORD + this.#hasher.low
  }

  #find(hash: number): number {
    const mask = this.#slots.length - 1
    let at = (hash % WORD) & mask
    while (this.#slots[at] !== 0 && this.#slots[at] !== hash) at = (at + 1) & mask
    return at
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Float64Array(old.length * 2)
    for (const hash of old) if (hash !== 0) this.#slots[this.#find(hash)] = hash
  }
}
