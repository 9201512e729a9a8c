import type { RawRow, RowDamage, DamageRule } from './import-source.ts'
import { BATCH_BYTES_MAX, BATCH_ROWS_MAX, DAMAGED_BYTES_MAX } from './limits.ts'

/** Gathers rows into batches by number and size. The cut depends on the rows alone, never on how the file was chunked. */
export class RowBatcher {
  #rows: RawRow[] = []
  #bytes = 0

  /** Takes a row; gives a batch when one is full. */
  add(row: RawRow): readonly RawRow[] | undefined {
    this.#rows.push(row)
    this.#bytes += sizeOf(row)
    return this.#rows.length >= BATCH_ROWS_MAX || this.#bytes >= BATCH_BYTES_MAX ? this.take() : undefined
  }

  /** What is left; undefined if nothing. */
  take(): readonly RawRow[] | undefined {
    const rows = this.#rows
    this.#rows = []
    this.#bytes = 0
    return rows.length === 0 ? undefined : rows
  }
}

function sizeOf(row: RawRow): number {
  let bytes = row.damage?.bytes.length ?? 0
  for (const cell of row.cells) bytes += cell?.length ?? 0
  return bytes
}

/** Batches of rows that come in small lots; if the lots end with an error, the rows before it are delivered first. */
export async function* inBatches(lots: AsyncIterable<readonly RawRow[]>): AsyncGenerator<readonly RawRow[], void, void> {
  const batcher = new RowBatcher()
  let failure: { readonly error: unknown } | undefined
  const iterator = lots[Symbol.asyncIterator]()
  try {
    while (true) {
      let next: IteratorResult<readonly RawRow[]>
      try {
        next = await iterator.next()
      } catch (error) {
        failure = { error }
        break
      }
      if (next.done === true) break
      for (const row of next.value) {
        const batch = batcher.add(row)
        if (batch !== undefined) yield batch
      }
    }
    const last = batcher.take()
    if (last !== undefined) yield last
    if (failure !== undefined) throw failure.error
  } finally {
    await iterator.return?.()
  }
}

/** The damage of a row, with a copy of its first bytes. */
export function rowDamage(rule: DamageRule, message: string, bytes: Buffer): RowDamage {
  return { rule, message, bytes: Uint8Array.from(bytes.subarray(0, DAMAGED_BYTES_MAX)) }
}
