import type { ImportDatabase } from '../run/import-database.ts'
import { RECORD_TABLE_NAMES } from './record-columns.ts'
import type { Staging } from './staging.ts'

/** What CSV cannot tell apart: a cell that is NULL and one that is the empty text. */
const WITHOUT_NULLS = (line: string): string => String.raw`regexp_replace(${line}, '(^|\t)\\N(?=\t|$)', '\1', 'g')`
const ON_KEY = '(l.system, l.table_key, l.row_key, l.variant) = (s.system, s.table_key, s.row_key, s.variant)'

/**
 * What only shows when all tables are staged: rows that share a key, rows that an earlier import brought, and orders that a trade
 * and the orders table both tell of. Does it once, however often it is called. Throws `AppError`.
 */
export async function settleStaging(database: ImportDatabase, staging: Staging, system: string): Promise<void> {
  const { schema } = staging
  const [done] = await database.query<{ done: boolean }>(`SELECT to_regclass('"${schema}".settled') IS NOT NULL AS done`)
  if (done?.done === true) return
  const [before] = await database.query('SELECT FROM imported.rows WHERE system = $1 LIMIT 1', [system])
  // Without statistics the server may join thousands of rows by nested loops.
  await database.run(`ANALYZE "${schema}".rows (table_key, row_key, outcome, rule); ANALYZE "${schema}".orders (part, exchange, order_id)`)
  if (before !== undefined) for (const name of RECORD_TABLE_NAMES) await database.run(`ANALYZE "${schema}".${name} (table_key, row_key)`)
  await database.transaction(async () => {
    await database.run(`ALTER TABLE "${schema}".rows ADD COLUMN is_known boolean`)
    await nameVariants(database, schema)
    if (before !== undefined) await markKnown(database, schema)
    const linked = await linkOrders(database, schema, system)
    await database.run(`CREATE UNLOGGED TABLE "${schema}".settled AS SELECT ${linked}::bigint AS linked_orders`)
  })
}

/** The first row of a key has the key; the others are told by their content and by how often it came. */
async function nameVariants(database: ImportDatabase, schema: string): Promise<void> {
  await database.change(`
    UPDATE "${schema}".rows s SET variant = n.variant
      FROM (SELECT ctid, md5(line) || '/' || row_number() OVER (PARTITION BY table_key, row_key, line ORDER BY number) AS variant
              FROM "${schema}".rows WHERE outcome = 'skipped' OR rule = 'key-taken') n
     WHERE n.ctid = s.ctid`)
}

/** A row that stands already stays as it stands; one that has changed since is parked beside it. */
async function markKnown(database: ImportDatabase, schema: string): Promise<void> {
  const same = `(s.line IS NOT DISTINCT FROM l.line AND s.bytes IS NOT DISTINCT FROM l.bytes
                 OR ${WITHOUT_NULLS('s.line')} = ${WITHOUT_NULLS('l.line')})`
  await database.change(`
    UPDATE "${schema}".rows s
       SET outcome = 'parked', rule = 'changed-since', column_name = NULL, variant = md5(coalesce(s.line, s.bytes::text)) || '/1',
           reason = 'an earlier import brought another row under this key (run ' || l.run_id || '); that one stands'
      FROM imported.rows l WHERE ${ON_KEY} AND s.variant = '' AND NOT ${same}`)
  await database.change(`UPDATE "${schema}".rows s SET is_known = true FROM imported.rows l WHERE ${ON_KEY}`)
  for (const name of RECORD_TABLE_NAMES)
    await database.change(`
      DELETE FROM "${schema}".${name} r USING "${schema}".rows s
       WHERE (s.table_key, s.row_key) = (r.table_key, r.row_key) AND (s.is_known AND s.variant = '' OR s.rule = 'changed-since')`)
}

/** Orders made from a trade go where the orders table, now or of an earlier import, has them. */
async function linkOrders(database: ImportDatabase, schema: string, system: string): Promise<number> {
  return database.change(
    `DELETE FROM "${schema}".orders made
      WHERE made.part <> 'row' AND (made.exchange, made.order_id) IN (
        SELECT exchange, order_id FROM "${schema}".orders WHERE part = 'row'
        UNION ALL SELECT exchange, order_id FROM imported.orders WHERE part = 'row' AND system = $1)`,
    [system],
  )
}
