import type { TableInfo } from '../sources/import-source.ts'
import { columnIndex, type TableRule } from './table-rule.ts'
import { BALANCES } from './tables/balances.ts'
import { LADDER_STEPS } from './tables/ladder-steps.ts'
import { ORDERS } from './tables/orders.ts'
import { POSITIONS } from './tables/positions.ts'
import { PROTECTIONS } from './tables/protections.ts'
import { SESSIONS } from './tables/sessions.ts'
import { SIGNALS } from './tables/signals.ts'
import { TRADES } from './tables/trades.ts'

const RULES: ReadonlyMap<string, TableRule> = new Map(
  [TRADES, ORDERS, SIGNALS, BALANCES, POSITIONS, PROTECTIONS, LADDER_STEPS, SESSIONS].map((rule) => [rule.table, rule]),
)

/** Tables of version 2 that have a rule. */
export const KNOWN_TABLES: readonly string[] = [...RULES.keys()]

/** Copies of what the exchange reported: kept word for word for reference, as the exchange itself can be asked. */
export const REFERENCE_TABLES: ReadonlySet<string> = new Set([
  'bybit_trade_history',
  'bybit_positions',
  'bybit_wallet_balance',
  'bybit_closed_pnl',
])

/** The rule for a table of version 2; undefined for tables kept word for word. Tables of other schemas are none of version 2's. */
export function ruleFor(table: TableInfo): TableRule | undefined {
  return RULES.get(table.key)
}

/**
 * The columns of a row's key. For tables of version 2 they follow from the table alone, so that a row has the same key whether it comes
 * from a dump that declares keys, one that does not, or a CSV file; for others they are the declared ones.
 */
export function keyColumnsOf(table: TableInfo): readonly string[] {
  const keys = ruleFor(table)?.keys ?? (REFERENCE_TABLES.has(table.key) ? [['id']] : [])
  const found = keys.map((key) => key.map((name) => columnIndex(table, name))).find((indexes) => !indexes.includes(-1))
  return found?.map((index) => table.columns[index]?.name ?? '') ?? table.primaryKey
}
