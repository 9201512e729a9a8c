import type { ImportDatabase } from '../run/import-database.ts'
import type { ImportSource, RawCell, TableInfo } from '../sources/import-source.ts'
import { literal } from './source-words.ts'

const FLUSH_CHARACTERS = 1_048_576

/** A table of the source, read a second time: each row as an array of its cells. */
export interface ReadTable {
  readonly info: TableInfo
  /** View with `number`, `row_key`, `name`, `cells` (text[]) and `damage` (bytea). */
  readonly view: string
  /** Positions, from 1, of the columns of the key. */
  readonly keyIndexes: readonly number[]
  readonly rows: number
}

export interface ReadAgainOrder {
  readonly database: ImportDatabase
  readonly source: ImportSource
  /** Of each table, as recorded with the run. */
  readonly keyColumns: ReadonlyMap<string, readonly string[]>
  readonly onRows: (rows: number) => void
  readonly signal?: AbortSignal | undefined
}

/** Reads the whole source into tables of the schema that comes first in the search path. */
export async function readAgain(order: ReadAgainOrder): Promise<readonly ReadTable[]> {
  const tables: ReadTable[] = []
  for (const info of order.source.tables()) tables.push(await readTable(order, info, tables.length + 1))
  return tables
}

async function readTable(order: ReadAgainOrder, info: TableInfo, index: number): Promise<ReadTable> {
  const { database } = order
  const [table, view] = [`source_${index}`, `source_rows_${index}`]
  await database.run(`CREATE UNLOGGED TABLE ${table} (number bigint, cells text[], damage bytea)`)
  let rows = 0
  let text = ''
  let sending: Promise<void> = Promise.resolve()
  for await (const batch of order.source.rows(info, { signal: order.signal })) {
    for (const { cells, damage } of batch) {
      rows += 1
      text +=
        damage === undefined ? `${rows}\t${arrayText(cells)}\t\\N\n` : `${rows}\t\\N\t\\\\x${Buffer.from(damage.bytes).toString('hex')}\n`
    }
    order.onRows(batch.length)
    if (text.length < FLUSH_CHARACTERS) continue
    await sending
    sending = database.copy(table, text)
    sending.catch(() => undefined)
    text = ''
  }
  await sending
  if (text !== '') await database.copy(table, text)
  const keys = order.keyColumns.get(info.key) ?? []
  const keyIndexes = keys.map((name) => info.columns.findIndex((column) => column.name === name) + 1)
  await database.run(`CREATE VIEW ${view} AS ${viewOf(table, keyIndexes)}; ANALYZE ${table}`)
  return { info, view, keyIndexes, rows }
}

function viewOf(table: string, keyIndexes: readonly number[]): string {
  const cells = keyIndexes.map((index) => `cells[${index}]`)
  if (cells.length === 0) return `SELECT number, '#' || number AS row_key, '#' || number AS name, cells, damage FROM ${table}`
  const isWhole = cells.map((cell) => `${cell} IS NOT NULL`).join(' AND ')
  const json = cells.map((cell) => `to_json(${cell})::text`).join(` || ',' || `)
  const key = `CASE WHEN ${isWhole} THEN '[' || ${json} || ']' ELSE '#' || number END`
  const name = `CASE WHEN ${isWhole} THEN ${cells.join(` || '/' || `)} ELSE '#' || number END`
  return `SELECT number, ${key} AS row_key, ${name} AS name, cells, damage FROM ${table}`
}

const QUOTED = /["\\]/g
const COPIED = /[\\\t\n\r]/g
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** A Postgres array of text, as a cell of COPY. */
function arrayText(cells: readonly RawCell[]): string {
  const parts = cells.map((cell) => (cell === null ? 'NULL' : `"${cell.replace(QUOTED, '\\$&')}"`))
  return `{${parts.join(',')}}`.replace(COPIED, (found) => ESCAPES[found] ?? found)
}

/** The cells of a row that stands as a line of COPY, told by the server's own means. `line` is an expression. */
export function cellsOfLine(line: string, columns: number): string {
  const empty = columns === 0 ? `'{}'::text[]` : `ARRAY['']`
  const [slash, nothing] = [literal('\\'), literal('\\N')]
  const plain = `strpos(replace(${line}, ${nothing}, ''), ${slash}) = 0`
  const controls = `replace(replace(replace(p, ${literal('\\n')}, E'\\n'), ${literal('\\t')}, E'\\t'), ${literal('\\r')}, E'\\r')`
  const unescaped = `array_to_string(ARRAY(SELECT ${controls} FROM unnest(string_to_array(x, ${literal('\\\\')})) WITH ORDINALITY AS b(p, j) ORDER BY j), ${slash})`
  const careful = `(SELECT array_agg(CASE WHEN x <> ${nothing} THEN ${unescaped} END ORDER BY i) FROM unnest(string_to_array(${line}, E'\\t')) WITH ORDINALITY AS a(x, i))`
  return `CASE WHEN ${line} IS NULL THEN NULL WHEN ${line} = '' THEN ${empty} WHEN ${plain} THEN string_to_array(${line}, E'\\t', ${nothing}) ELSE ${careful} END`
}
