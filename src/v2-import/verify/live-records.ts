import type { KnownTable } from './known-table.ts'
import type { SourceTable } from './read-again.ts'
import { cellsHash, ofRun } from './run-key.ts'
import { literal } from './source-words.ts'
import type { ExpectedRecord } from './table-meaning.ts'

/** The records of a part as they stand, as `t`. */
export function liveRecords({ table, run }: KnownTable, { table: name, part }: Pick<ExpectedRecord, 'table' | 'part'>): string {
  const key = `t.${ofRun(run, table.info.key).replace(' AND ', ' AND t.')}`
  return `imported.${name} t WHERE ${key} AND t.part = ${literal(part)}`
}

/** The fields of a record, in the order of `expectedFields`. */
export function liveFields({ table }: KnownTable, record: ExpectedRecord): readonly string[] {
  const columns = Object.keys(record.columns).map((name) => `t.${name}`)
  return ['t.row_key', 't.system', ...columns, noOtherExtras(table, record)]
}

export function liveHash(known: KnownTable, record: ExpectedRecord): string {
  return `hash_record_extended(ROW(${liveFields(known, record).join(', ')}), 0)`
}

export function rebuiltHash({ table }: KnownTable, record: ExpectedRecord): string {
  return cellsHash('t.row_key', rebuiltCells(table, record))
}

/** The cells of the source row, made again: each comes from the key, from the extras, or from the column that carries it. */
export function rebuiltCells({ info, keyIndexes }: SourceTable, record: ExpectedRecord): string {
  const cells = info.columns.map(({ name }, index) => {
    const carrier = record.carries?.[name]
    const kept = `t.extras ->> ${literal(name)}`
    const carried = `CASE WHEN NOT jsonb_exists(t.extras, ${literal(name)}) THEN t.${carrier}::text END`
    const other = carrier === undefined ? `(${kept})` : `coalesce(${kept}, ${carried})`
    const place = keyIndexes.indexOf(index + 1)
    return place === -1 ? other : `CASE WHEN t.row_key LIKE '#%' THEN ${other} ELSE ${keyCell(place, keyIndexes.length)} END`
  })
  return `ARRAY[${cells.join(', ')}]::text[]`
}

/** Most keys are one cell that needs nothing to be JSON but its quotes. */
function keyCell(place: number, count: number): string {
  const parsed = `t.row_key::jsonb ->> ${place}`
  if (count !== 1) return parsed
  const bare = `substr(t.row_key, 3, length(t.row_key) - 4)`
  return `CASE WHEN t.row_key LIKE '["%"]' AND strpos(${bare}, '"') = 0 AND strpos(${bare}, ${literal('\\')}) = 0 THEN ${bare} ELSE ${parsed} END`
}

function noOtherExtras({ info }: SourceTable, record: ExpectedRecord): string {
  if (record.carries === undefined) return `t.extras = '{}'`
  const names = info.columns.map(({ name }) => literal(name)).join(', ')
  return `t.extras - ARRAY[${names}]::text[] = '{}'`
}
