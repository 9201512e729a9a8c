import { setTimeout as sleep } from 'node:timers/promises'
import type { StopReceipt } from '#contract/views.ts'
import { isWorking } from '#domain/order.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { expectAnswer } from './engine-answers.ts'

/** How long the stop waits for the exchange to show nothing in scope before it names what is left. */
export const STOP_DEADLINE_MS = 5_000
const LOOK_AGAIN_MS = 20

export interface StopRequest {
  readonly flatten: boolean
  readonly reason: string
}

/**
 * Halts, which also cancels every order and flattens if asked, then watches until nothing is left or the deadline comes.
 * What is left is named in the receipt; it is no error. It throws only when the engine did not take the halt. The engine
 * writes the audit row.
 */
export async function emergencyStop(dependencies: HandlerDependencies, request: StopRequest, actor: string): Promise<StopReceipt> {
  const { engine, readModel, clock } = dependencies
  const startedAt = clock.now()
  const started = clock.elapsed()
  const { canceling, flattening } = expectAnswer(
    await engine.request({ type: 'Halt', by: actor, reason: request.reason, flatten: request.flatten }),
    'HaltReceipt',
  )
  const sent = [...canceling, ...flattening]
  let remaining = left(dependencies, sent, request.flatten)
  while ((remaining.length > 0 || readModel.halted === null) && clock.elapsed() - started < STOP_DEADLINE_MS) {
    await sleep(LOOK_AGAIN_MS)
    remaining = left(dependencies, sent, request.flatten)
  }
  return {
    halted_at: readModel.halted?.since ?? startedAt,
    by: readModel.halted?.by ?? actor,
    reason: readModel.halted?.reason ?? request.reason,
    canceled: canceling.filter((id) => ['CANCELED', 'EXPIRED', 'REJECTED'].includes(readModel.order(id)?.status ?? '')).length,
    flattened: flattening.filter((id) => readModel.order(id)?.status === 'FILLED').length,
    remaining,
    confirmed: remaining.length === 0 && readModel.halted !== null,
    duration_ms: Math.round(clock.elapsed() - started),
  }
}

/** What is still there: working orders, orders of the stop whose end is not seen yet, and open positions if they had to go. */
function left({ readModel }: HandlerDependencies, sent: readonly string[], flatten: boolean): StopReceipt['remaining'] {
  const working = readModel.workingOrders()
  const seen = new Set(working.map((order) => order.id))
  const unseen = sent.filter((id) => !seen.has(id) && isWorking(readModel.order(id)?.status ?? 'SUBMITTED'))
  const positions = flatten ? readModel.positions() : []
  return [
    ...working.map((order) => ({
      kind: 'order' as const,
      id: order.id,
      detail: `${order.status} ${order.side} ${order.quantity} ${order.symbol}`,
    })),
    ...unseen.map((id) => ({ kind: 'order' as const, id, detail: 'its end is not confirmed yet' })),
    ...positions.map((position) => ({
      kind: 'position' as const,
      id: position.id,
      detail: `${position.side} ${position.quantity} ${position.symbol}`,
    })),
  ]
}
