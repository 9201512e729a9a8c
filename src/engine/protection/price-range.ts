import type { InstrumentSymbol } from '#domain/ids.ts'
import type { Price } from '#domain/money/price.ts'

/** Where a price has been. */
export interface PriceRange {
  readonly symbol: InstrumentSymbol
  readonly low: Price
  readonly high: Price
  readonly last: Price
  /** Since then every quote was looked at: for what changed later only `last` counts, not what came before it. */
  readonly watchedSince?: number | undefined
}

/** The part of a range that somebody who changed at `updatedAt` has lived through. */
export function seenBy(range: PriceRange, updatedAt: number): PriceRange {
  const { watchedSince, last } = range
  return watchedSince !== undefined && updatedAt > watchedSince ? { ...range, low: last, high: last } : range
}
