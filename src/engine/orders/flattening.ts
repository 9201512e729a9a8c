import { isConditional } from '#domain/order.ts'
import type { OrderIntent } from '../risk/intent.ts'
import { positionKey, type EngineState, type PositionKey } from '../state.ts'

/** Flatten orders sent for one position before the engine gives up and says so. */
export const FLATTEN_ATTEMPTS_MAX = 5
/** After a position could not be closed, how long until it is said again; but for a flattening stop also until it is tried again. */
export const REFUSED_CLOSE_SILENCE_MS = 60_000

/** Whether it was said a moment ago that a position cannot be closed. */
export function isSilent({ closeRefusals, now }: EngineState, key: PositionKey): boolean {
  const refusedAt = closeRefusals.get(key)
  return refusedAt !== undefined && now - refusedAt < REFUSED_CLOSE_SILENCE_MS
}

/** Whether the stop is still closing a position. Once it was said that this failed, a person does. */
function isBeingFlattened(state: EngineState, key: PositionKey): boolean {
  const { halt, flattenAttempts, closeRefusals } = state
  if (halt?.flatten !== true || (flattenAttempts.get(key) ?? 0) >= FLATTEN_ATTEMPTS_MAX) return false
  return (closeRefusals.get(key) ?? 0) < halt.since || !isSilent(state, key)
}

/** Whether an exit waits for its price, and a flattening stop, which takes nothing from under other exits, would wait with it. */
export function holdsUpFlattening(state: EngineState, intent: OrderIntent): boolean {
  if (state.halt === null || !intent.reduceOnly) return false
  const waits = isConditional(intent.type) || (intent.type === 'LIMIT' && (intent.timeInForce ?? 'GTC') === 'GTC')
  return waits && isBeingFlattened(state, positionKey(intent.traderId, intent.symbol))
}
