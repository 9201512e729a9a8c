import type { ImportPlan } from '../mapping/import-plan.ts'
import type { SourceTable } from './read-again.ts'
import type { RunKey } from './run-key.ts'
import type { TableMeaning } from './table-meaning.ts'

/** A table of the source of which it is known what its cells mean. */
export interface KnownTable {
  readonly table: SourceTable
  readonly meaning: TableMeaning
  readonly find: (...names: readonly string[]) => { readonly column: string | undefined; readonly cell: string }
  readonly run: RunKey
  readonly plan: ImportPlan
}

export interface MeantTable extends KnownTable {
  /** Its rows that became records, with what the cells mean as far as groups and links need it. */
  readonly meant: string
  /** Sums over `meant`: see `expectedGroups`. */
  readonly groups: string
  /** The same rows as a query, worked out anew: `row_key`, `cells` and all columns that `value` names. */
  readonly wide: string
  /** What stands for an expression over the source row in a query over `wide`, or over `meant` if it is kept there. */
  readonly value: (expression: string) => string
}
