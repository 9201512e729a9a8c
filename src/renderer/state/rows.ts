import type { StoreApi, UseBoundStore } from 'zustand'
import { create } from 'zustand'

/** Rows kept on the screen's side; the rest stays with the workstation. */
export const ROWS_MAX = 10_000
/** Rows over the bound before the oldest are cut, so that cutting is rare. */
const SLACK = 500

/** What a panel may say about its data. `stale` means: true at `since`, UTC milliseconds, and not known to be true now. */
export type Phase =
  | { readonly kind: 'loading' }
  | { readonly kind: 'live' }
  | { readonly kind: 'stale'; readonly since: number }
  | { readonly kind: 'error'; readonly message: string }

export interface RowsState<T> {
  readonly phase: Phase
  /** Newest first. */
  readonly rows: readonly T[]
  /** Cursor of the next older page; null when there is none; undefined when not asked yet. */
  readonly olderCursor: string | null | undefined
}

/** Rows by id, oldest first inside, newest first outside; a known id is replaced in its place. */
export class RowBook<T> {
  readonly #id: (row: T) => string
  #entries: T[] = []
  #places = new Map<string, number>()

  constructor(id: (row: T) => string) {
    this.#id = id
  }

  put(row: T): void {
    const id = this.#id(row)
    const place = this.#places.get(id)
    if (place !== undefined) this.#entries[place] = row
    else {
      this.#places.set(id, this.#entries.length)
      this.#entries.push(row)
      if (this.#entries.length > ROWS_MAX + SLACK) this.#rebuild(this.#entries.slice(-ROWS_MAX))
    }
  }

  /** A snapshot, oldest first. Older rows that were loaded by hand stay, as long as they end before it starts. */
  replace(rows: readonly T[]): void {
    this.#rebuild(rows.slice(-ROWS_MAX))
  }

  /** Older rows, newest first, as lists give them. */
  prepend(rows: readonly T[]): void {
    const fresh = rows.filter((row) => !this.#places.has(this.#id(row))).toReversed()
    this.#rebuild([...fresh, ...this.#entries].slice(-ROWS_MAX))
  }

  newestFirst(): readonly T[] {
    return this.#entries.toReversed()
  }

  #rebuild(entries: T[]): void {
    this.#entries = entries
    this.#places = new Map(entries.map((row, place) => [this.#id(row), place]))
  }
}

export interface RowsStore<T> {
  readonly use: UseBoundStore<StoreApi<RowsState<T>>>
  replace(rows: readonly T[]): void
  putAll(rows: readonly T[]): void
  addOlder(rows: readonly T[], cursor: string | null): void
  setPhase(phase: Phase): void
}

export function createRowsStore<T>(id: (row: T) => string): RowsStore<T> {
  const book = new RowBook<T>(id)
  const use = create<RowsState<T>>(() => ({ phase: { kind: 'loading' }, rows: [], olderCursor: undefined }))
  const publish = (): void => use.setState({ rows: book.newestFirst(), phase: { kind: 'live' } })
  return {
    use,
    replace: (rows) => {
      book.replace(rows)
      use.setState({ olderCursor: undefined })
      publish()
    },
    putAll: (rows) => {
      for (const row of rows) book.put(row)
      publish()
    },
    addOlder: (rows, cursor) => {
      book.prepend(rows)
      use.setState({ rows: book.newestFirst(), olderCursor: use.getState().rows.length >= ROWS_MAX ? null : cursor })
    },
    setPhase: (phase) => {
      const now = use.getState().phase
      if (phase.kind === 'stale' && now.kind !== 'live') return
      use.setState({ phase })
    },
  }
}
