import type { StatusView, TraderView } from '#contract/views.ts'
import type { ReadModel } from './read-model/read-model.ts'
import type { WorkstationMetricValues } from './read-model/workstation-metrics.ts'

const MS_PER_S = 1_000

/** The numbers of this moment, as Prometheus is told them. */
export function metricValues(status: StatusView, readModel: ReadModel, traders: readonly TraderView[]): WorkstationMetricValues {
  const orders = new Map<string, number>()
  for (const order of readModel.workingOrders()) orders.set(order.status, (orders.get(order.status) ?? 0) + 1)
  const { used } = readModel.risk()
  return {
    journalSeq: status.journal.seq,
    replicaLagEvents: status.replica.lag_events,
    replicaConnected: status.replica.state === 'streaming',
    uptimeSeconds: status.uptime_ms / MS_PER_S,
    halted: status.halted !== null,
    openPositions: used.open_positions,
    workingOrders: used.open_orders,
    signals: readModel.signalOutcomes(),
    orders,
    equity: readModel.balances().map(({ exchange, currency, equity }) => ({ exchange, currency, value: Number(equity) })),
    traders: traders.map(({ id, state, steps, errors, restarts }) => ({ id, state, steps, errors, restarts })),
    components: status.components.map(({ name, state, restarts }) => ({ name, state, restarts })),
  }
}
