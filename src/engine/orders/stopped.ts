import { isConditional } from '#domain/order.ts'
import type { EngineState, TrackedOrder } from '../state.ts'
import { typeOnWire } from './exposure.ts'

/** A stop of a plan that waits at the exchange. */
export function isStopAtExchange(order: TrackedOrder): boolean {
  return order.purpose === 'STOP_LOSS' && order.reduceOnly && isConditional(typeOnWire(order))
}

/**
 * Whether the emergency stop wants an order gone: all but its own, exits that a person sent after it, and stops at the exchange that
 * guard positions which stay.
 */
export function isToBeStopped({ halt }: EngineState, order: TrackedOrder): boolean {
  if (halt === null || order.purpose === 'FLATTEN') return false
  if (!order.reduceOnly) return true
  if (isStopAtExchange(order)) return halt.flatten
  return order.createdAt < halt.since
}
