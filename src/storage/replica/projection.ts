import { assertNever } from '#domain/errors.ts'
import type { DifferenceClosed, DifferenceFound, Fact, JournalEntry, OrderFilled, PositionAssigned, TraderChanged } from '#domain/facts.ts'
import * as fixed from '#domain/money/fixed.ts'
import * as rowsOf from './fact-rows.ts'
import { KeyedRows } from './keyed-rows.ts'
import { SHAPES, TABLE_NAMES, type Row, type TableName } from './tables.ts'

/** What one batch of facts means for the tables. Pure data; keys are unique within each list. */
export interface Projection {
  /** Rows to insert, or to replace by their key. */
  readonly rows: Readonly<Partial<Record<TableName, readonly Row[]>>>
  /** Changes of rows that came before this batch: `{…key, patch}`. */
  readonly patches: Readonly<Partial<Record<TableName, readonly Row[]>>>
  /** Positions whose stop in force may be another one now: `{trader_id, symbol}`. */
  readonly stops: readonly Row[]
}

interface At {
  readonly seq: number
  readonly ts_ms: number
}

/** Folds facts, in their order, into the rows they make. The same facts give the same rows, however they are cut into batches. */
export function project(entries: readonly JournalEntry[]): Projection {
  const fold = new Fold()
  for (const { seq, fact } of entries) apply(fold, fact, { seq, ts_ms: fact.ts })
  return fold.result()
}

/** The tables whose rows are told apart by a key; of the others each fact is a row of its own. */
const KEYS: Readonly<Partial<Record<TableName, readonly string[]>>> = Object.fromEntries(
  TABLE_NAMES.flatMap((table) => {
    const key = SHAPES[table].replace?.key ?? SHAPES[table].patch?.key
    return key === undefined ? [] : [[table, key]]
  }),
)

class Fold {
  readonly #lists = new Map<TableName, Row[]>()
  readonly #keyed = new Map<TableName, KeyedRows>()
  readonly #stops = new KeyedRows(['trader_id', 'symbol'])

  append(table: TableName, row: Row): void {
    const list = this.#lists.get(table)
    if (list === undefined) this.#lists.set(table, [row])
    else list.push(row)
  }

  of(table: TableName): KeyedRows {
    let rows = this.#keyed.get(table)
    if (rows === undefined) this.#keyed.set(table, (rows = new KeyedRows(KEYS[table] ?? [])))
    return rows
  }

  touchStop({ traderId, symbol }: { readonly traderId: string; readonly symbol: string }): Row {
    const key = { trader_id: traderId, symbol }
    this.#stops.put(key)
    return key
  }

  result(): Projection {
    const rows: Partial<Record<TableName, readonly Row[]>> = Object.fromEntries(this.#lists)
    const patches: Partial<Record<TableName, readonly Row[]>> = {}
    for (const [table, keyed] of this.#keyed) {
      if (keyed.rows.length > 0) rows[table] = keyed.rows
      if (keyed.patches.length > 0) patches[table] = keyed.patches
    }
    return { rows, patches, stops: this.#stops.rows }
  }
}

function apply(fold: Fold, fact: Fact, at: At): void {
  switch (fact.type) {
    case 'InstrumentListed':
      return fold.of('instruments').put({ ...rowsOf.instrumentRow(fact), ...at })
    case 'AccountOpened':
      return fold.append('balances', { ...rowsOf.openingRow(fact), ...at })
    case 'TraderChanged':
      return applyTrader(fold, fact, at)
    case 'TraderRemoved':
      return fold.of('traders').patch({ trader_id: fact.traderId }, { removed: true, ...at })
    case 'SignalDecided':
      noteStrategy(fold, fact.strategy, at)
      return fold.append('signals', { ...rowsOf.signalRow(fact), ...at })
    case 'OrderSubmitted':
      noteStrategy(fold, fact.strategy, at)
      return fold.of('orders').put({ ...rowsOf.orderRow(fact), ...at, updated_seq: at.seq, updated_ts_ms: at.ts_ms })
    case 'OrderStatusChanged':
      return changeOrder(fold, fact, rowsOf.statusPatch(fact), at)
    case 'OrderAmendRequested':
      return changeOrder(fold, fact, rowsOf.amendRequestPatch(fact), at)
    case 'OrderAmended':
      return changeOrder(fold, fact, { ...rowsOf.amendedPatch(fact), amended_seq: at.seq }, at)
    case 'OrderFilled':
      noteStrategy(fold, fact.strategy, at)
      fold.append('trades', { ...rowsOf.tradeRow(fact), ...at })
      changeOrder(fold, fact, rowsOf.fillPatch(fact), at)
      return applyPosition(fold, fact, at)
    case 'PositionAssigned':
      return applyPosition(fold, fact, at)
    case 'ProtectionSet':
      fold.touchStop(fact)
      return fold.of('protection').put({ ...rowsOf.protectionRow(fact), ...at })
    case 'ProtectionMoved':
      return fold.of('protection').patch(fold.touchStop(fact), { ...rowsOf.protectionPatch(fact), ...at })
    case 'DifferenceFound':
      return applyFound(fold, fact, at)
    case 'DifferenceClosed':
      return applyClosed(fold, fact, at)
    case 'ReconciliationDone':
      return fold.append('reconciliations', { ...rowsOf.reconciliationRow(fact), ...at })
    case 'CandleClosed':
      return fold.of('candles').put({ ...rowsOf.candleRow(fact), seq: at.seq })
    case 'EquityMarked':
      return fold.append('balances', { ...rowsOf.equityRow(fact), ...at })
    case 'TradingHalted':
      return fold.append('halts', { action: 'HALTED', done_by: fact.by, reason: fact.reason, flatten: fact.flatten, ...at })
    case 'TradingResumed':
      return fold.append('halts', { action: 'RESUMED', done_by: fact.by, reason: fact.reason, ...at })
    case 'RiskLimitsSet':
      return fold.append('risk_limits', { set_by: fact.by, limits: fact.limits, ...at })
    case 'AlertRaised': {
      const { severity, code, message, traderId, symbol } = fact
      return fold.append('alerts', { severity, code, message, trader_id: traderId, symbol, ...at })
    }
    case 'ActionAudited': {
      const { actor, action, target, reason, before, after } = fact
      return fold.append('audit', { actor, action, target, reason, before, after, ...at })
    }
    default:
      return assertNever(fact)
  }
}

function applyTrader(fold: Fold, fact: TraderChanged, at: At): void {
  noteStrategy(fold, fact.config.strategy, at)
  fold.of('traders').put({ ...rowsOf.traderRow(fact), ...at })
}

function noteStrategy(fold: Fold, name: string, at: At): void {
  const strategies = fold.of('strategies')
  const known = strategies.row({ name })
  const first = { first_seq: known?.['first_seq'] ?? at.seq, first_ts_ms: known?.['first_ts_ms'] ?? at.ts_ms }
  strategies.put({ name, ...first, ...at })
}

function changeOrder(fold: Fold, { clientOrderId }: { readonly clientOrderId: string }, patch: Row, at: At): void {
  fold.of('orders').patch({ client_order_id: clientOrderId }, { ...patch, updated_seq: at.seq, updated_ts_ms: at.ts_ms })
}

function applyPosition(fold: Fold, fact: OrderFilled | PositionAssigned, at: At): void {
  fold.of('positions').put({ ...rowsOf.positionRow(fact), ...at })
  const key = fold.touchStop(fact)
  if (fixed.parse(fact.position.quantity).units === 0n) fold.of('protection').patch(key, { ...rowsOf.PROTECTION_ENDED, ...at })
}

function applyFound(fold: Fold, fact: DifferenceFound, at: At): void {
  const differences = fold.of('differences')
  const row = rowsOf.differenceRow(fact)
  const before = differences.row(row)
  // Open since this batch or since an earlier one: found then. Closed by this batch: found now, whatever the database says.
  const isOpenHere = before?.['state'] === 'OPEN'
  const found = isOpenHere
    ? { found_seq: before?.['found_seq'], found_ts_ms: before?.['found_ts_ms'], again: before?.['again'] }
    : { found_seq: at.seq, found_ts_ms: at.ts_ms, again: before === undefined && !differences.isPatched(row) }
  differences.put({ ...row, ...found, ...at })
}

function applyClosed(fold: Fold, { differenceId, decision, by, reason, traderId }: DifferenceClosed, at: At): void {
  fold.of('differences').patch(
    { difference_id: differenceId },
    {
      state: decision === 'GONE' ? 'GONE' : 'DECIDED',
      decision,
      decided_by: by,
      reason: reason ?? null,
      trader_id: traderId ?? null,
      ...at,
    },
  )
}
