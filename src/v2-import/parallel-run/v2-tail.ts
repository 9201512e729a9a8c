import type { ImportPlan } from '../mapping/import-plan.ts'
import type { ImportedRecord } from '../mapping/imported-records.ts'
import { TableMapper } from '../mapping/table-mapper.ts'
import type { TableInfo } from '../sources/import-source.ts'
import { LiveConnection, type LiveTarget } from '../sources/postgres/live-connection.ts'
import { directionOf, type ObservedSignal } from './observed-signal.ts'

const ROWS_MAX = 1_000
/** A row may become visible after one with a higher id: so many are looked at again. */
const OVERLAP = 200
const COLUMNS = `
  SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a
   WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`

interface Followed {
  readonly name: 'signals' | 'trades'
  table: TableInfo | undefined
  lastId: number
  /** Of rows that were taken and may be seen again. */
  readonly seen: Set<number>
}

export interface TailNews {
  readonly signals: readonly ObservedSignal[]
  /** Rows that could not be read as a signal. */
  readonly unreadable: number
  /** There was more than one look takes: ask again at once. */
  readonly isMore: boolean
}

/**
 * Follows what version 2 writes, by looking: each look is a connection and a read-only transaction of its own, so nothing of version 2 is
 * held up and nothing is written there. A trade that names its signal says how large that was; one that names none stands for itself.
 */
export class V2Tail {
  readonly #target: LiveTarget
  readonly #plan: ImportPlan
  readonly #followed: readonly Followed[]
  #isBegun = false

  /** `fromId`: of both tables, the last id that is known already; undefined begins with what comes from now on. */
  constructor(target: LiveTarget, plan: ImportPlan, fromId: number | undefined) {
    this.#target = target
    this.#plan = plan
    this.#followed = (['signals', 'trades'] as const).map((name) => ({ name, table: undefined, lastId: fromId ?? 0, seen: new Set() }))
    this.#isBegun = fromId !== undefined
  }

  /** Throws `AppError`; the next look then begins where the last good one ended. */
  async look(): Promise<TailNews> {
    const connection = await LiveConnection.open(this.#target)
    try {
      if (!this.#isBegun) {
        for (const each of this.#followed) await this.#skip(connection, each)
        this.#isBegun = true
      }
      const news: (TailNews & { readonly sizes: ReadonlyMap<string, string> })[] = []
      for (const each of this.#followed) news.push(await this.#read(connection, each))
      const sizes = new Map(news.flatMap((each) => [...each.sizes]))
      const all = news.flatMap(({ signals }) => signals)
      const named = new Set(all.map(({ id }) => id))
      // A trade that stands for a signal of this look is that signal with its size.
      const signals = all
        .filter(({ id }) => !(id.startsWith(TRADE_OF) && named.has(id.slice(TRADE_OF.length))))
        .map((signal) => ({
          ...signal,
          id: signal.id.startsWith(TRADE_OF) ? signal.id.slice(TRADE_OF.length) : signal.id,
          quantity: signal.quantity ?? sizes.get(signal.id) ?? null,
        }))
      return { signals, unreadable: news.reduce((sum, each) => sum + each.unreadable, 0), isMore: news.some(({ isMore }) => isMore) }
    } finally {
      await connection.close()
    }
  }

  async #skip(connection: LiveConnection, followed: Followed): Promise<void> {
    if (!(await this.#learn(connection, followed))) return
    const [[last] = []] = await connection.query(`SELECT coalesce(max(id), 0) FROM public.${followed.name}`)
    followed.lastId = Number(last ?? 0)
    const rows = await connection.query(`SELECT id FROM public.${followed.name} WHERE id > $1`, [String(followed.lastId - OVERLAP)])
    for (const [id] of rows) followed.seen.add(Number(id))
  }

  async #learn(connection: LiveConnection, followed: Followed): Promise<boolean> {
    if (followed.table !== undefined) return true
    const { name } = followed
    const columns = (await connection.query(COLUMNS, [`public.${name}`])).map(([column, type]) => ({
      name: column ?? '',
      type: type ?? undefined,
    }))
    if (!columns.some((column) => column.name === 'id')) return false
    followed.table = { key: name, schema: 'public', name, columns, primaryKey: ['id'], rowCount: undefined, origin: name }
    return true
  }

  async #read(connection: LiveConnection, followed: Followed): Promise<TailNews & { readonly sizes: ReadonlyMap<string, string> }> {
    const nothing = { signals: [], unreadable: 0, isMore: false, sizes: new Map<string, string>() }
    if (!(await this.#learn(connection, followed)) || followed.table === undefined) return nothing
    const { table, name, seen } = followed
    const list = table.columns.map((column) => `t."${column.name.replaceAll('"', '""')}"`).join(', ')
    const from = String(Math.max(0, followed.lastId - OVERLAP))
    const rows = await connection.query(`SELECT ${list} FROM public.${name} t WHERE id > $1 ORDER BY id LIMIT ${ROWS_MAX + OVERLAP}`, [
      from,
    ])
    const mapper = new TableMapper(this.#plan, table)
    const idIndex = table.columns.findIndex((column) => column.name === 'id')
    const signalIndex = table.columns.findIndex((column) => column.name === 'signal_id')
    const signals: ObservedSignal[] = []
    const sizes = new Map<string, string>()
    let unreadable = 0
    for (const cells of rows) {
      const id = Number(cells[idIndex])
      if (seen.has(id)) continue
      seen.add(id)
      followed.lastId = Math.max(followed.lastId, id)
      const verdict = mapper.map({ number: 1, offset: -1, cells, damage: undefined })
      const signal = verdict.outcome === 'mapped' ? observed(verdict.records[0], id, cells[signalIndex]) : undefined
      if (signal === undefined) unreadable += 1
      else signals.push(signal)
      if (typeof signal?.quantity === 'string' && signal.id.startsWith(TRADE_OF))
        sizes.set(signal.id.slice(TRADE_OF.length), signal.quantity)
    }
    for (const id of seen) if (id <= followed.lastId - OVERLAP) seen.delete(id)
    return { signals, unreadable, isMore: rows.length >= ROWS_MAX + OVERLAP, sizes }
  }
}

/** A trade that names its signal, until it is known whether that is there. */
const TRADE_OF = 'trade-of:'

function observed(record: ImportedRecord | undefined, id: number, signalId: string | null | undefined): ObservedSignal | undefined {
  if (record?.kind === 'signal') {
    if (record.action === undefined) return undefined
    const { symbol, action, createdMs, status } = record
    return { id: `signal:${id}`, symbol, direction: directionOf(action), quantity: null, ts: createdMs, fate: status ?? null }
  }
  if (record?.kind !== 'position' || record.openedMs === undefined) return undefined
  const { symbol, direction, quantity, openedMs, state } = record
  const own = signalId === null || signalId === undefined || signalId === '' ? `trade:${id}` : `${TRADE_OF}signal:${Number(signalId)}`
  return { id: own, symbol, direction: direction === 'LONG' ? 'BUY' : 'SELL', quantity, ts: openedMs, fate: state }
}
