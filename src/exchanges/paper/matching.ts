import { compare } from '#domain/money/fixed.ts'
import type { MarketSlice } from './market-slice.ts'
import { ticksOf } from './paper-instrument.ts'
import type { PaperOrder } from './paper-order.ts'
import type { PaperParameters } from './paper-parameters.ts'
import { seededInteger } from './seeded-hash.ts'
import { referenceTicks, type BookFill, type SyntheticBook } from './synthetic-book.ts'

export interface MatchedFill extends BookFill {
  readonly liquidity: 'MAKER' | 'TAKER'
  readonly ts: number
}

export interface MatchContext {
  readonly slice: MarketSlice
  readonly book: SyntheticBook
  /** Close time of the slice before this one: tells an order that just arrived from one that was resting. */
  readonly previousCloseTime: number
  readonly parameters: PaperParameters
  readonly seed: string
}

/** An order that came well after the open can be sure only of the close. */
function sliceAfterArrival(slice: MarketSlice, arrival: number, openToleranceMs: number): MarketSlice {
  if (arrival - slice.openTime <= openToleranceMs) return slice
  const { close } = slice
  return { ...slice, open: close, high: close, low: close }
}

/** What fills of an order in one slice, up to `want` lots. The slice must close after the order arrived. */
export function matchOrder(order: PaperOrder, want: bigint, context: MatchContext): readonly MatchedFill[] {
  const { book, parameters } = context
  const slice = sliceAfterArrival(context.slice, order.arrival, parameters.openToleranceMs)
  const { side, type, price } = order.request
  const takerTs = Math.max(context.slice.openTime, order.arrival)
  const reference = referenceTicks(slice, side, order.instrument)
  if (type === 'MARKET') {
    return book.take(side, want, reference, undefined).map((fill) => ({ ...fill, liquidity: 'TAKER', ts: takerTs }))
  }
  if (price === undefined) return []
  const limit = ticksOf(price, order.instrument, 'half-even')
  const fills: MatchedFill[] = []
  if (context.previousCloseTime <= order.arrival) {
    for (const fill of book.take(side, want, reference, limit)) {
      fills.push({ ...fill, liquidity: 'TAKER', ts: takerTs })
      want -= fill.lots
    }
  }
  if (want > 0n && restingTrades(order, slice, context)) {
    const lots = book.takeResting(want)
    if (lots > 0n) fills.push({ ticks: limit, lots, liquidity: 'MAKER', ts: slice.closeTime })
  }
  return fills
}

/** A resting order trades when the price goes through it, or, with luck in the queue, when it touches it. */
function restingTrades(order: PaperOrder, slice: MarketSlice, { parameters, seed }: MatchContext): boolean {
  const { price, side, clientOrderId } = order.request
  if (price === undefined) return false
  const through = side === 'BUY' ? compare(price, slice.low) : compare(slice.high, price)
  if (through !== 0) return through > 0
  return seededInteger(1_000, seed, 'queue', clientOrderId, slice.openTime) < parameters.touchFillPermille
}
