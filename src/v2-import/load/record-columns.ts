import type {
  ImportedBalance,
  ImportedFill,
  ImportedLadderStep,
  ImportedOrder,
  ImportedPosition,
  ImportedProtection,
  ImportedRecord,
  ImportedSession,
  ImportedSignal,
} from '../mapping/imported-records.ts'

type Value = string | number | boolean | undefined
type Columns<R> = readonly (readonly [name: string, value: (record: R) => Value])[]

export interface RecordTable {
  readonly name: string
  /** Behind the key of the row and the part, and before `extras`. */
  readonly columns: readonly string[]
  /** Values of `columns`. */
  readonly values: readonly ((record: ImportedRecord) => Value)[]
  readonly part: (record: ImportedRecord) => string
}

function recordTable<R extends ImportedRecord>(name: string, columns: Columns<R>, part: (record: R) => string = () => 'row'): RecordTable {
  return {
    name,
    columns: columns.map(([column]) => column),
    // A table is only asked for records of its kind.
    values: columns.map(([, value]) => value as (record: ImportedRecord) => Value),
    part: (record) => part(record as R),
  }
}

const orders: Columns<ImportedOrder> = [
  ['order_id', (order) => order.orderId],
  ['exchange', (order) => order.exchange],
  ['symbol', (order) => order.symbol],
  ['side', (order) => order.side],
  ['order_type', (order) => order.orderType],
  ['status', (order) => order.status],
  ['purpose', (order) => order.purpose],
  ['quantity', (order) => order.quantity],
  ['filled_quantity', (order) => order.filledQuantity],
  ['price', (order) => order.price],
  ['average_price', (order) => order.averagePrice],
  ['trigger_price', (order) => order.triggerPrice],
  ['stop_loss', (order) => order.stopLoss],
  ['take_profit', (order) => order.takeProfit],
  ['reduce_only', (order) => order.reduceOnly],
  ['time_in_force', (order) => order.timeInForce],
  ['strategy', (order) => order.strategy],
  ['created_ms', (order) => order.createdMs],
  ['updated_ms', (order) => order.updatedMs],
]

const fills: Columns<ImportedFill> = [
  ['fill_id', (fill) => fill.fillId],
  ['order_id', (fill) => fill.orderId],
  ['exchange', (fill) => fill.exchange],
  ['symbol', (fill) => fill.symbol],
  ['side', (fill) => fill.side],
  ['price', (fill) => fill.price],
  ['quantity', (fill) => fill.quantity],
  ['fee', (fill) => fill.fee],
  ['realized_pnl', (fill) => fill.realizedPnl],
  ['strategy', (fill) => fill.strategy],
  ['ts_ms', (fill) => fill.ts],
]

const positions: Columns<ImportedPosition> = [
  ['position_id', (position) => position.positionId],
  ['exchange', (position) => position.exchange],
  ['symbol', (position) => position.symbol],
  ['direction', (position) => position.direction],
  ['state', (position) => position.state],
  ['quantity', (position) => position.quantity],
  ['leverage', (position) => position.leverage],
  ['entry_price', (position) => position.entryPrice],
  ['exit_price', (position) => position.exitPrice],
  ['stop_loss', (position) => position.stopLoss],
  ['take_profit', (position) => position.takeProfit],
  ['realized_pnl', (position) => position.realizedPnl],
  ['entry_order_id', (position) => position.entryOrderId],
  ['exit_order_id', (position) => position.exitOrderId],
  ['strategy', (position) => position.strategy],
  ['confidence', (position) => position.confidence],
  ['session_id', (position) => position.sessionId],
  ['opened_ms', (position) => position.openedMs],
  ['closed_ms', (position) => position.closedMs],
]

const signals: Columns<ImportedSignal> = [
  ['signal_id', (signal) => signal.signalId],
  ['exchange', (signal) => signal.exchange],
  ['symbol', (signal) => signal.symbol],
  ['action', (signal) => signal.action],
  ['confidence', (signal) => signal.confidence],
  ['score', (signal) => signal.score],
  ['status', (signal) => signal.status],
  ['strategy', (signal) => signal.strategy],
  ['created_ms', (signal) => signal.createdMs],
  ['processed_ms', (signal) => signal.processedMs],
]

const balances: Columns<ImportedBalance> = [
  ['exchange', (balance) => balance.exchange],
  ['asset', (balance) => balance.asset],
  ['free', (balance) => balance.free],
  ['locked', (balance) => balance.locked],
  ['total', (balance) => balance.total],
  ['total_usd', (balance) => balance.totalUsd],
  ['ts_ms', (balance) => balance.ts],
]

const protections: Columns<ImportedProtection> = [
  ['protection_id', (protection) => protection.protectionId],
  ['trade_id', (protection) => protection.tradeId],
  ['symbol', (protection) => protection.symbol],
  ['side', (protection) => protection.side],
  ['status', (protection) => protection.status],
  ['stop_loss', (protection) => protection.stopLoss],
  ['take_profit', (protection) => protection.takeProfit],
  ['stop_order_id', (protection) => protection.stopOrderId],
  ['target_order_id', (protection) => protection.targetOrderId],
  ['created_ms', (protection) => protection.createdMs],
  ['updated_ms', (protection) => protection.updatedMs],
]

const ladderSteps: Columns<ImportedLadderStep> = [
  ['step_id', (step) => step.stepId],
  ['trade_id', (step) => step.tradeId],
  ['level', (step) => step.level],
  ['status', (step) => step.status],
  ['quantity', (step) => step.quantity],
  ['price', (step) => step.price],
  ['order_id', (step) => step.orderId],
  ['created_ms', (step) => step.createdMs],
]

const sessions: Columns<ImportedSession> = [
  ['session_id', (session) => session.sessionId],
  ['status', (session) => session.status],
  ['total_pnl', (session) => session.totalPnl],
  ['started_ms', (session) => session.startedMs],
  ['ended_ms', (session) => session.endedMs],
]

/** Where the records of each kind stand, in schema `imported` and in the staging of a run. */
export const RECORD_TABLES: Readonly<Record<ImportedRecord['kind'], RecordTable>> = {
  order: recordTable<ImportedOrder>('orders', orders, (order) => order.part),
  fill: recordTable<ImportedFill>('fills', fills, (fill) => fill.part),
  position: recordTable<ImportedPosition>('positions', positions, (position) => position.part),
  signal: recordTable('signals', signals),
  balance: recordTable('balances', balances),
  protection: recordTable('protections', protections),
  ladder_step: recordTable('ladder_steps', ladderSteps),
  session: recordTable('sessions', sessions),
}
export const RECORD_TABLE_NAMES: readonly string[] = Object.values(RECORD_TABLES).map(({ name }) => name)

/** Records that are sent on the connection of the rows: so both connections have about as much to do. */
export const SENT_WITH_ROWS: ReadonlySet<string> = new Set([RECORD_TABLES.fill.name])
