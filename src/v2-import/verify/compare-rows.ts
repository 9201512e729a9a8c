import type { ImportDatabase } from '../run/import-database.ts'
import type { Difference } from '../run/import-report.ts'
import type { LineLot, TableReading } from './line-lots.ts'
import type { SourceTable } from './read-again.ts'
import { cellsHash, DIFFERENCES_MAX, keyHash, ofRun, rowHash, type RunKey, sumOf } from './run-key.ts'
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
  /** Where rows differ, what the cells of each column are like; undefined where all rows are the same. */
  readonly statistics: { readonly source: readonly string[]; readonly live: readonly string[] } | undefined
  readonly differences: readonly Difference[]
}

/** How many rows there are, and the sum of their hashes. */
interface MeasuredRows {
  readonly count: number
  readonly hash: string
}

export interface Subject {
  readonly table: SourceTable
  readonly run: RunKey
}

/** What a row is hashed by, beside its number and its bytes if it is damaged. */
type Content = 'key' | 'cells'

/**
 * The rows of a table against what was read again: letter for letter, lot by lot, beside the sums of the hashes of their keys. Cell by cell
 * only where that differs, which may be by another spelling of the same cells; and row by row only where cells differ.
 */
export async function compareRows(database: ImportDatabase, subject: Subject, { lots }: TableReading): Promise<RowsComparison> {
  const areSame = await areSameLines(database, subject, lots)
  const keys = areSame ? await measureBoth(database, subject, 'key') : undefined
  const found = keys !== undefined && isEqual(keys) ? keys : await measureBoth(database, subject, 'cells')
  const counts = { source: found.source.count, live: found.live.count }
  const hashes = { source: found.source.hash, live: found.live.hash }
  if (isEqual(found)) return { ...counts, missing: 0, extra: 0, changed: 0, hashes, statistics: undefined, differences: [] }
  const { earlier, ...rest } = await differencesOf(database, subject)
  if (earlier > 0) return { ...counts, ...rest, hashes: undefined, statistics: undefined }
  return { ...counts, ...rest, hashes, statistics: await statisticsOf(database, subject, counts) }
}

interface MeasuredBoth {
  readonly source: MeasuredRows
  readonly live: MeasuredRows
}

function isEqual({ source, live }: MeasuredBoth): boolean {
  return source.count === live.count && source.hash === live.hash
}

/** Whether the lines that stand are those that were read, in their order. */
async function areSameLines(database: ImportDatabase, { table, run }: Subject, lots: readonly LineLot[]): Promise<boolean> {
  const [row] = await database.query<{ odd: number }>(
    `SELECT count(*) AS odd
       FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) AS l(first, last, lines, sha256)
      CROSS JOIN LATERAL (
        SELECT count(line) AS lines, encode(sha256(convert_to(coalesce(string_agg(line, E'\\n' ORDER BY number), ''), 'UTF8')), 'hex') AS sha256
          FROM imported.rows WHERE ${ofRun(run, table.info.key)} AND number BETWEEN l.first AND l.last) r
      WHERE r.lines <> l.lines OR r.sha256 <> l.sha256`,
    [lots.map(({ first }) => first), lots.map(({ last }) => last), lots.map(({ lines }) => lines), lots.map(({ sha256 }) => sha256)],
  )
  return row?.odd === 0
}

async function measureBoth(database: ImportDatabase, { table, run }: Subject, content: Content): Promise<MeasuredBoth> {
  const measure = async (from: string, cells: string): Promise<MeasuredRows> => {
    const hash = content === 'key' ? keyHash('number', 'row_key', 'damage') : rowHash('number', cellsHash('row_key', cells), 'damage')
    const sql = `SELECT count(*) AS count, ${sumOf(hash)}::text AS hash FROM ${from}`
    const [row] = await database.query<MeasuredRows & Record<string, unknown>>(sql)
    if (row === undefined) throw new Error('an aggregate gives a row')
    return row
  }
  return {
    source: await measure(`${table.view} s`, table.cells),
    live: await measure(`(${liveRows(table, run)}) r`, 'cells'),
  }
}

/** Of each column: how many NULL, how many values unless there are too many, least, greatest, bytes of the longest. */
async function statisticsOf(
  database: ImportDatabase,
  { table, run }: Subject,
  counts: { readonly source: number; readonly live: number },
): Promise<{ readonly source: readonly string[]; readonly live: readonly string[] }> {
  const isDistinctCounted = Math.max(counts.source, counts.live) <= DISTINCT_ROWS_MAX
  const measure = async (from: string): Promise<readonly string[]> => {
    const statistics = table.info.columns.map((_, index) => {
      const cell = `cells[${index + 1}]`
      const distinct = isDistinctCounted ? `count(DISTINCT hashtextextended(${cell}, 0))::text, ` : ''
      const extremes = `left(min(${cell} COLLATE "C"), 40), left(max(${cell} COLLATE "C"), 40)`
      return `concat_ws(' ', (count(*) - count(${cell}))::text, ${distinct}${extremes}, max(octet_length(${cell}))::text)`
    })
    // OFFSET 0 keeps the server from working out the cells anew for each use of them.
    const sql = `SELECT ARRAY[${statistics.join(', ')}]::text[] AS statistics FROM (${from} OFFSET 0) r`
    const [row] = await database.query<{ statistics: readonly string[] }>(sql)
    return row?.statistics ?? []
  }
  return {
    source: await measure(`SELECT ${table.cells} AS cells FROM ${table.view} s`),
    live: await measure(`SELECT cells FROM (${liveRows(table, run)}) l`),
  }
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
