import * as fixed from '#domain/money/fixed.ts'
import type { BasisPoints } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Position } from '#domain/position.ts'
import type { HeldPosition } from '../state.ts'
import type { ParsedTrailing } from './plan.ts'

/** Prices as a position sees them: up is profit for a long one, down for a short one. */

/** Digits of the average entry price that levels are counted from. */
const AVERAGE_SCALE = 12
const BPS_SCALE = 4

export interface Sight {
  readonly isLong: boolean
  readonly tick: Price
}

export const isLong = (position: Pick<HeldPosition, 'quantity'>): boolean => position.quantity.units > 0n

/** The average entry price; undefined when flat. */
export function entryPrice(position: HeldPosition): Price | undefined {
  return Position.averagePrice(position, AVERAGE_SCALE)
}

/** Positive when `a` is more profitable than `b`. */
export function advantage(sight: Pick<Sight, 'isLong'>, a: Price, b: Price): number {
  return sight.isLong ? Price.compare(a, b) : Price.compare(b, a)
}

export function further(sight: Pick<Sight, 'isLong'>, a: Price | undefined, b: Price): Price {
  return a === undefined || advantage(sight, b, a) > 0 ? b : a
}

/** Where the profit is `bps` of the entry price, on the tick at which it is at least that. */
export function profitLevel(sight: Sight, entry: Price, bps: BasisPoints): Price {
  const part = fixed.multiply<'Price'>(entry, fixed.make(bps.units, bps.scale + BPS_SCALE))
  const exact = sight.isLong ? Price.add(entry, part) : Price.subtract(entry, part)
  return Price.roundToTick(exact, sight.tick, sight.isLong ? 'ceil' : 'floor')
}

/** A stop at least this distance behind the best price; undefined where there is no such price, or no average range yet. */
export function stopBehind(sight: Sight, best: Price, trailing: ParsedTrailing, averageRange: Price | undefined): Price | undefined {
  const distance = distanceOf(best, trailing, averageRange)
  if (distance === undefined) return undefined
  const exact = sight.isLong ? Price.subtract(best, distance) : Price.add(best, distance)
  const stop = Price.roundToTick(exact, sight.tick, sight.isLong ? 'floor' : 'ceil')
  return Price.isPositive(stop) ? stop : undefined
}

function distanceOf(best: Price, { by, distance }: ParsedTrailing, averageRange: Price | undefined): Price | undefined {
  if (by === 'PRICE') return fixed.make<'Price'>(distance.units, distance.scale)
  if (by === 'BPS') return fixed.multiply<'Price'>(best, fixed.make(distance.units, distance.scale + BPS_SCALE))
  return averageRange === undefined ? undefined : fixed.multiply<'Price'>(averageRange, distance)
}

/** The least by which a stop moves: a tick, or more where the plan says so. */
export function leastMove(sight: Sight, best: Price, step: BasisPoints | undefined): Price {
  if (step === undefined) return sight.tick
  const asked = fixed.multiply<'Price'>(best, fixed.make(step.units, step.scale + BPS_SCALE))
  return Price.compare(asked, sight.tick) > 0 ? asked : sight.tick
}
