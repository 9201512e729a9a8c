import type { Row } from './tables.ts'

/** A change of a row that an earlier batch wrote. */
export interface RowPatch {
  readonly key: Row
  readonly patch: Row
}

/** Rows of one table, one a key, as a batch of facts leaves them: whole ones, and changes of rows this batch does not know. */
export class KeyedRows {
  readonly #names: readonly string[]
  readonly #rows = new Map<string, Row>()
  readonly #patches = new Map<string, RowPatch>()

  /** `names`: the columns of the key. */
  constructor(names: readonly string[]) {
    this.#names = names
  }

  /** A whole row: what was known of the key counts no more. */
  put(row: Row): void {
    const key = this.#keyOf(row)
    this.#patches.delete(key)
    this.#rows.set(key, row)
  }

  /** Changes columns of the row with this key, whoever wrote it. */
  patch(key: Row, patch: Row): void {
    const text = this.#keyOf(key)
    const row = this.#rows.get(text)
    if (row !== undefined) this.#rows.set(text, { ...row, ...patch })
    else this.#patches.set(text, { key, patch: { ...this.#patches.get(text)?.patch, ...patch } })
  }

  row(key: Row): Row | undefined {
    return this.#rows.get(this.#keyOf(key))
  }

  /** Whether this batch holds a change of the key's row without the row. */
  isPatched(key: Row): boolean {
    return this.#patches.has(this.#keyOf(key))
  }

  get rows(): readonly Row[] {
    return [...this.#rows.values()]
  }

  get patches(): readonly Row[] {
    return [...this.#patches.values()].map(({ key, patch }) => ({ ...key, patch }))
  }

  #keyOf(row: Row): string {
    return JSON.stringify(this.#names.map((name) => row[name]))
  }
}
