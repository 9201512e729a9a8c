import type { ImportDatabase } from '../run/import-database.ts'
import type { Staging } from './staging.ts'

export const PARKED_SHOWN_MAX = 1_000

export interface TableCounts {
  readonly name: string
  readonly source: number
  /** Mapped or kept, by this run. */
  readonly imported: number
  readonly parked: number
  /** By the rule that left them out; `already-imported`: an earlier run brought the same row. */
  readonly skipped: Readonly<Record<string, number>>
}

export interface ParkedRow {
  readonly table: string
  readonly key: string
  readonly reason: string
}

export interface NoteCount {
  readonly table: string
  readonly rule: string
  readonly column: string
  readonly note: string
  readonly count: number
}

export interface RunCounts {
  readonly tables: readonly TableCounts[]
  /** The first ones. */
  readonly parked: readonly ParkedRow[]
  readonly notes: readonly NoteCount[]
  /** Orders of trades that the orders table has, so that they were not made again. */
  readonly linkedOrders: number
}

/** Counted by the server in what is staged and settled. */
export async function countRows(database: ImportDatabase, { schema }: Staging): Promise<RunCounts> {
  const groups = await database.query<{ table: string; source: number; outcome: string | null; rule: string | null; count: number }>(`
    SELECT t.table_key AS "table", t.source_rows AS source, g.outcome, g.rule, coalesce(g.count, 0)::bigint AS count
      FROM "${schema}".tables t LEFT JOIN (
        SELECT table_key, outcome, rule, count(*) FROM "${schema}".rows GROUP BY 1, 2, 3
         UNION ALL
        SELECT table_key, CASE WHEN outcome IN ('mapped', 'kept') THEN 'skipped' ELSE outcome END,
               CASE WHEN outcome IN ('mapped', 'kept') THEN 'already-imported' ELSE rule END, count(*) FROM "${schema}".known GROUP BY 1, 2, 3) g USING (table_key)
     ORDER BY t.number, g.rule`)
  const tables = new Map<string, { source: number; imported: number; parked: number; skipped: Record<string, number> }>()
  for (const { table, source, outcome, rule, count } of groups) {
    let counts = tables.get(table)
    if (counts === undefined) tables.set(table, (counts = { source, imported: 0, parked: 0, skipped: {} }))
    if (outcome === 'parked') counts.parked += count
    else if (outcome === 'skipped') counts.skipped[rule ?? ''] = (counts.skipped[rule ?? ''] ?? 0) + count
    else counts.imported += count
  }
  const parked = await database.query<ParkedRow & Record<string, unknown>>(`
    SELECT table_key AS "table", row_key AS key, rule || ': ' || coalesce(reason, '') AS reason
      FROM (SELECT table_key, number, row_key, rule, reason FROM "${schema}".rows WHERE outcome = 'parked'
             UNION ALL SELECT table_key, number, row_key, rule, reason FROM "${schema}".known WHERE outcome = 'parked') p
     ORDER BY table_key, number LIMIT ${PARKED_SHOWN_MAX}`)
  const notes = await database.query<NoteCount & Record<string, unknown>>(
    `SELECT table_key AS "table", rule, column_name AS "column", note, count FROM "${schema}".notes ORDER BY 1, 2, 3`,
  )
  const [settled] = await database.query<{ linked: number }>(`SELECT linked_orders AS linked FROM "${schema}".settled`)
  return { tables: [...tables].map(([name, counts]) => ({ name, ...counts })), parked, notes, linkedOrders: settled?.linked ?? 0 }
}

/** Of a run whose rows stand: what was counted when they came. */
export async function standingCounts(database: ImportDatabase, runId: string): Promise<RunCounts> {
  const [run] = await database.query<{ counts: Omit<RunCounts, 'parked'> }>('SELECT counts FROM imported.runs WHERE run_id = $1', [runId])
  if (run === undefined) throw new Error(`run ${runId} stands`)
  return { ...run.counts, parked: await standingParked(database, runId) }
}

/** The first rows of a run that are parked. */
export async function standingParked(database: ImportDatabase, runId: string): Promise<readonly ParkedRow[]> {
  return database.query<ParkedRow & Record<string, unknown>>(
    `SELECT table_key AS "table", row_key AS key, rule || ': ' || coalesce(reason, '') AS reason
       FROM imported.rows WHERE run_id = $1 AND outcome = 'parked' ORDER BY table_key, number LIMIT ${PARKED_SHOWN_MAX}`,
    [runId],
  )
}
