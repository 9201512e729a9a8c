import { RowHash } from './row-hash.ts'

/** Of an entry: two of the key's hash, of which the first is never zero, two of the row's. */
const WORDS = 4
const SLOTS_MIN = 1_024
/** 128 MiB; three quarters can be used, so a table may have 6,291,456 keys before its memory is full. */
const SLOTS_MAX = 2 ** 23

/** `unknown`: the memory is full and the key was not in it. */
export type KeyState = 'new' | 'same-row' | 'other-row' | 'unknown'

/**
 * Remembers the keys of a table by 16 bytes each, in a table of open addressing. It holds hashes of 64 bits, not the keys: among a
 * million keys the chance that one new key looks taken is 3 in 100 million, and that its row then looks the same is nil.
 */
export class KeyMemory {
  #slots = new Uint32Array(SLOTS_MIN * WORDS)
  #count = 0
  readonly #hasher = new RowHash()
  readonly #slotsMax: number

  constructor(slotsMax = SLOTS_MAX) {
    this.#slotsMax = slotsMax
  }

  /** Whether this key was met before, and if so with the same row, as `copyLine` writes it. Remembers it if not. */
  meet(key: string, row: string): KeyState {
    const hash = this.#hasher
    hash.hashText(key)
    const { low, high } = hash
    const at = this.#find(low, high)
    hash.hashText(row)
    if (this.#slots[at] !== 0) return this.#slots[at + 2] === hash.low && this.#slots[at + 3] === hash.high ? 'same-row' : 'other-row'
    if (this.#count >= (this.#slots.length / WORDS / 4) * 3 && !this.#grow()) return 'unknown'
    this.#put(low, high, hash)
    return 'new'
  }

  /** Where the key stands, or where it would. */
  #find(low: number, high: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let at = (low << 2) & mask
    while (slots[at] !== 0 && (slots[at] !== low || slots[at + 1] !== high)) at = (at + WORDS) & mask
    return at
  }

  #put(low: number, high: number, row: { readonly low: number; readonly high: number }): void {
    const at = this.#find(low, high)
    this.#slots[at] = low
    this.#slots[at + 1] = high
    this.#slots[at + 2] = row.low
    this.#slots[at + 3] = row.high
    this.#count += 1
  }

  #grow(): boolean {
    const old = this.#slots
    if ((old.length / WORDS) * 2 > this.#slotsMax) return false
    this.#slots = new Uint32Array(old.length * 2)
    for (let at = 0; at < old.length; at += WORDS) {
      const low = old[at] ?? 0
      if (low === 0) continue
      const to = this.#find(low, old[at + 1] ?? 0)
      for (let word = 0; word < WORDS; word += 1) this.#slots[to + word] = old[at + word] ?? 0
    }
    return true
  }
}
