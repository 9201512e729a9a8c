import { isConditional, releasedType, type OrderType } from '#domain/order.ts'
import type { ImportedOrder } from '../imported-records.ts'
import type { Column, RowReader } from '../row-reader.ts'
import { ORDER_STATUSES, ORDER_TYPES } from '../spellings/word-spellings.ts'
import { tableRule } from '../table-rule.ts'

/**
 * A conditional order that trades at the market has one price in version 2: what it waits for, so its `price` is the trigger unless a
 * column of its own names that. How much of a canceled or partly filled order was filled, version 2 does not say.
 */
export const ORDERS = tableRule({
  table: 'orders',
  keys: [['id'], ['order_id']],
  kind: 'order',
  columns: {
    orderId: ['order_id', 'exchange_order_id'],
    exchange: ['exchange'],
    symbol: ['symbol'],
    side: ['side'],
    type: ['type', 'order_type'],
    status: ['status'],
    quantity: ['quantity', 'qty', 'amount'],
    filled: ['filled_quantity', 'cum_exec_qty'],
    price: ['price'],
    averagePrice: ['average_price', 'avg_price'],
    triggerPrice: ['trigger_price', 'stop_price'],
    stopLoss: ['stop_loss', 'sl_trigger_price'],
    takeProfit: ['take_profit', 'tp_trigger_price'],
    reduceOnly: ['reduce_only'],
    isProtection: ['is_sltp'],
    timeInForce: ['time_in_force'],
    strategy: ['strategy_name', 'model_name'],
    created: ['created_at'],
    updated: ['updated_at'],
  },
  needed: ['symbol', 'side', 'type', 'status', 'quantity', 'created'],
  carries: {
    orderId: (order) => order.orderId,
    exchange: (order) => order.exchange,
    symbol: (order) => order.symbol,
    side: (order) => order.side,
    type: (order) => order.orderType,
    status: (order) => order.status,
    quantity: (order) => order.quantity,
    filled: (order) => order.filledQuantity,
    price: (order) => order.price,
    averagePrice: (order) => order.averagePrice,
    triggerPrice: (order) => order.triggerPrice,
    stopLoss: (order) => order.stopLoss,
    takeProfit: (order) => order.takeProfit,
    timeInForce: (order) => order.timeInForce,
    strategy: (order) => order.strategy,
  },
  map(row, columns) {
    const reduceOnly = row.flag(columns.reduceOnly)
    const orderType = row.needWord<OrderType>(columns.type, ORDER_TYPES, 'MARKET')
    const status = row.needWord<ImportedOrder['status']>(columns.status, ORDER_STATUSES, 'FILLED')
    const quantity = row.needAmount(columns.quantity)
    const order: ImportedOrder = {
      kind: 'order',
      part: 'row',
      orderId: orderId(row, columns.orderId),
      exchange: row.exchange(columns.exchange) ?? row.plan.exchange,
      symbol: row.needSymbol(columns.symbol),
      side: row.needOrderSide(columns.side, reduceOnly),
      orderType,
      status,
      purpose: purposeOf(orderType, reduceOnly, row.flag(columns.isProtection)),
      quantity,
      filledQuantity: row.amount(columns.filled) ?? filledBy(status, quantity),
      ...pricesOf(row, orderType, columns),
      averagePrice: row.amount(columns.averagePrice),
      stopLoss: row.amount(columns.stopLoss),
      takeProfit: row.amount(columns.takeProfit),
      reduceOnly,
      timeInForce: row.text(columns.timeInForce),
      strategy: row.text(columns.strategy),
      createdMs: row.needTime(columns.created),
      updatedMs: row.time(columns.updated),
      origin: row.origin,
      extras: row.extras,
    }
    return [order]
  },
})

function orderId(row: RowReader, column: Column): string {
  const id = row.text(column)
  if (id === undefined) row.note('id-made', column, 'version 2 kept no id of the order; one is made of the row')
  return id ?? `v2_order_${row.name}`
}

interface PriceColumns {
  readonly type: Column
  readonly price: Column
  readonly triggerPrice: Column
}

function pricesOf(row: RowReader, type: OrderType, columns: PriceColumns): Pick<ImportedOrder, 'price' | 'triggerPrice'> {
  const price = row.amount(columns.price)
  const stated = row.amount(columns.triggerPrice)
  if (!isConditional(type)) return { price, triggerPrice: stated }
  const isLimit = releasedType(type) === 'LIMIT'
  const triggerPrice = isLimit ? stated : (stated ?? price)
  if (triggerPrice === undefined) row.note('trigger-unknown', columns.type, 'a conditional order without the price it waits for')
  // A limit is what the type promises; without one it would be another type.
  return { price: isLimit ? row.needAmount(columns.price) : undefined, triggerPrice }
}

/** By definition of the status; the others leave it open. */
function filledBy(status: ImportedOrder['status'], quantity: string): string | undefined {
  if (status === 'FILLED') return quantity
  return status === 'REJECTED' || status === 'ACCEPTED' || status === 'SUBMITTED' ? '0' : undefined
}

/** An order of a stop and target pair that waits for a stop price is the stop, one that rests at a limit the target. */
function purposeOf(type: OrderType, reduceOnly: boolean | undefined, isProtection: boolean | undefined): ImportedOrder['purpose'] {
  if (isProtection === true) {
    if (type === 'LIMIT' || type === 'TAKE_PROFIT_MARKET' || type === 'TAKE_PROFIT_LIMIT') return 'TAKE_PROFIT'
    return type === 'MARKET' ? 'EXIT' : 'STOP_LOSS'
  }
  if (reduceOnly === undefined) return undefined
  return reduceOnly ? 'EXIT' : 'ENTRY'
}
