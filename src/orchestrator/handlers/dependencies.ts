import type { SignalQueryInput, OrderQueryInput, PageQueryInput, TradeQueryInput, TraderRequest, TraderPatch } from './inputs.ts'
import type {
  AlertView,
  AuditView,
  CandleView,
  InstrumentView,
  OrderView,
  SignalView,
  StatusView,
  StrategyView,
  TraderView,
  TradeView,
} from '#contract/views.ts'
import type { Timeframe } from '#domain/candle.ts'
import type { EngineAnswer, EngineCommand } from '#engine/ports.ts'
import type { Clock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import type { ChecklistControl } from '../checklist/checklist-control.ts'
import type { HandOverControl } from '../hand-over/hand-over-control.ts'
import type { ImportControl } from '../import/import-control.ts'
import type { ParallelRunControl } from '../parallel-run/parallel-run-control.ts'
import type { ReadModel } from '../read-model/read-model.ts'

/** The engine as handlers see it. Answers after the journal has the facts; throws `AppError` `DEADLINE_EXCEEDED` when it does not answer in time. */
export interface EngineClient {
  request(command: EngineCommand): Promise<EngineAnswer>
}

/** Traders and their threads. Each change is journalled and audited under `actor` before it is answered. */
export interface TraderControl {
  list(): readonly TraderView[]
  strategies(): Promise<readonly StrategyView[]>
  create(request: TraderRequest, actor: string): Promise<TraderView>
  update(patch: TraderPatch, actor: string): Promise<TraderView>
  remove(id: string, actor: string): Promise<void>
  start(id: string, actor: string): Promise<TraderView>
  stop(id: string, actor: string): Promise<TraderView>
  pause(id: string, actor: string): Promise<TraderView>
  resume(id: string, actor: string): Promise<TraderView>
}

/** Rows newest first, all with `seq < before`, at most `limit`; `unavailable` when they cannot be given or the replica does not reach there yet. */
export type OlderRows<Query, Row> = (query: Query & { readonly before: number }) => Promise<readonly Row[] | 'unavailable'>

/** Rows too old for memory, from Postgres. Every call has a deadline and answers `unavailable` when it passes. */
export interface History {
  readonly orders: OlderRows<OrderQueryInput, OrderView>
  readonly trades: OlderRows<TradeQueryInput, TradeView>
  readonly signals: OlderRows<SignalQueryInput, SignalView>
  readonly alerts: OlderRows<PageQueryInput, AlertView>
  readonly audit: OlderRows<PageQueryInput, AuditView>
}

export interface ExchangeView {
  readonly name: string
  readonly connected: boolean
  readonly kind: 'paper' | 'live'
  readonly instruments: readonly InstrumentView[]
}

export interface HandlerDependencies {
  readonly readModel: ReadModel
  readonly engine: EngineClient
  readonly traders: TraderControl
  status(): StatusView
  ready(): { readonly ready: boolean; readonly missing: readonly string[] }
  readonly history: History
  readonly imports: ImportControl
  readonly handOver: HandOverControl
  readonly checklist: ChecklistControl
  readonly parallelRun: ParallelRunControl
  /** Oldest first, the last `limit` that open before `before`. */
  candles(symbol: string, timeframe: Timeframe, limit: number, before?: number): readonly CandleView[] | Promise<readonly CandleView[]>
  exchanges(): readonly ExchangeView[]
  readonly clock: Clock
  readonly logger: Logger
}
