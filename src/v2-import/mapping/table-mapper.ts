import { copyLine } from '../sources/copy-line.ts'
import type { RawRow, TableInfo } from '../sources/import-source.ts'
import type { Extras, ImportedRecord, Verdict } from './imported-records.ts'
import type { ImportPlan } from './import-plan.ts'
import { KeyMemory } from './key-memory.ts'
import { keyColumnsOf, ruleFor } from './known-tables.ts'
import { RowReader } from './row-reader.ts'
import { shown } from './rules.ts'
import type { Carrier, FittedRule } from './table-rule.ts'

const KEPT: Verdict = Object.freeze({ outcome: 'kept' })

/** What JSON writes as it is. */
const PLAIN = /^[\w.-]*$/

interface KnownColumn {
  readonly name: string
  /** Of the fields of the first record. */
  readonly carrier: Carrier | undefined
  readonly isKey: boolean
}

/** Maps the rows of one table in the order of the source; knows the keys it has seen. */
export class TableMapper {
  /** Names of the columns that make the key; none where rows go by their number. */
  readonly keyColumns: readonly string[]
  readonly #table: TableInfo
  readonly #row: RowReader
  readonly #rule: FittedRule | undefined
  readonly #keyIndexes: readonly number[]
  readonly #columns: readonly KnownColumn[]
  readonly #incomplete: Verdict | undefined
  readonly #keys: KeyMemory
  #undecided = 0
  readonly #setExtra: (extras: Record<string, string | null>, name: string, cell: string | null) => void

  constructor(plan: ImportPlan, table: TableInfo, keys = new KeyMemory()) {
    this.#table = table
    this.#keys = keys
    this.#row = new RowReader(plan)
    this.#rule = ruleFor(table)?.fit(table)
    this.keyColumns = keyColumnsOf(table)
    this.#keyIndexes = this.keyColumns.map((name) => table.columns.findIndex((column) => column.name === name))
    this.#columns = table.columns.map(({ name }, index) => ({
      name,
      carrier: this.#rule?.carriers[index],
      isKey: this.#keyIndexes.includes(index),
    }))
    this.#incomplete = incompleteness(table, this.#rule)
    this.#setExtra = table.columns.some(({ name }) => name === '__proto__') ? defineExtra : assignExtra
  }

  /** Rows of which it could not be told whether their key came before: there were too many keys. Whoever has them all must look. */
  get undecided(): number {
    return this.#undecided
  }

  /** What becomes of the next row. A key that comes again is told by what came before: call it once a row. */
  next(row: RawRow): Verdict {
    if (row.damage !== undefined) return { outcome: 'parked', rule: row.damage.rule, column: undefined, reason: row.damage.message }
    const key = this.keyOf(row)
    return this.#repetition(key, row) ?? this.#map(key, row)
  }

  /** What becomes of the row by itself, whatever rows came before. */
  map(row: RawRow): Verdict {
    if (row.damage !== undefined) return { outcome: 'parked', rule: row.damage.rule, column: undefined, reason: row.damage.message }
    return this.#map(this.keyOf(row), row)
  }

  /** As `rowKey` with `keyColumns`. */
  keyOf(row: RawRow): string {
    const [index] = this.#keyIndexes
    if (index === undefined) return `#${row.number}`
    if (this.#keyIndexes.length === 1) {
      const cell = row.cells[index]
      if (cell === undefined || cell === null) return `#${row.number}`
      return PLAIN.test(cell) ? `["${cell}"]` : JSON.stringify([cell])
    }
    const cells = this.#keyIndexes.map((at) => row.cells[at])
    return cells.some((cell) => cell === undefined || cell === null) ? `#${row.number}` : JSON.stringify(cells)
  }

  #repetition(key: string, row: RawRow): Verdict | undefined {
    if (key.startsWith('#')) return undefined
    const state = this.#keys.meet(key, row.line ?? copyLine(row.cells))
    if (state === 'unknown') this.#undecided += 1
    if (state === 'same-row') {
      const reason = `the row with the key ${shown(key)} stands in the source before, cell by cell the same`
      return { outcome: 'skipped', rule: 'exact-duplicate', reason }
    }
    if (state !== 'other-row') return undefined
    const reason = `an earlier row has the key ${shown(key)} too, with other cells; which of them holds is not said`
    return { outcome: 'parked', rule: 'key-taken', column: this.keyColumns[0], reason }
  }

  #map(key: string, source: RawRow): Verdict {
    if (this.#rule === undefined) return KEPT
    if (this.#incomplete !== undefined) return this.#incomplete
    const row = this.#row
    row.begin(source.cells, { table: this.#table.key, key }, this.#nameOf(key, source))
    const records = this.#rule.map(row)
    if (row.fault !== undefined) return { outcome: 'parked', ...row.fault }
    const [first] = records
    if (first !== undefined) this.#addExtras(row.extras, first, source, key)
    return { outcome: 'mapped', records, notes: row.notes }
  }

  #nameOf(key: string, row: RawRow): string {
    if (key.startsWith('#')) return key
    return this.#keyIndexes.map((index) => row.cells[index] ?? '').join('/')
  }

  /** Every cell that neither the key nor a field of the first record gives back as it is. */
  #addExtras(extras: Record<string, string | null>, first: ImportedRecord, row: RawRow, key: string): void {
    const isKeyed = !key.startsWith('#')
    const cells = row.cells
    const columns = this.#columns
    for (let index = 0; index < columns.length; index += 1) {
      const column = columns[index]
      if (column === undefined || (isKeyed && column.isKey)) continue
      const cell = cells[index] ?? null
      const carried = column.carrier === undefined ? null : (column.carrier(first) ?? null)
      if (cell !== carried) this.#setExtra(extras, column.name, cell)
    }
  }
}

function incompleteness(table: TableInfo, rule: FittedRule | undefined): Verdict | undefined {
  const missing = rule?.missing ?? []
  const [column] = missing
  if (column === undefined) return undefined
  const reason = `table ${table.key} has no column ${missing.join(', ')}, and its rows say nothing without`
  return { outcome: 'parked', rule: 'missing-column', column, reason }
}

function assignExtra(extras: Record<string, Extras[string]>, name: string, cell: Extras[string]): void {
  extras[name] = cell
}

/** Also for the one name that an assignment would not store. */
function defineExtra(extras: Record<string, Extras[string]>, name: string, cell: Extras[string]): void {
  Object.defineProperty(extras, name, { value: cell, enumerable: true, configurable: true, writable: true })
}
