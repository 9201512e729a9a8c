import { assertNever } from '#domain/errors.ts'
import type {
  AccountOpened,
  CandleClosed,
  EquityMarked,
  InstrumentListed,
  JournalEntry,
  OrderFilled,
  OrderStatusChanged,
  OrderSubmitted,
  SignalDecided,
  TraderChanged,
} from '#domain/facts.ts'
import type { Row, TableName } from './tables.ts'

/** What one batch of facts means for the tables. Pure data; keys are unique within each list. */
export interface Projection {
  /** Rows to insert, or to replace by their key. */
  readonly rows: Readonly<Partial<Record<TableName, readonly Row[]>>>
  /** Changes of orders submitted before this batch. */
  readonly orderChanges: readonly Row[]
  readonly removedTraders: readonly Row[]
}

/** What later facts of the same batch may still change. */
interface OrderPatch {
  status: string
  reason?: string | null
  exchange_order_id?: string
  filled_quantity?: string
  filled_notional?: string
  updated_seq: number
  updated_ts_ms: number
}

interface Fold {
  readonly lists: Map<TableName, Row[]>
  readonly keyed: Map<TableName, Map<string, Row>>
  readonly submitted: Map<string, Row>
  readonly changes: Map<string, OrderPatch>
  readonly removed: Map<string, Row>
}

/** Folds facts, in their order, into the rows they make. The same facts give the same rows, however they are cut into batches. */
export function project(entries: readonly JournalEntry[]): Projection {
  const fold: Fold = { lists: new Map(), keyed: new Map(), submitted: new Map(), changes: new Map(), removed: new Map() }
  for (const entry of entries) apply(fold, entry)
  const rows: Partial<Record<TableName, readonly Row[]>> = {}
  for (const [table, list] of fold.lists) rows[table] = list
  for (const [table, byKey] of fold.keyed) rows[table] = [...byKey.values()]
  if (fold.submitted.size > 0) rows.orders = [...fold.submitted.values()]
  return {
    rows,
    orderChanges: [...fold.changes].map(([id, patch]) => ({ client_order_id: id, ...patch, reason_set: patch.reason !== undefined })),
    removedTraders: [...fold.removed.values()],
  }
}

function append(fold: Fold, table: TableName, row: Row): void {
  const list = fold.lists.get(table)
  if (list === undefined) fold.lists.set(table, [row])
  else list.push(row)
}

function replace(fold: Fold, table: TableName, entry: { readonly key: string; readonly row: Row }): void {
  let rows = fold.keyed.get(table)
  if (rows === undefined) fold.keyed.set(table, (rows = new Map()))
  rows.set(entry.key, entry.row)
}

function apply(fold: Fold, { seq, fact }: JournalEntry): void {
  const at = { seq, ts_ms: fact.ts }
  switch (fact.type) {
    case 'InstrumentListed':
      return replace(fold, 'instruments', { key: `${fact.exchange} ${fact.symbol}`, row: { ...instrumentRow(fact), ...at } })
    case 'AccountOpened':
      return append(fold, 'balances', { ...openingRow(fact), ...at })
    case 'TraderChanged':
      return applyTrader(fold, fact, at)
    case 'TraderRemoved':
      return applyRemoval(fold, fact.traderId, at)
    case 'SignalDecided':
      noteStrategy(fold, fact.strategy, at)
      return append(fold, 'signals', { ...signalRow(fact), ...at })
    case 'OrderSubmitted':
      noteStrategy(fold, fact.strategy, at)
      fold.submitted.set(fact.clientOrderId, { ...orderRow(fact), ...at, updated_seq: seq, updated_ts_ms: fact.ts })
      return
    case 'OrderStatusChanged':
      return changeOrder(fold, fact.clientOrderId, statusPatch(fact, seq))
    case 'OrderFilled':
      noteStrategy(fold, fact.strategy, at)
      append(fold, 'trades', { ...tradeRow(fact), ...at })
      replace(fold, 'positions', { key: `${fact.traderId} ${fact.symbol}`, row: { ...positionRow(fact), ...at } })
      return changeOrder(fold, fact.clientOrderId, fillPatch(fact, seq))
    case 'CandleClosed':
      return replace(fold, 'candles', { key: `${fact.symbol} ${fact.timeframe} ${fact.openTime}`, row: { ...candleRow(fact), seq } })
    case 'EquityMarked':
      return append(fold, 'balances', { ...equityRow(fact), ...at })
    case 'TradingHalted':
      return append(fold, 'halts', { action: 'HALTED', done_by: fact.by, reason: fact.reason, flatten: fact.flatten, ...at })
    case 'TradingResumed':
      return append(fold, 'halts', { action: 'RESUMED', done_by: fact.by, reason: fact.reason, ...at })
    case 'RiskLimitsSet':
      return append(fold, 'risk_limits', { set_by: fact.by, limits: fact.limits, ...at })
    case 'AlertRaised': {
      const { severity, code, message, traderId, symbol } = fact
      return append(fold, 'alerts', { severity, code, message, trader_id: traderId, symbol, ...at })
    }
    case 'ActionAudited': {
      const { actor, action, target, reason, before, after } = fact
      return append(fold, 'audit', { actor, action, target, reason, before, after, ...at })
    }
    case 'OrderAmendRequested':
    case 'OrderAmended':
    case 'ProtectionSet':
    case 'ProtectionMoved':
    case 'DifferenceFound':
    case 'DifferenceClosed':
    case 'ReconciliationDone':
    case 'PositionAssigned':
      return
    default:
      return assertNever(fact)
  }
}

interface At {
  readonly seq: number
  readonly ts_ms: number
}

function applyTrader(fold: Fold, fact: TraderChanged, at: At): void {
  const { config } = fact
  noteStrategy(fold, config.strategy, at)
  fold.removed.delete(fact.traderId)
  replace(fold, 'traders', {
    key: fact.traderId,
    row: {
      trader_id: fact.traderId,
      strategy: config.strategy,
      kind: config.kind,
      state: fact.state,
      desired: config.desired,
      timeframe: config.timeframe,
      symbols: config.symbols,
      order_notional: config.orderNotional,
      params: config.params,
      reason: fact.reason,
      removed: false,
      ...at,
    },
  })
}

function applyRemoval(fold: Fold, traderId: string, at: At): void {
  const inBatch = fold.keyed.get('traders')?.get(traderId)
  if (inBatch === undefined) fold.removed.set(traderId, { trader_id: traderId, ...at })
  else replace(fold, 'traders', { key: traderId, row: { ...inBatch, removed: true, ...at } })
}

function noteStrategy(fold: Fold, name: string, at: At): void {
  const known = fold.keyed.get('strategies')?.get(name)
  const first =
    known === undefined
      ? { first_seq: at.seq, first_ts_ms: at.ts_ms }
      : { first_seq: known['first_seq'], first_ts_ms: known['first_ts_ms'] }
  replace(fold, 'strategies', { key: name, row: { name, ...first, ...at } })
}

function changeOrder(fold: Fold, id: string, patch: OrderPatch): void {
  const submitted = fold.submitted.get(id)
  if (submitted !== undefined) fold.submitted.set(id, { ...submitted, ...patch })
  else fold.changes.set(id, { ...fold.changes.get(id), ...patch })
}

function statusPatch(fact: OrderStatusChanged, seq: number): OrderPatch {
  return {
    status: fact.status,
    reason: fact.reason ?? null,
    ...(fact.exchangeOrderId === undefined ? {} : { exchange_order_id: fact.exchangeOrderId }),
    updated_seq: seq,
    updated_ts_ms: fact.ts,
  }
}

function fillPatch(fact: OrderFilled, seq: number): OrderPatch {
  return {
    status: fact.orderStatus,
    ...(fact.exchangeOrderId === undefined ? {} : { exchange_order_id: fact.exchangeOrderId }),
    filled_quantity: fact.orderFilledQuantity,
    filled_notional: fact.orderFilledNotional,
    updated_seq: seq,
    updated_ts_ms: fact.ts,
  }
}

function instrumentRow(fact: InstrumentListed): Row {
  return {
    exchange: fact.exchange,
    symbol: fact.symbol,
    kind: fact.kind,
    base: fact.base,
    quote: fact.quote,
    settle: fact.settle,
    tick_size: fact.tickSize,
    lot_size: fact.lotSize,
    min_quantity: fact.minQuantity,
    min_notional: fact.minNotional,
    maker_fee_bps: fact.makerFeeBps,
    taker_fee_bps: fact.takerFeeBps,
  }
}

function openingRow({ exchange, currency, balance }: AccountOpened): Row {
  return {
    exchange,
    currency,
    opening: true,
    start: balance,
    realized: '0',
    unrealized: '0',
    fees: '0',
    equity: balance,
    exposure: '0',
    reserved: '0',
  }
}

function equityRow(fact: EquityMarked): Row {
  const { exchange, currency, start, realized, unrealized, fees, equity, exposure, reserved } = fact
  return { exchange, currency, opening: false, start, realized, unrealized, fees, equity, exposure, reserved }
}

function signalRow(fact: SignalDecided): Row {
  return {
    signal_id: fact.signalId,
    trader_id: fact.traderId,
    strategy: fact.strategy,
    symbol: fact.symbol,
    action: fact.action,
    quantity: fact.quantity,
    confidence: fact.confidence,
    stop_loss: fact.stopLoss,
    take_profit: fact.takeProfit,
    expires_at_ms: fact.expiresAt,
    note: fact.note,
    step_time_ms: fact.stepTime,
    outcome: fact.outcome,
    reason: fact.reason,
    value: fact.value,
    limit_value: fact.limit,
    client_order_id: fact.clientOrderId,
  }
}

function orderRow(fact: OrderSubmitted): Row {
  return {
    client_order_id: fact.clientOrderId,
    trader_id: fact.traderId,
    strategy: fact.strategy,
    signal_id: fact.signalId,
    exchange: fact.exchange,
    symbol: fact.symbol,
    side: fact.side,
    order_type: fact.orderType,
    purpose: fact.purpose,
    quantity: fact.quantity,
    price: fact.price,
    reference_price: fact.referencePrice,
    reduce_only: fact.reduceOnly,
    stop_loss: fact.stopLoss,
    take_profit: fact.takeProfit,
    status: 'SUBMITTED',
    filled_quantity: '0',
    filled_notional: '0',
  }
}

function tradeRow(fact: OrderFilled): Row {
  return {
    exchange: fact.exchange,
    symbol: fact.symbol,
    trade_id: fact.tradeId,
    client_order_id: fact.clientOrderId,
    exchange_order_id: fact.exchangeOrderId,
    trader_id: fact.traderId,
    strategy: fact.strategy,
    side: fact.side,
    price: fact.price,
    quantity: fact.quantity,
    fee: fact.fee,
    fee_currency: fact.feeCurrency,
    liquidity: fact.liquidity,
    realized_pnl: fact.realizedPnl,
    cash_after: fact.cash,
  }
}

function positionRow({ traderId, symbol, exchange, position }: OrderFilled): Row {
  return {
    trader_id: traderId,
    symbol,
    exchange,
    quantity: position.quantity,
    entry_cost: position.entryCost,
    realized_pnl: position.realizedPnl,
    fees: position.fees,
    opened_at_ms: position.openedAt,
    stop_loss: position.stopLoss,
    take_profit: position.takeProfit,
  }
}

function candleRow(fact: CandleClosed): Row {
  const { symbol, timeframe, openTime, open, high, low, close, volume } = fact
  return { symbol, timeframe, open_time_ms: openTime, open, high, low, close, volume }
}
