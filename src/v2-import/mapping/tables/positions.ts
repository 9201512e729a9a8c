import type { ImportedPosition } from '../imported-records.ts'
import { tableRule } from '../table-rule.ts'

/** What version 2 believed it held when the rows were exported. Never taken for the truth: the exchange is asked for that. */
export const POSITIONS = tableRule({
  table: 'positions',
  keys: [['id']],
  kind: 'position',
  columns: {
    exchange: ['exchange'],
    symbol: ['symbol'],
    side: ['side'],
    quantity: ['size', 'quantity', 'qty'],
    entryPrice: ['entry_price'],
    leverage: ['leverage'],
    stopLoss: ['stop_loss'],
    takeProfit: ['take_profit'],
    strategy: ['strategy_name', 'model_name'],
    opened: ['created_at', 'opened_at'],
  },
  needed: ['symbol', 'side', 'quantity'],
  carries: {
    exchange: (position) => position.exchange,
    symbol: (position) => position.symbol,
    side: (position) => position.direction,
    quantity: (position) => position.quantity,
    entryPrice: (position) => position.entryPrice,
    leverage: (position) => position.leverage,
    stopLoss: (position) => position.stopLoss,
    takeProfit: (position) => position.takeProfit,
    strategy: (position) => position.strategy,
  },
  map(row, columns) {
    const quantity = row.needAmount(columns.quantity)
    const position: ImportedPosition = {
      kind: 'position',
      part: 'snapshot',
      positionId: `v2_position_${row.name}`,
      exchange: row.exchange(columns.exchange) ?? row.plan.exchange,
      symbol: row.needSymbol(columns.symbol),
      direction: row.needSide(columns.side) === 'BUY' ? 'LONG' : 'SHORT',
      state: /[1-9]/.test(quantity) ? 'OPEN' : 'CLOSED',
      quantity,
      leverage: row.amount(columns.leverage),
      entryPrice: row.amount(columns.entryPrice),
      exitPrice: undefined,
      stopLoss: row.amount(columns.stopLoss),
      takeProfit: row.amount(columns.takeProfit),
      realizedPnl: undefined,
      entryOrderId: undefined,
      exitOrderId: undefined,
      strategy: row.text(columns.strategy),
      confidence: undefined,
      sessionId: undefined,
      openedMs: row.time(columns.opened),
      closedMs: undefined,
      origin: row.origin,
      extras: row.extras,
    }
    return [position]
  },
})
