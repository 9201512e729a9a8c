import type { ImportedRecord, Verdict } from '#v2-import/mapping/imported-records.ts'
import { planOf } from '#v2-import/mapping/import-plan.ts'
import { mapRow } from '#v2-import/mapping/map-row.ts'
import { tableKey, type RawCell, type RawRow, type TableInfo } from '#v2-import/sources/import-source.ts'

export const plan = planOf()

/** A closed trade, with the columns of version 2. */
export const TRADE = {
  id: '7',
  trade_id: 'T7',
  symbol: 'btcusdt',
  order_id: 'e7',
  close_order_id: 'x7',
  side: 'Buy',
  status: 'CLOSE',
  entry_price: '100.50000000',
  close_price: '101.25',
  quantity: '0.30',
  leverage: '5',
  stop_loss: '99',
  take_profit: null,
  pnl: '0.225',
  created_at: '2024-03-01T00:00:00.123456',
  closed_at: '2024-03-01T01:00:00+00:00',
  model_name: 'xgb_v2',
  confidence: '64',
  session_id: 's1',
  ml_data: "{'buy_profit': 0.9}",
} as const
export const ORDER = {
  id: '3',
  order_id: 'o3',
  symbol: 'ETH/USDT',
  side: 'SELL',
  type: 'limit',
  quantity: '2',
  price: '3000.10',
  status: 'open',
  created_at: '2024-03-01 00:00:00',
  reduce_only: 'f',
  is_sltp: 'f',
} as const
/** A row by the names of its columns, in their order. */
export type Cells = Readonly<Record<string, RawCell>>

/** A table with the columns of `cells`. */
export function tableOf(name: string, cells: Cells, primaryKey: readonly string[] = []): TableInfo {
  const columns = Object.keys(cells).map((column) => ({ name: column, type: undefined }))
  return { key: tableKey('public', name), schema: 'public', name, columns, primaryKey, rowCount: undefined, origin: 'test' }
}

export function rowOf(cells: Cells, number = 1): RawRow {
  return { number, offset: 0, cells: Object.values(cells), damage: undefined }
}

/** What the mapping makes of one row of a table; throws if it is not mapped. */
export function mapped(name: string, cells: Cells): Extract<Verdict, { outcome: 'mapped' }> {
  const verdict = mapRow(plan, tableOf(name, cells), rowOf(cells))
  if (verdict.outcome !== 'mapped') throw new Error(JSON.stringify(verdict))
  return verdict
}

export function recordsOf(name: string, cells: Cells): readonly ImportedRecord[] {
  return mapped(name, cells).records
}
