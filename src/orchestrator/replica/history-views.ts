import type { AlertView, AuditView, OrderView, SignalView, TradeView } from '#contract/views.ts'
import * as fixed from '#domain/money/fixed.ts'
import type { AlertRow, AuditRow, OrderRow, SignalRow, TradeRow } from '#storage/postgres/history.ts'
import type { OrderExecution, TimeInForce, TrailingDistance } from '#domain/order.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import type { ReasonCode } from '#domain/signal.ts'
import { planOfLevels, planViewOf } from '../read-model/protection-views.ts'

/** Digits of an average price read back from Postgres. */
const AVERAGE_SCALE = 8

/** Columns that rows written before conditional orders do not have. */
interface ConditionalColumns {
  readonly timeInForce: TimeInForce | null
  readonly postOnly: boolean | null
  readonly triggerPrice: string | null
  readonly trailing: TrailingDistance | null
  readonly highWater: string | null
  readonly execution: OrderExecution | null
  readonly ocoGroup: string | null
  readonly ladderLevel: number | null
  readonly replaces: string | null
  readonly protection: ProtectionPlan | null
}

/** Rows of Postgres as the contract shows them: the same shape as rows from memory. */
export function orderViewOf(row: OrderRow & Partial<ConditionalColumns>): OrderView {
  const plan = row.protection ?? planOfLevels({ stopLoss: row.stopLoss ?? undefined, takeProfit: row.takeProfit ?? undefined })
  const filled = fixed.parse(row.filledQuantity)
  const average =
    filled.units === 0n ? null : fixed.format(fixed.trim(fixed.divide(fixed.parse(row.filledNotional), filled, AVERAGE_SCALE, 'half-even')))
  return {
    id: row.clientOrderId,
    exchange_order_id: row.exchangeOrderId,
    trader_id: row.traderId,
    strategy: row.strategy,
    signal_id: row.signalId,
    exchange: row.exchange,
    symbol: row.symbol,
    side: row.side,
    type: row.orderType,
    purpose: row.purpose,
    quantity: row.quantity,
    price: row.price,
    time_in_force: row.timeInForce ?? 'GTC',
    post_only: row.postOnly ?? false,
    trigger_price: row.triggerPrice ?? null,
    trailing: row.trailing ?? null,
    high_water: row.highWater ?? null,
    execution: row.execution ?? 'NATIVE',
    oco_group: row.ocoGroup ?? null,
    ladder_level: row.ladderLevel ?? null,
    protection: plan === null ? null : planViewOf(plan),
    amending: null,
    triggered: false,
    replaces: row.replaces ?? null,
    status: row.status,
    filled_quantity: row.filledQuantity,
    average_price: average,
    reduce_only: row.reduceOnly,
    reason: row.reason,
    created_at: row.ts,
    updated_at: row.updatedTs,
    seq: row.seq,
  }
}

export function tradeViewOf(row: TradeRow): TradeView {
  return {
    id: row.tradeId,
    order_id: row.clientOrderId,
    trader_id: row.traderId,
    strategy: row.strategy,
    exchange: row.exchange,
    symbol: row.symbol,
    side: row.side,
    price: row.price,
    quantity: row.quantity,
    fee: row.fee,
    fee_currency: row.feeCurrency,
    liquidity: row.liquidity,
    realized_pnl: row.realizedPnl,
    ts: row.ts,
    seq: row.seq,
  }
}

export function signalViewOf(row: SignalRow): SignalView {
  return {
    id: row.signalId,
    trader_id: row.traderId,
    strategy: row.strategy,
    symbol: row.symbol,
    action: row.action,
    quantity: row.quantity,
    confidence: row.confidence,
    stop_loss: row.stopLoss,
    take_profit: row.takeProfit,
    note: row.note,
    outcome: row.outcome,
    reason: row.reason as ReasonCode,
    value: row.value,
    limit: row.limit,
    order_id: row.clientOrderId,
    ts: row.ts,
    seq: row.seq,
  }
}

export function alertViewOf(row: AlertRow): AlertView {
  return {
    severity: row.severity,
    code: row.code,
    message: row.message,
    trader_id: row.traderId,
    symbol: row.symbol,
    ts: row.ts,
    seq: row.seq,
  }
}

export function auditViewOf(row: AuditRow): AuditView {
  return {
    actor: row.actor,
    action: row.action,
    target: row.target,
    reason: row.reason,
    before: row.before,
    after: row.after,
    ts: row.ts,
    seq: row.seq,
  }
}
