import type { OrderSide } from '#domain/order.ts'
import type { ImportedFill, ImportedOrder, ImportedPosition } from '../imported-records.ts'
import type { Column, RowReader } from '../row-reader.ts'
import { TRADE_STATES } from '../spellings/word-spellings.ts'
import { tableRule } from '../table-rule.ts'

type State = ImportedPosition['state']

/** Whether a trade in this state has bought or sold something by its entry order, and how far that order got. */
const ENTRY_STATUS: Readonly<Record<State, ImportedOrder['status']>> = {
  OPEN: 'FILLED',
  CLOSED: 'FILLED',
  PARTIAL: 'PARTIALLY_FILLED',
  CANCELED: 'CANCELED',
  REJECTED: 'REJECTED',
}

/**
 * A trade of version 2 is the life of a position: an entry order with its fill and, once closed, an exit order of the opposite side with
 * its fill. It says nothing of the orders' types, of fees, or of exits in several parts: the exit fill then stands for all of them. How much
 * a PARTIAL trade holds is not said either, so no fill is made of it.
 */
export const TRADES = tableRule({
  table: 'trades',
  keys: [['id'], ['trade_id']],
  kind: 'position',
  columns: {
    exchange: ['exchange'],
    symbol: ['symbol'],
    entryOrderId: ['order_id'],
    exitOrderId: ['close_order_id', 'exit_order_id'],
    side: ['side'],
    status: ['status'],
    entryPrice: ['entry_price'],
    exitPrice: ['close_price', 'exit_price'],
    quantity: ['quantity', 'qty', 'size'],
    leverage: ['leverage'],
    stopLoss: ['stop_loss'],
    takeProfit: ['take_profit'],
    pnl: ['pnl'],
    opened: ['created_at', 'opened_at'],
    closed: ['closed_at'],
    strategy: ['model_name', 'strategy_name'],
    confidence: ['confidence'],
    session: ['session_id'],
  },
  needed: ['symbol', 'side', 'status', 'entryPrice', 'quantity', 'opened'],
  carries: {
    exchange: (position) => position.exchange,
    symbol: (position) => position.symbol,
    entryOrderId: (position) => position.entryOrderId,
    exitOrderId: (position) => position.exitOrderId,
    entryPrice: (position) => position.entryPrice,
    exitPrice: (position) => position.exitPrice,
    quantity: (position) => position.quantity,
    leverage: (position) => position.leverage,
    stopLoss: (position) => position.stopLoss,
    takeProfit: (position) => position.takeProfit,
    pnl: (position) => position.realizedPnl,
    strategy: (position) => position.strategy,
    confidence: (position) => position.confidence,
    session: (position) => position.sessionId,
  },
  map(row, columns) {
    const state = row.needWord<State>(columns.status, TRADE_STATES, 'OPEN')
    const isHeld = state === 'OPEN' || state === 'CLOSED' || state === 'PARTIAL'
    const isClosed = state === 'CLOSED'
    const side = row.needSide(columns.side)
    const closedMs = isClosed ? row.needTime(columns.closed) : row.time(columns.closed)
    const position: ImportedPosition = {
      kind: 'position',
      part: 'lifecycle',
      positionId: `v2_trade_${row.name}`,
      exchange: row.exchange(columns.exchange) ?? row.plan.exchange,
      symbol: row.needSymbol(columns.symbol),
      direction: side === 'BUY' ? 'LONG' : 'SHORT',
      state,
      quantity: row.needAmount(columns.quantity),
      leverage: row.amount(columns.leverage),
      entryPrice: isHeld ? row.needAmount(columns.entryPrice) : row.amount(columns.entryPrice),
      exitPrice: isClosed ? row.needAmount(columns.exitPrice) : row.amount(columns.exitPrice),
      stopLoss: row.amount(columns.stopLoss),
      takeProfit: row.amount(columns.takeProfit),
      realizedPnl: row.decimal(columns.pnl),
      entryOrderId: entryOrderId(row, columns.entryOrderId),
      exitOrderId: isClosed ? exitOrderId(row, columns.exitOrderId) : row.text(columns.exitOrderId),
      strategy: row.text(columns.strategy),
      confidence: row.confidence(columns.confidence),
      sessionId: row.text(columns.session),
      openedMs: row.needTime(columns.opened),
      closedMs,
      origin: row.origin,
      extras: row.extras,
    }
    if (closedMs !== undefined && position.openedMs !== undefined && closedMs < position.openedMs)
      row.note('closed-before-opened', columns.closed, 'it is closed before it was opened: a time, or the zone it is read by, is wrong')
    if (state === 'PARTIAL') row.note('fill-unknown', columns.status, 'how much of it is filled is not said, so it has no fill')
    return [position, ...entryOf(position, side), ...exitOf(position, side)]
  },
})

function entryOrderId(row: RowReader, column: Column): string {
  const id = row.text(column)
  if (id === undefined) row.note('id-made', column, 'version 2 kept no id of the entry order; one is made of the row')
  return id ?? `v2_trade_${row.name}`
}

function exitOrderId(row: RowReader, column: Column): string {
  const id = row.text(column)
  if (id === undefined) row.note('id-made', column, 'version 2 kept no id of the exit order; one is made of the row')
  return id ?? `v2_trade_${row.name}_close`
}

const NOTHING = Object.freeze({})

function entryOf(position: ImportedPosition, side: OrderSide): readonly (ImportedOrder | ImportedFill)[] {
  const status = ENTRY_STATUS[position.state]
  const isFilled = status === 'FILLED'
  const order = orderOf(position, {
    part: 'entry',
    orderId: position.entryOrderId ?? '',
    side,
    status,
    purpose: 'ENTRY',
    filledQuantity: isFilled ? position.quantity : status === 'REJECTED' ? '0' : undefined,
    averagePrice: isFilled ? position.entryPrice : undefined,
    stopLoss: position.stopLoss,
    takeProfit: position.takeProfit,
    createdMs: position.openedMs ?? 0,
  })
  return isFilled ? [order, fillOf(position, order, undefined)] : [order]
}

function exitOf(position: ImportedPosition, side: OrderSide): readonly (ImportedOrder | ImportedFill)[] {
  if (position.state !== 'CLOSED') return []
  const order = orderOf(position, {
    part: 'exit',
    orderId: position.exitOrderId ?? '',
    side: side === 'BUY' ? 'SELL' : 'BUY',
    status: 'FILLED',
    purpose: 'EXIT',
    filledQuantity: position.quantity,
    averagePrice: position.exitPrice,
    stopLoss: undefined,
    takeProfit: undefined,
    createdMs: position.closedMs ?? 0,
  })
  return [order, fillOf(position, order, position.realizedPnl)]
}

type OrderParts = Pick<
  ImportedOrder,
  'orderId' | 'side' | 'status' | 'purpose' | 'filledQuantity' | 'averagePrice' | 'stopLoss' | 'takeProfit' | 'createdMs'
> & { readonly part: 'entry' | 'exit' }
type TradeOrder = ImportedOrder & { readonly part: 'entry' | 'exit' }

function orderOf(position: ImportedPosition, parts: OrderParts): TradeOrder {
  return {
    kind: 'order',
    part: parts.part,
    orderId: parts.orderId,
    exchange: position.exchange,
    symbol: position.symbol,
    side: parts.side,
    orderType: undefined,
    status: parts.status,
    purpose: parts.purpose,
    quantity: position.quantity,
    filledQuantity: parts.filledQuantity,
    price: undefined,
    averagePrice: parts.averagePrice,
    triggerPrice: undefined,
    stopLoss: parts.stopLoss,
    takeProfit: parts.takeProfit,
    reduceOnly: undefined,
    timeInForce: undefined,
    strategy: position.strategy,
    createdMs: parts.createdMs,
    updatedMs: undefined,
    origin: position.origin,
    extras: NOTHING,
  }
}

function fillOf(position: ImportedPosition, order: TradeOrder, realizedPnl: string | undefined): ImportedFill {
  return {
    kind: 'fill',
    part: order.part,
    fillId: `${position.positionId}_${order.part}`,
    orderId: order.orderId,
    exchange: position.exchange,
    symbol: position.symbol,
    side: order.side,
    price: order.averagePrice ?? '',
    quantity: position.quantity,
    fee: undefined,
    realizedPnl,
    strategy: position.strategy,
    ts: order.createdMs,
    origin: position.origin,
    extras: NOTHING,
  }
}
