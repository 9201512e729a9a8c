import type { FindingList } from '../finding-list.ts'
import { tableKey, type ColumnInfo, type RawRow, type TableInfo } from '../import-source.ts'
import { COLUMNS_MAX, SQL_RANGES_MAX, TABLES_MAX } from '../limits.ts'
import type { Refuse } from '../source-failure.ts'
import { decodeInsertRow, type InsertRowOptions } from './insert-row.ts'
import type { RowsHeader, SqlSettings, SqlVisitor } from './sql-reader.ts'
import type { SqlStatement } from './sql-statements.ts'
import type { ScannedPiece } from './statement-scanner.ts'

/** A stretch of the text in which rows of a table stand, perhaps among others, and the settings at its beginning. */
export interface SqlRange {
  readonly start: number
  /** Undefined while the stretch is open: it goes on to the end of the text. */
  end: number | undefined
  readonly settings: SqlSettings
}

interface TableDraft {
  readonly key: string
  readonly schema: string
  readonly name: string
  declared: readonly ColumnInfo[]
  primaryKey: readonly string[]
  /** Columns that rows name, in the order of their first mention. */
  readonly used: Set<string>
  readonly ranges: SqlRange[]
  rowCount: number
}

/** Statements that may carry data we do not see; all other kinds (definitions, settings, comments) are passed over in silence. */
const NOTEWORTHY: ReadonlySet<string> = new Set([
  'insert',
  'update',
  'delete',
  'merge',
  'truncate',
  'with',
  'do',
  'call',
  'long',
  'unreadable',
])

export interface SqlIndexOptions {
  readonly path: string
  readonly findings: FindingList
  readonly refuse: Refuse
  readonly reading: () => InsertRowOptions & { readonly settings: SqlSettings }
}

/** Learns which tables a SQL text has, their columns, and where their rows stand, in one pass over it. */
export class SqlIndex implements SqlVisitor {
  readonly #options: SqlIndexOptions
  readonly #tables = new Map<string, TableDraft>()
  /** The table whose rows are being passed, and the one whose rows were passed last. */
  #current: { readonly draft: TableDraft; readonly header: RowsHeader; firstRow: boolean } | undefined
  #last: TableDraft | undefined

  constructor(options: SqlIndexOptions) {
    this.#options = options
  }

  /** Each table with where its rows stand, in the order of their first mention. */
  tables(): readonly { readonly info: TableInfo; readonly ranges: readonly SqlRange[] }[] {
    return [...this.#tables.values()].map((draft) => ({ info: this.#info(draft), ranges: draft.ranges }))
  }

  statement(statement: SqlStatement, offset: number, settings: SqlSettings): void {
    if (statement.kind === 'create-table') {
      const draft = this.#draft(statement.relation.schema ?? settings.schema, statement.relation.name, offset)
      draft.declared = statement.columns
      draft.primaryKey = statement.primaryKey
    } else if (statement.kind === 'primary-key') {
      const { schema, name } = statement.relation
      const draft = this.#tables.get(tableKey(schema ?? settings.schema, name))
      if (draft !== undefined) draft.primaryKey = statement.primaryKey
    } else {
      const word = statement.kind === 'other' ? statement.word : statement.kind
      if (!NOTEWORTHY.has(word)) return
      this.#options.findings.add(
        'skipped-statement',
        word,
        `a statement (${word}) is not of a form that is read; it was passed over`,
        offset,
      )
    }
  }

  copy(header: RowsHeader): ReturnType<SqlVisitor['copy']> {
    const draft = this.#begin(header)
    // Rows are only counted, unless their number of columns is to be had from nowhere else.
    const unknown = header.columns === undefined && draft.declared.length === 0
    return { columns: undefined, firstNumber: draft.rowCount + 1, decodes: unknown }
  }

  copyRows(rows: readonly RawRow[]): void {
    const [first] = rows
    if (first !== undefined) this.#learnWidth(first.cells.length)
  }

  copyEnd(nextNumber: number, end: number): void {
    if (this.#current !== undefined) this.#current.draft.rowCount = nextNumber - 1
    this.#end(end)
  }

  insert(header: RowsHeader): void {
    this.#begin(header)
  }

  insertRow(piece: ScannedPiece): void {
    const current = this.#current
    if (current === undefined) return
    current.draft.rowCount += 1
    if (!current.firstRow || current.header.columns !== undefined || current.draft.declared.length > 0) return
    const cells = decodeInsertRow(piece.bytes, this.#options.reading())
    this.#learnWidth('rule' in cells ? 0 : cells.length)
  }

  insertEnd(end: number): void {
    this.#end(end)
  }

  #draft(schema: string, name: string, offset: number): TableDraft {
    const key = tableKey(schema, name)
    const known = this.#tables.get(key)
    if (known !== undefined) return known
    if (this.#tables.size >= TABLES_MAX) throw this.#options.refuse(`there are more than ${TABLES_MAX} tables`, offset)
    const draft: TableDraft = { key, schema, name, declared: [], primaryKey: [], used: new Set(), ranges: [], rowCount: 0 }
    this.#tables.set(key, draft)
    return draft
  }

  #begin(header: RowsHeader): TableDraft {
    const draft = this.#draft(header.schema, header.name, header.offset)
    this.#current = { draft, header, firstRow: true }
    for (const name of header.columns ?? draft.declared.map((column) => column.name)) draft.used.add(name)
    if (draft.used.size > COLUMNS_MAX) throw this.#options.refuse(`table ${draft.key} has more than ${COLUMNS_MAX} columns`, header.offset)
    const last = draft.ranges.at(-1)
    // Neighbours become one stretch; so do distant ones when there are too many, and other tables in between are passed over.
    if (last !== undefined && (this.#last === draft || draft.ranges.length >= SQL_RANGES_MAX)) last.end = undefined
    else draft.ranges.push({ start: header.offset, end: undefined, settings: this.#options.reading().settings })
    this.#last = draft
    return draft
  }

  #end(end: number): void {
    const range = this.#current?.draft.ranges.at(-1)
    if (range !== undefined) range.end = end
    this.#current = undefined
  }

  #learnWidth(width: number): void {
    const current = this.#current
    if (current === undefined || !current.firstRow) return
    current.firstRow = false
    for (let index = 1; index <= width; index += 1) current.draft.used.add(`column${index}`)
    const message = 'neither the rows nor a CREATE TABLE name its columns; they are called column1, column2 …'
    this.#options.findings.add('columns-unknown', current.draft.key, message, current.header.offset)
  }

  #info(draft: TableDraft): TableInfo {
    const { key, schema, name, primaryKey, rowCount } = draft
    const types = new Map(draft.declared.map((column) => [column.name, column.type]))
    const columns =
      draft.used.size === 0 ? draft.declared : [...draft.used].map((column): ColumnInfo => ({ name: column, type: types.get(column) }))
    return { key, schema, name, columns, primaryKey, rowCount, origin: this.#options.path }
  }
}
