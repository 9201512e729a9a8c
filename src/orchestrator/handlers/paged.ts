import type { MemoryPage } from '../read-model/page.ts'

interface PagedQuery {
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface Paged<T> {
  readonly items: T[]
  readonly next_cursor: string | null
  readonly source: 'memory' | 'postgres' | 'memory+postgres'
  readonly complete: boolean
}

/**
 * A page of a list whose new rows are in memory and whose old ones are in Postgres. Without Postgres the page has what
 * memory has and says that it may not be complete.
 */
export async function paged<T extends { readonly seq: number }, Q extends PagedQuery>(
  query: Q,
  fromMemory: (acrossFloor: boolean) => MemoryPage<T>,
  older: (query: Q & { readonly before: number }) => Promise<readonly T[] | 'unavailable'>,
): Promise<Paged<T>> {
  const memory = fromMemory(false)
  if (memory.reachesBack) return { items: [...memory.items], next_cursor: memory.nextCursor, source: 'memory', complete: true }

  const missing = query.limit - memory.items.length
  if (missing === 0)
    return { items: [...memory.items], next_cursor: String(memory.items.at(-1)?.seq ?? 0), source: 'memory', complete: true }

  const cursor = query.cursor === undefined ? Number.POSITIVE_INFINITY : Number(query.cursor)
  const rows = await older({ ...query, limit: missing, before: Math.min(cursor, memory.floorSeq + 1) })
  if (rows === 'unavailable') {
    const all = fromMemory(true)
    return { items: [...all.items], next_cursor: all.nextCursor, source: 'memory', complete: false }
  }
  return {
    items: [...memory.items, ...rows],
    next_cursor: rows.length < missing ? null : String(rows.at(-1)?.seq ?? 0),
    source: memory.items.length === 0 ? 'postgres' : 'memory+postgres',
    complete: true,
  }
}
