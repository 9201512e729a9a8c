import type { Price } from '#domain/money/price.ts'
import type { EngineState, HeldPosition, PositionKey } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { beginClose, isBeingAsked, mayAct } from './close-position.ts'
import { takeLadder } from './ladder.ts'
import { advantage, entryPrice, isLong, type Sight } from './levels.ts'
import { moveStop } from './move-stop.ts'
import { isGuardedByExchange } from './native-stop.ts'
import { readPlan, type ParsedPlan } from './plan.ts'
import { seenBy, type PriceRange } from './price-range.ts'

/** How long a price may lie beyond a stop at the exchange before this engine closes the position itself. */
export const STOP_GRACE_MS = 5_000

/**
 * Follows the plans of the positions in an instrument over a range of prices. Where the exchange keeps no stop, it
 * protects only while the workstation runs and is connected. Within a range nobody knows what came first; the stop that was in force before
 * it is taken first, then steps and target, and then the stop is moved.
 */
export function watchPositions(tx: Transaction, range: PriceRange): void {
  const { state } = tx
  const open = state.books.get(range.symbol)?.open
  if (open === undefined || open.size === 0 || !mayAct(state)) return
  for (const key of open) {
    const position = state.positions.get(key)
    if (position === undefined || isBeingAsked(state, key) || state.closing.has(key)) continue
    watch(tx, key, position, seenBy(range, position.updatedAt))
  }
}

function watch(tx: Transaction, key: PositionKey, position: HeldPosition, { low, high, last }: PriceRange): void {
  const long = isLong(position)
  const [extreme, worst] = long ? [high, low] : [low, high]
  const { stopLoss, takeProfit } = position
  const isMet = stopLoss !== undefined && advantage({ isLong: long }, worst, stopLoss) <= 0
  if (!isMet) tx.state.stopsCrossed.delete(key)
  else if (isLeftToExchange(tx, key, position)) return
  else return beginClose(tx, key, 'STOP_LOSS')
  const isTargetMet = takeProfit !== undefined && advantage({ isLong: long }, extreme, takeProfit) >= 0
  const planned = planAt(tx.state, key, position)
  if (planned !== undefined && planned.plan.ladder.length > 0) {
    const guard = tx.state.guards.get(key)
    if (guard !== undefined) takeLadder(tx, { key, position, guard, ...planned, extreme, before: isTargetMet ? takeProfit : undefined })
  }
  if (isTargetMet) return beginClose(tx, key, 'TAKE_PROFIT')
  if (planned !== undefined && moveStop(tx, { key, ...planned, extreme, last })) beginClose(tx, key, 'STOP_LOSS')
}

/** A stop that the exchange has confirmed is the exchange's to fill, unless it does not for a while. */
function isLeftToExchange(tx: Transaction, key: PositionKey, position: HeldPosition): boolean {
  if (!isGuardedByExchange(tx.state, key, position)) return false
  const since = tx.state.stopsCrossed.get(key) ?? tx.ts
  tx.state.stopsCrossed.set(key, since)
  return tx.ts - since < STOP_GRACE_MS
}

/** After a fill the plan looks at the price of the fill: a trailing stop stands from the first moment. */
export function adjustToFill(tx: Transaction, key: PositionKey, price: Price): void {
  const position = tx.state.positions.get(key)
  if (position === undefined || position.quantity.units === 0n || tx.state.closing.has(key)) return
  const planned = planAt(tx.state, key, position)
  if (planned !== undefined) moveStop(tx, { key, ...planned, extreme: price, last: price })
}

function planAt(
  state: EngineState,
  key: PositionKey,
  position: HeldPosition,
): { readonly plan: ParsedPlan; readonly sight: Sight; readonly entry: Price } | undefined {
  const plan = state.guards.get(key)?.plan
  const instrument = state.instruments.get(position.symbol)
  const entry = plan === undefined ? undefined : entryPrice(position)
  if (plan === undefined || instrument === undefined || entry === undefined) return undefined
  const read = readPlan(plan)
  if ('problem' in read) return undefined
  return { plan: read.plan, sight: { isLong: isLong(position), tick: instrument.tickSize }, entry }
}
