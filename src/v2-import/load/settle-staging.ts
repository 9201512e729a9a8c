import type { ImportDatabase } from '../run/import-database.ts'
import { RECORD_TABLE_NAMES } from './record-columns.ts'
import type { Loaded, Staging } from './staging.ts'

/** What CSV cannot tell apart: a cell that is NULL and one that is the empty text. */
const WITHOUT_NULLS = (line: string): string => String.raw`regexp_replace(${line}, '(^|\t)\\N(?=\t|$)', '\1', 'g')`
const ON_KEY = '(l.system, l.table_key, l.row_key, l.variant) = (s.system, s.table_key, s.row_key, s.variant)'
/** What there is to be told of a row that stands already. */
const KNOWN_COLUMNS = 'table_key, number, row_key, variant, outcome, rule, reason'
/** So many rows that went are worth a table written anew; fewer give back what room there is at its end. */
const GONE_MIN = 10_000

/** Whether an earlier import brought rows of this system. */
export async function hasEarlierRows(database: ImportDatabase, system: string): Promise<boolean> {
  return (await database.query('SELECT FROM imported.rows WHERE system = $1 LIMIT 1', [system])).length > 0
}

/**
 * What only shows when all tables are staged: rows that share a key, rows that an earlier import brought, and orders that a trade
 * and the orders table both tell of. Does it once, however often it is called. Throws `AppError`.
 */
export async function settleStaging(database: ImportDatabase, staging: Staging, system: string): Promise<void> {
  const { schema } = staging
  if (await staging.has('settled')) return
  const loaded = await staging.loaded()
  if (loaded === undefined) throw new Error('it is settled what was loaded')
  const isLater = await hasEarlierRows(database, system)
  const gone = await database.transaction(() => settle(database, { schema, system, loaded, isLater }))
  for (const [name, rows] of gone) if (rows > 0) await database.run(`VACUUM ${rows > GONE_MIN ? 'FULL' : ''} "${schema}".${name}`)
}

interface Settling {
  readonly schema: string
  readonly system: string
  readonly loaded: Loaded
  readonly isLater: boolean
}

/** How many rows went from which tables. */
async function settle(database: ImportDatabase, settling: Settling): Promise<ReadonlyMap<string, number>> {
  const { schema, system, loaded, isLater } = settling
  const gone = new Map<string, number>()
  await database.run(`CREATE TABLE "${schema}".known AS SELECT ${KNOWN_COLUMNS} FROM "${schema}".rows WITH NO DATA`)
  if (loaded.undecidedKeys > 0) await parkRepeated(database, schema)
  if (loaded.undecidedKeys + loaded.repeatedKeys > 0) await nameVariants(database, schema)
  if (isLater) {
    // Without statistics the server may join thousands of rows by nested loops.
    await database.run(`ANALYZE "${schema}".rows (table_key, row_key, outcome, rule)`)
    for (const name of RECORD_TABLE_NAMES) await database.run(`ANALYZE "${schema}".${name} (table_key, row_key)`)
    await takeKnown(database, schema, gone)
  }
  const linked = isLater || !loaded.areLinksDecided ? await linkOrders(database, schema, system) : 0
  gone.set('orders', (gone.get('orders') ?? 0) + linked)
  await database.run(`CREATE TABLE "${schema}".settled AS SELECT ${loaded.linkedOrders + linked}::bigint AS linked_orders`)
  return gone
}

/** Rows whose key came before in the source, which the reading could no longer tell: the first holds, and has its records alone. */
async function parkRepeated(database: ImportDatabase, schema: string): Promise<void> {
  await database.run(`
    CREATE TABLE "${schema}".repeated AS
      SELECT ctid AS at, table_key, row_key, is_same, is_mapped FROM (
        SELECT ctid, table_key, row_key, row_number() OVER of_key AS place, first_value(outcome) OVER of_key = 'mapped' AS is_mapped,
               line IS NOT DISTINCT FROM first_value(line) OVER of_key AS is_same
          FROM "${schema}".rows WHERE left(row_key, 1) <> '#' WINDOW of_key AS (PARTITION BY table_key, row_key ORDER BY number)) r
       WHERE place > 1;
    ANALYZE "${schema}".repeated`)
  await database.change(`
    UPDATE "${schema}".rows s
       SET outcome = CASE WHEN is_same THEN 'skipped' ELSE 'parked' END, rule = CASE WHEN is_same THEN 'exact-duplicate' ELSE 'key-taken' END, column_name = NULL,
           reason = CASE WHEN is_same THEN 'the row with its key stands in the source before, cell by cell the same'
                         ELSE 'an earlier row has its key too, with other cells; which of them holds is not said' END
      FROM "${schema}".repeated r WHERE r.at = s.ctid AND s.rule IS DISTINCT FROM 'exact-duplicate' AND s.rule IS DISTINCT FROM 'key-taken'`)
  for (const name of RECORD_TABLE_NAMES)
    await database.change(`
      DELETE FROM "${schema}".${name} d USING (SELECT DISTINCT table_key, row_key, is_mapped FROM "${schema}".repeated) r
       WHERE (r.table_key, r.row_key) = (d.table_key, d.row_key) AND (NOT r.is_mapped OR EXISTS (
         SELECT FROM "${schema}".${name} f WHERE (f.table_key, f.row_key, f.part) = (d.table_key, d.row_key, d.part) AND f.ctid < d.ctid))`)
}

/** The first row of a key has the key; the others are told by their content and by how often it came. */
async function nameVariants(database: ImportDatabase, schema: string): Promise<void> {
  await database.change(`
    UPDATE "${schema}".rows s SET variant = n.variant
      FROM (SELECT ctid, md5(line) || '/' || row_number() OVER (PARTITION BY table_key, row_key, line ORDER BY number) AS variant
              FROM "${schema}".rows WHERE outcome = 'skipped' OR rule = 'key-taken') n
     WHERE n.ctid = s.ctid`)
}

/** A row that stands already stays as it stands, and is put aside here; one that has changed since is parked beside it. */
async function takeKnown(database: ImportDatabase, schema: string, gone: Map<string, number>): Promise<void> {
  const same = `(s.line IS NOT DISTINCT FROM l.line AND s.bytes IS NOT DISTINCT FROM l.bytes
                 OR ${WITHOUT_NULLS('s.line')} = ${WITHOUT_NULLS('l.line')})`
  await database.change(`
    UPDATE "${schema}".rows s
       SET outcome = 'parked', rule = 'changed-since', column_name = NULL, variant = md5(coalesce(s.line, s.bytes::text)) || '/1',
           reason = 'an earlier import brought another row under this key (run ' || l.run_id || '); that one stands'
      FROM imported.rows l WHERE ${ON_KEY} AND s.variant = '' AND NOT ${same}`)
  const known = await database.change(`
    WITH taken AS (DELETE FROM "${schema}".rows s USING imported.rows l WHERE ${ON_KEY} RETURNING s.*)
    INSERT INTO "${schema}".known SELECT ${KNOWN_COLUMNS} FROM taken`)
  gone.set('rows', known)
  await database.run(`ANALYZE "${schema}".known (table_key, row_key, variant)`)
  for (const name of RECORD_TABLE_NAMES) {
    const records = await database.change(`
      DELETE FROM "${schema}".${name} r USING (
        SELECT table_key, row_key FROM "${schema}".known WHERE variant = '' OR rule = 'changed-since'
         UNION SELECT table_key, row_key FROM "${schema}".rows WHERE rule = 'changed-since') s
       WHERE (s.table_key, s.row_key) = (r.table_key, r.row_key)`)
    gone.set(name, records)
  }
}

/** Orders made from a trade go where the orders table, now or of an earlier import, has them. */
async function linkOrders(database: ImportDatabase, schema: string, system: string): Promise<number> {
  await database.run(`ANALYZE "${schema}".orders (part, exchange, order_id)`)
  return database.change(
    `DELETE FROM "${schema}".orders made
      WHERE made.part <> 'row' AND (made.exchange, made.order_id) IN (
        SELECT exchange, order_id FROM "${schema}".orders WHERE part = 'row'
        UNION ALL SELECT exchange, order_id FROM imported.orders WHERE part = 'row' AND system = $1)`,
    [system],
  )
}
