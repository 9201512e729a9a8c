import type { ImportPlan } from '../mapping/import-plan.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import type { Check, Difference } from '../run/import-report.ts'
import { liveRecords } from './compare-records.ts'
import { isCounted, ofRun, type RowsComparison, type RunKey } from './compare-rows.ts'
import type { MeantTable } from './meant-table.ts'
import type { ReadTable } from './read-again.ts'
import { literal } from './source-words.ts'

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

function resultOf(name: string, groups: number, differences: readonly Difference[], detail: string): CheckResult {
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
export async function checkSums(database: ImportDatabase, run: RunKey, meant: readonly MeantTable[]): Promise<CheckResult> {
  const differences: Difference[] = []
  let groups = 0
  for (const subject of meant) {
    const { sums, records } = subject.meaning
    const [first] = records
    if (sums === undefined || first === undefined) continue
    const columns = Object.entries(first.columns)
      .map(([name, expression]) => `${subject.value(expression)} AS ${name}`)
      .join(', ')
    const by = sums.by.map((name) => `coalesce(${name}, '-')`)
    const month = `date_trunc('month', to_timestamp(${sums.time} / 1000) AT TIME ZONE 'UTC')`
    const key = `concat_ws(' ', ${by.join(', ')}, to_char(${month}, 'YYYY-MM'))`
    const amounts = sums.amounts.map((amount) => `coalesce(trim_scale(sum(${amount}))::text, '-')`).join(`, `)
    const grouped = (from: string): string =>
      `SELECT ${key} AS key, concat_ws(' ', count(*)::text, ${amounts}) AS value FROM ${from} GROUP BY ${[...by, month].join(', ')}`
    const source = grouped(`(SELECT ${columns} FROM ${subject.meant}) r`)
    const compared = await oddGroups(database, source, grouped(liveRecords({ ...subject, run }, first)))
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

/** N5: what the cells of each column are like. */
export function checkStatistics(tables: readonly ReadTable[], rows: readonly RowsComparison[]): CheckResult {
  const differences: Difference[] = []
  const notes: string[] = []
  let columns = 0
  for (const [index, table] of tables.entries()) {
    const { info } = table
    const compared = rows[index]
    if (compared?.hashes === undefined) {
      notes.push(`${info.key} left out, as an earlier run brought some of its rows`)
      continue
    }
    if (!isCounted(table)) notes.push(`distinct values of ${info.key} not counted`)
    columns += info.columns.length
    const { source, live } = compared.statistics
    for (const [at, { name }] of info.columns.entries()) {
      const [before, now] = [source[at] ?? null, live[at] ?? null]
      if (before !== now) differences.push({ check: 'N5', table: info.key, key: '', column: name, expected: before, found: now })
    }
  }
  const detail = ['columns whose count of NULL, distinct values, least, greatest and longest text are equal', ...notes].join('; ')
  return resultOf('N5 columns', columns, differences, detail)
}

/** N6: every word of a column of few values, with what it means, before and after. */
export async function checkCensus(database: ImportDatabase, run: RunKey, meant: readonly MeantTable[]): Promise<CheckResult> {
  const differences: Difference[] = []
  let words = 0
  for (const subject of meant) {
    const { table, meaning, find, value } = subject
    const [first] = meaning.records
    if (first === undefined) continue
    for (const [column, target] of Object.entries(meaning.census)) {
      const [means, cell] = [value(first.columns[target] ?? 'NULL::text'), value(find(column).cell)]
      const counted = (word: string, from: string): string =>
        `SELECT coalesce(${word}, '-') AS key, count(*)::text AS value FROM ${from} GROUP BY 1`
      const compared = await oddGroups(database, counted(means, subject.meant), counted(target, liveRecords({ ...subject, run }, first)))
      words += compared.groups
      for (const { key, expected, found } of compared.odd)
        differences.push({ check: 'N6', table: first.table, key, column: target, expected, found })
      const unmapped = await database.query<{ word: string; count: number }>(
        `SELECT ${cell} AS word, count(*) AS count FROM ${subject.meant}
          WHERE ${means} IS NULL AND ${cell} <> '' AND translate(lower(${cell}), ' _-', '') NOT IN ('neutral', 'hold') GROUP BY 1 LIMIT 100`,
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

interface Reference {
  readonly from: string
  readonly columns: readonly string[]
  readonly to: string
  readonly toColumns: readonly string[]
  /** The same in the records. */
  readonly live: {
    readonly table: string
    readonly column: string
    readonly part: string
    readonly to: string
    readonly toPart: string
    readonly toColumn: string
    readonly prefix: string
  }
}

const REFERENCES: readonly Reference[] = [
  {
    from: 'trades',
    columns: ['order_id'],
    to: 'orders',
    toColumns: ['order_id', 'exchange_order_id'],
    live: {
      table: 'positions',
      column: 'entry_order_id',
      part: 'lifecycle',
      to: 'orders',
      toPart: 'row',
      toColumn: 'order_id',
      prefix: '',
    },
  },
  {
    from: 'trades',
    columns: ['close_order_id', 'exit_order_id'],
    to: 'orders',
    toColumns: ['order_id', 'exchange_order_id'],
    live: { table: 'positions', column: 'exit_order_id', part: 'lifecycle', to: 'orders', toPart: 'row', toColumn: 'order_id', prefix: '' },
  },
  {
    from: 'sltp_orders',
    columns: ['trade_id'],
    to: 'trades',
    toColumns: ['id', 'trade_id'],
    live: {
      table: 'protections',
      column: 'trade_id',
      part: 'row',
      to: 'positions',
      toPart: 'lifecycle',
      toColumn: 'position_id',
      prefix: 'v2_trade_',
    },
  },
  {
    from: 'partial_tp_history',
    columns: ['trade_id'],
    to: 'trades',
    toColumns: ['id', 'trade_id'],
    live: {
      table: 'ladder_steps',
      column: 'trade_id',
      part: 'row',
      to: 'positions',
      toPart: 'lifecycle',
      toColumn: 'position_id',
      prefix: 'v2_trade_',
    },
  },
  {
    from: 'trades',
    columns: ['session_id'],
    to: 'trading_sessions',
    toColumns: ['session_id'],
    live: {
      table: 'positions',
      column: 'session_id',
      part: 'lifecycle',
      to: 'sessions',
      toPart: 'row',
      toColumn: 'session_id',
      prefix: '',
    },
  },
]

function linkOf(cell: string): string {
  return `nullif(CASE WHEN ${cell} ~ '^[0-9]+\\.0$' THEN left(${cell}, -2) ELSE ${cell} END, '')`
}

/** The expressions over rows of a table that its links to others need. */
export function linksOf({ table, find }: Pick<MeantTable, 'table' | 'find'>): readonly string[] {
  const { key } = table.info
  return REFERENCES.flatMap(({ from, columns, to, toColumns }) => [
    ...(from === key && find(...columns).column !== undefined ? [linkOf(find(...columns).cell)] : []),
    ...(to === key && find(...toColumns).column !== undefined ? [find(...toColumns).cell] : []),
  ])
}

/** N7: links between tables that lead nowhere are as many as they were. */
export async function checkReferences(database: ImportDatabase, run: RunKey, meant: readonly MeantTable[]): Promise<CheckResult> {
  const differences: Difference[] = []
  const listed: string[] = []
  let links = 0
  for (const { from, columns, to, toColumns, live } of REFERENCES) {
    const [source, target] = [meant.find(({ table }) => table.info.key === from), meant.find(({ table }) => table.info.key === to)]
    const [link, goal] = [source?.find(...columns), target?.find(...toColumns)]
    if (source === undefined || target === undefined || link?.column === undefined || goal?.column === undefined) continue
    const given = source.value(linkOf(link.cell))
    const [before] = await database.query<{ broken: number }>(
      `SELECT count(*) AS broken FROM ${source.meant} a
        WHERE a.${given} IS NOT NULL AND NOT EXISTS (SELECT FROM ${target.meant} b WHERE b.${target.value(goal.cell)} = a.${given})`,
    )
    // An id that was made of the row is no link.
    const [now] = await database.query<{ broken: number }>(
      `SELECT count(*) AS broken FROM imported.${live.table} t
        WHERE ${ofRun(run, from)} AND part = ${literal(live.part)} AND ${live.column} IS NOT NULL AND left(${live.column}, 9) <> 'v2_trade_'
          AND NOT EXISTS (SELECT FROM imported.${live.to} g WHERE g.part = ${literal(live.toPart)} AND g.${ofRun(run, to).replace(' AND ', ' AND g.')}
                             AND g.${live.toColumn} = ${literal(live.prefix)} || t.${live.column})`,
    )
    links += 1
    const name = `${from}.${link.column} to ${to}`
    listed.push(`${name}: ${before?.broken ?? 0}`)
    if (before?.broken !== now?.broken)
      differences.push({
        check: 'N7',
        table: from,
        key: name,
        column: link.column,
        expected: String(before?.broken),
        found: String(now?.broken),
      })
  }
  const detail = `links between tables with as many broken ones as before (${listed.length === 0 ? 'no tables that are linked' : listed.join(', ')})`
  return resultOf('N7 references', links, differences, detail)
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
  for (const { meant: name } of meant) {
    const [row] = await database.query<{ count: number }>(`SELECT coalesce(sum(naive), 0)::bigint AS count FROM ${name}`)
    naive += row?.count ?? 0
  }
  const status = naive === naiveTimes ? 'passed' : 'failed'
  const detail = `times that name no zone, counted again, and as the mapper noted them; ${rule}`
  return { check: { name, status, expected: String(naive), found: String(naiveTimes), detail }, differences: [] }
}
