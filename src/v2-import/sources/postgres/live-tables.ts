import type { FindingList } from '../finding-list.ts'
import { tableKey, type ColumnInfo, type TableInfo } from '../import-source.ts'
import type { LiveConnection } from './live-connection.ts'

export interface LiveTable {
  readonly info: TableInfo
  /** Gives its rows, in an order that does not change within the transaction. */
  readonly select: string
  /** Size of its widest row on the server. */
  readonly rowBytesMax: number
}

/**
 * Plain tables and the leaves of partitioned ones, as pg_dump takes them: a partitioned table itself holds no rows, and
 * foreign tables, views and temporary tables are no data of this database. Not from information_schema, which hides the
 * tables this user may not read, so that nobody would hear of them.
 */
const TABLES = `
  SELECT n.nspname, c.relname, has_table_privilege(c.oid, 'SELECT')
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
  ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`

/** Generated columns are left out, as in a dump: they hold nothing of their own. */
const COLUMNS = `
  SELECT a.attname, format_type(a.atttypid, a.atttypmod)
  FROM pg_attribute a
  WHERE a.attrelid = format('%I.%I', $1::text, $2::text)::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND coalesce(to_jsonb(a) ->> 'attgenerated', '') = ''
  ORDER BY a.attnum`

const PRIMARY_KEY = `
  SELECT a.attname
  FROM pg_index i
  CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
  WHERE i.indrelid = format('%I.%I', $1::text, $2::text)::regclass AND i.indisprimary
  ORDER BY k.place`

/** The tables the user may read; the others become findings. Counts every row. */
export async function liveTables(connection: LiveConnection, findings: FindingList): Promise<readonly LiveTable[]> {
  const tables: LiveTable[] = []
  for (const [schema, name, readable] of await connection.query(TABLES)) {
    if (typeof schema !== 'string' || typeof name !== 'string') continue
    if (readable === 't') tables.push(await liveTable(connection, schema, name))
    else findings.add('no-permission', tableKey(schema, name), 'this user may not read the table; its rows are not imported')
  }
  return tables
}

async function liveTable(connection: LiveConnection, schema: string, name: string): Promise<LiveTable> {
  const columns = (await connection.query(COLUMNS, [schema, name])).map(
    ([column, type]): ColumnInfo => ({ name: column ?? '', type: type ?? undefined }),
  )
  const primaryKey = (await connection.query(PRIMARY_KEY, [schema, name])).map(([column]) => column ?? '')
  const relation = `${quoted(schema)}.${quoted(name)}`
  const [[count = '0', widest = '0'] = []] = await connection.query(
    `SELECT count(*), coalesce(max(pg_column_size(t)), 0) FROM ONLY ${relation} AS t`,
  )
  const order = primaryKey.length > 0 ? primaryKey.map((column) => `t.${quoted(column)}`).join(', ') : 't.ctid'
  const select = `SELECT ${columns.map((column) => `t.${quoted(column.name)}`).join(', ')} FROM ONLY ${relation} AS t ORDER BY ${order}`
  const info: TableInfo = {
    key: tableKey(schema, name),
    schema,
    name,
    columns,
    primaryKey,
    rowCount: Number(count),
    origin: relation,
  }
  return { info, select, rowBytesMax: Number(widest) }
}

/** An identifier for SQL. Names come from the catalogue, and are still never put in bare. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
