import type { EngineState, TrackedOrder } from '../state.ts'
import { isVersion } from './version.ts'

/** How long after it was overtaken the exchange may still say of an order what it was. */
export const ECHO_MAX_MS = 60_000
const VERSIONS_MAX = 16

/** An order is another from now on. */
export function noteFormerVersion(state: EngineState, { clientOrderId, quantity, price, triggerPrice }: TrackedOrder): void {
  const { versions } = formerOf(state, clientOrderId)
  versions.push({ quantity, price, triggerPrice, until: state.now })
  if (versions.length > VERSIONS_MAX) versions.shift()
}

export function noteRequested(state: EngineState, clientOrderId: TrackedOrder['clientOrderId']): void {
  formerOf(state, clientOrderId).requestedAt = state.now
}

function formerOf({ learnt }: EngineState, clientOrderId: TrackedOrder['clientOrderId']) {
  const known = learnt.formerVersions.get(clientOrderId)
  if (known !== undefined) return known
  const former = { requestedAt: Number.NEGATIVE_INFINITY, versions: [] }
  learnt.formerVersions.set(clientOrderId, former)
  return former
}

/**
 * Whether the order was just what is asked of it now a moment ago: then the exchange's word that it is so may be of then, since an
 * amendment is told twice, by the answer and by the stream. Only the answer to a question put after the request tells them apart.
 */
export function mayBeEcho({ learnt, now }: EngineState, { clientOrderId, amending }: TrackedOrder): boolean {
  const former = learnt.formerVersions.get(clientOrderId)
  if (former === undefined || amending === undefined) return false
  return former.versions.some((version) => now - version.until < ECHO_MAX_MS && isVersion(version, amending))
}

/** Whether the exchange was last asked about an order after the version that is on its way was asked for. */
export function isAskedSince({ learnt }: EngineState, { clientOrderId }: TrackedOrder): boolean {
  const requestedAt = learnt.formerVersions.get(clientOrderId)?.requestedAt ?? Number.NEGATIVE_INFINITY
  return (learnt.inquiries.get(clientOrderId)?.askedAt ?? Number.NEGATIVE_INFINITY) >= requestedAt
}
