import type { ImportDatabase } from '../run/import-database.ts'
import type { Difference } from '../run/import-report.ts'
import { oddCells } from './compare-rows.ts'
import { liveFields, liveHash, liveRecords, rebuiltCells } from './live-records.ts'
import type { KnownTable, MeantTable } from './known-table.ts'
import { expectedFields } from './meant-table.ts'
import { foundGroups } from './record-groups.ts'
import { DIFFERENCES_MAX, sumOf } from './run-key.ts'
import { literal } from './source-words.ts'
import type { ExpectedRecord } from './table-meaning.ts'

export interface RecordsComparison {
  readonly expected: number
  readonly found: number
  readonly hashes: { readonly source: string; readonly live: string }
  readonly differences: readonly Difference[]
}

/** How many records there are, and the sum of their hashes. */
export interface Measured {
  readonly count: number
  readonly hash: string
}

/** The records of one kind and part as they stand, by one pass over them. */
export async function measureRecords(database: ImportDatabase, known: KnownTable, record: ExpectedRecord): Promise<Measured> {
  return measured(database, 'count(*)', sumOf(liveHash(known, record)), liveRecords(known, record))
}

/** The first records as they stand, by the groups that were made of them. */
export async function measureFirst(database: ImportDatabase, known: KnownTable, hash: 'record_1' | 'rebuilt'): Promise<Measured> {
  return measured(database, 'coalesce(sum(rows), 0)', `coalesce(sum(${hash}), 0)`, foundGroups(known))
}

async function measured(database: ImportDatabase, count: string, hash: string, from: string): Promise<Measured> {
  const [row] = await database.query<Measured & Record<string, unknown>>(
    `SELECT (${count})::bigint AS count, (${hash})::text AS hash FROM ${from}`,
  )
  if (row === undefined) throw new Error('an aggregate gives a row')
  return row
}

/** The records of one kind and part against what the cells of the source mean. By sums of hashes; row by row only if they differ. */
export async function compareRecords(
  database: ImportDatabase,
  subject: MeantTable,
  record: ExpectedRecord,
  found: Measured,
): Promise<RecordsComparison> {
  const number = subject.meaning.records.indexOf(record) + 1
  const expected = await measured(database, `coalesce(sum(rows_${number}), 0)`, `coalesce(sum(record_${number}), 0)`, subject.groups)
  const comparison = comparisonOf(expected, found)
  if (areEqual(comparison)) return { ...comparison, differences: [] }
  const live = liveFields(subject, record)
  const columns = expectedFields(subject, record).map(([name, field], index) => ({ name, expected: field, found: live[index] ?? '' }))
  const differences = await oddRecords(database, {
    source: `(${subject.wide}) m WHERE ${subject.value(record.when)}`,
    live: liveRecords(subject, record),
    columns,
    table: record.table,
    check: 'N2',
    there: `${record.part} of ${subject.table.info.key}`,
  })
  const named = differences.flatMap(({ key, odd, whole }): readonly Difference[] =>
    whole === undefined
      ? odd.map(([column, before, now]) => ({ check: 'N3', table: record.table, key, column, expected: before, found: now }))
      : [whole],
  )
  return { ...comparison, differences: named }
}

/** The cells of the source, made again from the record that keeps them, against those that were read. */
export async function compareRebuilt(database: ImportDatabase, subject: MeantTable, record: ExpectedRecord): Promise<RecordsComparison> {
  const { info } = subject.table
  const expected = await measured(database, 'coalesce(sum(rows), 0)', 'coalesce(sum(rebuilt), 0)', subject.groups)
  const comparison = comparisonOf(expected, await measureFirst(database, subject, 'rebuilt'))
  if (areEqual(comparison)) return { ...comparison, differences: [] }
  const names = info.columns.map(({ name }) => name)
  const differences = await oddRecords(database, {
    source: `(${subject.wide}) m`,
    live: liveRecords(subject, record),
    columns: [
      { name: 'row_key', expected: 'm.row_key', found: 't.row_key' },
      { name: 'cells', expected: 'to_jsonb(m.cells)', found: `to_jsonb(${rebuiltCells(subject.table, record)})` },
    ],
    table: record.table,
    check: 'N9',
    there: `${record.part} of ${info.key}`,
  })
  const named = differences.flatMap(({ key, odd, whole }): readonly Difference[] =>
    whole === undefined
      ? odd.flatMap(([, before, now]) =>
          oddCells(names, jsonCells(before), jsonCells(now)).map((cell) => ({ check: 'N9', table: info.key, key, ...cell })),
        )
      : [whole],
  )
  return { ...comparison, differences: named }
}

function jsonCells(text: string | null): readonly (string | null)[] | null {
  return text === null ? null : (JSON.parse(text) as readonly (string | null)[])
}

function comparisonOf(expected: Measured, found: Measured): Omit<RecordsComparison, 'differences'> {
  return { expected: expected.count, found: found.count, hashes: { source: expected.hash, live: found.hash } }
}

function areEqual({ expected, found, hashes }: Omit<RecordsComparison, 'differences'>): boolean {
  return expected === found && hashes.source === hashes.live
}

type OddColumn = readonly [column: string, expected: string | null, found: string | null]

interface OddRecord {
  readonly key: string
  readonly odd: readonly OddColumn[]
  /** Set where the record as a whole is missing, or too many. */
  readonly whole: Difference | undefined
}

interface Comparing {
  /** What stands behind FROM. */
  readonly source: string
  readonly live: string
  readonly columns: readonly { readonly name: string; readonly expected: string; readonly found: string }[]
  readonly table: string
  /** Of records that are missing or too many. */
  readonly check: string
  readonly there: string
}

async function oddRecords(database: ImportDatabase, comparing: Comparing): Promise<readonly OddRecord[]> {
  const { columns, source, live, table, check, there } = comparing
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
  return rows.map(({ key, kind, odd: cells }) => {
    const base = { check, table, key, column: undefined }
    if (kind === 'missing') return { key, odd: [], whole: { ...base, expected: there, found: null } }
    if (kind === 'extra') return { key, odd: [], whole: { ...base, expected: null, found: there } }
    return { key, odd: cells.filter((cell) => cell !== null), whole: undefined }
  })
}
