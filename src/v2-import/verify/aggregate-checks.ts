import type { ImportPlan } from '../mapping/import-plan.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import type { Check, Difference } from '../run/import-report.ts'
import type { RowsComparison } from './compare-rows.ts'
import type { MeantTable } from './known-table.ts'
import type { SourceTable } from './read-again.ts'
import { foundGroups } from './record-groups.ts'

export interface CheckResult {
  readonly check: Check
  readonly differences: readonly Difference[]
}

interface Pair {
  readonly key: string
  readonly expected: string | null
  readonly found: string | null
  readonly [column: string]: unknown
}

/** Groups of two queries (columns `key` and `value`) that are not the same in both, and how many groups there are. */
async function oddGroups(
  database: ImportDatabase,
  source: string,
  live: string,
): Promise<{ readonly groups: number; readonly odd: readonly Pair[] }> {
  const rows = await database.query<Pair & { same: boolean; groups: number }>(`
    SELECT coalesce(e.key, f.key) AS key, e.value AS expected, f.value AS found, count(*) OVER () AS groups,
           e.key IS NOT NULL AND f.key IS NOT NULL AND e.value IS NOT DISTINCT FROM f.value AS same
      FROM (${source}) e FULL JOIN (${live}) f ON f.key = e.key ORDER BY same LIMIT 1000`)
  return { groups: rows[0]?.groups ?? 0, odd: rows.filter(({ same }) => !same) }
}

export function resultOf(name: string, groups: number, differences: readonly Difference[], detail: string): CheckResult {
  const check: Check = {
    name,
    status: differences.length > 0 ? 'failed' : groups === 0 ? 'not_run' : 'passed',
    expected: String(groups),
    found: String(groups - differences.length),
    detail,
  }
  return { check, differences }
}

/** N4: exact sums by symbol, side, status and month. */
export async function checkSums(database: ImportDatabase, meant: readonly MeantTable[]): Promise<CheckResult> {
  const differences: Difference[] = []
  let groups = 0
  for (const subject of meant) {
    const { sums, records } = subject.meaning
    const [first] = records
    if (sums === undefined || first === undefined) continue
    const by = sums.by.map((name) => `coalesce(${name}, '-')`)
    const key = `concat_ws(' ', ${by.join(', ')}, to_char(month, 'YYYY-MM'))`
    const amounts = sums.amounts.map((_, index) => `coalesce(trim_scale(sum(amount_${index + 1}))::text, '-')`).join(`, `)
    const grouped = (from: string): string =>
      `SELECT ${key} AS key, concat_ws(' ', sum(rows)::text, ${amounts}) AS value FROM ${from} GROUP BY ${[...by, 'month'].join(', ')}`
    const compared = await oddGroups(database, grouped(subject.groups), grouped(foundGroups(subject)))
    groups += compared.groups
    for (const { key: group, expected, found } of compared.odd)
      differences.push({ check: 'N4', table: first.table, key: group, column: sums.amounts.join(', '), expected, found })
  }
  return resultOf(
    'N4 sums',
    groups,
    differences,
    'groups by symbol, side, status and month whose counts and exact sums of amounts are equal',
  )
}

/** N5: what the cells of each column are like. Where all rows of a table are the same, nothing has to be measured to tell. */
export function checkStatistics(tables: readonly SourceTable[], rows: readonly RowsComparison[]): CheckResult {
  const differences: Difference[] = []
  const notes: string[] = []
  let [columns, ofSameRows] = [0, 0]
  for (const [index, { info }] of tables.entries()) {
    const compared = rows[index]
    if (compared?.hashes === undefined) {
      notes.push(`${info.key} left out, as an earlier run brought some of its rows`)
      continue
    }
    columns += info.columns.length
    if (compared.statistics === undefined) {
      ofSameRows += info.columns.length
      continue
    }
    const { source, live } = compared.statistics
    for (const [at, { name }] of info.columns.entries()) {
      const [before, now] = [source[at] ?? null, live[at] ?? null]
      if (before !== now) differences.push({ check: 'N5', table: info.key, key: '', column: name, expected: before, found: now })
    }
  }
  const measured = `${columns - ofSameRows} by NULLs, distinct values of shorter tables, least, greatest and longest text`
  const detail = [`columns with the same cells: ${ofSameRows} as all rows of their table are the same, ${measured}`, ...notes].join('; ')
  return resultOf('N5 columns', columns, differences, detail)
}

/** N6: every word of a column of few values, with what it means, before and after. */
export async function checkCensus(database: ImportDatabase, meant: readonly MeantTable[]): Promise<CheckResult> {
  const differences: Difference[] = []
  let words = 0
  for (const subject of meant) {
    const { table, meaning, groups } = subject
    const [first] = meaning.records
    if (first === undefined) continue
    for (const [index, [column, target]] of Object.entries(meaning.census).entries()) {
      const counted = (from: string): string => `SELECT coalesce(${target}, '-') AS key, sum(rows)::text AS value FROM ${from} GROUP BY 1`
      const compared = await oddGroups(database, counted(groups), counted(foundGroups(subject)))
      words += compared.groups
      for (const { key, expected, found } of compared.odd)
        differences.push({ check: 'N6', table: first.table, key, column: target, expected, found })
      const cell = `unknown_${index + 1}`
      const unmapped = await database.query<{ word: string; count: number }>(
        `SELECT ${cell} AS word, sum(rows)::bigint AS count FROM ${groups}
          WHERE ${cell} <> '' AND translate(lower(${cell}), ' _-', '') NOT IN ('neutral', 'hold') GROUP BY 1 LIMIT 100`,
      )
      for (const { word, count } of unmapped)
        differences.push({
          check: 'N6',
          table: table.info.key,
          key: word,
          column,
          expected: 'a known word, or the rows parked',
          found: `${count} rows mapped`,
        })
    }
  }
  return resultOf('N6 words', words, differences, 'values of side, type and status whose counts are equal before and after')
}

interface TimesOrder {
  readonly plan: ImportPlan
  readonly naiveTimes: number
}

/** N8: the rule for times without a zone, and how many there are by another count. `areAllOurs`: no earlier run brought a row. */
export async function checkTimes(
  database: ImportDatabase,
  { plan, naiveTimes }: TimesOrder,
  meant: readonly MeantTable[],
  areAllOurs: boolean,
): Promise<CheckResult> {
  const name = 'N8 times'
  const rule = `read by ${plan.timeZone}, of two moments the ${plan.ambiguousTime}`
  if (!areAllOurs)
    return {
      check: { name, status: 'not_run', detail: `${rule}; not counted again, as an earlier run brought some rows` },
      differences: [],
    }
  let naive = 0
  for (const { groups } of meant) {
    const [row] = await database.query<{ count: number }>(`SELECT coalesce(sum(naive), 0)::bigint AS count FROM ${groups}`)
    naive += row?.count ?? 0
  }
  const status = naive === naiveTimes ? 'passed' : 'failed'
  const detail = `times that name no zone, counted again, and as the mapper noted them; ${rule}`
  return { check: { name, status, expected: String(naive), found: String(naiveTimes), detail }, differences: [] }
}
