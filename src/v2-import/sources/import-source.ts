import type { AppError } from '#domain/errors.ts'

/**
 * What every source of an import looks like to the loader: tables with columns, and rows as the source spells them, in
 * bounded batches and in an order that never changes between two readings of the same source. Nothing is interpreted here.
 */

/** A value exactly as the source spells it (decoded from COPY, SQL or CSV quoting), or SQL NULL. */
export type RawCell = string | null

export interface ColumnInfo {
  readonly name: string
  /** The type as the source declares it, e.g. `numeric(20,8)`; undefined where the source says nothing (CSV, data-only dumps). */
  readonly type: string | undefined
}

export interface TableInfo {
  /** Names the table within its source and, where sources hold the same data, across them: see `tableKey`. */
  readonly key: string
  readonly schema: string
  readonly name: string
  readonly columns: readonly ColumnInfo[]
  /** Column names of the declared primary key; empty where none is declared or known. */
  readonly primaryKey: readonly string[]
  /** Counted by another path than the reading of the rows, where that is to be had; else undefined. */
  readonly rowCount: number | undefined
  /** Where it was found: a file name, an archive entry, a relation. */
  readonly origin: string
}

export const DAMAGE_RULES = [
  'invalid-encoding',
  'nul-byte',
  'wrong-cell-count',
  'row-too-long',
  'bad-escape',
  'bad-quoting',
  'mixed-line-ends',
  'not-a-literal',
] as const
export type DamageRule = (typeof DAMAGE_RULES)[number]

/** Why a row could not be split into cells. It still counts as a row of the source: the loader parks it. */
export interface RowDamage {
  readonly rule: DamageRule
  readonly message: string
  /** The row as it stands in the source, cut at `DAMAGED_BYTES_MAX`. */
  readonly bytes: Uint8Array
}

export interface RawRow {
  /** 1 for the first row of the table, damaged rows counted too. */
  readonly number: number
  /** Byte offset in the file, or in the table's decompressed data; -1 for a live database. */
  readonly offset: number
  /** One cell a column of `TableInfo.columns`; empty if the row is damaged. */
  readonly cells: readonly RawCell[]
  readonly damage: RowDamage | undefined
  /** What `copyLine` makes of the cells, where the source has it in that very form; `bytes` are the same in UTF-8. */
  readonly line?: string | undefined
  readonly bytes?: Buffer | undefined
}

export const FINDING_RULES = [
  'skipped-entry',
  'skipped-statement',
  'skipped-file',
  'columns-absent',
  'columns-unknown',
  'no-permission',
  'not-checked',
  'unexpected-content',
] as const
export type FindingRule = (typeof FINDING_RULES)[number]

/** Something the reader saw and did not deliver, or could not check. */
export interface SourceFinding {
  readonly rule: FindingRule
  /** Table key, entry or file it is about. */
  readonly where: string
  readonly message: string
  /** Byte offset in the file, where there is one. */
  readonly offset: number | undefined
  /** How often; equal findings are counted, not repeated. */
  readonly count: number
}

export interface SourceFile {
  readonly path: string
  readonly size: number
  readonly modifiedMs: number
}

export const SOURCE_KINDS = ['archive', 'archive-directory', 'sql', 'csv', 'postgres'] as const
export type SourceKind = (typeof SOURCE_KINDS)[number]

export interface SourceIdentity {
  readonly kind: SourceKind
  /** One line for people: what it is, with version and compression. */
  readonly description: string
  /** Path, or `user@host:port/database`; never a password. */
  readonly location: string
  readonly files: readonly SourceFile[]
  /** Server-side name of the encoding of its text. */
  readonly encoding: string
  /** Further facts the source states about itself: database, server version, dump version, made at. */
  readonly facts: Readonly<Record<string, string>>
}

export interface ReadOptions {
  /** Ends the reading with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * An open source. `rows` may be called again and gives the same rows again. When a file is cut off or damaged, the rows
 * before the damage come first and then an `AppError` with the offset: so rows count only once the iteration has ended well.
 */
export interface ImportSource {
  readonly identity: SourceIdentity
  /**
   * What is wrong with the source as a whole, found at opening: it is cut off or damaged. Tables before the damage can be
   * read, what comes after it is not known, so the import must not count as complete.
   */
  readonly damage: AppError | undefined
  /** In an order that does not change. */
  tables(): readonly TableInfo[]
  /** Batches of at most `BATCH_ROWS_MAX` rows and about `BATCH_BYTES_MAX` bytes. Throws `AppError`. */
  rows(table: TableInfo, options?: ReadOptions): AsyncIterable<readonly RawRow[]>
  /**
   * The rows of a table as they stand: text of COPY in UTF-8 without its closing line, in pieces of any length, nothing of it looked at.
   * Undefined where the source has no such text. Throws `AppError` as `rows` does.
   */
  copyText?(table: TableInfo, options?: ReadOptions): AsyncIterable<Buffer> | undefined
  /** What was skipped so far and why; complete when every table has been read. */
  findings(): readonly SourceFinding[]
  close(): Promise<void>
}

/** `trades` for a table of schema `public`, else `schema.table`; parts that hold a dot or a quote are quoted as in SQL. */
export function tableKey(schema: string, name: string): string {
  const part = (text: string): string => (/[."]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return schema === 'public' || schema === '' ? part(name) : `${part(schema)}.${part(name)}`
}

/**
 * What tells a row of a table from every other: the cells of the key columns as JSON, or `#number` where there is no key,
 * a cell of it is NULL or the row is damaged. With the table key in front it is the source key of the row.
 */
export function rowKey(table: TableInfo, row: RawRow, keyColumns: readonly string[] = table.primaryKey): string {
  const cells = keyColumns.map((name) => row.cells[table.columns.findIndex((column) => column.name === name)])
  return cells.length === 0 || cells.some((cell) => cell === undefined || cell === null) ? `#${row.number}` : JSON.stringify(cells)
}
