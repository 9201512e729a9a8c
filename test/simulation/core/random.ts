/** FNV-1a over the text, then mixed: the four words that start a generator. */
function words(text: string): [number, number, number, number] {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  const next = (): number => {
    hash = (hash + 0x9e3779b9) | 0
    let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return (mixed ^ (mixed >>> 16)) >>> 0
  }
  return [next(), next(), next(), next()]
}

/**
 * Seeded chance (sfc32). `split` gives a generator of its own for each name, whatever was drawn before: switching one fault
 * off leaves the dice of the others as they were.
 */
export class Random {
  readonly #key: string
  #a: number
  #b: number
  #c: number
  #counter: number

  constructor(key: string) {
    this.#key = key
    ;[this.#a, this.#b, this.#c, this.#counter] = words(key)
    for (let i = 0; i < 8; i += 1) this.uint32()
  }

  split(name: string): Random {
    return new Random(`${this.#key}/${name}`)
  }

  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }

  /** 0 ≤ n < 1. */
  float(): number {
    return this.uint32() / 4_294_967_296
  }

  /** 0 … n − 1. */
  below(n: number): number {
    return Math.floor(this.float() * n)
  }

  /** Both ends included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  chance(probability: number): boolean {
    return probability > 0 && this.float() < probability
  }

  /** Throws for an empty list. */
  pick<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)]
    if (list.length === 0) throw new Error('nothing to pick from')
    return chosen as T
  }

  weighted<T>(table: readonly (readonly [weight: number, value: T])[]): T {
    let at = this.float() * table.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, value] of table) {
      at -= weight
      if (at < 0) return value
    }
    return (table.at(-1) as readonly [number, T])[1]
  }
}
