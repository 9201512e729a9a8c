import type { ImportedProtection } from '../imported-records.ts'
import { tableRule } from '../table-rule.ts'

/** A stop and a target of one trade, with version 2's own words for how they fared. */
export const PROTECTIONS = tableRule({
  table: 'sltp_orders',
  keys: [['id']],
  kind: 'protection',
  columns: {
    trade: ['trade_id'],
    symbol: ['symbol'],
    side: ['side'],
    status: ['status'],
    stopLoss: ['stop_loss_price', 'stop_loss'],
    takeProfit: ['take_profit_price', 'take_profit'],
    stopOrder: ['sl_order_id'],
    targetOrder: ['tp_order_id'],
    created: ['created_at'],
    updated: ['updated_at'],
  },
  needed: ['symbol', 'side'],
  carries: {
    trade: (protection) => protection.tradeId,
    symbol: (protection) => protection.symbol,
    side: (protection) => protection.side,
    status: (protection) => protection.status,
    stopLoss: (protection) => protection.stopLoss,
    takeProfit: (protection) => protection.takeProfit,
    stopOrder: (protection) => protection.stopOrderId,
    targetOrder: (protection) => protection.targetOrderId,
  },
  map(row, columns) {
    const protection: ImportedProtection = {
      kind: 'protection',
      protectionId: `v2_sltp_${row.name}`,
      tradeId: row.reference(columns.trade),
      symbol: row.needSymbol(columns.symbol),
      side: row.needSide(columns.side),
      status: row.text(columns.status),
      stopLoss: row.amount(columns.stopLoss),
      takeProfit: row.amount(columns.takeProfit),
      stopOrderId: row.text(columns.stopOrder),
      targetOrderId: row.text(columns.targetOrder),
      createdMs: row.time(columns.created),
      updatedMs: row.time(columns.updated),
      origin: row.origin,
      extras: row.extras,
    }
    return [protection]
  },
})
