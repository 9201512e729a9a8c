import { compare } from '#domain/money/fixed.ts'
import type { Price } from '#domain/money/price.ts'
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

/**
 * First all orders that take: market orders, and limit orders that just arrived and cross. They trade around the open, in
 * the order of their arrival. Up to `want` lots; the slice must close after the order arrived.
 */
export function takeLiquidity(order: PaperOrder, want: bigint, context: MatchContext): readonly MatchedFill[] {
  if (isResting(order, context)) return []
  const { side, timeInForce } = order.request
  const { reference, limit } = termsOf(order, context)
  if (timeInForce === 'FOK' && !context.book.offers(side, want, reference, limit)) return []
  const fills = context.book.take(side, want, reference, limit)
  const ts = takenAt(order, context)
  return fills.map((fill) => ({ ...fill, liquidity: 'TAKER', ts }))
}

/** When an order that arrives in a slice trades, or ends, against what it finds. */
export function takenAt(order: PaperOrder, { slice }: MatchContext): number {
  return Math.max(slice.openTime, order.arrival)
}

function isResting({ request, arrival }: PaperOrder, { previousCloseTime }: MatchContext): boolean {
  return request.type === 'LIMIT' && previousCloseTime > arrival
}

function termsOf(order: PaperOrder, context: MatchContext): { readonly reference: bigint; readonly limit: bigint | undefined } {
  const { side, type, price } = order.request
  const slice = sliceAfterArrival(context.slice, order.arrival, context.parameters.openToleranceMs)
  const limit = type === 'MARKET' || price === undefined ? undefined : ticksOf(price, order.instrument, 'half-even')
  return { reference: referenceTicks(slice, side, order.instrument), limit }
}

/** Whether an order that may only rest would take on its arrival: the market has come to it on the way. */
export function wouldTake(order: PaperOrder, context: MatchContext): boolean {
  if (isResting(order, context)) return false
  const { side } = order.request
  const { reference, limit } = termsOf(order, context)
  const touch = context.book.touchTicks(side, reference)
  return limit === undefined || (side === 'BUY' ? touch <= limit : touch >= limit)
}

/** Then what rests: a limit order trades when the price goes through it, or, with luck in the queue, when it touches it. */
export function tradeResting(order: PaperOrder, want: bigint, context: MatchContext): readonly MatchedFill[] {
  const { type, price } = order.request
  if (type === 'MARKET' || price === undefined) return []
  const slice = sliceAfterArrival(context.slice, order.arrival, context.parameters.openToleranceMs)
  if (!isReached(order, price, slice, context)) return []
  const lots = context.book.takeResting(want)
  if (lots === 0n) return []
  return [{ ticks: ticksOf(price, order.instrument, 'half-even'), lots, liquidity: 'MAKER', ts: slice.closeTime }]
}

function isReached({ request }: PaperOrder, price: Price, slice: MarketSlice, { parameters, seed }: MatchContext): boolean {
  const through = request.side === 'BUY' ? compare(price, slice.low) : compare(slice.high, price)
  if (through !== 0) return through > 0
  return seededInteger(1_000, seed, 'queue', request.clientOrderId, slice.openTime) < parameters.touchFillPermille
}
