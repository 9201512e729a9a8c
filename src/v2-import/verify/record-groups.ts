import type { ImportDatabase } from '../run/import-database.ts'
import { liveHash, liveRecords, rebuiltHash } from './live-records.ts'
import type { KnownTable, MeantTable } from './known-table.ts'
import { sumOf } from './run-key.ts'
import type { ExpectedRecord } from './table-meaning.ts'

const COLUMN = /[a-z_]+/g

/**
 * The rows of a table are counted and summed up once, in groups that are fine enough for every check: by the words and by the month
 * that sums and census speak of, as columns of the first record.
 */
interface Grouping {
  readonly first: ExpectedRecord
  readonly words: readonly string[]
  readonly amounts: readonly string[]
  /** Of each counted column of the source: its cell where it has no meaning. */
  readonly unknown: readonly string[]
  readonly month: string
}

function groupingOf({ meaning, find }: KnownTable): Grouping {
  const { records, sums, census } = meaning
  const [first] = records
  if (first === undefined) throw new Error('a table of which something is known becomes records')
  const unknown = Object.entries(census).map(([column, target]) => {
    const means = first.columns[target] ?? 'NULL::text'
    return `CASE WHEN ${means} IS NULL THEN ${find(column).cell} END`
  })
  return {
    first,
    words: [...new Set([...(sums?.by ?? []), ...Object.values(census)])],
    amounts: sums?.amounts ?? [],
    unknown,
    month: sums === undefined ? 'NULL::timestamp' : `date_trunc('month', to_timestamp(${sums.time} / 1000) AT TIME ZONE 'UTC')`,
  }
}

/** The columns of the first record that the groups are made of. */
function columnsOf({ meaning }: KnownTable, { words, amounts }: Grouping): readonly string[] {
  const spoken = amounts.flatMap((amount) => amount.match(COLUMN) ?? [])
  return [...new Set([...words, ...spoken, ...(meaning.sums === undefined ? [] : [meaning.sums.time])])]
}

/** The expressions over a source row that the groups are made of. */
export function groupedExpressions(known: KnownTable): readonly string[] {
  const grouping = groupingOf(known)
  return [...columnsOf(known, grouping).map((name) => grouping.first.columns[name] ?? 'NULL::text'), ...grouping.unknown]
}

/**
 * The groups of the source: the words, `unknown_1` and on, `month`, `rows`, `amount_1` and on, `naive`, sums of hashes (`record_1` and
 * on with `rows_1` and on, `rebuilt`).
 */
export function expectedGroups(meant: MeantTable): string {
  const grouping = groupingOf(meant)
  const { first, words, unknown, amounts, month } = grouping
  const columns = columnsOf(meant, grouping).map((name) => `${meant.value(first.columns[name] ?? 'NULL::text')} AS ${name}`)
  const strangers = unknown.map((expression, index) => `${meant.value(expression)} AS unknown_${index + 1}`)
  const keys = [...words, ...strangers.map((_, index) => `unknown_${index + 1}`), `${month} AS month`]
  const sums = [
    ...amounts.map((amount, index) => `sum(${amount}) AS amount_${index + 1}`),
    ...meant.meaning.records.flatMap((_, index) => [
      `count(record_${index + 1}) AS rows_${index + 1}`,
      `${sumOf(`record_${index + 1}`)} AS record_${index + 1}`,
    ]),
    `${sumOf('rebuilt')} AS rebuilt`,
  ]
  const hashes = meant.meaning.records.map((_, index) => `record_${index + 1}`)
  return `SELECT ${keys.join(', ')}, count(*) AS rows, sum(naive) AS naive, ${sums.join(', ')}
            FROM (SELECT ${[...columns, ...strangers, ...hashes, 'naive', 'rebuilt'].join(', ')} FROM ${meant.meant}) m
           GROUP BY ${keys.map((_, index) => index + 1).join(', ')}`
}

/** The same groups of the first records as they stand, with `record_1` and `rebuilt`. */
export async function makeFoundGroups(database: ImportDatabase, known: KnownTable): Promise<void> {
  const { first, words, amounts, month } = groupingOf(known)
  const keys = [...words, `${month} AS month`]
  const sums = amounts.map((amount, index) => `sum(${amount}) AS amount_${index + 1}, `).join('')
  await database.run(`
    CREATE UNLOGGED TABLE ${foundGroups(known)} AS
      SELECT ${keys.join(', ')}, count(*) AS rows, ${sums}${sumOf(liveHash(known, first))} AS record_1, ${sumOf(rebuiltHash(known, first))} AS rebuilt
        FROM ${liveRecords(known, first)} GROUP BY ${keys.map((_, index) => index + 1).join(', ')}`)
}

export function foundGroups({ table }: KnownTable): string {
  return `found_${table.view}`
}
