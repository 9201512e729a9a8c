import { z } from 'zod'
import { ORDER_STATUSES, ORDER_TYPES, TIMES_IN_FORCE } from '#domain/order.ts'
import { UNPROTECTED_POLICIES } from '#domain/risk.ts'
import { REASON_CODES, SIGNAL_ACTIONS, SIGNAL_OUTCOMES } from '#domain/signal.ts'
import { TIMEFRAMES } from '#domain/candle.ts'
import { TRADER_STATES } from '#domain/trader.ts'
import { decimal, seq, timeMs, traderId } from './amounts.ts'
import { protectionPlanView, protectionView, trailingDistance } from './protection.ts'
import { gapView, reconcileStateView } from './reconcile.ts'

export { timeMs, traderId } from './amounts.ts'

/** What crosses the border, as JSON. Money is decimal text, time is UTC milliseconds, names are snake_case. */
const side = z.enum(['BUY', 'SELL'])

export const orderView = z.object({
  id: z.string(),
  exchange_order_id: z.string().nullable(),
  trader_id: traderId,
  strategy: z.string(),
  signal_id: z.string().nullable(),
  exchange: z.string(),
  symbol: z.string(),
  side,
  type: z.enum(ORDER_TYPES),
  purpose: z.enum(['ENTRY', 'EXIT', 'STOP_LOSS', 'TAKE_PROFIT', 'FLATTEN']),
  quantity: decimal,
  price: decimal.nullable(),
  time_in_force: z.enum(TIMES_IN_FORCE),
  post_only: z.boolean(),
  /** Of a conditional order; the present one of a trailing stop. */
  trigger_price: decimal.nullable(),
  trailing: trailingDistance.nullable(),
  /** Best price a trailing stop has seen. */
  high_water: decimal.nullable(),
  /** `EMULATED`: held by this program, so it works only while the program runs and is connected. */
  execution: z.enum(['NATIVE', 'EMULATED']),
  /** Orders of one group: when one begins to fill the others are canceled. */
  oco_group: z.string().nullable(),
  /** Step of the position's take-profit ladder this order is for, from 0. */
  ladder_level: z.number().int().nullable(),
  /** What the position takes over when this order fills. */
  protection: protectionPlanView.nullable(),
  /** An amendment on its way: what was asked for, null where it stays. */
  amending: z.object({ quantity: decimal.nullable(), price: decimal.nullable(), trigger_price: decimal.nullable() }).nullable(),
  /** Emulated: its trigger was met, and it waits until the orders in its way are canceled. */
  triggered: z.boolean(),
  /** The canceled order this one was sent in place of. */
  replaces: z.string().nullable(),
  status: z.enum(ORDER_STATUSES),
  filled_quantity: decimal,
  average_price: decimal.nullable(),
  reduce_only: z.boolean(),
  reason: z.string().nullable(),
  created_at: timeMs,
  updated_at: timeMs,
  seq,
})
export type OrderView = z.infer<typeof orderView>

export const tradeView = z.object({
  id: z.string(),
  order_id: z.string(),
  trader_id: traderId,
  strategy: z.string(),
  exchange: z.string(),
  symbol: z.string(),
  side,
  price: decimal,
  quantity: decimal,
  fee: decimal,
  fee_currency: z.string(),
  liquidity: z.enum(['MAKER', 'TAKER']),
  realized_pnl: decimal,
  ts: timeMs,
  seq,
})
export type TradeView = z.infer<typeof tradeView>

export const positionView = z.object({
  /** `TRADER.BASE-QUOTE` or `TRADER.BASE-QUOTE_SETTLE`: safe in a path. */
  id: z.string(),
  trader_id: traderId,
  exchange: z.string(),
  symbol: z.string(),
  side: z.enum(['LONG', 'SHORT', 'FLAT']),
  /** Without sign; `side` has the direction. */
  quantity: decimal,
  entry_price: decimal.nullable(),
  mark_price: decimal.nullable(),
  mark_ts: timeMs.nullable(),
  notional: decimal.nullable(),
  unrealized_pnl: decimal.nullable(),
  realized_pnl: decimal,
  fees: decimal,
  /** The stop in force and the target; `protection` has the whole plan. */
  stop_loss: decimal.nullable(),
  take_profit: decimal.nullable(),
  protection: protectionView.nullable(),
  opened_at: timeMs,
  updated_at: timeMs,
  seq,
})
export type PositionView = z.infer<typeof positionView>

export const signalView = z.object({
  id: z.string(),
  trader_id: traderId,
  strategy: z.string(),
  symbol: z.string(),
  action: z.enum(SIGNAL_ACTIONS),
  quantity: decimal.nullable(),
  confidence: z.number().nullable(),
  stop_loss: decimal.nullable(),
  take_profit: decimal.nullable(),
  note: z.string().nullable(),
  outcome: z.enum(SIGNAL_OUTCOMES),
  reason: z.enum(REASON_CODES),
  /** The numbers behind the reason: what was asked and what the rule allows. */
  value: z.string().nullable(),
  limit: z.string().nullable(),
  order_id: z.string().nullable(),
  ts: timeMs,
  seq,
})
export type SignalView = z.infer<typeof signalView>

export const balanceView = z.object({
  exchange: z.string(),
  currency: z.string(),
  start: decimal,
  realized: decimal,
  unrealized: decimal,
  fees: decimal,
  /** `start + realized + unrealized − fees`, exactly. */
  equity: decimal,
  exposure: decimal,
  reserved: decimal,
  /** What new entries may use. */
  available: decimal,
  ts: timeMs,
  seq,
})
export type BalanceView = z.infer<typeof balanceView>

export const equityPoint = z.object({ ts: timeMs, equity: decimal })
export type EquityPoint = z.infer<typeof equityPoint>

export const traderView = z.object({
  id: traderId,
  strategy: z.string(),
  symbols: z.array(z.string()),
  timeframe: z.enum(TIMEFRAMES),
  params: z.record(z.string(), z.number()),
  order_notional: decimal,
  kind: z.enum(['strategy', 'manual']),
  state: z.enum(TRADER_STATES),
  desired: z.enum(['running', 'paused', 'stopped']),
  /** Why it is in this state, in words, if that is not plain. */
  reason: z.string().nullable(),
  since: timeMs,
  steps: z.number().int(),
  last_step_at: timeMs.nullable(),
  signals: z.number().int(),
  orders: z.number().int(),
  trades: z.number().int(),
  errors: z.number().int(),
  restarts: z.number().int(),
  realized_pnl: decimal,
  unrealized_pnl: decimal,
  fees: decimal,
})
export type TraderView = z.infer<typeof traderView>

export const strategyView = z.object({
  name: z.string(),
  description: z.string(),
  source: z.enum(['built-in', 'file']),
  params: z.array(
    z.object({ name: z.string(), default: z.number(), min: z.number().nullable(), max: z.number().nullable(), description: z.string() }),
  ),
  warmup: z.number().int(),
})
export type StrategyView = z.infer<typeof strategyView>

export const priceView = z.object({ symbol: z.string(), bid: decimal, ask: decimal, last: decimal, ts: timeMs })
export type PriceView = z.infer<typeof priceView>

export const candleView = z.object({
  open_time: timeMs,
  open: decimal,
  high: decimal,
  low: decimal,
  close: decimal,
  volume: decimal,
})
export type CandleView = z.infer<typeof candleView>

export const candleEvent = z.object({ symbol: z.string(), timeframe: z.enum(TIMEFRAMES), closed: z.boolean(), candle: candleView })
export type CandleEvent = z.infer<typeof candleEvent>

export const instrumentView = z.object({
  symbol: z.string(),
  exchange: z.string(),
  kind: z.enum(['spot', 'perpetual']),
  base: z.string(),
  quote: z.string(),
  settle: z.string(),
  tick_size: decimal,
  lot_size: decimal,
  min_quantity: decimal,
  min_notional: decimal,
  maker_fee_bps: decimal,
  taker_fee_bps: decimal,
})
export type InstrumentView = z.infer<typeof instrumentView>

export const alertView = z.object({
  severity: z.enum(['info', 'warning', 'critical']),
  code: z.string(),
  message: z.string(),
  trader_id: z.string().nullable(),
  symbol: z.string().nullable(),
  ts: timeMs,
  seq,
})
export type AlertView = z.infer<typeof alertView>

export const auditView = z.object({
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  reason: z.string().nullable(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  ts: timeMs,
  seq,
})
export type AuditView = z.infer<typeof auditView>

export const riskLimits = z.object({
  max_order_notional: decimal,
  max_position_notional: decimal,
  max_open_positions: z.number().int().min(1).max(1_000),
  max_daily_loss: decimal,
  max_orders_per_second: z.number().int().min(1).max(1_000_000),
  price_collar_bps: decimal,
  reference_max_age_ms: z.number().int().min(1_000).max(86_400_000),
  max_open_orders: z.number().int().min(1).max(100_000),
  unprotected_policy: z.enum(UNPROTECTED_POLICIES).default('CLOSE'),
})
export const haltView = z.object({ since: timeMs, by: z.string(), reason: z.string() })
export const riskView = z.object({
  limits: riskLimits,
  used: z.object({ open_positions: z.number().int(), open_orders: z.number().int(), daily_loss: decimal, exposure: decimal }),
  halted: haltView.nullable(),
})
export type RiskView = z.infer<typeof riskView>
export type RiskLimitsView = z.infer<typeof riskLimits>

/** A verdict always comes with what it rests on and how old that is. */
export const componentView = z.object({
  name: z.string(),
  state: z.enum(['starting', 'running', 'degraded', 'down', 'stopped', 'disabled']),
  since: timeMs,
  /** What was last seen, in words and numbers: "step 1,204, 2 traders answered". */
  evidence: z.string(),
  evidence_ts: timeMs,
  restarts: z.number().int(),
})
export type ComponentView = z.infer<typeof componentView>

export const statusView = z.object({
  state: z.enum(['starting', 'running', 'degraded', 'halted', 'stopping']),
  uptime_ms: z.number().int(),
  version: z.string(),
  mode: z.enum(['demo', 'paper', 'live']),
  components: z.array(componentView),
  traders: z.array(z.object({ id: traderId, state: z.enum(TRADER_STATES) })),
  replay: z.object({ file: z.string(), processed: z.number().int(), total: z.number().int(), done: z.boolean() }).nullable(),
  journal: z.object({ seq: z.number().int(), last_ts: timeMs }),
  replica: z.object({ seq: z.number().int(), lag_events: z.number().int(), state: z.string(), reason: z.string().nullable() }),
  halted: haltView.nullable(),
  reconcile: reconcileStateView,
  /** The last time nobody kept watch, if the journal shows one. */
  last_gap: gapView.nullable(),
  now: timeMs,
})
export type StatusView = z.infer<typeof statusView>

export const stopReceipt = z.object({
  halted_at: timeMs,
  by: z.string(),
  reason: z.string(),
  /** Orders whose cancel was sent, and those the exchange has confirmed. */
  canceled: z.number().int(),
  flattened: z.number().int(),
  /** What is left in scope when the deadline came: empty means the exchange shows nothing. */
  remaining: z.array(z.object({ kind: z.enum(['order', 'position']), id: z.string(), detail: z.string() })),
  confirmed: z.boolean(),
  duration_ms: z.number(),
})
export type StopReceipt = z.infer<typeof stopReceipt>
