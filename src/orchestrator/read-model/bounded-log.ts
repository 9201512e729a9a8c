export interface BoundedLogState<T> {
  readonly rows: readonly T[]
  readonly oldest: number
  readonly floorSeq: number
}

/** The last `capacity` rows of a list that only grows, in the order of their `seq`. Constant memory. */
export class BoundedLog<T extends { readonly seq: number }> {
  readonly #capacity: number
  readonly #rows: T[]
  #oldest: number
  #floorSeq: number

  constructor(capacity: number, saved?: BoundedLogState<T>) {
    this.#capacity = capacity
    this.#rows = [...(saved?.rows ?? [])]
    this.#oldest = saved?.oldest ?? 0
    this.#floorSeq = saved?.floorSeq ?? 0
  }

  /** What a new log of the same capacity goes on from. */
  save(): BoundedLogState<T> {
    return { rows: this.#rows, oldest: this.#oldest, floorSeq: this.#floorSeq }
  }

  push(row: T): void {
    if (this.#rows.length < this.#capacity) {
      this.#rows.push(row)
      return
    }
    this.#floorSeq = this.#rows[this.#oldest]?.seq ?? this.#floorSeq
    this.#rows[this.#oldest] = row
    this.#oldest = (this.#oldest + 1) % this.#capacity
  }

  get size(): number {
    return this.#rows.length
  }

  /** Place of the newest row that is gone; 0 while every row is still here. */
  get floorSeq(): number {
    return this.#floorSeq
  }

  *newestFirst(): Generator<T> {
    for (let i = this.#rows.length - 1; i >= 0; i -= 1) {
      const row = this.#rows[(this.#oldest + i) % this.#rows.length]
      if (row !== undefined) yield row
    }
  }

  /** The last `count` rows, newest last. */
  tail(count: number): T[] {
    return this.newestFirst().take(count).toArray().reverse()
  }
}
