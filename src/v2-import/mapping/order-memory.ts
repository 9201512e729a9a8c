const CHUNK_BYTES = 2 ** 20
const CHUNKS_MAX = 64
/** Before the letters of an order: its exchange, and two bytes of how many letters follow. */
const HEAD_BYTES = 3
const SLOTS_MIN = 1_024
/** Three quarters of the slots can be used. */
const SLOTS_MAX = 2 ** 23
const BYTE_VALUES = 2 ** 8
const LENGTH_MAX = 2 ** 16 - 1
const [SEED, FACTOR] = [0x811c9dc5, 0x01000193]

/**
 * Remembers orders by exchange and id, letter for letter: about 25 bytes each and 96 MiB at most, so some three million of the usual ids.
 * What it says it has, it has; what it could not take makes it incomplete, and somebody else must decide what it does not have.
 */
export class OrderMemory {
  readonly #exchanges: string[] = []
  readonly #chunks: Uint8Array[] = []
  readonly #chunksMax: number
  #used = CHUNK_BYTES
  /** Place of an order, plus one; open addressing. */
  #slots = new Uint32Array(SLOTS_MIN)
  #count = 0
  #isComplete = true

  constructor(chunksMax = CHUNKS_MAX) {
    this.#chunksMax = chunksMax
  }

  /** Whether everything that was to be remembered is. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Nothing more is to be relied on but what it has. */
  giveUp(): void {
    this.#isComplete = false
  }

  remember(exchange: string, orderId: string): void {
    const from = this.#exchangeOf(exchange)
    const at = this.#slotOf(from, orderId)
    if (this.#slots[at] !== 0) return
    const place = this.#hasRoom() ? this.#store(from, orderId) : undefined
    if (place === undefined) this.#isComplete = false
    else {
      this.#slots[this.#slotOf(from, orderId)] = place + 1
      this.#count += 1
    }
  }

  has(exchange: string, orderId: string): boolean {
    const from = this.#exchanges.indexOf(exchange)
    return from !== -1 && this.#slots[this.#slotOf(from, orderId)] !== 0
  }

  #exchangeOf(exchange: string): number {
    const known = this.#exchanges.indexOf(exchange)
    return known === -1 && this.#exchanges.length < BYTE_VALUES ? this.#exchanges.push(exchange) - 1 : known
  }

  /** Where it stands, or where it would. */
  #slotOf(exchange: number, orderId: string): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let hash = SEED ^ exchange
    for (let at = 0; at < orderId.length; at += 1) hash = Math.imul(hash ^ orderId.charCodeAt(at), FACTOR)
    let slot = finish(hash) & mask
    for (let stored = slots[slot] ?? 0; stored !== 0; stored = slots[slot] ?? 0) {
      if (this.#isAt(stored - 1, exchange, orderId)) break
      slot = (slot + 1) & mask
    }
    return slot
  }

  #isAt(place: number, exchange: number, orderId: string): boolean {
    const { chunk, from } = this.#placeOf(place)
    if (chunk[from] !== exchange || lengthAt(chunk, from) !== orderId.length) return false
    for (let at = 0; at < orderId.length; at += 1) if (chunk[from + HEAD_BYTES + at] !== orderId.charCodeAt(at)) return false
    return true
  }

  #placeOf(place: number): { readonly chunk: Uint8Array; readonly from: number } {
    const chunk = this.#chunks[Math.floor(place / CHUNK_BYTES)]
    if (chunk === undefined) throw new Error(`nothing is stored at ${place}`)
    return { chunk, from: place % CHUNK_BYTES }
  }

  /** Undefined if there is no room, or a letter that one byte cannot hold. */
  #store(exchange: number, orderId: string): number | undefined {
    if (exchange === -1 || orderId.length > LENGTH_MAX) return undefined
    for (let at = 0; at < orderId.length; at += 1) if (orderId.charCodeAt(at) >= BYTE_VALUES) return undefined
    if (this.#used + HEAD_BYTES + orderId.length > CHUNK_BYTES) {
      if (this.#chunks.length >= this.#chunksMax) return undefined
      this.#chunks.push(new Uint8Array(CHUNK_BYTES))
      this.#used = 0
    }
    const place = (this.#chunks.length - 1) * CHUNK_BYTES + this.#used
    const { chunk, from } = this.#placeOf(place)
    chunk[from] = exchange
    chunk[from + 1] = orderId.length % BYTE_VALUES
    chunk[from + 2] = Math.floor(orderId.length / BYTE_VALUES)
    for (let at = 0; at < orderId.length; at += 1) chunk[from + HEAD_BYTES + at] = orderId.charCodeAt(at)
    this.#used += HEAD_BYTES + orderId.length
    return place
  }

  #hasRoom(): boolean {
    const old = this.#slots
    if (this.#count < (old.length / 4) * 3) return true
    if (old.length * 2 > SLOTS_MAX) return false
    this.#slots = new Uint32Array(old.length * 2)
    const mask = this.#slots.length - 1
    for (const stored of old) {
      if (stored === 0) continue
      let slot = this.#hashAt(stored - 1) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = stored
    }
    return true
  }

  #hashAt(place: number): number {
    const { chunk, from } = this.#placeOf(place)
    const length = lengthAt(chunk, from)
    let hash = SEED ^ (chunk[from] ?? 0)
    for (let at = 0; at < length; at += 1) hash = Math.imul(hash ^ (chunk[from + HEAD_BYTES + at] ?? 0), FACTOR)
    return finish(hash)
  }
}

function lengthAt(chunk: Uint8Array, from: number): number {
  return (chunk[from + 1] ?? 0) + (chunk[from + 2] ?? 0) * BYTE_VALUES
}

/** Moves the high bits, which FNV-1a mixes best, down to where slots are chosen by. */
function finish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (mixed ^ (mixed >>> 13)) >>> 0
}
