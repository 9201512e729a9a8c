import type { ImportPlan } from '../mapping/import-plan.ts'
import { milliseconds } from './source-words.ts'

/** One kind of record that rows of a table become, as SQL over a source row `s` and the unified symbol `y.unified`. */
export interface ExpectedRecord {
  readonly table: string
  readonly part: string
  /** Which rows have such a record. */
  readonly when: string
  readonly columns: Readonly<Record<string, string>>
  /** Of the record that keeps the rest of the row in its extras: source column → the column that has its text. */
  readonly carries: Readonly<Record<string, string>> | undefined
}

/** What a table of version 2 says, by the expressions of its cells. */
export interface TableMeaning {
  readonly symbol: string | undefined
  /** Names of source columns that hold times. */
  readonly times: readonly string[]
  readonly records: readonly ExpectedRecord[]
  /** Words of few values, to be counted before and after: source column → column of the first record and its meaning. */
  readonly census: Readonly<Record<string, string>>
  /** Group and sums of amounts, by columns of the first record. */
  readonly sums: { readonly by: readonly string[]; readonly time: string; readonly amounts: readonly string[] } | undefined
  /** What else the expressions of the records speak of; joins that leave the number of rows as it is. */
  readonly joins?: readonly string[] | undefined
}

export interface Row {
  /** The source column of the first of these names that the table has, and the expression of its cell. */
  readonly find: (...names: readonly string[]) => { readonly column: string | undefined; readonly cell: string }
  /** The key of the row as it stands in ids made from it. */
  readonly name: string
  readonly plan: ImportPlan
}

/** Collects which source columns a record carries while its expressions are made. */
export class Carrier {
  readonly carries: Record<string, string> = {}
  readonly times: string[] = []
  readonly census: Record<string, string> = {}
  readonly #row: Row
  constructor(row: Row) {
    this.#row = row
  }
  cell(...names: readonly string[]): string {
    return this.#row.find(...names).cell
  }
  has(...names: readonly string[]): boolean {
    return this.#row.find(...names).column !== undefined
  }
  /** The cell of a source column whose text the column `target` may have. */
  carried(target: string, ...names: readonly string[]): string {
    const { column, cell } = this.#row.find(...names)
    if (column !== undefined) this.carries[column] = target
    return cell
  }
  counted(target: string, ...names: readonly string[]): string {
    const { column, cell } = this.#row.find(...names)
    if (column !== undefined) this.census[column] = target
    return cell
  }
  time(...names: readonly string[]): string {
    const { column, cell } = this.#row.find(...names)
    if (column !== undefined) this.times.push(column)
    return milliseconds(cell, this.#row.plan)
  }
}
