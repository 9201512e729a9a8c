import type { DifferenceState, DifferenceView, ReconcileStateView, ReconciliationView } from '#contract/reconcile.ts'
import type { DifferenceClosed, DifferenceFound, ReconciliationDone } from '#domain/facts.ts'
import { BoundedLog, type BoundedLogState } from './bounded-log.ts'

export const CLOSED_DIFFERENCES_MAX = 10_000
export const RECONCILIATIONS_MAX = 200
/** Differences named in the words why entries are shut. */
const NAMED_MAX = 3

export interface DifferenceQuery {
  readonly state?: DifferenceState | 'ALL' | undefined
  readonly kind?: DifferenceView['kind'] | undefined
  readonly symbol?: string | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface DifferencePage {
  readonly differences: DifferenceView[]
  readonly next_cursor: string | null
  readonly complete: boolean
}

export interface DifferenceRowsState {
  readonly open: ReadonlyMap<string, DifferenceView>
  readonly settled: ReadonlyMap<string, DifferenceView>
  readonly closed: BoundedLogState<DifferenceView>
  readonly runs: BoundedLogState<ReconciliationView>
}

/** Comparisons with the exchange and what they found: every open difference, and the last ones that were closed. */
export class DifferenceRows {
  readonly #open: Map<string, DifferenceView>
  readonly #closed: BoundedLog<DifferenceView>
  /** Left as it is by a decision: still there at the exchange, and may be decided anew. */
  readonly #settled: Map<string, DifferenceView>
  readonly #runs: BoundedLog<ReconciliationView>
  /** Of this life of the program alone. */
  #comparedAt: number | undefined

  constructor(saved?: DifferenceRowsState) {
    this.#open = new Map(saved?.open)
    this.#settled = new Map(saved?.settled)
    this.#closed = new BoundedLog(CLOSED_DIFFERENCES_MAX, saved?.closed)
    this.#runs = new BoundedLog(RECONCILIATIONS_MAX, saved?.runs)
  }

  save(): DifferenceRowsState {
    return { open: this.#open, settled: this.#settled, closed: this.#closed.save(), runs: this.#runs.save() }
  }

  found({ difference, ts }: DifferenceFound, seq: number): DifferenceView {
    const id = difference.differenceId
    const before = this.#open.get(id)
    const view: DifferenceView = {
      id,
      kind: difference.kind,
      exchange: difference.exchange,
      symbol: difference.symbol ?? null,
      currency: difference.currency ?? null,
      order_id: difference.clientOrderId ?? null,
      exchange_order_id: difference.exchangeOrderId ?? null,
      ours: difference.ours,
      theirs: difference.theirs,
      cause: difference.cause,
      suggestion: difference.suggestion,
      blocking: difference.blocking,
      state: 'OPEN',
      found_at: before?.found_at ?? ts,
      closed: null,
      seq: before?.seq ?? seq,
    }
    this.#open.set(id, view)
    this.#settled.delete(id)
    return view
  }

  /** Undefined when it was neither open nor left as it is: nothing changed. */
  closed(fact: DifferenceClosed, seq: number): DifferenceView | undefined {
    const { differenceId: id, decision } = fact
    const before = this.#open.get(id) ?? this.#settled.get(id)
    if (before === undefined) return undefined
    const view: DifferenceView = {
      ...before,
      state: decision === 'GONE' ? 'GONE' : 'DECIDED',
      closed: { decision, by: fact.by, reason: fact.reason ?? null, trader_id: fact.traderId ?? null, at: fact.ts },
      seq,
    }
    this.#open.delete(id)
    this.#settled.delete(id)
    if (decision === 'IGNORE' || (decision === 'ADOPT' && view.kind === 'ORDER_EXTERNAL')) this.#settle(view)
    this.#closed.push(view)
    return view
  }

  #settle(view: DifferenceView): void {
    this.#settled.set(view.id, view)
    const [oldest] = this.#settled.keys()
    if (oldest !== undefined && this.#settled.size > CLOSED_DIFFERENCES_MAX) this.#settled.delete(oldest)
  }

  reconciled(fact: ReconciliationDone, seq: number): void {
    this.#runs.push({
      exchange: fact.exchange,
      trigger: fact.trigger,
      orders: fact.orders,
      positions: fact.positions,
      fills: fact.fills,
      recovered_fills: fact.recoveredFills,
      open_differences: fact.openDifferences,
      ts: fact.ts,
      seq,
    })
  }

  get(id: string): DifferenceView | undefined {
    return this.#open.get(id) ?? this.#settled.get(id) ?? this.#closed.newestFirst().find((row) => row.id === id)
  }

  /** Newest last. */
  open(): DifferenceView[] {
    return [...this.#open.values()]
  }

  /** Newest last: open ones and the last `count` closed ones. */
  recent(count: number): DifferenceView[] {
    return [...this.#closed.tail(count), ...this.#open.values()]
  }

  /** Newest first. */
  runs(count: number): ReconciliationView[] {
    return this.#runs.newestFirst().take(count).toArray()
  }

  external(): DifferenceView[] {
    return [...this.#open.values(), ...this.#settled.values()].filter((row) => row.kind === 'ORDER_EXTERNAL')
  }

  /** Closed differences, newest first. */
  closedNewestFirst(): IterableIterator<DifferenceView> {
    return this.#closed.newestFirst()
  }

  get closedFloorSeq(): number {
    return this.#closed.floorSeq
  }

  /** A comparison that left no fact. Whether that is news. */
  noteCompared(ts: number): boolean {
    if (this.#comparedAt !== undefined && ts <= this.#comparedAt) return false
    this.#comparedAt = ts
    return true
  }

  state(): ReconcileStateView {
    const blocking = [...this.#open.values()].filter((row) => row.blocking)
    const [last] = this.runs(1)
    const lastAt = last?.ts ?? null
    const comparedAt = this.#comparedAt === undefined ? lastAt : Math.max(this.#comparedAt, lastAt ?? 0)
    return { open: this.#open.size, blocking: blocking.length, last_at: lastAt, compared_at: comparedAt, entries_shut: inWords(blocking) }
  }

  /** Open ones first, then closed ones, each newest first. */
  page(query: DifferenceQuery): DifferencePage {
    const [part, before] = cursorOf(query.cursor)
    const items: DifferenceView[] = []
    const take = (rows: Iterable<DifferenceView>, limitSeq: number): boolean => {
      for (const row of rows) {
        if (row.seq >= limitSeq || !matches(query, row)) continue
        if (items.length === query.limit) return false
        items.push(row)
      }
      return true
    }
    const cursor = (): string => `${items.at(-1)?.state === 'OPEN' ? 'open' : 'closed'}.${items.at(-1)?.seq ?? 0}`
    const newestOpen = [...this.#open.values()].sort((a, b) => b.seq - a.seq)
    if (part === 'open' && !take(newestOpen, before)) return { differences: items, next_cursor: cursor(), complete: true }
    if (!take(this.#closed.newestFirst(), part === 'closed' ? before : Number.POSITIVE_INFINITY))
      return { differences: items, next_cursor: cursor(), complete: true }
    return { differences: items, next_cursor: null, complete: query.state === 'OPEN' || this.#closed.floorSeq === 0 }
  }
}

function cursorOf(cursor: string | undefined): readonly ['open' | 'closed', number] {
  const [part, seq] = cursor?.split('.') ?? []
  return part === undefined ? ['open', Number.POSITIVE_INFINITY] : [part === 'open' ? 'open' : 'closed', Number(seq)]
}

function matches(query: DifferenceQuery, row: DifferenceView): boolean {
  return (
    (query.state === undefined || query.state === 'ALL' || query.state === row.state) &&
    (query.kind === undefined || query.kind === row.kind) &&
    (query.symbol === undefined || query.symbol === row.symbol)
  )
}

function inWords(blocking: readonly DifferenceView[]): string | null {
  if (blocking.length === 0) return null
  const named = blocking
    .slice(0, NAMED_MAX)
    .map((row) => `${row.kind} ${row.symbol ?? row.currency ?? row.id}: ours ${row.ours}, theirs ${row.theirs}`)
  const more = blocking.length - named.length
  return `No new entries until ${blocking.length === 1 ? 'one difference is' : `${blocking.length} differences are`} decided or gone: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}
