import type { ImportDatabase } from '../run/import-database.ts'
import type { Difference } from '../run/import-report.ts'
import { statisticsText } from './column-statistics.ts'
import { COLUMNS_APART_MAX, type SourceTable, type TableReading } from './read-again.ts'
import { cellsHash, DIFFERENCES_MAX, ofRun, rowHash, type RunKey, sumOf } from './run-key.ts'
import { literal } from './source-words.ts'
import { cellsOfLine } from './stored-line.ts'

/** Above this the number of distinct values of a column is not counted: it would take longer than all else. */
const DISTINCT_ROWS_MAX = 100_000

export interface RowsComparison {
  readonly source: number
  /** Rows of this run. */
  readonly live: number
  readonly missing: number
  readonly extra: number
  readonly changed: number
  /** Sums of the hashes of all rows, of the source and as they stand now; undefined if an earlier run brought some. */
  readonly hashes: { readonly source: string; readonly live: string } | undefined
  /** Of each column: how many NULL, how many values if they were counted, least, greatest, bytes of the longest. */
  readonly statistics: { readonly source: readonly string[]; readonly live: readonly string[] }
  /** Whether the distinct values were counted. */
  readonly isCounted: boolean
  readonly differences: readonly Difference[]
}

/** What a pass over rows gives: how many, the sum of their hashes, and of each column what it is like. */
export interface MeasuredRows {
  readonly count: number
  readonly hash: string
  readonly statistics: readonly string[]
}

export interface Subject {
  readonly table: SourceTable
  readonly run: RunKey
  /** Whether the distinct values of the columns are counted. */
  readonly isCounted: boolean
}

/** Whether the distinct values of the columns of so many rows are counted. */
export function isCounted(rows: number): boolean {
  return rows <= DISTINCT_ROWS_MAX
}

/** The rows of a table as they stand, word for word, by one pass that splits each once. */
export async function measureLive(database: ImportDatabase, { table, run, isCounted: isDistinctCounted }: Subject): Promise<MeasuredRows> {
  const { columns } = table.info
  const isApart = columns.length <= COLUMNS_APART_MAX
  const cells = isApart ? columns.map((_, index) => `, cells[${index + 1}] AS c${index + 1}`).join('') : ', cells'
  const statistics = columns.map((_, index) => {
    const cell = isApart ? `c${index + 1}` : `cells[${index + 1}]`
    const distinct = isDistinctCounted ? `${distinctOf(cell)}::text, ` : ''
    const extremes = `left(min(${cell} COLLATE "C"), 40), left(max(${cell} COLLATE "C"), 40)`
    return `concat_ws(' ', (count(*) - count(${cell}))::text, ${distinct}${extremes}, max(octet_length(${cell}))::text)`
  })
  // OFFSET 0 keeps the server from working out the cells anew for each use of them.
  return one<MeasuredRows>(
    database,
    `SELECT count(*) AS count, ${sumOf('hash')}::text AS hash, ARRAY[${statistics.join(', ')}]::text[] AS statistics
       FROM (SELECT ${rowHash('number', cellsHash('row_key', 'cells'), 'damage')} AS hash${cells} FROM (${liveRows(table, run)} OFFSET 0) r OFFSET 0) m`,
  )
}

/**
 * The same of the rows of the source. The hashes of those that became records stand in the `groups` made of them; what the columns are
 * like was told when the source was read.
 */
export async function measureSource(
  database: ImportDatabase,
  { table, run, isCounted: isDistinctCounted }: Subject,
  { rows, columns, groups }: TableReading & { readonly groups: string | undefined },
): Promise<MeasuredRows> {
  const hash = rowHash('s.number', cellsHash('s.row_key', table.cells), 's.damage')
  let sums = { count: 0, hash: '0' }
  const add = async (sql: string): Promise<void> => {
    const more = await one<{ count: number; hash: string }>(database, sql)
    sums = { count: sums.count + more.count, hash: String(BigInt(sums.hash) + BigInt(more.hash)) }
  }
  if (groups !== undefined)
    await add(`SELECT coalesce(sum(rows), 0)::bigint AS count, coalesce(sum(row_hash), 0)::text AS hash FROM ${groups}`)
  const mapped = `SELECT FROM imported.rows o WHERE ${ofRun(run, table.info.key)} AND o.outcome = 'mapped' AND o.number = s.number`
  const others = groups === undefined ? '' : ` WHERE NOT EXISTS (${mapped})`
  if (sums.count !== rows) await add(`SELECT count(*) AS count, ${sumOf(hash)}::text AS hash FROM ${table.view} s${others}`)
  const distinct = table.info.columns.map((_, index) => `${distinctOf(table.cell(index))}::text`)
  const values = isDistinctCounted
    ? (await one<{ counts: readonly string[] }>(database, `SELECT ARRAY[${distinct.join(', ')}]::text[] AS counts FROM ${table.view} s`))
        .counts
    : []
  return { ...sums, statistics: columns.map((column, index) => statisticsText(column, rows, values[index])) }
}

function distinctOf(cell: string): string {
  return `count(DISTINCT hashtextextended(${cell}, 0))`
}

async function one<Row extends object>(database: ImportDatabase, sql: string): Promise<Row> {
  const [row] = await database.query<Row & Record<string, unknown>>(sql)
  if (row === undefined) throw new Error('an aggregate gives a row')
  return row
}

/** The rows of one table against what was read again; row by row only if sums of their hashes differ. */
export async function compareRows(
  database: ImportDatabase,
  subject: Subject,
  { source, live }: { readonly source: MeasuredRows; readonly live: MeasuredRows },
): Promise<RowsComparison> {
  const { isCounted: isDistinctCounted } = subject
  const counts = {
    source: source.count,
    live: live.count,
    isCounted: isDistinctCounted,
    statistics: { source: source.statistics, live: live.statistics },
  }
  const hashes = { source: source.hash, live: live.hash }
  if (source.count === live.count && source.hash === live.hash)
    return { ...counts, missing: 0, extra: 0, changed: 0, hashes, differences: [] }
  const rest = await differencesOf(database, subject)
  return { ...counts, ...rest, hashes: rest.earlier === 0 ? hashes : undefined }
}

/** The rows of this run as they stand, with their cells. */
function liveRows({ info }: SourceTable, run: RunKey): string {
  const cells = cellsOfLine('line', info.columns.length)
  return `SELECT number, row_key, ${cells} AS cells, bytes AS damage FROM imported.rows WHERE ${ofRun(run, info.key)}`
}

interface OddRow {
  readonly key: string
  readonly kind: 'missing' | 'extra' | 'changed' | 'earlier'
  readonly expected: readonly (string | null)[] | null
  readonly found: readonly (string | null)[] | null
  readonly total: number
  readonly [column: string]: unknown
}

async function differencesOf(database: ImportDatabase, { table, run }: Subject) {
  const key = table.info.key
  const odd = await database.query<OddRow>(`
    WITH odd AS (
      SELECT coalesce(s.row_key, l.row_key) AS key, s.cells AS expected, l.cells AS found, coalesce(s.number, l.number) AS number,
             CASE WHEN l.number IS NOT NULL THEN CASE WHEN s.number IS NULL THEN 'extra' ELSE 'changed' END
                  WHEN EXISTS (SELECT FROM imported.rows o
                                WHERE o.system = ${literal(run.system)} AND o.table_key = ${literal(key)} AND o.row_key = s.row_key
                                  AND o.run_id <> ${literal(run.runId)} AND (o.bytes = s.damage OR
                                      array_replace(${cellsOfLine('o.line', table.info.columns.length)}, NULL, '') = array_replace(s.cells, NULL, '')))
                  THEN 'earlier' ELSE 'missing' END AS kind
        FROM (SELECT number, row_key, ${table.cells} AS cells, damage FROM ${table.view} s) s
        FULL JOIN (${liveRows(table, run)}) l ON l.number = s.number AND l.row_key = s.row_key
       WHERE s.number IS NULL OR l.number IS NULL OR s.cells IS DISTINCT FROM l.cells OR s.damage IS DISTINCT FROM l.damage),
    ranked AS (SELECT *, row_number() OVER (PARTITION BY kind ORDER BY number) AS rank, count(*) OVER (PARTITION BY kind) AS total FROM odd)
    SELECT key, kind, expected, found, total FROM ranked WHERE rank <= CASE kind WHEN 'earlier' THEN 1 ELSE ${DIFFERENCES_MAX} END ORDER BY number`)
  const total = (kind: OddRow['kind']): number => odd.find((row) => row.kind === kind)?.total ?? 0
  const differences = odd.filter(({ kind }) => kind !== 'earlier').flatMap((row) => cellDifferences(table, row))
  return { missing: total('missing'), extra: total('extra'), changed: total('changed'), earlier: total('earlier'), differences }
}

function cellDifferences({ info }: SourceTable, row: OddRow): readonly Difference[] {
  const base = { check: 'N3', table: info.key, key: row.key }
  if (row.kind !== 'changed') {
    const there = 'the row'
    const isMissing = row.kind === 'missing'
    return [{ ...base, check: 'N2', column: undefined, expected: isMissing ? there : null, found: isMissing ? null : there }]
  }
  return oddCells(
    info.columns.map(({ name }) => name),
    row.expected,
    row.found,
  ).map((cell) => ({ ...base, ...cell }))
}

/** The cells in which two rows differ, by the names of their columns. */
export function oddCells(
  names: readonly string[],
  expected: readonly (string | null)[] | null,
  found: readonly (string | null)[] | null,
): readonly Pick<Difference, 'column' | 'expected' | 'found'>[] {
  if (expected === null || found === null || expected.length !== found.length)
    return [{ column: undefined, expected: JSON.stringify(expected), found: JSON.stringify(found) }]
  return expected.flatMap((cell, index) => {
    const other = found[index] ?? null
    return cell === other ? [] : [{ column: names[index], expected: cell, found: other }]
  })
}
