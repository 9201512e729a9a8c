import type { AlertView, AuditView, TradeView } from '#contract/views.ts'
import type { RiskLimits } from '#domain/risk.ts'
import type { BalanceRows, BalanceRowsState } from './balance-rows.ts'
import type { BoundedLog } from './bounded-log.ts'
import type { DifferenceRowsState } from './difference-rows.ts'
import type { GapTrackerState } from './gap-tracker.ts'
import type { HaltRows, HaltRowsState } from './halt-rows.ts'
import type { ListRowsState } from './list-rows.ts'
import type { MarketRowsState } from './market-rows.ts'
import type { OrderRows, OrderRowsState } from './order-rows.ts'
import type { PositionRowsState } from './position-rows.ts'
import type { TraderRowsState } from './trader-rows.ts'

/** What the report on an absence reads. */
export interface ReadModelLogs {
  readonly trades: BoundedLog<TradeView>
  readonly alerts: BoundedLog<AlertView>
  readonly audit: BoundedLog<AuditView>
  readonly halts: HaltRows
  readonly orders: OrderRows
  readonly balances: BalanceRows
}

/** All a read model knows, as it is written to a file. */
export interface ReadModelState extends ListRowsState, MarketRowsState {
  readonly orders: OrderRowsState
  readonly positions: PositionRowsState
  readonly balances: BalanceRowsState
  readonly traders: TraderRowsState
  readonly limits: RiskLimits
  readonly halts: HaltRowsState
  readonly gaps: GapTrackerState
  readonly differences: DifferenceRowsState
  readonly lastSeq: number
  readonly lastTs: number
}
