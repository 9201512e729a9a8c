/**
 * A set that forgets its oldest member when it is full. Adding a member again does not make it younger. The order is kept in
 * a ring beside the set: asking a JavaScript set for its first member walks over all that was deleted before it.
 */
export class RecentSet<T> {
  readonly #members = new Set<T>()
  readonly #ring: T[] = []
  readonly #max: number
  #oldest = 0

  constructor(max: number) {
    this.#max = max
  }

  has(member: T): boolean {
    return this.#members.has(member)
  }

  /** The member that had to go, if any. */
  add(member: T): T | undefined {
    if (this.#members.has(member)) return undefined
    this.#members.add(member)
    if (this.#ring.length < this.#max) {
      this.#ring.push(member)
      return undefined
    }
    const forgotten = this.#ring[this.#oldest]
    this.#ring[this.#oldest] = member
    this.#oldest = (this.#oldest + 1) % this.#max
    if (forgotten !== undefined) this.#members.delete(forgotten)
    return forgotten
  }

  get size(): number {
    return this.#members.size
  }

  /** Oldest first, as they are now. */
  toArray(): T[] {
    return this.#ring.slice(this.#oldest).concat(this.#ring.slice(0, this.#oldest))
  }

  [Symbol.iterator](): ArrayIterator<T> {
    return this.toArray()[Symbol.iterator]()
  }
}
