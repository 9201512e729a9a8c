import { CopyBuffers } from '../run/copy-buffers.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import type { ImportSource, RawCell, TableInfo } from '../sources/import-source.ts'

/** With more columns than these a row of version 2 might not fit a row of the server: then all cells stand in one array. */
export const COLUMNS_APART_MAX = 200

/** A table of the source, read a second time. */
export interface ReadTable {
  readonly info: TableInfo
  /** View with `number`, `row_key`, `name`, `damage` (bytea) and the cells. */
  readonly view: string
  /** Of the view as `s`: the cell of a column, from 0, and all of them as an array, NULL if the row is damaged. */
  readonly cell: (index: number) => string
  readonly cells: string
  /** Positions, from 1, of the columns of the key. */
  readonly keyIndexes: readonly number[]
  readonly rows: number
}

export interface ReadAgainOrder {
  readonly database: ImportDatabase
  readonly source: ImportSource
  readonly onRows: (rows: number) => void
  readonly signal?: AbortSignal | undefined
}

/** A table as it was read, before it is known by which columns the import told its rows apart. */
export interface LoadedTable {
  readonly info: TableInfo
  readonly index: number
  readonly rows: number
}

/** Reads the whole source into tables of the schema that comes first in the search path. */
export async function readAgain(order: ReadAgainOrder): Promise<readonly LoadedTable[]> {
  const tables: LoadedTable[] = []
  for (const info of order.source.tables()) tables.push(await loadTable(order, info, tables.length + 1))
  return tables
}

async function loadTable({ database, source, onRows, signal }: ReadAgainOrder, info: TableInfo, index: number): Promise<LoadedTable> {
  const table = tableOf(index)
  const form = formOf(info)
  await database.run(`CREATE UNLOGGED TABLE ${table} (number bigint, damage bytea${form.declared}) WITH (autovacuum_enabled = false)`)
  const lines = new CopyBuffers(database)
  let rows = 0
  for await (const batch of source.rows(info, { signal })) {
    for (const { number, cells, damage } of batch)
      lines.add(
        table,
        damage === undefined ? `${number}\t\\N${form.line(cells)}\n` : `${number}\t${bytesText(damage.bytes)}${form.nothing}\n`,
      )
    rows += batch.length
    onRows(batch.length)
    await lines.flushFull()
  }
  await lines.flush()
  await database.run(`ANALYZE ${table} (number)`)
  return { info, index, rows }
}

/** Names the rows by the columns of their key. */
export async function nameRows(
  database: ImportDatabase,
  { info, index, rows }: LoadedTable,
  keyColumns: readonly string[],
): Promise<ReadTable> {
  const form = formOf(info)
  const view = `source_rows_${index}`
  const keyIndexes = keyColumns.map((name) => info.columns.findIndex((column) => column.name === name) + 1)
  const keyCells = keyIndexes.map((at) => form.cell('', at - 1))
  await database.run(`CREATE VIEW ${view} AS ${viewOf(tableOf(index), keyCells, form.names)}`)
  return { info, view, cell: (at) => form.cell('s.', at), cells: form.cells, keyIndexes, rows }
}

function tableOf(index: number): string {
  return `source_${index}`
}

function formOf({ columns }: TableInfo): RowForm {
  return columns.length > COLUMNS_APART_MAX ? asArray() : asColumns(columns.length)
}

/** How the cells of a row stand in the server. */
interface RowForm {
  readonly declared: string
  readonly names: string
  readonly cell: (alias: string, index: number) => string
  readonly cells: string
  /** What follows the first two cells of a line of COPY, of a row and of one without cells. */
  readonly line: (cells: readonly RawCell[]) => string
  readonly nothing: string
}

function asColumns(count: number): RowForm {
  const columns = Array.from({ length: count }, (_, index) => `c${index + 1}`)
  const names = columns.map((name) => `, ${name}`).join('')
  return {
    declared: columns.map((name) => `, ${name} text`).join(''),
    names,
    cell: (alias, index) => `${alias}c${index + 1}`,
    cells: `CASE WHEN s.damage IS NULL THEN ARRAY[${columns.map((name) => `s.${name}`).join(', ')}]::text[] END`,
    line(cells) {
      let line = ''
      for (const cell of cells) line += cell === null ? '\t\\N' : `\t${COPIED.test(cell) ? copied(cell) : cell}`
      return line
    },
    nothing: '\t\\N'.repeat(count),
  }
}

function asArray(): RowForm {
  return {
    declared: ', cells text[]',
    names: ', cells',
    cell: (alias, index) => `${alias}cells[${index + 1}]`,
    cells: 's.cells',
    line: (cells) => `\t${arrayText(cells)}`,
    nothing: '\t\\N',
  }
}

function bytesText(bytes: Uint8Array): string {
  return `\\\\x${Buffer.from(bytes).toString('hex')}`
}

function viewOf(table: string, key: readonly string[], names: string): string {
  if (key.length === 0) return `SELECT number, '#' || number AS row_key, '#' || number AS name, damage${names} FROM ${table}`
  const isWhole = key.map((cell) => `${cell} IS NOT NULL`).join(' AND ')
  // A plain number needs nothing to be JSON but its quotes.
  const json = key
    .map((cell) => `CASE WHEN ${cell} ~ '^[0-9]+$' THEN '"' || ${cell} || '"' ELSE to_json(${cell})::text END`)
    .join(` || ',' || `)
  const rowKey = `CASE WHEN ${isWhole} THEN '[' || ${json} || ']' ELSE '#' || number END`
  const name = `CASE WHEN ${isWhole} THEN ${key.join(` || '/' || `)} ELSE '#' || number END`
  return `SELECT number, ${rowKey} AS row_key, ${name} AS name, damage${names} FROM ${table}`
}

const QUOTED = /["\\]/g
const COPIED = /[\\\t\n\r]/

/** A cell as COPY takes it. Told anew, not with the loader's code. */
function copied(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
}

/** A Postgres array of text, as a cell of COPY. */
function arrayText(cells: readonly RawCell[]): string {
  const parts = cells.map((cell) => (cell === null ? 'NULL' : `"${cell.replace(QUOTED, '\\$&')}"`))
  return copied(`{${parts.join(',')}}`)
}
