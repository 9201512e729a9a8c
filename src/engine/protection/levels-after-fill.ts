import type { Position } from '#domain/position.ts'
import type { Protection, TrackedOrder } from '../state.ts'
import { exitSide } from './close-position.ts'
import { further, isLong } from './levels.ts'

/**
 * The levels in force after a fill. An entry hands its own to the position; one that adds to a position may bring the stop nearer and
 * set another target, and never loosens the stop. A flat position has none, and one that turned keeps nothing of the other side.
 */
export function levelsAfterFill(before: Position & Protection, order: TrackedOrder, after: Position): Protection {
  if (after.quantity.units === 0n) return {}
  const isSameSide = before.quantity.units !== 0n && before.quantity.units > 0n === after.quantity.units > 0n
  const held: Protection = isSameSide ? { stopLoss: before.stopLoss, takeProfit: before.takeProfit } : {}
  const adds = order.purpose === 'ENTRY' && exitSide(after) !== order.side
  if (!adds) return held
  const { stopLoss = held.stopLoss, takeProfit = held.takeProfit } = order
  const nearest =
    stopLoss === undefined || held.stopLoss === undefined ? stopLoss : further({ isLong: isLong(after) }, held.stopLoss, stopLoss)
  return { stopLoss: nearest, takeProfit }
}
