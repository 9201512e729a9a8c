import { Client } from 'pg'
import type { PgConnection } from '#storage/postgres/connection.ts'
import type { Tables } from './expected-tables.ts'

/** Belong to the replica itself, not to the facts. */
const BOOKKEEPING: ReadonlySet<string> = new Set(['schema_migrations', 'installation', 'replica_cursor'])
const PAGE_ROWS = 5_000
const FAULTS_KEPT = 5

interface Column {
  readonly table: string
  readonly column: string
  readonly type: string
}

export interface SetCheck {
  /** Facts of the journal that Postgres does not hold, holds twice, or holds without the journal having them. */
  readonly lost: number
  readonly doubled: number
  readonly unexpected: number
  /** Orders whose facts stand in Postgres in another order. */
  readonly misordered: number
  readonly cursor: number
  readonly events: number
  /** Differences of the tables from the facts, in words. */
  readonly faults: readonly string[]
}

/**
 * Reads every table and every column of a database, through no code of the replica, and holds it against what should be there
 * at the cursor. One snapshot, so it may be done while facts flow.
 */
export async function checkDatabase(connection: PgConnection, expectedAt: (cursor: number) => Tables): Promise<SetCheck> {
  const asText = { getTypeParser: () => (value: unknown) => value }
  const client = new Client({ ...connection, password: connection.password ?? '', ssl: false, types: asText })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const columns = (
      await client.query<Column>(
        `SELECT table_name AS table, column_name AS column, data_type AS type FROM information_schema.columns
          WHERE table_schema = 'public' AND is_generated = 'NEVER' ORDER BY table_name, ordinal_position`,
      )
    ).rows.filter(({ table }) => !BOOKKEEPING.has(table))
    const cursor = Number((await client.query<Record<string, string>>('SELECT seq FROM replica_cursor')).rows[0]?.['seq'])
    const expected = expectedAt(cursor)
    const faults: string[] = []
    for (const table of new Set([...columns.map((column) => column.table), ...expected.keys()])) {
      faults.push(...(await compareTable(client, table, columns, expected)))
    }
    return { ...(await checkEvents(client, expected)), cursor, faults }
  } finally {
    await client.end()
  }
}

async function compareTable(client: Client, table: string, columns: readonly Column[], expected: Tables): Promise<readonly string[]> {
  const own = columns.filter((column) => column.table === table)
  if (own.length === 0) return [`there is no table ${table}`]
  const wanted = [...(expected.get(table)?.values() ?? [])].map((cells) => rowText(own, cells)).toSorted()
  const found: string[] = []
  await client.query(`DECLARE rows_of CURSOR FOR SELECT ${own.map(({ column }) => `"${column}"`).join(', ')} FROM "${table}"`)
  for (;;) {
    const { rows } = await client.query<Record<string, string | null>>(`FETCH ${PAGE_ROWS} FROM rows_of`)
    found.push(...rows.map((row) => rowText(own, row)))
    if (rows.length < PAGE_ROWS) break
  }
  await client.query('CLOSE rows_of')
  found.sort()
  const unnamed = [...(expected.get(table)?.values() ?? [])].flatMap((cells) =>
    Object.keys(cells).filter((name) => !own.some(({ column }) => column === name)),
  )
  const faults = [...new Set(unnamed)].map((name) => `${table} has no column ${name}`)
  const known = new Set(found)
  const meant = new Set(wanted)
  if (found.length !== wanted.length) faults.push(`${table}: ${wanted.length} rows expected, ${found.length} found`)
  for (const row of wanted) if (!known.has(row) && faults.length < FAULTS_KEPT) faults.push(`${table} lacks ${row}`)
  for (const row of found) if (!meant.has(row) && faults.length < FAULTS_KEPT) faults.push(`${table} has    ${row}`)
  return faults
}

/** One spelling for what Postgres wrote and for what a fact says. */
function rowText(columns: readonly Column[], cells: Readonly<Record<string, unknown>>): string {
  return columns.map(({ column, type }) => `${column}=${cellText(cells[column], type)}`).join(' ')
}

function cellText(value: unknown, type: string): string {
  if (value === null || value === undefined) return '-'
  if (type === 'jsonb') return canonical(typeof value === 'string' ? (JSON.parse(value) as unknown) : value)
  if (type === 'ARRAY' && Array.isArray(value)) return `{${value.join(',')}}`
  if (type === 'boolean') return value === true || value === 't' ? 'yes' : 'no'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return `{${entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => `${name}:${canonical(inner)}`)
    .join(',')}}`
}

/** The "set" check: by identity of each fact, and the order within each order's life. */
async function checkEvents(client: Client, expected: Tables): Promise<Omit<SetCheck, 'faults' | 'cursor'>> {
  const wanted = expected.get('events') ?? new Map<string, Readonly<Record<string, unknown>>>()
  const { rows } = await client.query<Record<string, string>>('SELECT seq FROM events ORDER BY ctid')
  const times = new Map<string, number>()
  for (const { seq } of rows) if (seq !== undefined) times.set(seq, (times.get(seq) ?? 0) + 1)
  const [order] = (
    await client.query<Record<string, string>>(
      `SELECT count(*) AS n FROM (
         SELECT seq, lag(seq) OVER (PARTITION BY payload ->> 'clientOrderId' ORDER BY xmin::text::bigint, seq) AS before
           FROM events WHERE payload ? 'clientOrderId') AS lives WHERE before > seq`,
    )
  ).rows
  return {
    lost: [...wanted.keys()].filter((seq) => !times.has(seq)).length,
    doubled: [...times.values()].filter((n) => n > 1).length,
    unexpected: [...times.keys()].filter((seq) => !wanted.has(seq)).length,
    misordered: Number(order?.['n']),
    events: rows.length,
  }
}
