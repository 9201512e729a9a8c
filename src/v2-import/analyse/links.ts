import type { RawRow, TableInfo } from '../sources/import-source.ts'
import { columnIndex } from '../mapping/table-rule.ts'
import { TextSet } from './text-set.ts'

interface Link {
  readonly from: string
  readonly column: string
  readonly to: string
  readonly target: string
}

/** Version 2 declared no foreign keys: what its columns refer to. */
const LINKS: readonly Link[] = [
  { from: 'trades', column: 'order_id', to: 'orders', target: 'order_id' },
  { from: 'trades', column: 'close_order_id', to: 'orders', target: 'order_id' },
  { from: 'trades', column: 'signal_id', to: 'signals', target: 'id' },
  { from: 'trades', column: 'session_id', to: 'trading_sessions', target: 'session_id' },
  { from: 'sltp_orders', column: 'trade_id', to: 'trades', target: 'id' },
  { from: 'sltp_orders', column: 'sl_order_id', to: 'orders', target: 'order_id' },
  { from: 'sltp_orders', column: 'tp_order_id', to: 'orders', target: 'order_id' },
  { from: 'partial_tp_history', column: 'trade_id', to: 'trades', target: 'id' },
  { from: 'partial_tp_history', column: 'order_id', to: 'orders', target: 'order_id' },
]
/** Ids that should stand in one row only, beside the key. */
const UNIQUE: Readonly<Record<string, readonly string[]>> = {
  trades: ['trade_id'],
  orders: ['order_id'],
  trading_sessions: ['session_id'],
}
/** 32 MiB of each id that others refer to. */
const IDS_MAX = 3_000_000
/** Tables others refer to have to be known before those that refer. */
const FIRST = ['signals', 'trading_sessions', 'orders', 'trades']

interface Watch {
  readonly index: number
  readonly column: string
  readonly ids: TextSet
}

export interface LinkTrouble {
  readonly rule: 'orphan-link' | 'repeated-id'
  readonly column: string
  readonly detail: string
  readonly value: string
}

/** Follows the references between tables, by the ids met so far. */
export class LinkChecker {
  readonly #ids = new Map<string, TextSet>()
  readonly #full = new Set<string>()
  #targets: readonly (Watch & { readonly name: string; readonly isUnique: boolean })[] = []
  #links: readonly (Watch & Link)[] = []

  /** The order tables are to be read in. */
  static inOrder(tables: readonly TableInfo[]): readonly TableInfo[] {
    const rank = ({ key }: TableInfo): number => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length)
    return tables.toSorted((a, b) => rank(a) - rank(b))
  }

  begin(table: TableInfo): void {
    const unique = UNIQUE[table.key] ?? []
    const columns = new Set([...unique, ...LINKS.filter(({ to }) => to === table.key).map(({ target }) => target)])
    this.#targets = [...columns].flatMap((column) => {
      const index = columnIndex(table, column)
      const name = `${table.key}.${column}`
      const ids = new TextSet(IDS_MAX)
      if (index !== -1) this.#ids.set(name, ids)
      return index === -1 ? [] : [{ index, column, ids, name, isUnique: unique.includes(column) }]
    })
    this.#links = LINKS.filter(({ from }) => from === table.key).flatMap((link) => {
      const index = columnIndex(table, link.column)
      const ids = this.#ids.get(`${link.to}.${link.target}`)
      return index === -1 || ids === undefined ? [] : [{ ...link, index, ids }]
    })
  }

  check({ cells }: RawRow): readonly LinkTrouble[] {
    const troubles: LinkTrouble[] = []
    for (const { index, column, ids, name, isUnique } of this.#targets) {
      const id = plainId(cells[index])
      if (id === undefined) continue
      const state = ids.add(id)
      if (state === 'full') this.#full.add(name)
      if (state === 'known' && isUnique)
        troubles.push({ rule: 'repeated-id', column, value: id, detail: `an earlier row has the same ${column}` })
    }
    for (const { index, column, ids, to, target } of this.#links) {
      const id = plainId(cells[index])
      if (id === undefined || ids.has(id) || this.#full.has(`${to}.${target}`)) continue
      troubles.push({ rule: 'orphan-link', column, value: id, detail: `no row of ${to} has this ${target}` })
    }
    return troubles
  }

  /** What could not be checked, in words. */
  limits(): readonly string[] {
    return [...this.#full].map(
      (name) => `${name}: there are more than ${IDS_MAX}, so references to it and repetitions were not all checked`,
    )
  }
}

/** Exports by pandas write a reference as `12.0`. */
function plainId(cell: string | null | undefined): string | undefined {
  if (cell === null || cell === undefined || cell === '') return undefined
  return /^\d+\.0$/.test(cell) ? cell.slice(0, -2) : cell
}
