import type { AlertView, AuditView, SignalView, TradeView } from '#contract/views.ts'
import type { ActionAudited, AlertRaised, OrderFilled, SignalDecided } from '#domain/facts.ts'
import { BoundedLog, type BoundedLogState } from './bounded-log.ts'
import { matches, takePage, type MemoryPage, type RowFilter } from './page.ts'
import { alertView, auditView, signalView, tradeView } from './rows-from-facts.ts'

export const TRADES_MAX = 10_000
export const SIGNALS_MAX = 10_000
export const ALERTS_MAX = 1_000
export const AUDIT_MAX = 1_000

export interface ListQuery extends RowFilter {
  readonly limit: number
  readonly cursor?: string | undefined
}
export interface SignalListQuery extends ListQuery {
  readonly outcome?: SignalView['outcome'] | undefined
}
const EVERY = (): boolean => true

export interface ListRowsState {
  readonly trades: BoundedLogState<TradeView>
  readonly signals: BoundedLogState<SignalView>
  readonly alerts: BoundedLogState<AlertView>
  readonly audit: BoundedLogState<AuditView>
  readonly signalOutcomes: ReadonlyMap<string, number>
}

/** The lists that only grow, as far as memory keeps them. */
export class ListRows {
  readonly trades: BoundedLog<TradeView>
  readonly signals: BoundedLog<SignalView>
  readonly alerts: BoundedLog<AlertView>
  readonly audit: BoundedLog<AuditView>
  readonly #signalOutcomes: Map<string, number>

  constructor(saved?: ListRowsState) {
    this.trades = new BoundedLog(TRADES_MAX, saved?.trades)
    this.signals = new BoundedLog(SIGNALS_MAX, saved?.signals)
    this.alerts = new BoundedLog(ALERTS_MAX, saved?.alerts)
    this.audit = new BoundedLog(AUDIT_MAX, saved?.audit)
    this.#signalOutcomes = new Map(saved?.signalOutcomes)
  }

  save(): ListRowsState {
    return {
      trades: this.trades.save(),
      signals: this.signals.save(),
      alerts: this.alerts.save(),
      audit: this.audit.save(),
      signalOutcomes: this.#signalOutcomes,
    }
  }

  traded(fact: OrderFilled, seq: number): TradeView {
    const trade = tradeView(fact, seq)
    this.trades.push(trade)
    return trade
  }

  signalDecided(fact: SignalDecided, seq: number): SignalView {
    const signal = signalView(fact, seq)
    this.signals.push(signal)
    this.#signalOutcomes.set(fact.outcome, (this.#signalOutcomes.get(fact.outcome) ?? 0) + 1)
    return signal
  }

  alerted(fact: AlertRaised, seq: number): AlertView {
    const alert = alertView(fact, seq)
    this.alerts.push(alert)
    return alert
  }

  audited(fact: ActionAudited, seq: number): void {
    this.audit.push(auditView(fact, seq))
  }

  /** How many signals ended in which way, since the journal began. */
  get signalOutcomes(): ReadonlyMap<string, number> {
    return this.#signalOutcomes
  }

  pageOfTrades(query: ListQuery): MemoryPage<TradeView> {
    return takePage(this.trades.newestFirst(), { ...query, floorSeq: this.trades.floorSeq, match: (row) => matches(query, row) })
  }

  pageOfSignals(query: SignalListQuery): MemoryPage<SignalView> {
    return takePage(this.signals.newestFirst(), {
      ...query,
      floorSeq: this.signals.floorSeq,
      match: (row) => matches(query, row) && (query.outcome === undefined || query.outcome === row.outcome),
    })
  }

  pageOfAlerts(query: ListQuery): MemoryPage<AlertView> {
    return takePage(this.alerts.newestFirst(), { ...query, floorSeq: this.alerts.floorSeq, match: EVERY })
  }

  pageOfAudit(query: ListQuery): MemoryPage<AuditView> {
    return takePage(this.audit.newestFirst(), { ...query, floorSeq: this.audit.floorSeq, match: EVERY })
  }
}
