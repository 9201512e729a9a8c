import { AWAY_ROWS_MAX, type AwayView } from '#contract/away.ts'
import * as fixed from '#domain/money/fixed.ts'
import { START_ACTION } from './gap-tracker.ts'
import type { ReadModel } from './read-model.ts'

export interface AwayQuestion {
  /** Absent: since the last gap began; without any gap, since now. */
  readonly since?: number | undefined
  readonly now: number
  /** Closing price of the last candle that closed before a moment, from the candle cache. */
  readonly priceBefore: (symbol: string, ts: number) => Promise<string | undefined>
}

interface Dated {
  readonly ts: number
}

/** Rows of a log after a moment, and whether the log still knows them all. */
function since<T extends Dated>(
  log: { newestFirst(): Iterable<T>; readonly floorSeq: number },
  ts: number,
): { rows: T[]; complete: boolean } {
  const rows: T[] = []
  for (const row of log.newestFirst()) {
    if (row.ts <= ts) return { rows, complete: true }
    rows.push(row)
  }
  return { rows, complete: log.floorSeq === 0 }
}

/** What happened while nobody looked, from the rows in memory. */
export async function awayReport(model: ReadModel, question: AwayQuestion): Promise<AwayView> {
  const { now } = question
  const gap = model.gaps.at(-1)
  const from = question.since ?? gap?.from ?? now
  const { logs } = model
  const [trades, alerts, audit, halts] = [
    since(logs.trades, from),
    since(logs.alerts, from),
    since(logs.audit, from),
    since(logs.halts, from),
  ]
  const ended = [...logs.orders.endedSince(from)]
  const unfilled = ended.filter((order) => order.status !== 'FILLED')
  const fills = trades.rows.map((trade) => ({ ...trade, purpose: model.order(trade.order_id)?.purpose ?? null }))
  const actions = audit.rows.filter((row) => row.action !== START_ACTION)
  const differences = differencesSince(model, from)
  const symbols = new Set([...model.positions(), ...fills].map((row) => row.symbol))
  const first = <T>(rows: readonly T[]): T[] => rows.slice(0, AWAY_ROWS_MAX)
  return {
    since: from,
    until: now,
    cause: question.since === undefined && gap !== undefined ? gap.cause : 'ASKED',
    gaps: model.gaps.filter((each) => each.to > from),
    complete: [trades, alerts, audit, halts].every((part) => part.complete),
    totals: {
      fills: fills.length,
      stops_hit: ordersOf(fills, 'STOP_LOSS'),
      targets_hit: ordersOf(fills, 'TAKE_PROFIT'),
      orders_ended: unfilled.length,
      differences_found: differences.filter((row) => row.found_at > from).length,
      differences_decided: differences.filter((row) => row.state === 'DECIDED').length,
      alerts: alerts.rows.length,
      actions: actions.length,
      halts: halts.rows.length,
    },
    fills: first(fills),
    orders_ended: first(unfilled),
    differences: first(differences),
    alerts: first(alerts.rows),
    actions: first(actions),
    halts: first(halts.rows.map((row) => ({ since: row.since, by: row.by, reason: row.reason, resumed_at: row.resumedAt }))),
    prices: await Promise.all([...symbols].map((symbol) => priceMove(model, symbol, from, question.priceBefore))),
    pnl: profit(model, from, fills),
  }
}

function ordersOf(fills: AwayView['fills'], purpose: string): number {
  return new Set(fills.filter((fill) => fill.purpose === purpose).map((fill) => fill.order_id)).size
}

function differencesSince(model: ReadModel, from: number): AwayView['differences'] {
  const open = model.differences
    .open()
    .reverse()
    .filter((row) => row.found_at > from)
  const closed: AwayView['differences'] = []
  for (const row of model.differences.closedNewestFirst()) {
    if ((row.closed?.at ?? 0) <= from) break
    closed.push(row)
  }
  return [...open, ...closed]
}

async function priceMove(
  model: ReadModel,
  symbol: string,
  from: number,
  priceBefore: AwayQuestion['priceBefore'],
): Promise<AwayView['prices'][number]> {
  const before = (await priceBefore(symbol, from)) ?? null
  const now = model.price(symbol)?.last ?? null
  return { symbol, before, now, change_bps: before === null || now === null ? null : changeBps(before, now) }
}

function changeBps(before: string, now: string): string | null {
  const start = fixed.parse<'Price'>(before)
  if (start.units === 0n) return null
  const move = fixed.multiply<'Bps'>(fixed.subtract(fixed.parse<'Price'>(now), start), fixed.make(10_000n, 0))
  return fixed.format(fixed.trim(fixed.divide(move, start, 1, 'half-even')))
}

function profit(model: ReadModel, from: number, fills: AwayView['fills']): AwayView['pnl'] {
  const currency = model.balances()[0]?.currency ?? ''
  const sum = (values: readonly string[]): string =>
    fixed.format(fixed.trim(values.reduce((total, value) => fixed.add(total, fixed.parse<'Sum'>(value)), fixed.make<'Sum'>(0n, 0))))
  const inCurrency = fills.filter((fill) => fill.fee_currency === currency)
  const before = model.logs.balances.equityAt(from)?.equity ?? null
  const now = model.equityCurve(1).at(-1)?.equity ?? '0'
  return {
    currency,
    equity_before: before,
    equity_now: now,
    change: before === null ? null : fixed.format(fixed.trim(fixed.subtract(fixed.parse<'Sum'>(now), fixed.parse<'Sum'>(before)))),
    realized: sum(inCurrency.map((fill) => fill.realized_pnl)),
    fees: sum(inCurrency.map((fill) => fill.fee)),
  }
}
