import type { Pool } from 'pg'
import { AppError } from '#domain/errors.ts'
import type { OrderExecution, OrderPurpose, OrderSide, OrderStatus, OrderType, TimeInForce, TrailingDistance } from '#domain/order.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import type { SignalAction, SignalOutcome } from '#domain/signal.ts'
import { classifyPostgresError } from './classify-error.ts'

export const HISTORY_ROWS_MAX = 1_000

/** Money is decimal text with every digit; times are UTC milliseconds; absent is null. */
export interface OrderRow {
  readonly clientOrderId: string
  readonly exchangeOrderId: string | null
  readonly traderId: string
  readonly strategy: string
  readonly signalId: string | null
  readonly exchange: string
  readonly symbol: string
  readonly side: OrderSide
  readonly orderType: OrderType
  readonly purpose: OrderPurpose
  readonly quantity: string
  readonly price: string | null
  readonly referencePrice: string
  readonly reduceOnly: boolean
  readonly stopLoss: string | null
  readonly takeProfit: string | null
  /** The whole plan the position takes over, where there is more than these two levels. */
  readonly protection: ProtectionPlan | null
  readonly timeInForce: TimeInForce
  readonly postOnly: boolean
  readonly triggerPrice: string | null
  readonly trailing: TrailingDistance | null
  readonly highWater: string | null
  readonly execution: OrderExecution
  readonly triggered: boolean
  readonly ocoGroup: string | null
  readonly ladderLevel: number | null
  readonly replaces: string | null
  /** An amendment that was never answered. */
  readonly amending: AmendingColumn | null
  readonly status: OrderStatus
  readonly reason: string | null
  readonly filledQuantity: string
  readonly filledNotional: string
  /** Of the fact that submitted it; `updatedSeq` of the last one that changed it. */
  readonly seq: number
  readonly ts: number
  readonly updatedSeq: number
  readonly updatedTs: number
}

export interface AmendingColumn {
  readonly quantity?: string
  readonly price?: string
  readonly triggerPrice?: string
  readonly replace?: boolean
}

export interface TradeRow {
  readonly tradeId: string
  readonly clientOrderId: string
  readonly exchangeOrderId: string | null
  readonly traderId: string
  readonly strategy: string
  readonly exchange: string
  readonly symbol: string
  readonly side: OrderSide
  readonly price: string
  readonly quantity: string
  readonly fee: string
  readonly feeCurrency: string
  readonly liquidity: 'MAKER' | 'TAKER'
  readonly realizedPnl: string
  readonly cashAfter: string
  readonly seq: number
  readonly ts: number
}

export interface SignalRow {
  readonly signalId: string
  readonly traderId: string
  readonly strategy: string
  readonly symbol: string
  readonly action: SignalAction
  readonly quantity: string | null
  readonly confidence: number | null
  readonly stopLoss: string | null
  readonly takeProfit: string | null
  readonly expiresAt: number | null
  readonly note: string | null
  readonly stepTime: number | null
  readonly outcome: SignalOutcome
  readonly reason: string
  readonly value: string | null
  readonly limit: string | null
  readonly clientOrderId: string | null
  readonly seq: number
  readonly ts: number
}

export interface BalanceRow {
  readonly exchange: string
  readonly currency: string
  readonly opening: boolean
  readonly start: string
  readonly realized: string
  readonly unrealized: string
  readonly fees: string
  readonly equity: string
  readonly exposure: string
  readonly reserved: string
  readonly seq: number
  readonly ts: number
}

export interface AlertRow {
  readonly severity: 'info' | 'warning' | 'critical'
  readonly code: string
  readonly message: string
  readonly traderId: string | null
  readonly symbol: string | null
  readonly seq: number
  readonly ts: number
}

export interface AuditRow {
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly reason: string | null
  readonly before: string | null
  readonly after: string | null
  readonly seq: number
  readonly ts: number
}

export interface CandleRow {
  readonly symbol: string
  readonly timeframe: string
  readonly openTime: number
  readonly open: string
  readonly high: string
  readonly low: string
  readonly close: string
  readonly volume: string
  readonly seq: number
}

export interface HistoryRows {
  readonly orders: OrderRow
  readonly trades: TradeRow
  readonly signals: SignalRow
  readonly balances: BalanceRow
  readonly alerts: AlertRow
  readonly audit: AuditRow
  readonly candles: CandleRow
}
export type HistoryList = keyof HistoryRows

/** One page, newest first. A filter that a list does not have is `REFUSED`, never ignored. */
export interface HistoryQuery<List extends HistoryList = HistoryList> {
  readonly list: List
  /** Only rows whose `seq` (candles: whose open time) is below it. */
  readonly before?: number | undefined
  /** 1 to 1,000. */
  readonly limit: number
  readonly symbol?: string | undefined
  readonly traderId?: string | undefined
  /** Status of orders, outcome of signals, severity of alerts. */
  readonly status?: string | undefined
  readonly timeframe?: string | undefined
}

export interface HistoryPage<List extends HistoryList = HistoryList> {
  readonly rows: readonly HistoryRows[List][]
  /** The last fact that was in Postgres when the page was read: nothing newer can be in it. */
  readonly replicaSeq: number
}

interface ListShape {
  readonly columns: Readonly<Record<string, string>>
  readonly key: string
  readonly filters: Readonly<Partial<Record<'symbol' | 'traderId' | 'status' | 'timeframe', string>>>
}

const FACT = { seq: 'seq', ts: 'ts_ms' } as const
const OWNER = { traderId: 'trader_id', strategy: 'strategy' } as const

const LISTS: Readonly<Record<HistoryList, ListShape>> = {
  orders: {
    columns: {
      clientOrderId: 'client_order_id',
      exchangeOrderId: 'exchange_order_id',
      ...OWNER,
      signalId: 'signal_id',
      exchange: 'exchange',
      symbol: 'symbol',
      side: 'side',
      orderType: 'order_type',
      purpose: 'purpose',
      quantity: 'quantity',
      price: 'price',
      referencePrice: 'reference_price',
      reduceOnly: 'reduce_only',
      stopLoss: 'stop_loss',
      takeProfit: 'take_profit',
      protection: 'protection',
      timeInForce: 'time_in_force',
      postOnly: 'post_only',
      triggerPrice: 'trigger_price',
      trailing: 'trail',
      highWater: 'high_water',
      execution: 'execution',
      triggered: 'triggered',
      ocoGroup: 'oco_group',
      ladderLevel: 'ladder_level',
      replaces: 'replaces',
      amending: 'amending',
      status: 'status',
      reason: 'reason',
      filledQuantity: 'filled_quantity',
      filledNotional: 'filled_notional',
      ...FACT,
      updatedSeq: 'updated_seq',
      updatedTs: 'updated_ts_ms',
    },
    key: 'seq',
    filters: { symbol: 'symbol', traderId: 'trader_id', status: 'status' },
  },
  trades: {
    columns: {
      tradeId: 'trade_id',
      clientOrderId: 'client_order_id',
      exchangeOrderId: 'exchange_order_id',
      ...OWNER,
      exchange: 'exchange',
      symbol: 'symbol',
      side: 'side',
      price: 'price',
      quantity: 'quantity',
      fee: 'fee',
      feeCurrency: 'fee_currency',
      liquidity: 'liquidity',
      realizedPnl: 'realized_pnl',
      cashAfter: 'cash_after',
      ...FACT,
    },
    key: 'seq',
    filters: { symbol: 'symbol', traderId: 'trader_id' },
  },
  signals: {
    columns: {
      signalId: 'signal_id',
      ...OWNER,
      symbol: 'symbol',
      action: 'action',
      quantity: 'quantity',
      confidence: 'confidence',
      stopLoss: 'stop_loss',
      takeProfit: 'take_profit',
      expiresAt: 'expires_at_ms',
      note: 'note',
      stepTime: 'step_time_ms',
      outcome: 'outcome',
      reason: 'reason',
      value: 'value',
      limit: 'limit_value',
      clientOrderId: 'client_order_id',
      ...FACT,
    },
    key: 'seq',
    filters: { symbol: 'symbol', traderId: 'trader_id', status: 'outcome' },
  },
  balances: {
    columns: {
      exchange: 'exchange',
      currency: 'currency',
      opening: 'opening',
      start: 'start',
      realized: 'realized',
      unrealized: 'unrealized',
      fees: 'fees',
      equity: 'equity',
      exposure: 'exposure',
      reserved: 'reserved',
      ...FACT,
    },
    key: 'seq',
    filters: {},
  },
  alerts: {
    columns: { severity: 'severity', code: 'code', message: 'message', traderId: 'trader_id', symbol: 'symbol', ...FACT },
    key: 'seq',
    filters: { symbol: 'symbol', traderId: 'trader_id', status: 'severity' },
  },
  audit: {
    columns: { actor: 'actor', action: 'action', target: 'target', reason: 'reason', before: 'before', after: 'after', ...FACT },
    key: 'seq',
    filters: {},
  },
  candles: {
    columns: {
      symbol: 'symbol',
      timeframe: 'timeframe',
      openTime: 'open_time_ms',
      open: 'open',
      high: 'high',
      low: 'low',
      close: 'close',
      volume: 'volume',
      seq: 'seq',
    },
    key: 'open_time_ms',
    filters: { symbol: 'symbol', timeframe: 'timeframe' },
  },
}

const FILTER_NAMES = ['symbol', 'traderId', 'status', 'timeframe'] as const

/** Reads one page of a list that is older than memory. Throws `AppError`: `REFUSED` for a query that makes no sense, or what became of Postgres. */
export async function readHistory<List extends HistoryList>(pool: Pool, query: HistoryQuery<List>): Promise<HistoryPage<List>> {
  const { sql, values } = historySql(query)
  try {
    const { rows } = await pool.query<{ replica_seq: number; page: readonly HistoryRows[List][] }>(sql, values)
    return { rows: rows[0]?.page ?? [], replicaSeq: rows[0]?.replica_seq ?? 0 }
  } catch (error) {
    throw classifyPostgresError(error, 'the history connection')
  }
}

/** One statement, so that rows and the replica's place are of one moment. NUMERIC goes out as text. */
function historySql(query: HistoryQuery): { readonly sql: string; readonly values: unknown[] } {
  const { columns, key, filters } = LISTS[query.list]
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > HISTORY_ROWS_MAX) {
    throw new AppError('REFUSED', `A page has 1 to ${HISTORY_ROWS_MAX} rows, not ${query.limit}. Ask for less, and for more pages.`)
  }
  const values: unknown[] = [query.limit]
  const conditions: string[] = []
  if (query.before !== undefined) conditions.push(`"${key}" < $${values.push(query.before)}`)
  for (const name of FILTER_NAMES) {
    if (query[name] === undefined) continue
    const column = filters[name]
    if (column === undefined) throw new AppError('REFUSED', `The list ${query.list} cannot be filtered by ${name}.`)
    conditions.push(`"${column}" = $${values.push(query[name])}`)
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  const fields = Object.entries(columns).map(
    ([name, column]) => `'${name}', ${NUMERIC_COLUMNS.has(column) ? `p."${column}"::text` : `p."${column}"`}`,
  )
  return {
    sql: `
      SELECT COALESCE((SELECT max(seq) FROM replica_cursor), 0) AS replica_seq,
             COALESCE(json_agg(json_build_object(${fields.join(', ')}) ORDER BY p."${key}" DESC), '[]') AS page
        FROM (SELECT * FROM ${query.list} ${where} ORDER BY "${key}" DESC LIMIT $1) p`,
    values,
  }
}

const NUMERIC_COLUMNS: ReadonlySet<string> = new Set([
  'quantity',
  'price',
  'reference_price',
  'trigger_price',
  'high_water',
  'stop_loss',
  'take_profit',
  'filled_quantity',
  'filled_notional',
  'fee',
  'realized_pnl',
  'cash_after',
  'start',
  'realized',
  'unrealized',
  'fees',
  'equity',
  'exposure',
  'reserved',
  'open',
  'high',
  'low',
  'close',
  'volume',
])
