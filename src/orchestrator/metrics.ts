import { Gauge, Registry } from 'prom-client'
import type { StatusView, TraderView } from '#contract/views.ts'
import type { ReadModel } from './read-model/read-model.ts'

export interface MetricSources {
  readonly status: StatusView
  readonly readModel: ReadModel
  readonly traders: readonly TraderView[]
}

const MS_PER_S = 1_000

/** Prometheus text of the moment. Built anew for each question: what no longer exists is no longer there. */
export function collectMetrics({ status, readModel, traders }: MetricSources): Promise<string> {
  const registry = new Registry()
  const gauge = (name: string, help: string, labelNames: string[] = []) => new Gauge({ name: `bot_trading_${name}`, help, labelNames, registers: [registry] })

  gauge('uptime_seconds', 'Time since the workstation started.').set(status.uptime_ms / MS_PER_S)
  gauge('halted', '1 while trading is halted.').set(status.halted === null ? 0 : 1)
  gauge('journal_seq', 'Newest fact in the journal.').set(status.journal.seq)
  gauge('replica_seq', 'Newest fact in Postgres.').set(status.replica.seq)
  gauge('replica_lag_events', 'Facts in the journal that Postgres does not have yet.').set(status.replica.lag_events)
  const components = gauge('component_up', '1 while a part runs.', ['component'])
  for (const { name, state } of status.components) if (state !== 'disabled') components.set({ component: name }, state === 'running' ? 1 : 0)
  const signals = gauge('signals', 'Signals by outcome since the journal began.', ['outcome'])
  for (const [outcome, count] of readModel.signalOutcomes()) signals.set({ outcome }, count)
  const { used } = readModel.risk()
  gauge('open_orders', 'Orders that may still fill.').set(used.open_orders)
  gauge('open_positions', 'Positions that are not flat.').set(used.open_positions)
  const equity = gauge('equity', 'Equity of the account.', ['exchange', 'currency'])
  for (const balance of readModel.balances()) equity.set({ exchange: balance.exchange, currency: balance.currency }, Number(balance.equity))
  const steps = gauge('trader_steps', 'Candles answered by the trader since it started.', ['trader'])
  const errors = gauge('trader_errors', 'Failed candles and ended threads of the trader.', ['trader'])
  const running = gauge('trader_running', '1 while the trader runs.', ['trader'])
  for (const trader of traders) {
    steps.set({ trader: trader.id }, trader.steps)
    errors.set({ trader: trader.id }, trader.errors)
    running.set({ trader: trader.id }, trader.state === 'running' ? 1 : 0)
  }
  return registry.metrics()
}
