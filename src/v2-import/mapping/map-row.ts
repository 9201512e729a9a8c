import type { RawRow, TableInfo } from '../sources/import-source.ts'
import type { Verdict } from './imported-records.ts'
import type { ImportPlan } from './import-plan.ts'
import { TableMapper } from './table-mapper.ts'

const MAPPERS = new WeakMap<ImportPlan, WeakMap<TableInfo, TableMapper>>()

/** What becomes of one row by itself. Repeated keys are seen by `TableMapper.next` only, which meets the rows of a table in turn. */
export function mapRow(plan: ImportPlan, table: TableInfo, row: RawRow): Verdict {
  let ofPlan = MAPPERS.get(plan)
  if (ofPlan === undefined) MAPPERS.set(plan, (ofPlan = new WeakMap()))
  let mapper = ofPlan.get(table)
  if (mapper === undefined) ofPlan.set(table, (mapper = new TableMapper(plan, table)))
  return mapper.map(row)
}
