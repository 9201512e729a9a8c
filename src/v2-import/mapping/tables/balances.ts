import type { ImportedBalance } from '../imported-records.ts'
import { tableRule } from '../table-rule.ts'

/** One asset at one moment. Assets are seldom written at the very same moment: the latest state is the last row of each. */
export const BALANCES = tableRule({
  table: 'balances',
  keys: [['id']],
  kind: 'balance',
  columns: {
    exchange: ['exchange'],
    asset: ['asset', 'currency', 'coin'],
    free: ['free', 'available'],
    locked: ['locked', 'used'],
    total: ['total', 'balance'],
    totalUsd: ['total_balance_usd', 'usd_value'],
    ts: ['timestamp', 'updated_at', 'created_at'],
  },
  needed: ['asset', 'ts'],
  carries: {
    exchange: (balance) => balance.exchange,
    asset: (balance) => balance.asset,
    free: (balance) => balance.free,
    locked: (balance) => balance.locked,
    total: (balance) => balance.total,
    totalUsd: (balance) => balance.totalUsd,
  },
  map(row, columns) {
    const balance: ImportedBalance = {
      kind: 'balance',
      exchange: row.exchange(columns.exchange) ?? row.plan.exchange,
      asset: row.needText(columns.asset).trim().toUpperCase(),
      free: row.decimal(columns.free),
      locked: row.decimal(columns.locked),
      total: row.decimal(columns.total),
      totalUsd: row.decimal(columns.totalUsd),
      ts: row.needTime(columns.ts),
      origin: row.origin,
      extras: row.extras,
    }
    return [balance]
  },
})
