import type { RawCell, TableInfo } from '../sources/import-source.ts'
import type { ImportedRecord } from './imported-records.ts'
import { keyColumnsOf, ruleFor } from './known-tables.ts'

/** Makes the row of the source again from the first record it became, e.g. as read back from the database. */
export type RebuildRow = (first: ImportedRecord) => readonly RawCell[]

/** For one table: each cell comes from the key, from the extras, or from the field that carries its column. Undefined for tables that are kept. */
export function rowRebuilder(table: TableInfo): RebuildRow | undefined {
  const rule = ruleFor(table)?.fit(table)
  if (rule === undefined) return undefined
  const keyColumns = keyColumnsOf(table)
  const keyPlaces = table.columns.map(({ name }) => keyColumns.indexOf(name))
  return (first) => {
    const { origin, extras } = first
    const key = origin.key.startsWith('#') ? [] : (JSON.parse(origin.key) as readonly string[])
    return table.columns.map(({ name }, index) => {
      const keyCell = key[keyPlaces[index] ?? -1]
      if (keyCell !== undefined) return keyCell
      if (Object.hasOwn(extras, name)) return extras[name] ?? null
      return rule.carriers[index]?.(first) ?? null
    })
  }
}

/** The cells of the source row that became `records`. Throws if the table is not one that is mapped. */
export function rebuildRow(table: TableInfo, records: readonly ImportedRecord[]): readonly RawCell[] {
  const [first] = records
  const rebuild = rowRebuilder(table)
  if (first === undefined || rebuild === undefined) throw new Error(`no records of a mapped table: ${table.key}`)
  return rebuild(first)
}
