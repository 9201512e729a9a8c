import { isConditional } from '#domain/order.ts'
import type { OrderIntent } from '../risk/intent.ts'
import { positionKey, type EngineState, type PositionKey } from '../state.ts'

/** Flatten orders sent in a row for one position of which nothing was filled, before the engine gives up and says so. */
export const FLATTEN_ATTEMPTS_MAX = 5
/** After so many of them, how long until the next, milliseconds: what refuses all at once has no time to get well between them. */
const PAUSES_MS = [0, 1_000, 2_000, 4_000, 8_000] as const
/** After a position could not be closed, how long until it is said again; but for a flattening stop also until it is tried again. */
export const REFUSED_CLOSE_SILENCE_MS = 60_000

/** Whether it was said a moment ago that a position cannot be closed. */
export function isSilent({ closeRefusals, now }: EngineState, key: PositionKey): boolean {
  const refusedAt = closeRefusals.get(key)
  return refusedAt !== undefined && now - refusedAt < REFUSED_CLOSE_SILENCE_MS
}

/** Whether the stop may send an order for a position now. The first goes by our books; the next ones wait for the first look at the account. */
export function mayFlatten({ flattenAttempts, reconciled }: EngineState, key: PositionKey, now: number): boolean {
  const attempts = flattenAttempts.get(key)
  if (attempts === undefined) return true
  const { failed, lastAt } = attempts
  return failed < FLATTEN_ATTEMPTS_MAX && reconciled && now - lastAt >= (PAUSES_MS[failed] ?? 0)
}

export function hasGivenUp({ flattenAttempts }: EngineState, key: PositionKey): boolean {
  return (flattenAttempts.get(key)?.failed ?? 0) >= FLATTEN_ATTEMPTS_MAX
}

/** Names the alert that a position stays open. */
export const FLATTEN_GIVING_UP = 'FLATTEN_GIVING_UP'

export function noteGivenUp(state: EngineState, key: PositionKey): void {
  const attempts = state.flattenAttempts.get(key)
  if (attempts !== undefined) state.flattenAttempts.set(key, { ...attempts, isSaid: true })
}

/** A fill is progress: what is left is tried at once, and as often as from the beginning. */
export function noteFlattened(state: EngineState, key: PositionKey): void {
  const attempts = state.flattenAttempts.get(key)
  if (attempts !== undefined) state.flattenAttempts.set(key, { ...attempts, failed: 0 })
}

/** Whether the stop is still closing a position. Once it was said that this failed, a person does. */
function isBeingFlattened(state: EngineState, key: PositionKey): boolean {
  const { halt, closeRefusals } = state
  if (halt?.flatten !== true || hasGivenUp(state, key)) return false
  return (closeRefusals.get(key) ?? 0) < halt.since || !isSilent(state, key)
}

/** Whether an exit waits for its price, and a flattening stop, which takes nothing from under other exits, would wait with it. */
export function holdsUpFlattening(state: EngineState, intent: OrderIntent): boolean {
  if (state.halt === null || !intent.reduceOnly) return false
  const waits = isConditional(intent.type) || (intent.type === 'LIMIT' && (intent.timeInForce ?? 'GTC') === 'GTC')
  return waits && isBeingFlattened(state, positionKey(intent.traderId, intent.symbol))
}
