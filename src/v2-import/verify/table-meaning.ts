import type { ImportPlan } from '../mapping/import-plan.ts'
import { isNaive, milliseconds, moment } from './source-words.ts'

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

/** Expressions over a source row, each worked out once, by the names under which others speak of them. */
export type Worked = Readonly<Record<string, string>>

/** What a table of version 2 says, by the expressions of its cells. */
export interface TableMeaning {
  readonly symbol: string | undefined
  /** What the other expressions are made of: those of one step may speak of the steps before it. */
  readonly worked: readonly Worked[]
  /** Of each time, whether it names no zone. */
  readonly naive: readonly string[]
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

/** What is as cheap to say again. */
const PLAIN = /^(?:NULL::\w+|'[^']*'(?:::text)?|s\.\w+)$/

/** Collects which source columns a record carries while its expressions are made. */
export class Carrier {
  readonly carries: Record<string, string> = {}
  readonly naive: string[] = []
  readonly census: Record<string, string> = {}
  readonly worked: Record<string, string>[] = []
  readonly #row: Row
  #names = 0
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
    if (column === undefined) return 'NULL::bigint'
    const naive = this.once(isNaive(cell))
    this.naive.push(naive)
    const { plan } = this.#row
    const read = this.once(moment(cell))
    return this.once(milliseconds(cell, { read, naive, plan }), 1)
  }
  /** The server works an expression out wherever it stands: one that others are made of is given a name. */
  once(expression: string, step = 0): string {
    if (PLAIN.test(expression)) return expression
    while (this.worked.length <= step) this.worked.push({})
    const worked = this.worked[step] ?? {}
    const known = Object.keys(worked).find((name) => worked[name] === expression)
    if (known !== undefined) return `s.${known}`
    const name = `w${(this.#names += 1)}`
    worked[name] = expression
    return `s.${name}`
  }
}
