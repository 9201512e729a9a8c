import type { ImportedLadderStep } from '../imported-records.ts'
import { tableRule } from '../table-rule.ts'

/** A step of a ladder of partial take-profits, with version 2's own words for how it fared. */
export const LADDER_STEPS = tableRule({
  table: 'partial_tp_history',
  keys: [['id']],
  kind: 'ladder_step',
  columns: {
    trade: ['trade_id'],
    level: ['level'],
    status: ['status'],
    quantity: ['close_qty', 'quantity'],
    price: ['price'],
    orderId: ['order_id'],
    created: ['created_at'],
  },
  needed: ['level'],
  carries: {
    trade: (step) => step.tradeId,
    status: (step) => step.status,
    quantity: (step) => step.quantity,
    price: (step) => step.price,
    orderId: (step) => step.orderId,
  },
  map(row, columns) {
    const step: ImportedLadderStep = {
      kind: 'ladder_step',
      stepId: `v2_partial_tp_${row.name}`,
      tradeId: row.reference(columns.trade),
      level: row.needInteger(columns.level),
      status: row.text(columns.status),
      quantity: row.amount(columns.quantity),
      price: row.amount(columns.price),
      orderId: row.text(columns.orderId),
      createdMs: row.time(columns.created),
      origin: row.origin,
      extras: row.extras,
    }
    return [step]
  },
})
