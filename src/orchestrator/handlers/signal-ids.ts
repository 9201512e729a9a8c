import { randomUUID } from 'node:crypto'
import type { ApiContext } from '#contract/api.ts'
import { parseSignalId, type SignalId } from '#domain/ids.ts'

/** The caller's own id, else one made from the `Idempotency-Key` (so that a repeat after a restart is still a duplicate), else a fresh one. */
export function signalIdFor(own: string | undefined, context: ApiContext, index: number): SignalId {
  if (own !== undefined) return parseSignalId(own)
  return parseSignalId(context.idempotencyKey === undefined ? `api:${randomUUID()}` : `api:${context.idempotencyKey}:${index}`)
}
