/** A set that forgets its oldest member when it is full. Adding a member again does not make it younger. */
export class RecentSet<T> {
  readonly #members = new Set<T>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  has(member: T): boolean {
    return this.#members.has(member)
  }

  /** The member that had to go, if any. */
  add(member: T): T | undefined {
    this.#members.add(member)
    if (this.#members.size <= this.#max) return undefined
    for (const oldest of this.#members) {
      this.#members.delete(oldest)
      return oldest
    }
    return undefined
  }

  delete(member: T): void {
    this.#members.delete(member)
  }

  get size(): number {
    return this.#members.size
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#members.values()
  }
}
