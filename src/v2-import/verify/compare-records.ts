import type { ImportDatabase } from '../run/import-database.ts'
import type { Difference } from '../run/import-report.ts'
import { DIFFERENCES_MAX, oddCells, ofRun, type RunKey } from './compare-rows.ts'
import type { ExpectedRecord, TableMeaning } from './table-meaning.ts'
import type { ReadTable } from './read-again.ts'
import { literal } from './source-words.ts'

export interface RecordsComparison {
  readonly expected: number
  readonly found: number
  readonly hashes: { readonly source: string; readonly live: string }
  readonly differences: readonly Difference[]
}

export interface Subject {
  readonly table: ReadTable
  readonly meaning: TableMeaning
  readonly run: RunKey
}

/** Rows of the source that became records in this run, with the unified symbol beside them. */
export function mappedRows({ table, meaning, run }: Subject): string {
  const symbol = meaning.symbol ?? 'NULL::text'
  return `${table.view} s JOIN imported.rows m ON m.${ofRun(run, table.info.key).replace(' AND ', ' AND m.')} AND m.number = s.number
            AND m.outcome = 'mapped' LEFT JOIN symbols y ON y.raw = ${symbol}`
}

interface Column {
  readonly name: string
  readonly expected: string
  readonly found: string
}

/** The records of one kind and part against what the cells of the source mean. */
export async function compareRecords(database: ImportDatabase, subject: Subject, record: ExpectedRecord): Promise<RecordsComparison> {
  const columns: readonly Column[] = [
    { name: 'row_key', expected: 's.row_key', found: 't.row_key' },
    { name: 'system', expected: literal(subject.run.system) + '::text', found: 't.system' },
    ...Object.entries(record.columns).map(([name, expected]) => ({ name, expected, found: `t.${name}` })),
    { name: 'extras', expected: 'true', found: noOtherExtras(subject.table, record) },
  ]
  return compare(database, {
    check: 'N3',
    subject,
    record,
    columns,
    differencesOf: (key, odd) =>
      odd.map(([column, expected, found]) => ({ check: 'N3', table: record.table, key, column, expected, found })),
  })
}

/** The cells of the source, made again from the record that keeps them, against those that were read. */
export async function compareRebuilt(database: ImportDatabase, subject: Subject, record: ExpectedRecord): Promise<RecordsComparison> {
  const { info } = subject.table
  const columns: readonly Column[] = [
    { name: 'row_key', expected: 's.row_key', found: 't.row_key' },
    { name: 'cells', expected: 'to_jsonb(s.cells)', found: `to_jsonb(${rebuilt(subject.table, record)})` },
  ]
  const names = info.columns.map(({ name }) => name)
  return compare(database, {
    check: 'N9',
    subject,
    record,
    columns,
    differencesOf: (key, odd) =>
      odd.flatMap(([, expected, found]) =>
        oddCells(names, jsonCells(expected), jsonCells(found)).map((cell) => ({ check: 'N9', table: info.key, key, ...cell })),
      ),
  })
}

function jsonCells(text: string | null): readonly (string | null)[] | null {
  return text === null ? null : (JSON.parse(text) as readonly (string | null)[])
}

/** Each cell comes from the key, from the extras, or from the column that carries it. */
function rebuilt({ info, keyIndexes }: ReadTable, record: ExpectedRecord): string {
  const cells = info.columns.map(({ name }, index) => {
    const carrier = record.carries?.[name]
    const other = `CASE WHEN jsonb_exists(t.extras, ${literal(name)}) THEN t.extras ->> ${literal(name)} ELSE ${carrier === undefined ? 'NULL' : `t.${carrier}::text`} END`
    const place = keyIndexes.indexOf(index + 1)
    return place === -1 ? other : `CASE WHEN t.row_key LIKE '#%' THEN ${other} ELSE t.row_key::jsonb ->> ${place} END`
  })
  return `ARRAY[${cells.join(', ')}]::text[]`
}

function noOtherExtras({ info }: ReadTable, record: ExpectedRecord): string {
  if (record.carries === undefined) return `t.extras = '{}'`
  const names = info.columns.map(({ name }) => literal(name)).join(', ')
  return `t.extras - ARRAY[${names}]::text[] = '{}'`
}

type OddColumn = readonly [column: string, expected: string | null, found: string | null]

interface Comparing {
  readonly check: string
  readonly subject: Subject
  readonly record: ExpectedRecord
  readonly columns: readonly Column[]
  readonly differencesOf: (key: string, odd: readonly OddColumn[]) => readonly Difference[]
}

/**
 * By sums of row hashes first; row by row only if they differ. The hash of a record is linear in those of its fields, so that swapped
 * values would leave the sum as it is: it is hashed once more.
 */
async function compare(database: ImportDatabase, comparing: Comparing): Promise<RecordsComparison> {
  const { subject, record, columns } = comparing
  const source = `${mappedRows(subject)} WHERE ${record.when}`
  const live = `imported.${record.table} t WHERE t.${ofRun(subject.run, subject.table.info.key).replace(' AND ', ' AND t.')} AND t.part = ${literal(record.part)}`
  const hashed = async (values: readonly string[], from: string) => {
    const [row] = await database.query<{ count: number; hash: string }>(
      `SELECT count(*) AS count, coalesce(sum(hashint8extended(hash_record_extended(ROW(${values.join(', ')}), 0), 0)), 0)::text AS hash FROM ${from}`,
    )
    if (row === undefined) throw new Error('an aggregate gives a row')
    return row
  }
  const expected = await hashed(
    columns.map((column) => column.expected),
    source,
  )
  const found = await hashed(
    columns.map((column) => column.found),
    live,
  )
  const result = { expected: expected.count, found: found.count, hashes: { source: expected.hash, live: found.hash } }
  if (expected.count === found.count && expected.hash === found.hash) return { ...result, differences: [] }
  return { ...result, differences: await differencesOf(database, comparing, { source, live }) }
}

async function differencesOf(
  database: ImportDatabase,
  { columns, differencesOf: describe, subject, record, check }: Comparing,
  { source, live }: { readonly source: string; readonly live: string },
): Promise<readonly Difference[]> {
  const named = (side: 'expected' | 'found'): string => columns.map((column, index) => `${column[side]} AS c${index}`).join(', ')
  const odd = columns.map(
    ({ name }, index) =>
      `CASE WHEN e.c${index} IS DISTINCT FROM f.c${index} THEN jsonb_build_array(${literal(name)}, e.c${index}::text, f.c${index}::text) END`,
  )
  const rows = await database.query<{ key: string; kind: string; odd: readonly (OddColumn | null)[] }>(`
    SELECT coalesce(e.c0, f.c0) AS key, CASE WHEN e.c0 IS NULL THEN 'extra' WHEN f.c0 IS NULL THEN 'missing' ELSE 'changed' END AS kind,
           jsonb_build_array(${odd.join(', ')}) AS odd
      FROM (SELECT ${named('expected')} FROM ${source}) e FULL JOIN (SELECT ${named('found')} FROM ${live}) f ON f.c0 = e.c0
     WHERE e IS DISTINCT FROM f LIMIT ${DIFFERENCES_MAX}`)
  return rows.flatMap(({ key, kind, odd: cells }): readonly Difference[] => {
    const there = `${record.part} of ${subject.table.info.key}`
    const base = { check: check === 'N3' ? 'N2' : check, table: record.table, key, column: undefined }
    if (kind === 'missing') return [{ ...base, expected: there, found: null }]
    if (kind === 'extra') return [{ ...base, expected: null, found: there }]
    return describe(
      key,
      cells.filter((cell) => cell !== null),
    )
  })
}
