import { RECORD_TABLE_NAMES } from '../load/record-columns.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import type { Difference } from '../run/import-report.ts'
import type { KnownTable } from './known-table.ts'
import { DIFFERENCES_MAX, type RunKey } from './run-key.ts'
import { literal } from './source-words.ts'

/** Rows and records of this run whose key stands in another run too: a key is to stand once, whichever run brought it. */
export async function keptTwice(database: ImportDatabase, { runId }: RunKey): Promise<readonly Difference[]> {
  const run = literal(runId)
  // Not `<>`: a range is found by the index.
  const isOther = (alias: string): string => `(${alias}.run_id < ${run} OR ${alias}.run_id > ${run})`
  const [others] = await database.query<{ any: boolean }>(
    `SELECT EXISTS (SELECT FROM imported.runs o WHERE ${isOther('o')}) OR EXISTS (SELECT FROM imported.rows o WHERE ${isOther('o')}) AS any`,
  )
  if (others?.any !== true) return []
  const found: Difference[] = []
  for (const name of ['rows', ...RECORD_TABLE_NAMES]) {
    const part = name === 'rows' ? 'variant' : 'part'
    const twice = await database.query<{ tableKey: string; key: string; other: string }>(
      `SELECT r.table_key AS "tableKey", r.row_key AS key, o.run_id AS other
         FROM imported.${name} r JOIN imported.${name} o USING (system, table_key, row_key, ${part})
        WHERE r.run_id = ${run} AND ${isOther('o')} LIMIT ${DIFFERENCES_MAX}`,
    )
    for (const { tableKey, key, other } of twice)
      found.push({
        check: 'N2',
        table: name === 'rows' ? tableKey : name,
        key,
        column: undefined,
        expected: 'once',
        found: `in run ${other} too`,
      })
  }
  return found
}

/** Records of this run that belong to no table and part the source could have made. */
export async function strayRecords(database: ImportDatabase, run: RunKey, known: readonly KnownTable[]): Promise<readonly Difference[]> {
  const found: Difference[] = []
  for (const name of RECORD_TABLE_NAMES) {
    const parts = known.flatMap(({ table, meaning }) =>
      meaning.records.filter((record) => record.table === name).map((record) => `(${literal(table.info.key)}, ${literal(record.part)})`),
    )
    const isKnown = parts.length === 0 ? 'false' : `(table_key, part) IN (${parts.join(', ')})`
    const strays = await database.query<{ key: string; part: string; tableKey: string }>(
      `SELECT row_key AS key, part, table_key AS "tableKey" FROM imported.${name} WHERE run_id = $1 AND NOT ${isKnown} LIMIT ${DIFFERENCES_MAX}`,
      [run.runId],
    )
    for (const { key, part, tableKey } of strays)
      found.push({ check: 'N2', table: name, key, column: undefined, expected: null, found: `${part} of ${tableKey}` })
  }
  return found
}
