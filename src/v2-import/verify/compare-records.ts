import type { ImportDatabase } from '../run/import-database.ts'
import type { Difference } from '../run/import-report.ts'
import { DIFFERENCES_MAX, oddCells, ofRun, type RunKey } from './compare-rows.ts'
import type { MeantTable } from './meant-table.ts'
import type { ReadTable } from './read-again.ts'
import { literal } from './source-words.ts'
import type { ExpectedRecord } from './table-meaning.ts'

export interface RecordsComparison {
  readonly expected: number
  readonly found: number
  readonly hashes: { readonly source: string; readonly live: string }
  readonly differences: readonly Difference[]
}

export interface Subject extends MeantTable {
  readonly run: RunKey
}

/** The records of a part as they stand, as `t`. */
export function liveRecords({ table, run }: Subject, { table: name, part }: Pick<ExpectedRecord, 'table' | 'part'>): string {
  const key = `t.${ofRun(run, table.info.key).replace(' AND ', ' AND t.')}`
  return `imported.${name} t WHERE ${key} AND t.part = ${literal(part)}`
}

interface Column {
  readonly name: string
  readonly expected: string
  readonly found: string
}

/** The records of one kind and part against what the cells of the source mean. */
export async function compareRecords(database: ImportDatabase, subject: Subject, record: ExpectedRecord): Promise<RecordsComparison> {
  const columns: readonly Column[] = [
    { name: 'row_key', expected: 'm.row_key', found: 't.row_key' },
    { name: 'system', expected: literal(subject.run.system) + '::text', found: 't.system' },
    ...Object.entries(record.columns).map(([name, expression]) => ({ name, expected: subject.value(expression), found: `t.${name}` })),
    { name: 'extras', expected: 'true', found: noOtherExtras(subject.table, record) },
  ]
  const sides = { source: `${subject.meant} m WHERE ${subject.value(record.when)}`, live: liveRecords(subject, record) }
  const hash = (side: 'expected' | 'found'): string => `hash_record_extended(ROW(${columns.map((column) => column[side]).join(', ')}), 0)`
  const comparison = await compareHashes(database, { ...sides, sourceHash: hash('expected'), liveHash: hash('found') })
  if (areEqual(comparison)) return { ...comparison, differences: [] }
  const there = `${record.part} of ${subject.table.info.key}`
  const differences = await oddRecords(database, { ...sides, columns, table: record.table, check: 'N2', there })
  const named = differences.flatMap(({ key, odd, whole }): readonly Difference[] =>
    whole === undefined
      ? odd.map(([column, expected, found]) => ({ check: 'N3', table: record.table, key, column, expected, found }))
      : [whole],
  )
  return { ...comparison, differences: named }
}

/** The cells of the source, made again from the record that keeps them, against those that were read. */
export async function compareRebuilt(database: ImportDatabase, subject: Subject, record: ExpectedRecord): Promise<RecordsComparison> {
  const { info, cells, view } = subject.table
  const again = rebuilt(subject.table, record)
  const live = liveRecords(subject, record)
  const comparison = await compareHashes(database, {
    source: `${subject.meant} m`,
    sourceHash: 'm.rebuilt',
    live,
    liveHash: `hash_record_extended(ROW(t.row_key, ${again}), 0)`,
  })
  if (areEqual(comparison)) return { ...comparison, differences: [] }
  const columns: readonly Column[] = [
    { name: 'row_key', expected: 'm.row_key', found: 't.row_key' },
    { name: 'cells', expected: `to_jsonb(${cells})`, found: `to_jsonb(${again})` },
  ]
  const source = `${subject.meant} m JOIN ${view} s ON s.row_key = m.row_key AND hash_record_extended(ROW(s.row_key, ${cells}), 0) = m.rebuilt`
  const names = info.columns.map(({ name }) => name)
  const differences = await oddRecords(database, {
    source,
    live,
    columns,
    table: record.table,
    check: 'N9',
    there: `${record.part} of ${info.key}`,
  })
  const named = differences.flatMap(({ key, odd, whole }): readonly Difference[] =>
    whole === undefined
      ? odd.flatMap(([, expected, found]) =>
          oddCells(names, jsonCells(expected), jsonCells(found)).map((cell) => ({ check: 'N9', table: info.key, key, ...cell })),
        )
      : [whole],
  )
  return { ...comparison, differences: named }
}

function jsonCells(text: string | null): readonly (string | null)[] | null {
  return text === null ? null : (JSON.parse(text) as readonly (string | null)[])
}

/** Each cell comes from the key, from the extras, or from the column that carries it. */
function rebuilt({ info, keyIndexes }: ReadTable, record: ExpectedRecord): string {
  const cells = info.columns.map(({ name }, index) => {
    const carrier = record.carries?.[name]
    const kept = `t.extras ->> ${literal(name)}`
    const carried = `CASE WHEN NOT jsonb_exists(t.extras, ${literal(name)}) THEN t.${carrier}::text END`
    const other = carrier === undefined ? `(${kept})` : `coalesce(${kept}, ${carried})`
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

interface Sides {
  /** What stands behind FROM. */
  readonly source: string
  readonly live: string
}

/**
 * By sums of row hashes first; row by row only if they differ. The hash of a record is linear in those of its fields, so that swapped
 * values would leave the sum as it is: it is hashed once more.
 */
async function compareHashes(
  database: ImportDatabase,
  { source, sourceHash, live, liveHash }: Sides & { readonly sourceHash: string; readonly liveHash: string },
): Promise<Omit<RecordsComparison, 'differences'>> {
  const summed = async (hash: string, from: string) => {
    const [row] = await database.query<{ count: number; hash: string }>(
      `SELECT count(*) AS count, coalesce(sum(hashint8extended(${hash}, 0)), 0)::text AS hash FROM ${from}`,
    )
    if (row === undefined) throw new Error('an aggregate gives a row')
    return row
  }
  const [expected, found] = [await summed(sourceHash, source), await summed(liveHash, live)]
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

interface Comparing extends Sides {
  readonly columns: readonly Column[]
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
