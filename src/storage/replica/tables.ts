/** A value as JSON carries it into Postgres; decimal text becomes NUMERIC there, digit by digit. */
export type Cell = string | number | boolean | null | readonly string[] | object | undefined
export type Row = Readonly<Record<string, Cell>>

/** Everything the replica writes into, in an order that keeps foreign keys satisfied (`events` goes before all). */
export const TABLE_NAMES = [
  'instruments',
  'traders',
  'strategies',
  'signals',
  'orders',
  'trades',
  'positions',
  'balances',
  'candles',
  'alerts',
  'audit',
  'risk_limits',
  'halts',
] as const
export type TableName = (typeof TABLE_NAMES)[number]

interface TableShape {
  /** Column → type, as in the migrations. */
  readonly columns: Readonly<Record<string, string>>
  /** Present for tables whose rows are replaced: the key, and the columns that stay as first written. */
  readonly replace?: { readonly key: readonly string[]; readonly keep?: readonly string[] }
}

const SHAPES: Readonly<Record<TableName, TableShape>> = {
  instruments: {
    columns: {
      exchange: 'text',
      symbol: 'text',
      kind: 'text',
      base: 'text',
      quote: 'text',
      settle: 'text',
      tick_size: 'numeric',
      lot_size: 'numeric',
      min_quantity: 'numeric',
      min_notional: 'numeric',
      maker_fee_bps: 'numeric',
      taker_fee_bps: 'numeric',
      seq: 'bigint',
      ts_ms: 'bigint',
    },
    replace: { key: ['exchange', 'symbol'] },
  },
  traders: {
    columns: {
      trader_id: 'text',
      strategy: 'text',
      kind: 'text',
      state: 'text',
      desired: 'text',
      timeframe: 'text',
      symbols: 'text[]',
      order_notional: 'numeric',
      params: 'jsonb',
      reason: 'text',
      removed: 'boolean',
      seq: 'bigint',
      ts_ms: 'bigint',
    },
    replace: { key: ['trader_id'] },
  },
  strategies: {
    columns: { name: 'text', first_seq: 'bigint', first_ts_ms: 'bigint', seq: 'bigint', ts_ms: 'bigint' },
    replace: { key: ['name'], keep: ['first_seq', 'first_ts_ms'] },
  },
  signals: {
    columns: {
      seq: 'bigint',
      signal_id: 'text',
      trader_id: 'text',
      strategy: 'text',
      symbol: 'text',
      action: 'text',
      quantity: 'numeric',
      confidence: 'double precision',
      stop_loss: 'numeric',
      take_profit: 'numeric',
      expires_at_ms: 'bigint',
      note: 'text',
      step_time_ms: 'bigint',
      outcome: 'text',
      reason: 'text',
      value: 'text',
      limit_value: 'text',
      client_order_id: 'text',
      ts_ms: 'bigint',
    },
  },
  orders: {
    columns: {
      client_order_id: 'text',
      exchange_order_id: 'text',
      trader_id: 'text',
      strategy: 'text',
      signal_id: 'text',
      exchange: 'text',
      symbol: 'text',
      side: 'text',
      order_type: 'text',
      purpose: 'text',
      quantity: 'numeric',
      price: 'numeric',
      reference_price: 'numeric',
      reduce_only: 'boolean',
      stop_loss: 'numeric',
      take_profit: 'numeric',
      status: 'text',
      reason: 'text',
      filled_quantity: 'numeric',
      filled_notional: 'numeric',
      seq: 'bigint',
      ts_ms: 'bigint',
      updated_seq: 'bigint',
      updated_ts_ms: 'bigint',
    },
  },
  trades: {
    columns: {
      exchange: 'text',
      symbol: 'text',
      trade_id: 'text',
      client_order_id: 'text',
      exchange_order_id: 'text',
      trader_id: 'text',
      strategy: 'text',
      side: 'text',
      price: 'numeric',
      quantity: 'numeric',
      fee: 'numeric',
      fee_currency: 'text',
      liquidity: 'text',
      realized_pnl: 'numeric',
      cash_after: 'numeric',
      seq: 'bigint',
      ts_ms: 'bigint',
    },
  },
  positions: {
    columns: {
      trader_id: 'text',
      symbol: 'text',
      exchange: 'text',
      quantity: 'numeric',
      entry_cost: 'numeric',
      realized_pnl: 'numeric',
      fees: 'numeric',
      opened_at_ms: 'bigint',
      stop_loss: 'numeric',
      take_profit: 'numeric',
      seq: 'bigint',
      ts_ms: 'bigint',
    },
    replace: { key: ['trader_id', 'symbol'] },
  },
  balances: {
    columns: {
      seq: 'bigint',
      exchange: 'text',
      currency: 'text',
      opening: 'boolean',
      start: 'numeric',
      realized: 'numeric',
      unrealized: 'numeric',
      fees: 'numeric',
      equity: 'numeric',
      exposure: 'numeric',
      reserved: 'numeric',
      ts_ms: 'bigint',
    },
  },
  candles: {
    columns: {
      symbol: 'text',
      timeframe: 'text',
      open_time_ms: 'bigint',
      open: 'numeric',
      high: 'numeric',
      low: 'numeric',
      close: 'numeric',
      volume: 'numeric',
      seq: 'bigint',
    },
    replace: { key: ['symbol', 'timeframe', 'open_time_ms'] },
  },
  alerts: {
    columns: { seq: 'bigint', severity: 'text', code: 'text', message: 'text', trader_id: 'text', symbol: 'text', ts_ms: 'bigint' },
  },
  audit: {
    columns: {
      seq: 'bigint',
      actor: 'text',
      action: 'text',
      target: 'text',
      reason: 'text',
      before: 'text',
      after: 'text',
      ts_ms: 'bigint',
    },
  },
  risk_limits: { columns: { seq: 'bigint', set_by: 'text', limits: 'jsonb', ts_ms: 'bigint' } },
  halts: { columns: { seq: 'bigint', action: 'text', done_by: 'text', reason: 'text', flatten: 'boolean', ts_ms: 'bigint' } },
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ')
}

function recordset(columns: Readonly<Record<string, string>>): string {
  const fields = Object.entries(columns).map(([name, type]) => `"${name}" ${type}`)
  return `json_to_recordset($1::json) AS r(${fields.join(', ')})`
}

function insertSql(table: TableName): string {
  const { columns, replace } = SHAPES[table]
  const names = Object.keys(columns)
  const insert = `INSERT INTO ${table} (${quoted(names)}) SELECT ${quoted(names)} FROM ${recordset(columns)}`
  if (replace === undefined) return insert
  const fixed = new Set([...replace.key, ...(replace.keep ?? [])])
  const changed = names.filter((name) => !fixed.has(name)).map((name) => `"${name}" = EXCLUDED."${name}"`)
  return `${insert} ON CONFLICT (${quoted(replace.key)}) DO UPDATE SET ${changed.join(', ')}`
}

/** One statement a table; `$1` is the JSON text of an array of rows. Keys are unique within that array. */
export const INSERT_SQL: Readonly<Record<TableName, string>> = Object.freeze(
  Object.fromEntries(TABLE_NAMES.map((table) => [table, insertSql(table)])) as Record<TableName, string>,
)

/** `$1` is the JSON text of an array of facts, `$2` the sequence before the first. */
export const INSERT_EVENTS_SQL = `
  INSERT INTO events (seq, ts_ms, type, payload)
  SELECT $2::bigint + place, (fact ->> 'ts')::bigint, fact ->> 'type', fact FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS f(fact, place)`

/** Changes of orders that an earlier batch submitted. What a change does not name stays. */
export const UPDATE_ORDERS_SQL = `
  UPDATE orders o SET
    status = r.status,
    reason = CASE WHEN r.reason_set THEN r.reason ELSE o.reason END,
    exchange_order_id = COALESCE(r.exchange_order_id, o.exchange_order_id),
    filled_quantity = COALESCE(r.filled_quantity, o.filled_quantity),
    filled_notional = COALESCE(r.filled_notional, o.filled_notional),
    updated_seq = r.updated_seq,
    updated_ts_ms = r.updated_ts_ms
  FROM ${recordset({
    client_order_id: 'text',
    status: 'text',
    reason: 'text',
    reason_set: 'boolean',
    exchange_order_id: 'text',
    filled_quantity: 'numeric',
    filled_notional: 'numeric',
    updated_seq: 'bigint',
    updated_ts_ms: 'bigint',
  })}
  WHERE o.client_order_id = r.client_order_id`

export const REMOVE_TRADERS_SQL = `
  UPDATE traders t SET removed = true, seq = r.seq, ts_ms = r.ts_ms
  FROM ${recordset({ trader_id: 'text', seq: 'bigint', ts_ms: 'bigint' })} WHERE t.trader_id = r.trader_id`
