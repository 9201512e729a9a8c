import type { TableInfo } from '../sources/import-source.ts'
import type { ImportedRecord } from './imported-records.ts'
import type { Column, RowReader } from './row-reader.ts'

type RecordKind = ImportedRecord['kind']
type RecordOf<K extends RecordKind> = Extract<ImportedRecord, { readonly kind: K }>

/** The text a field of the first record holds; compared with the cell, so it may be another spelling and then simply does not carry it. */
export type Carrier = (record: ImportedRecord) => string | undefined

/** A rule fitted to the columns of one table of a source. */
export interface FittedRule {
  /** Needed columns the table does not have: no row of it can be mapped. */
  readonly missing: readonly string[]
  /** By position of the column; undefined where no field may carry it. */
  readonly carriers: readonly (Carrier | undefined)[]
  /** The first record has the reader's extras; the others carry nothing that it does not. */
  map(row: RowReader): readonly ImportedRecord[]
}

/** How the rows of one table of version 2 become records. */
export interface TableRule {
  readonly table: string
  /** Columns that tell a row from every other: the first list of which the table has all. */
  readonly keys: readonly (readonly string[])[]
  /** What it looks for: the names one column goes by, and whether a row can be mapped without. */
  readonly columns: readonly { readonly names: readonly [string, ...string[]]; readonly isNeeded: boolean }[]
  fit(table: TableInfo): FittedRule
}

interface RuleParts<K extends RecordKind, C extends string> {
  readonly table: string
  readonly keys: readonly (readonly string[])[]
  readonly kind: K
  /** Names a column goes by; the first that the table has is meant, in whatever place and case. */
  readonly columns: Readonly<Record<C, readonly [string, ...string[]]>>
  readonly needed: readonly NoInfer<C>[]
  /** Fields of the first record that hold the text of a column. */
  readonly carries: { readonly [column in NoInfer<C>]?: (record: RecordOf<K>) => string | undefined }
  readonly map: (row: RowReader, columns: Readonly<Record<C, Column>>) => readonly [RecordOf<K>, ...ImportedRecord[]]
}

export function tableRule<K extends RecordKind, C extends string>(parts: RuleParts<K, C>): TableRule {
  const names = Object.keys(parts.columns) as C[]
  return {
    table: parts.table,
    keys: parts.keys,
    columns: names.map((name) => ({ names: parts.columns[name], isNeeded: parts.needed.includes(name) })),
    fit(table) {
      const columns = {} as Record<C, Column>
      for (const name of names) columns[name] = findColumn(table, parts.columns[name])
      const carriers: (Carrier | undefined)[] = table.columns.map(() => undefined)
      for (const name of names) {
        const carry = parts.carries[name]
        const { index } = columns[name]
        if (carry !== undefined && index !== -1)
          carriers[index] = (record) => (record.kind === parts.kind ? carry(record as RecordOf<K>) : undefined)
      }
      const missing = parts.needed.filter((name) => columns[name].index === -1).map((name) => parts.columns[name][0])
      return { missing, carriers, map: (row) => parts.map(row, columns) }
    },
  }
}

function findColumn(table: TableInfo, names: readonly [string, ...string[]]): Column {
  for (const name of names) {
    const index = columnIndex(table, name)
    if (index !== -1) return { name: table.columns[index]?.name ?? name, index }
  }
  return { name: names[0], index: -1 }
}

/** A column by its name; if there is none, one that differs only in case, which is what spreadsheets do to names. */
export function columnIndex(table: TableInfo, name: string): number {
  const exact = table.columns.findIndex((column) => column.name === name)
  return exact === -1 ? table.columns.findIndex((column) => column.name.toLowerCase() === name) : exact
}
