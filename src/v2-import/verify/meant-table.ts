import type { ImportDatabase } from '../run/import-database.ts'
import type { ReadTable } from './read-again.ts'
import { isNaive, literal } from './source-words.ts'
import type { TableMeaning } from './table-meaning.ts'

type Find = (...names: readonly string[]) => { readonly column: string | undefined; readonly cell: string }

/** A table of the source of which it is known what its cells mean. */
export interface MeantTable {
  readonly table: ReadTable
  readonly meaning: TableMeaning
  readonly find: Find
  /**
   * Its rows that became records, with all that their cells mean worked out once: `row_key`, `rebuilt` (hash of the key and the
   * cells), `naive` (how many times without a zone) and the columns that `value` names.
   */
  readonly meant: string
  /** What stands for an expression over the source row in a query over `meant`. */
  readonly value: (expression: string) => string
}

const CONSTANT = /^(?:NULL::\w+|'[^']*'::text|true)$/

/** Works out what every expression that the checks need is for each mapped row. */
export async function makeMeantTable(
  database: ImportDatabase,
  parts: Pick<MeantTable, 'table' | 'meaning' | 'find'>,
  links: readonly string[],
): Promise<MeantTable> {
  const { table, meaning, find } = parts
  const meant = `meant_${table.view}`
  const columns = new Map<string, string>()
  const need = (expression: string): void => {
    if (!CONSTANT.test(expression) && !columns.has(expression)) columns.set(expression, `e${columns.size + 1}`)
  }
  for (const record of meaning.records) for (const expression of [record.when, ...Object.values(record.columns)]) need(expression)
  for (const column of Object.keys(meaning.census)) need(find(column).cell)
  for (const link of links) need(link)
  const naive = meaning.times.map((column) => `(${isNaive(find(column).cell)})::int`).map((one) => `coalesce(${one}, 0)`)
  const values = [...columns].map(([expression, name]) => `, ${expression} AS ${name}`)
  await database.run(`
    CREATE UNLOGGED TABLE ${meant} WITH (autovacuum_enabled = false) AS
      SELECT s.row_key, hash_record_extended(ROW(s.row_key, ${table.cells}), 0) AS rebuilt, ${['0', ...naive].join(' + ')} AS naive${values.join('')}
        FROM ${table.view} s
        JOIN mapped m ON m.table_key = ${literal(table.info.key)} AND m.number = s.number
        LEFT JOIN symbols y ON y.raw = ${meaning.symbol ?? 'NULL::text'}
        ${(meaning.joins ?? []).join(' ')};
    ANALYZE ${meant} (row_key)`)
  return { ...parts, meant, value: (expression) => columns.get(expression) ?? expression }
}
