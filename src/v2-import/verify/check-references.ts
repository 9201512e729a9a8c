import type { ImportDatabase } from '../run/import-database.ts'
import type { Difference } from '../run/import-report.ts'
import { type CheckResult, resultOf } from './aggregate-checks.ts'
import type { KnownTable, MeantTable } from './known-table.ts'
import { ofRun, type RunKey } from './run-key.ts'
import { literal } from './source-words.ts'

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
  return `nullif(CASE WHEN right(${cell}, 2) = '.0' AND ${cell} ~ '^[0-9]+\\.0$' THEN left(${cell}, -2) ELSE ${cell} END, '')`
}

/** The expressions over rows of a table that its links to others need. */
export function linksOf({ table, find }: Pick<KnownTable, 'table' | 'find'>): readonly string[] {
  const { key } = table.info
  return REFERENCES.flatMap(({ from, columns, to, toColumns }) => [
    ...(from === key && find(...columns).column !== undefined ? [linkOf(find(...columns).cell)] : []),
    ...(to === key && find(...toColumns).column !== undefined ? [find(...toColumns).cell] : []),
  ])
}

/** A link of the source whose two tables are there. */
export interface Link {
  readonly reference: Reference
  readonly column: string
  /** How many of its rows name one that is not there. */
  readonly broken: string
}

export function linksBetween(meant: readonly MeantTable[]): readonly Link[] {
  return REFERENCES.flatMap((reference) => {
    const { from, columns, to, toColumns } = reference
    const [source, target] = [meant.find(({ table }) => table.info.key === from), meant.find(({ table }) => table.info.key === to)]
    const [link, goal] = [source?.find(...columns), target?.find(...toColumns)]
    if (source === undefined || target === undefined || link?.column === undefined || goal?.column === undefined) return []
    const given = `a.${source.value(linkOf(link.cell))}`
    const broken = `
      SELECT count(*) AS broken FROM ${source.meant} a
       WHERE ${given} IS NOT NULL AND NOT EXISTS (SELECT FROM ${target.meant} b WHERE b.${target.value(goal.cell)} = ${given})`
    return [{ reference, column: link.column, broken }]
  })
}

export interface BrokenLinks extends Link {
  readonly before: number
  readonly now: number
}

/** Counts the links that lead nowhere, in the source and in the records. */
export async function countBroken(database: ImportDatabase, run: RunKey, link: Link): Promise<BrokenLinks> {
  const { from, to, live } = link.reference
  const [before] = await database.query<{ broken: number }>(link.broken)
  // An id that was made of the row is no link.
  const [now] = await database.query<{ broken: number }>(
    `SELECT count(*) AS broken FROM imported.${live.table} t
      WHERE ${ofRun(run, from)} AND part = ${literal(live.part)} AND ${live.column} IS NOT NULL AND left(${live.column}, 9) <> 'v2_trade_'
        AND NOT EXISTS (SELECT FROM imported.${live.to} g WHERE g.part = ${literal(live.toPart)} AND g.${ofRun(run, to).replace(' AND ', ' AND g.')}
                           AND g.${live.toColumn} = ${literal(live.prefix)} || t.${live.column})`,
  )
  return { ...link, before: before?.broken ?? 0, now: now?.broken ?? 0 }
}

/** N7: links between tables that lead nowhere are as many as they were. */
export function checkReferences(links: readonly BrokenLinks[]): CheckResult {
  const nameOf = ({ reference: { from, to }, column }: Link): string => `${from}.${column} to ${to}`
  const differences = links.flatMap((link): readonly Difference[] => {
    const { reference, column, before, now } = link
    if (before === now) return []
    return [{ check: 'N7', table: reference.from, key: nameOf(link), column, expected: String(before), found: String(now) }]
  })
  const listed = links.map((link) => `${nameOf(link)}: ${link.before}`)
  const detail = `links between tables with as many broken ones as before (${listed.length === 0 ? 'no tables that are linked' : listed.join(', ')})`
  return resultOf('N7 references', links.length, differences, detail)
}
