import { SHAPES, TABLE_NAMES, type TableName } from './tables.ts'

function quoted(names: readonly string[], of = ''): string {
  return names.map((name) => `${of}"${name}"`).join(', ')
}

function recordset(columns: Readonly<Record<string, string>>): string {
  const fields = Object.entries(columns).map(([name, type]) => `"${name}" ${type}`)
  return `json_to_recordset($1::json) AS r(${fields.join(', ')})`
}

function insertSql(table: TableName): string {
  const { columns } = SHAPES[table]
  const names = Object.keys(columns)
  return `INSERT INTO ${table} (${quoted(names)}) SELECT ${quoted(names)} FROM ${recordset(columns)}${onConflict(table)}`
}

function onConflict(table: TableName): string {
  const { columns, replace } = SHAPES[table]
  if (replace === undefined) return ''
  const fixed = new Set([...replace.key, ...(replace.keep ?? [])])
  const changed = Object.keys(columns).filter((name) => !fixed.has(name))
  return ` ON CONFLICT (${quoted(replace.key)}) DO UPDATE SET ${changed.map((name) => `"${name}" = EXCLUDED."${name}"`).join(', ')}`
}

/**
 * A difference found again while it is open keeps the time it was first found at. `again` is false where the batch itself
 * has closed it before: then the database is behind and must not be asked.
 */
function insertDifferencesSql(): string {
  const { columns } = SHAPES.differences
  const values = Object.keys(columns).map((name) =>
    name.startsWith('found_') ? `CASE WHEN r.again AND d.state = 'OPEN' THEN d."${name}" ELSE r."${name}" END` : `r."${name}"`,
  )
  return `INSERT INTO differences (${quoted(Object.keys(columns))}) SELECT ${values.join(', ')}
    FROM ${recordset({ ...columns, again: 'boolean' })} LEFT JOIN differences d USING (difference_id)${onConflict('differences')}`
}

function patchedValue(table: TableName, name: string): string {
  const type = SHAPES[table].columns[name]
  const value = type === 'jsonb' ? `NULLIF(r.patch -> '${name}', 'null')` : `(r.patch ->> '${name}')::${type}`
  return `"${name}" = CASE WHEN r.patch ? '${name}' THEN ${value} ELSE t."${name}" END`
}

function patchSql(table: TableName): string | undefined {
  const { columns, patch } = SHAPES[table]
  if (patch === undefined) return undefined
  const keys = Object.fromEntries(patch.key.map((name) => [name, columns[name] ?? 'text']))
  const values = patch.columns.map((name) => patchedValue(table, name))
  return `UPDATE ${table} t SET ${values.join(', ')} FROM ${recordset({ ...keys, patch: 'jsonb' })}
    WHERE ${patch.key.map((name) => `t."${name}" = r."${name}"`).join(' AND ')}`
}

function byTable<T>(make: (table: TableName) => T): Readonly<Record<TableName, T>> {
  return Object.freeze(Object.fromEntries(TABLE_NAMES.map((table) => [table, make(table)])) as Record<TableName, T>)
}

/** One statement a table; `$1` is the JSON text of an array of rows. Keys are unique within that array. */
export const INSERT_SQL = byTable((table) => (table === 'differences' ? insertDifferencesSql() : insertSql(table)))

/** Changes of rows that an earlier batch wrote: `$1` is an array of `{…key, patch}`. What a patch does not name stays. */
export const PATCH_SQL = byTable(patchSql)

/** `$1` is the JSON text of an array of facts, `$2` the sequence before the first. */
export const INSERT_EVENTS_SQL = `
  INSERT INTO events (seq, ts_ms, type, payload)
  SELECT $2::bigint + place, (fact ->> 'ts')::bigint, fact ->> 'type', fact FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS f(fact, place)`

/**
 * The stop in force of the named positions, after all else of a batch: that of the plan; none when the plan was taken away
 * since the last fill; else the level the last fill brought. `$1` is an array of `{trader_id, symbol}`.
 */
export const SET_STOPS_SQL = `
  UPDATE positions t SET stop_in_force = CASE
      WHEN t.quantity = 0 THEN NULL
      WHEN g.plan IS NOT NULL THEN g.stop_in_force
      WHEN g.seq > t.seq THEN NULL
      ELSE t.stop_loss END
  FROM ${recordset({ trader_id: 'text', symbol: 'text' })} LEFT JOIN protection g ON g.trader_id = r.trader_id AND g.symbol = r.symbol
  WHERE t.trader_id = r.trader_id AND t.symbol = r.symbol`
