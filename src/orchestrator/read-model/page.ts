/** What memory knows of one page of a list. */
export interface MemoryPage<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
  /** False: rows at and below `floorSeq` are no longer in memory, and the page ran into that floor. */
  readonly reachesBack: boolean
  readonly floorSeq: number
}

export interface PageRequest<T> {
  readonly limit: number
  /** Only rows with a smaller `seq`. */
  readonly cursor?: string | undefined
  readonly floorSeq: number
  readonly match: (row: T) => boolean
}

/** One page of `rows`, which come newest first. */
export function takePage<T extends { readonly seq: number }>(rows: Iterable<T>, request: PageRequest<T>): MemoryPage<T> {
  const before = request.cursor === undefined ? Number.POSITIVE_INFINITY : Number(request.cursor)
  const items: T[] = []
  for (const row of rows) {
    if (row.seq >= before || row.seq <= request.floorSeq || !request.match(row)) continue
    if (items.length === request.limit) {
      return { items, nextCursor: String(items.at(-1)?.seq ?? 0), reachesBack: true, floorSeq: request.floorSeq }
    }
    items.push(row)
  }
  return { items, nextCursor: null, reachesBack: request.floorSeq === 0, floorSeq: request.floorSeq }
}

/** The filters lists have in common. */
export interface RowFilter {
  readonly symbol?: string | undefined
  readonly trader_id?: string | undefined
  readonly strategy?: string | undefined
}

export function matches(
  filter: RowFilter,
  row: { readonly symbol: string; readonly trader_id: string; readonly strategy: string },
): boolean {
  return (
    (filter.symbol === undefined || filter.symbol === row.symbol) &&
    (filter.trader_id === undefined || filter.trader_id === row.trader_id) &&
    (filter.strategy === undefined || filter.strategy === row.strategy)
  )
}
