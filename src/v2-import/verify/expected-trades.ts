import * as meaning from './source-words.ts'
import { Carrier, type ExpectedRecord, type Row, type TableMeaning } from './table-meaning.ts'

/** What the cells of a trade mean, as expressions. */
interface TradeCells {
  readonly id: string
  readonly state: string
  readonly entrySide: string
  readonly exitSide: string
  readonly isClosed: string
  readonly exchange: string
  readonly entryId: string
  readonly exitId: string
  readonly entryPrice: string
  readonly exitPrice: string
  readonly quantity: string
  readonly stopLoss: string
  readonly takeProfit: string
  readonly pnl: string
  readonly strategy: string
  readonly opened: string
  readonly closed: string
}

const SUMS: TableMeaning['sums'] = {
  by: ['symbol', 'direction', 'state'],
  time: 'opened_ms',
  amounts: ['quantity', 'quantity * entry_price', 'quantity * exit_price', 'realized_pnl'],
}

export function trades(row: Row): TableMeaning {
  const c = new Carrier(row)
  const id = `('v2_trade_' || ${row.name})`
  const state = c.once(meaning.tradeState(c.counted('state', 'status')))
  const entrySide = c.once(meaning.side(c.counted('direction', 'side')))
  const exitSide = `CASE ${entrySide} WHEN 'BUY' THEN 'SELL' WHEN 'SELL' THEN 'BUY' END`
  const isClosed = `(${state} = 'CLOSED')`
  const exchange = meaning.exchange(c.carried('exchange', 'exchange'), row.plan)
  const { entryId, exitId } = orderIds(c, id, isClosed)
  const entryPrice = c.once(meaning.number(c.carried('entry_price', 'entry_price')))
  const exitPrice = c.once(meaning.number(c.carried('exit_price', 'close_price', 'exit_price')))
  const quantity = c.once(meaning.number(c.carried('quantity', 'quantity', 'qty', 'size')))
  const [stopLoss = '', takeProfit = ''] = ['stop_loss', 'take_profit'].map((name) => c.once(meaning.number(c.carried(name, name))))
  const pnl = c.once(meaning.number(c.carried('realized_pnl', 'pnl')))
  const strategy = meaning.words(c.carried('strategy', 'model_name', 'strategy_name'))
  const [opened, closed] = [c.time('created_at', 'opened_at'), c.time('closed_at')]
  const cells: TradeCells = {
    id,
    state,
    entrySide,
    exitSide,
    isClosed,
    exchange,
    entryId,
    exitId,
    entryPrice,
    exitPrice,
    quantity,
    stopLoss,
    takeProfit,
    pnl,
    strategy,
    opened,
    closed,
  }
  return {
    symbol: c.carried('symbol', 'symbol'),
    worked: c.worked,
    naive: c.naive,
    records: [lifecycle(c, cells), ...tradeOrders(cells), ...tradeFills(cells)],
    census: c.census,
    sums: SUMS,
    joins: heldOrders(cells),
  }
}

function lifecycle(c: Carrier, cells: TradeCells): ExpectedRecord {
  const { id, state, entrySide, exchange, entryId, exitId, entryPrice, exitPrice, quantity } = cells
  const { stopLoss, takeProfit, pnl, strategy, opened, closed } = cells
  return {
    table: 'positions',
    part: 'lifecycle',
    when: 'true',
    columns: {
      position_id: id,
      exchange,
      symbol: 'y.unified',
      direction: `CASE ${entrySide} WHEN 'BUY' THEN 'LONG' WHEN 'SELL' THEN 'SHORT' END`,
      state,
      quantity,
      leverage: meaning.number(c.carried('leverage', 'leverage')),
      entry_price: entryPrice,
      exit_price: exitPrice,
      stop_loss: stopLoss,
      take_profit: takeProfit,
      realized_pnl: pnl,
      entry_order_id: entryId,
      exit_order_id: exitId,
      strategy,
      confidence: meaning.confidence(c.once(meaning.number(c.carried('confidence', 'confidence')))),
      session_id: meaning.words(c.carried('session_id', 'session_id')),
      opened_ms: opened,
      closed_ms: closed,
    },
    carries: c.carries,
  }
}

function orderIds(c: Carrier, id: string, isClosed: string): { readonly entryId: string; readonly exitId: string } {
  const entryId = `coalesce(${meaning.words(c.carried('entry_order_id', 'order_id'))}, ${id})`
  const exitCell = meaning.words(c.carried('exit_order_id', 'close_order_id', 'exit_order_id'))
  const exitId = `CASE WHEN ${isClosed} THEN coalesce(${exitCell}, ${id} || '_close') ELSE ${exitCell} END`
  return { entryId, exitId }
}

function isFilledOf({ state }: TradeCells): string {
  return `(${state} IN ('OPEN', 'CLOSED'))`
}

function sharedOf({ exchange, strategy, quantity }: TradeCells): Readonly<Record<string, string>> {
  return { exchange, symbol: 'y.unified', strategy, quantity }
}

function tradeOrders(cells: TradeCells): readonly ExpectedRecord[] {
  const { state, entrySide, exitSide, isClosed, entryId, exitId, entryPrice, exitPrice, quantity, stopLoss, takeProfit, opened, closed } =
    cells
  const [isFilled, shared] = [isFilledOf(cells), sharedOf(cells)]
  const none = { order_type: 'NULL::text', price: 'NULL::numeric', trigger_price: 'NULL::numeric' }
  const unsaid = { reduce_only: 'NULL::boolean', time_in_force: 'NULL::text', updated_ms: 'NULL::bigint' }
  const entry: ExpectedRecord = {
    table: 'orders',
    part: 'entry',
    when: '(held_entry.order_id IS NULL)',
    columns: {
      ...shared,
      ...none,
      ...unsaid,
      order_id: entryId,
      side: entrySide,
      status: `CASE WHEN ${isFilled} THEN 'FILLED' WHEN ${state} = 'PARTIAL' THEN 'PARTIALLY_FILLED' ELSE ${state} END`,
      purpose: `'ENTRY'::text`,
      filled_quantity: `CASE WHEN ${isFilled} THEN ${quantity} WHEN ${state} = 'REJECTED' THEN 0 END`,
      average_price: `CASE WHEN ${isFilled} THEN ${entryPrice} END`,
      stop_loss: stopLoss,
      take_profit: takeProfit,
      created_ms: opened,
    },
    carries: undefined,
  }
  const exit: ExpectedRecord = {
    table: 'orders',
    part: 'exit',
    when: `(${isClosed} AND held_exit.order_id IS NULL)`,
    columns: {
      ...shared,
      ...none,
      ...unsaid,
      order_id: exitId,
      side: exitSide,
      status: `'FILLED'::text`,
      purpose: `'EXIT'::text`,
      filled_quantity: quantity,
      average_price: exitPrice,
      stop_loss: 'NULL::numeric',
      take_profit: 'NULL::numeric',
      created_ms: closed,
    },
    carries: undefined,
  }
  return [entry, exit]
}

function tradeFills(cells: TradeCells): readonly ExpectedRecord[] {
  const { id, entrySide, exitSide, isClosed, entryId, exitId, entryPrice, exitPrice, pnl, opened, closed } = cells
  const [isFilled, shared] = [isFilledOf(cells), sharedOf(cells)]
  const fill = (part: string, columns: Readonly<Record<string, string>>, when: string): ExpectedRecord => ({
    table: 'fills',
    part,
    when,
    columns: { ...shared, fill_id: `${id} || '_${part}'`, fee: 'NULL::numeric', ...columns },
    carries: undefined,
  })
  const entryFill = { order_id: entryId, side: entrySide, price: entryPrice, realized_pnl: 'NULL::numeric', ts_ms: opened }
  const exitFill = { order_id: exitId, side: exitSide, price: exitPrice, realized_pnl: pnl, ts_ms: closed }
  return [fill('entry', entryFill, isFilled), fill('exit', exitFill, isClosed)]
}

/** Joins of the orders that the orders table itself brings; those are checked by themselves. */
function heldOrders({ exchange, entryId, exitId }: TradeCells): readonly string[] {
  const join = (alias: string, id: string): string =>
    `LEFT JOIN held_orders ${alias} ON ${alias}.order_id = ${id} AND ${alias}.exchange = ${exchange}`
  return [join('held_entry', entryId), join('held_exit', exitId)]
}
