import type { ImportDatabase } from '../run/import-database.ts'
import type { Difference } from '../run/import-report.ts'
import { COLUMNS_APART_MAX, type ReadTable } from './read-again.ts'
import { literal } from './source-words.ts'
import { cellsOfLine } from './stored-line.ts'

export const DIFFERENCES_MAX = 1_000
/** Above this the number of distinct values of a column is not counted: it would take longer than all else. */
const DISTINCT_ROWS_MAX = 100_000

export interface RunKey {
  readonly runId: string
  readonly system: string
}

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
  readonly differences: readonly Difference[]
}

interface Measured {
  readonly count: number
  readonly hash: string
  readonly statistics: readonly string[]
  readonly [column: string]: unknown
}

/** Whether the distinct values of the columns are counted. */
export function isCounted({ rows }: ReadTable): boolean {
  return rows <= DISTINCT_ROWS_MAX
}

/** The rows of one table, word for word, against what was read again: one pass over each. */
export async function compareRows(database: ImportDatabase, table: ReadTable, run: RunKey): Promise<RowsComparison> {
  const isApart = table.info.columns.length <= COLUMNS_APART_MAX
  const hash = (cells: string, damage: string): string => `hash_record_extended(ROW(number, row_key, ${cells}, ${damage}), 0) AS hash`
  const columns = (cell: (index: number) => string): string =>
    table.info.columns.map((_, index) => `, ${cell(index)} AS c${index + 1}`).join('')
  const source = `SELECT ${hash(table.cells, 's.damage')}${isApart ? columns(table.cell) : ', s.cells'} FROM ${table.view} s`
  // OFFSET 0 keeps the server from working out the cells anew for each use of them.
  const split = `(${liveRows(table, run)} OFFSET 0) r OFFSET 0`
  const live = `SELECT ${hash('cells', 'damage')}${isApart ? columns((index) => `cells[${index + 1}]`) : ', cells'} FROM ${split}`
  const [expected, found] = [await measured(database, table, source), await measured(database, table, live)]
  const counts = { source: expected.count, live: found.count, statistics: { source: expected.statistics, live: found.statistics } }
  const hashes = { source: expected.hash, live: found.hash }
  if (expected.count === found.count && expected.hash === found.hash)
    return { ...counts, missing: 0, extra: 0, changed: 0, hashes, differences: [] }
  const rest = await differencesOf(database, { table, run })
  return { ...counts, ...rest, hashes: rest.earlier === 0 ? hashes : undefined }
}

/** The rows of this run as they stand, with their cells. */
function liveRows({ info }: ReadTable, run: RunKey): string {
  const cells = cellsOfLine('line', info.columns.length)
  return `SELECT number, row_key, ${cells} AS cells, bytes AS damage FROM imported.rows WHERE ${ofRun(run, info.key)}`
}

/** `rows` have a hash, and their cells apart or as an array. */
async function measured(database: ImportDatabase, table: ReadTable, rows: string): Promise<Measured> {
  const { columns } = table.info
  const cell = (index: number): string => (columns.length <= COLUMNS_APART_MAX ? `c${index + 1}` : `cells[${index + 1}]`)
  const statistics = columns.map((_, index) => statisticsOf(cell(index), isCounted(table))).join(', ')
  const sum = 'coalesce(sum(hashint8extended(hash, 0)), 0)::text'
  const [row] = await database.query<Measured>(
    `SELECT count(*) AS count, ${sum} AS hash, ARRAY[${statistics}]::text[] AS statistics FROM (${rows}) m`,
  )
  if (row === undefined) throw new Error('an aggregate gives a row')
  return row
}

function statisticsOf(cell: string, isDistinctCounted: boolean): string {
  const distinct = isDistinctCounted ? `, count(DISTINCT hashtextextended(${cell}, 0))::text` : ''
  const [least, greatest] = [`min(${cell} COLLATE "C")`, `max(${cell} COLLATE "C")`]
  return `concat_ws(' ', (count(*) - count(${cell}))::text${distinct}, left(${least}, 40), left(${greatest}, 40), max(octet_length(${cell}))::text)`
}

export function ofRun({ runId }: RunKey, tableKey: string): string {
  return `run_id = ${literal(runId)} AND table_key = ${literal(tableKey)}`
}

interface Subject {
  readonly table: ReadTable
  readonly run: RunKey
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

function cellDifferences({ info }: ReadTable, row: OddRow): readonly Difference[] {
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
