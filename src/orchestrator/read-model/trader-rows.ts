import type { TraderView } from '#contract/views.ts'
import type { TraderChanged } from '#domain/facts.ts'
import type { PositionTotals } from './position-rows.ts'

interface Row {
  readonly config: TraderChanged['config']
  state: TraderChanged['state']
  reason: string | null
  since: number
  signals: number
  orders: number
  trades: number
  errors: number
}

export type TraderRowsState = ReadonlyMap<string, Row>

/** Traders as the journal knows them, with their counters. What only a running thread knows is overlaid by its supervisor. */
export class TraderRows {
  readonly #rows: Map<string, Row>

  constructor(saved?: TraderRowsState) {
    this.#rows = new Map(saved)
  }

  save(): TraderRowsState {
    return this.#rows
  }

  changed(fact: TraderChanged): void {
    const before = this.#rows.get(fact.traderId)
    const moved = before?.state !== fact.state
    this.#rows.set(fact.traderId, {
      config: fact.config,
      state: fact.state,
      reason: fact.reason ?? null,
      since: moved ? fact.ts : before.since,
      signals: before?.signals ?? 0,
      orders: before?.orders ?? 0,
      trades: before?.trades ?? 0,
      errors: (before?.errors ?? 0) + Number(moved && fact.state === 'error'),
    })
  }

  removed(traderId: string): void {
    this.#rows.delete(traderId)
  }

  count(traderId: string, what: 'signals' | 'orders' | 'trades'): void {
    const row = this.#rows.get(traderId)
    if (row !== undefined) row[what] += 1
  }

  ids(): string[] {
    return [...this.#rows.keys()]
  }

  /** The first symbol tells in which currency the sums are counted. */
  firstSymbol(id: string): string | undefined {
    return this.#rows.get(id)?.config.symbols[0]
  }

  view(id: string, totals: PositionTotals): TraderView | undefined {
    const row = this.#rows.get(id)
    if (row === undefined) return undefined
    const { config } = row
    return {
      id,
      strategy: config.strategy,
      symbols: [...config.symbols],
      timeframe: config.timeframe,
      params: { ...config.params },
      order_notional: config.orderNotional,
      kind: config.kind,
      state: row.state,
      desired: config.desired,
      reason: row.reason,
      since: row.since,
      steps: 0,
      last_step_at: null,
      signals: row.signals,
      orders: row.orders,
      trades: row.trades,
      errors: row.errors,
      restarts: 0,
      realized_pnl: totals.realized,
      unrealized_pnl: totals.unrealized,
      fees: totals.fees,
    }
  }
}
