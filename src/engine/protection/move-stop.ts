import { Price } from '#domain/money/price.ts'
import type { ProtectionCause } from '#domain/protection.ts'
import type { EngineState, HeldPosition, PositionKey } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { averageTrueRange } from './average-true-range.ts'
import { advantage, further, leastMove, profitLevel, stopBehind, type Sight } from './levels.ts'
import type { ParsedPlan } from './plan.ts'

export interface StopAt {
  readonly key: PositionKey
  readonly plan: ParsedPlan
  readonly sight: Sight
  readonly entry: Price
  /** Most profitable price seen, and the price now. */
  readonly extreme: Price
  readonly last: Price
}

/**
 * Moves the stop of a position in its favour, one decision after the other: to breakeven, from lock to lock, behind the best price.
 * It never moves beyond the price: where a bar has been far enough and come back, the stop it would have set was met on the way
 * back. True then: the position is to be closed.
 */
export function moveStop(tx: Transaction, at: StopAt): boolean {
  const { plan, sight, entry, extreme } = at
  const isReached = (level: Price) => advantage(sight, extreme, level) >= 0
  if (plan.breakeven !== undefined && isReached(profitLevel(sight, entry, plan.breakeven.at))) {
    if (put(tx, at, { stop: profitLevel(sight, entry, plan.breakeven.offset), cause: 'BREAKEVEN' })) return true
  }
  for (const { at: from, lock } of plan.locks) {
    if (!isReached(profitLevel(sight, entry, from))) break
    if (put(tx, at, { stop: profitLevel(sight, entry, lock), cause: 'LOCK' })) return true
  }
  return trail(tx, at)
}

/** Puts the stop there unless it is already as good; true when the price has already come back beyond it. */
function put(
  tx: Transaction,
  at: StopAt,
  wanted: { readonly stop: Price; readonly cause: ProtectionCause; readonly highWater?: Price },
): boolean {
  const { key, sight, last } = at
  const held = tx.state.positions.get(key)
  if (held === undefined) return false
  const { stop, cause, highWater } = wanted
  if (held.stopLoss !== undefined && advantage(sight, stop, held.stopLoss) <= 0) return false
  if (advantage(sight, last, stop) <= 0) return true
  recordMove(tx, held, { stop, cause, highWater })
  return false
}

function recordMove(
  tx: Transaction,
  { traderId, symbol }: HeldPosition,
  { stop, cause, highWater }: { readonly stop?: Price; readonly cause: ProtectionCause; readonly highWater?: Price | undefined },
): void {
  tx.record({
    type: 'ProtectionMoved',
    ts: tx.ts,
    traderId,
    symbol,
    stopLoss: stop === undefined ? undefined : Price.format(stop),
    highWater: highWater === undefined ? undefined : Price.format(highWater),
    cause,
  })
}

/**
 * The best price is recorded only together with the stop it moves, so that the journal grows by steps and not by ticks; what lies
 * between two steps would not move the stop.
 */
function trail(tx: Transaction, at: StopAt): boolean {
  const { key, plan, sight, entry, extreme } = at
  const { trailing } = plan
  const held = tx.state.positions.get(key)
  const guard = tx.state.guards.get(key)
  if (trailing === undefined || held === undefined || guard === undefined) return false
  const isNewBest = guard.highWater === undefined || advantage(sight, extreme, guard.highWater) > 0
  const best = further(sight, guard.highWater, extreme)
  if (guard.highWater === undefined && trailing.activation !== undefined) {
    if (advantage(sight, extreme, profitLevel(sight, entry, trailing.activation)) < 0) return false
  }
  const stop = stopBehind(sight, best, trailing, rangeFor(tx.state, held))
  if (stop === undefined) return false
  if (!isWorthIt(at, { held, stop, best })) {
    if (guard.highWater === undefined) recordMove(tx, held, { cause: 'TRAILING', highWater: best })
    return false
  }
  if (put(tx, at, { stop, cause: 'TRAILING', highWater: best })) return isNewBest
  return false
}

function rangeFor(state: EngineState, { traderId, symbol }: HeldPosition): Price | undefined {
  return averageTrueRange(state, traderId, symbol)
}

function isWorthIt(
  { plan, sight }: StopAt,
  { held, stop, best }: { readonly held: HeldPosition; readonly stop: Price; readonly best: Price },
): boolean {
  const { stopLoss } = held
  if (stopLoss === undefined) return true
  if (advantage(sight, stop, stopLoss) <= 0) return false
  const gained = sight.isLong ? Price.subtract(stop, stopLoss) : Price.subtract(stopLoss, stop)
  return Price.compare(gained, leastMove(sight, best, plan.trailing?.step)) >= 0
}
