import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Gauge, Registry } from 'prom-client'

/** What the workstation looks like at one moment, for Prometheus. Numbers only: floats are fine here. */
export interface WorkstationMetricValues {
  readonly journalSeq: number
  /** Facts the replica has not shipped yet. */
  readonly replicaLagEvents: number
  readonly replicaConnected: boolean
  readonly uptimeSeconds: number
  readonly halted: boolean
  readonly openPositions: number
  readonly workingOrders: number
  /** Since the journal began, by outcome. */
  readonly signals: ReadonlyMap<string, number>
  /** Orders in memory, by status. */
  readonly orders: ReadonlyMap<string, number>
  readonly equity: readonly { readonly exchange: string; readonly currency: string; readonly value: number }[]
  readonly traders: readonly {
    readonly id: string
    readonly state: string
    readonly steps: number
    readonly errors: number
    readonly restarts: number
  }[]
  readonly components: readonly { readonly name: string; readonly state: string; readonly restarts: number }[]
}

const NANOSECONDS = 1e9

/** Prometheus text of the workstation; `collect` is asked at each scrape. */
export class WorkstationMetrics {
  readonly #registry = new Registry()
  readonly #loop = monitorEventLoopDelay({ resolution: 10 })

  constructor(collect: () => WorkstationMetricValues) {
    this.#loop.enable()
    let values = collect()
    // Gauges are asked one after the other in the order they were made: the first one takes the values for all of them.
    this.#gauge('journal_seq', 'Place of the last fact in the journal.', [], (set) => {
      values = collect()
      set({}, values.journalSeq)
    })
    this.#gauge('replica_lag_events', 'Facts that are in the journal and not yet in Postgres.', [], (set) =>
      set({}, values.replicaLagEvents),
    )
    this.#gauge('replica_connected', '1 while Postgres takes facts.', [], (set) => set({}, Number(values.replicaConnected)))
    this.#gauge('uptime_seconds', 'Seconds since the workstation started.', [], (set) => set({}, values.uptimeSeconds))
    this.#gauge('halted', '1 while trading is halted.', [], (set) => set({}, Number(values.halted)))
    this.#gauge('open_positions', 'Positions that are not flat.', [], (set) => set({}, values.openPositions))
    this.#gauge('working_orders', 'Orders that may still fill.', [], (set) => set({}, values.workingOrders))
    this.#gauge('signals', 'Signals since the journal began, by outcome.', ['outcome'], (set) =>
      values.signals.forEach((count, outcome) => set({ outcome }, count)),
    )
    this.#gauge('orders', 'Orders in memory, by status.', ['status'], (set) =>
      values.orders.forEach((count, status) => set({ status }, count)),
    )
    this.#gauge('equity', 'Equity of an account in its currency.', ['exchange', 'currency'], (set) => {
      for (const { exchange, currency, value } of values.equity) set({ exchange, currency }, value)
    })
    this.#gauge('trader_steps', 'Candles a trader has answered since it started.', ['trader'], (set) => {
      for (const trader of values.traders) set({ trader: trader.id }, trader.steps)
    })
    this.#gauge('trader_state', '1 for the state a trader is in.', ['trader', 'state'], (set) => {
      for (const trader of values.traders) set({ trader: trader.id, state: trader.state }, 1)
    })
    this.#gauge('trader_errors', 'Errors of a trader.', ['trader'], (set) => {
      for (const trader of values.traders) set({ trader: trader.id }, trader.errors)
    })
    this.#gauge('component_state', '1 for the state a part is in.', ['component', 'state'], (set) => {
      for (const component of values.components) set({ component: component.name, state: component.state }, 1)
    })
    this.#gauge('component_restarts', 'Times a part was started again.', ['component'], (set) => {
      for (const component of values.components) set({ component: component.name }, component.restarts)
    })
    this.#gauge('event_loop_delay_seconds', 'Delay of the main event loop since the last scrape.', ['quantile'], (set) => {
      set({ quantile: '0.5' }, this.#loop.percentile(50) / NANOSECONDS)
      set({ quantile: '0.99' }, this.#loop.percentile(99) / NANOSECONDS)
      this.#loop.reset()
    })
    this.#gauge('resident_memory_bytes', 'Resident memory of the process.', [], (set) => set({}, process.memoryUsage.rss()))
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  close(): void {
    this.#loop.disable()
  }

  #gauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    collect: (set: (labels: Record<string, string>, value: number) => void) => void,
  ): void {
    new Gauge({
      name: `bot_trading_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect() {
        this.reset()
        collect((labels, value) => this.set(labels, value))
      },
    })
  }
}
