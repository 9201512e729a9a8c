import { Carrier, type ExpectedRecord, type Row, type TableMeaning } from './table-meaning.ts'
import { trades } from './expected-trades.ts'
import * as meaning from './source-words.ts'

function orders(row: Row): TableMeaning {
  const c = new Carrier(row)
  const type = c.once(meaning.orderType(c.counted('order_type', 'type', 'order_type')))
  const status = c.once(meaning.orderStatus(c.counted('status', 'status')))
  const side = meaning.side(c.counted('side', 'side'))
  for (const [target, ...names] of [
    ['side', 'side'],
    ['order_type', 'type', 'order_type'],
    ['status', 'status'],
    ['symbol', 'symbol'],
  ] as const)
    c.carried(target, ...names)
  const quantity = c.once(meaning.number(c.carried('quantity', 'quantity', 'qty', 'amount')))
  const filled = meaning.number(c.carried('filled_quantity', 'filled_quantity', 'cum_exec_qty'))
  const price = meaning.number(c.carried('price', 'price'))
  const trigger = meaning.number(c.carried('trigger_price', 'trigger_price', 'stop_price'))
  const reduceOnly = c.once(meaning.flag(c.cell('reduce_only')))
  const isPair = `coalesce(${meaning.flag(c.cell('is_sltp'))}, false)`
  const waits = `(${type} NOT IN ('MARKET', 'LIMIT'))`
  const atMarket = `(${type} IN ('STOP_MARKET', 'TAKE_PROFIT_MARKET', 'TRAILING_STOP'))`
  const pairPurpose = `CASE WHEN ${type} IN ('LIMIT', 'TAKE_PROFIT_MARKET', 'TAKE_PROFIT_LIMIT') THEN 'TAKE_PROFIT' WHEN ${type} = 'MARKET' THEN 'EXIT' ELSE 'STOP_LOSS' END`
  const record: ExpectedRecord = {
    table: 'orders',
    part: 'row',
    when: 'true',
    columns: {
      order_id: `coalesce(${meaning.words(c.carried('order_id', 'order_id', 'exchange_order_id'))}, 'v2_order_' || ${row.name})`,
      exchange: meaning.exchange(c.carried('exchange', 'exchange'), row.plan),
      symbol: 'y.unified',
      side,
      order_type: type,
      status,
      purpose: `CASE WHEN ${isPair} THEN ${pairPurpose} WHEN ${reduceOnly} THEN 'EXIT' WHEN NOT ${reduceOnly} THEN 'ENTRY' END`,
      quantity,
      filled_quantity: `coalesce(${filled}, CASE WHEN ${status} = 'FILLED' THEN ${quantity} WHEN ${status} IN ('REJECTED', 'ACCEPTED', 'SUBMITTED') THEN 0 END)`,
      price: `CASE WHEN NOT ${atMarket} THEN ${price} END`,
      average_price: meaning.number(c.carried('average_price', 'average_price', 'avg_price')),
      trigger_price: `CASE WHEN ${waits} AND ${atMarket} THEN coalesce(${trigger}, ${price}) ELSE ${trigger} END`,
      stop_loss: meaning.number(c.carried('stop_loss', 'stop_loss', 'sl_trigger_price')),
      take_profit: meaning.number(c.carried('take_profit', 'take_profit', 'tp_trigger_price')),
      reduce_only: reduceOnly,
      time_in_force: meaning.words(c.carried('time_in_force', 'time_in_force')),
      strategy: meaning.words(c.carried('strategy', 'strategy_name', 'model_name')),
      created_ms: c.time('created_at'),
      updated_ms: c.time('updated_at'),
    },
    carries: c.carries,
  }
  return {
    symbol: c.cell('symbol'),
    worked: c.worked,
    naive: c.naive,
    records: [record],
    census: c.census,
    sums: { by: ['symbol', 'side', 'status'], time: 'created_ms', amounts: ['quantity', 'quantity * price', 'filled_quantity'] },
  }
}

function signals(row: Row): TableMeaning {
  const c = new Carrier(row)
  const hasExchange = c.has('exchange')
  c.carried('symbol', 'symbol')
  c.carried('action', 'action', 'signal_type')
  const record: ExpectedRecord = {
    table: 'signals',
    part: 'row',
    when: 'true',
    columns: {
      signal_id: `('v2_signal_' || ${row.name})`,
      exchange: hasExchange ? `lower(btrim(${meaning.words(c.carried('exchange', 'exchange'))}))` : 'NULL::text',
      symbol: 'y.unified',
      action: meaning.signalAction(c.counted('action', 'action', 'signal_type')),
      confidence: meaning.confidence(c.once(meaning.number(c.carried('confidence', 'confidence')))),
      score: meaning.number(c.carried('score', 'score')),
      status: meaning.words(c.carried('status', 'status')),
      strategy: meaning.words(c.carried('strategy', 'model_name', 'strategy_name')),
      created_ms: c.time('created_at'),
      processed_ms: c.time('processed_at'),
    },
    carries: c.carries,
  }
  c.counted('status', 'status')
  const sums = { by: ['symbol', 'action', 'status'], time: 'created_ms', amounts: ['score', 'confidence'] }
  return { symbol: c.cell('symbol'), worked: c.worked, naive: c.naive, records: [record], census: c.census, sums }
}

function balances(row: Row): TableMeaning {
  const c = new Carrier(row)
  const record: ExpectedRecord = {
    table: 'balances',
    part: 'row',
    when: 'true',
    columns: {
      exchange: meaning.exchange(c.carried('exchange', 'exchange'), row.plan),
      asset: `upper(btrim(${c.carried('asset', 'asset', 'currency', 'coin')}))`,
      free: meaning.number(c.carried('free', 'free', 'available')),
      locked: meaning.number(c.carried('locked', 'locked', 'used')),
      total: meaning.number(c.carried('total', 'total', 'balance')),
      total_usd: meaning.number(c.carried('total_usd', 'total_balance_usd', 'usd_value')),
      ts_ms: c.time('timestamp', 'updated_at', 'created_at'),
    },
    carries: c.carries,
  }
  const sums = { by: ['asset', 'exchange'], time: 'ts_ms', amounts: ['free', 'locked', 'total', 'total_usd'] }
  return { symbol: undefined, worked: c.worked, naive: c.naive, records: [record], census: {}, sums }
}

function positions(row: Row): TableMeaning {
  const c = new Carrier(row)
  const quantity = c.once(meaning.number(c.carried('quantity', 'size', 'quantity', 'qty')))
  c.carried('symbol', 'symbol')
  c.carried('direction', 'side')
  const record: ExpectedRecord = {
    table: 'positions',
    part: 'snapshot',
    when: 'true',
    columns: {
      position_id: `('v2_position_' || ${row.name})`,
      exchange: meaning.exchange(c.carried('exchange', 'exchange'), row.plan),
      symbol: 'y.unified',
      direction: `CASE ${meaning.side(c.counted('direction', 'side'))} WHEN 'BUY' THEN 'LONG' WHEN 'SELL' THEN 'SHORT' END`,
      state: `CASE WHEN ${quantity} = 0 THEN 'CLOSED' ELSE 'OPEN' END`,
      quantity,
      leverage: meaning.number(c.carried('leverage', 'leverage')),
      entry_price: meaning.number(c.carried('entry_price', 'entry_price')),
      exit_price: 'NULL::numeric',
      stop_loss: meaning.number(c.carried('stop_loss', 'stop_loss')),
      take_profit: meaning.number(c.carried('take_profit', 'take_profit')),
      realized_pnl: 'NULL::numeric',
      entry_order_id: 'NULL::text',
      exit_order_id: 'NULL::text',
      strategy: meaning.words(c.carried('strategy', 'strategy_name', 'model_name')),
      confidence: 'NULL::numeric',
      session_id: 'NULL::text',
      opened_ms: c.time('created_at', 'opened_at'),
      closed_ms: 'NULL::bigint',
    },
    carries: c.carries,
  }
  const sums = { by: ['symbol', 'direction', 'state'], time: 'opened_ms', amounts: ['quantity', 'quantity * entry_price'] }
  return { symbol: c.cell('symbol'), worked: c.worked, naive: c.naive, records: [record], census: c.census, sums }
}

function protections(row: Row): TableMeaning {
  const c = new Carrier(row)
  c.carried('symbol', 'symbol')
  c.carried('side', 'side')
  const record: ExpectedRecord = {
    table: 'protections',
    part: 'row',
    when: 'true',
    columns: {
      protection_id: `('v2_sltp_' || ${row.name})`,
      trade_id: meaning.reference(c.carried('trade_id', 'trade_id')),
      symbol: 'y.unified',
      side: meaning.side(c.counted('side', 'side')),
      status: meaning.words(c.carried('status', 'status')),
      stop_loss: meaning.number(c.carried('stop_loss', 'stop_loss_price', 'stop_loss')),
      take_profit: meaning.number(c.carried('take_profit', 'take_profit_price', 'take_profit')),
      stop_order_id: meaning.words(c.carried('stop_order_id', 'sl_order_id')),
      target_order_id: meaning.words(c.carried('target_order_id', 'tp_order_id')),
      created_ms: c.time('created_at'),
      updated_ms: c.time('updated_at'),
    },
    carries: c.carries,
  }
  c.counted('status', 'status')
  return { symbol: c.cell('symbol'), worked: c.worked, naive: c.naive, records: [record], census: c.census, sums: undefined }
}

function ladderSteps(row: Row): TableMeaning {
  const c = new Carrier(row)
  const record: ExpectedRecord = {
    table: 'ladder_steps',
    part: 'row',
    when: 'true',
    columns: {
      step_id: `('v2_partial_tp_' || ${row.name})`,
      trade_id: meaning.reference(c.carried('trade_id', 'trade_id')),
      level: `${meaning.number(c.cell('level'))}::integer`,
      status: meaning.words(c.carried('status', 'status')),
      quantity: meaning.number(c.carried('quantity', 'close_qty', 'quantity')),
      price: meaning.number(c.carried('price', 'price')),
      order_id: meaning.words(c.carried('order_id', 'order_id')),
      created_ms: c.time('created_at'),
    },
    carries: c.carries,
  }
  c.counted('status', 'status')
  return { symbol: undefined, worked: c.worked, naive: c.naive, records: [record], census: c.census, sums: undefined }
}

function sessions(row: Row): TableMeaning {
  const c = new Carrier(row)
  const record: ExpectedRecord = {
    table: 'sessions',
    part: 'row',
    when: 'true',
    columns: {
      session_id: meaning.words(c.carried('session_id', 'session_id')),
      status: meaning.words(c.carried('status', 'status')),
      total_pnl: meaning.number(c.carried('total_pnl', 'total_pnl')),
      started_ms: c.time('started_at'),
      ended_ms: c.time('ended_at'),
    },
    carries: c.carries,
  }
  return { symbol: undefined, worked: c.worked, naive: c.naive, records: [record], census: {}, sums: undefined }
}

const MEANINGS: Readonly<Record<string, (row: Row) => TableMeaning>> = {
  trades,
  orders,
  signals,
  balances,
  positions,
  sltp_orders: protections,
  partial_tp_history: ladderSteps,
  trading_sessions: sessions,
}

/** Undefined for a table that is kept word for word and nothing more. */
export function meaningOf(tableKey: string, row: Row): TableMeaning | undefined {
  return Object.hasOwn(MEANINGS, tableKey) ? MEANINGS[tableKey]?.(row) : undefined
}
