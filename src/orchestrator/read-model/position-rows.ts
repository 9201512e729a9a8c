import type { OrderView, PositionView } from '#contract/views.ts'
import type { OrderFilled, PositionAssigned, ProtectionMoved, ProtectionSet } from '#domain/facts.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Money, notional } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { SignedQuantity } from '#domain/money/quantity.ts'
import { Position } from '#domain/position.ts'
import { ProtectionRows, type ProtectionRowsState } from './protection-rows.ts'

interface Mark {
  readonly price: Price
  readonly ts: number
}

interface Row {
  readonly id: string
  readonly position: Position
  readonly stopLoss: string | null
  readonly takeProfit: string | null
  readonly seq: number
  readonly priceScale: number
  /** The view at a mark: reading a position many times between two prices costs nothing. */
  shown?: { readonly mark: Mark | undefined; readonly view: PositionView }
}

export interface PositionTotals {
  readonly realized: string
  readonly unrealized: string
  readonly fees: string
}

/** `trader.BASE-QUOTE` or `trader.BASE-QUOTE_SETTLE`: the id of a position, safe in a path. */
export function positionId(traderId: string, symbol: string): string {
  return `${traderId}.${symbol.replace('/', '-').replace(':', '_')}`
}

export interface PositionRowsState {
  readonly rows: ReadonlyMap<string, Row>
  readonly idsBySymbol: ReadonlyMap<string, Set<string>>
  readonly marks: ReadonlyMap<string, Mark>
  readonly openCount: number
  readonly protections: ProtectionRowsState
}

/** Positions of all traders, valued exactly at the last price seen. Flat ones stay for their realised profit. */
export class PositionRows {
  readonly #rows: Map<string, Row>
  readonly #idsBySymbol: Map<string, Set<string>>
  readonly #marks: Map<string, Mark>
  readonly #protections: ProtectionRows
  #openCount: number

  constructor(saved?: PositionRowsState) {
    this.#rows = new Map(saved?.rows)
    this.#idsBySymbol = new Map(saved?.idsBySymbol)
    this.#marks = new Map(saved?.marks)
    this.#protections = new ProtectionRows(saved?.protections)
    this.#openCount = saved?.openCount ?? 0
  }

  /** Rows without the view they were last shown as: that is made anew. */
  save(): PositionRowsState {
    const rows = new Map([...this.#rows].map(([id, { shown: _shown, ...row }]) => [id, row]))
    return {
      rows,
      idsBySymbol: this.#idsBySymbol,
      marks: this.#marks,
      openCount: this.#openCount,
      protections: this.#protections.save(),
    }
  }

  /** After a fill, or after a position was taken over from the exchange. */
  holds(
    fact: OrderFilled | PositionAssigned,
    instrument: { readonly seq: number; readonly settle: string; readonly priceScale: number },
  ): PositionView {
    const { position: record } = fact
    const id = positionId(fact.traderId, fact.symbol)
    const row: Row = {
      id,
      position: {
        traderId: fact.traderId,
        symbol: fact.symbol,
        exchange: fact.exchange,
        quantity: SignedQuantity.parse(record.quantity),
        entryCost: Money.parse(record.entryCost, instrument.settle),
        realizedPnl: Money.parse(record.realizedPnl, instrument.settle),
        fees: Money.parse(record.fees, instrument.settle),
        openedAt: record.openedAt,
        updatedAt: fact.ts,
      },
      stopLoss: record.stopLoss ?? null,
      takeProfit: record.takeProfit ?? null,
      seq: instrument.seq,
      priceScale: instrument.priceScale,
    }
    const before = this.#rows.get(id)
    if (before === undefined || sign(before.position) !== sign(row.position)) this.#protections.begin(id)
    this.#openCount += Number(isOpen(row)) - Number(isOpen(before))
    this.#rows.set(id, row)
    const ids = this.#idsBySymbol.get(fact.symbol) ?? new Set()
    this.#idsBySymbol.set(fact.symbol, ids.add(id))
    if (sign(row.position) !== 0) this.#protections.filled(id, record)
    return this.#view(row)
  }

  /** The position as it now shows; undefined when the trader holds nothing known there. */
  protectionSet(fact: ProtectionSet): PositionView | undefined {
    const id = positionId(fact.traderId, fact.symbol)
    this.#protections.set(id, fact)
    return this.#refreshed(id)
  }

  protectionMoved(fact: ProtectionMoved): PositionView | undefined {
    const id = positionId(fact.traderId, fact.symbol)
    this.#protections.moved(id, fact)
    return this.#refreshed(id)
  }

  /** Undefined when the order guards nothing. */
  orderChanged(order: OrderView): PositionView | undefined {
    const id = positionId(order.trader_id, order.symbol)
    return this.#protections.orderChanged(id, order) ? this.#refreshed(id) : undefined
  }

  /** Ids of the open positions whose value this price changes. */
  mark(symbol: string, price: Price, ts: number): readonly string[] {
    this.#marks.set(symbol, { price, ts })
    const ids = this.#idsBySymbol.get(symbol)
    return ids === undefined ? [] : [...ids].filter((id) => isOpen(this.#rows.get(id)))
  }

  /** Forgets a trader's flat rows; one that still holds something is never forgotten. */
  removeTrader(traderId: string): void {
    for (const row of this.#rows.values()) {
      if (row.position.traderId !== traderId || isOpen(row)) continue
      this.#rows.delete(row.id)
      this.#protections.forget(row.id)
      this.#idsBySymbol.get(row.position.symbol)?.delete(row.id)
    }
  }

  get openCount(): number {
    return this.#openCount
  }

  get(id: string): PositionView | undefined {
    const row = this.#rows.get(id)
    return row && this.#view(row)
  }

  open(): PositionView[] {
    return [...this.#rows.values()].filter(isOpen).map((row) => this.#view(row))
  }

  all(): PositionView[] {
    return [...this.#rows.values()].map((row) => this.#view(row))
  }

  /** Sums over a trader's rows counted in `currency`. */
  totals(traderId: string, currency: string): PositionTotals {
    const zero = Money.zero(currency)
    let [realized, unrealized, fees] = [zero, zero, zero]
    for (const { position } of this.#rows.values()) {
      if (position.traderId !== traderId || position.entryCost.currency !== currency) continue
      const mark = this.#marks.get(position.symbol)
      realized = Money.add(realized, position.realizedPnl)
      fees = Money.add(fees, position.fees)
      if (mark !== undefined) unrealized = Money.add(unrealized, Position.unrealizedPnl(position, mark.price))
    }
    return { realized: text(realized), unrealized: text(unrealized), fees: text(fees) }
  }

  #refreshed(id: string): PositionView | undefined {
    const row = this.#rows.get(id)
    if (row === undefined) return undefined
    delete row.shown
    return this.#view(row)
  }

  #view(row: Row): PositionView {
    const mark = this.#marks.get(row.position.symbol)
    if (row.shown === undefined || row.shown.mark !== mark) row.shown = { mark, view: viewOf(row, mark, this.#protections) }
    return row.shown.view
  }
}

function viewOf(
  { id, position, stopLoss, takeProfit, seq, priceScale }: Row,
  mark: Mark | undefined,
  protections: ProtectionRows,
): PositionView {
  const size = SignedQuantity.magnitude(position.quantity)
  const average = Position.averagePrice(position, priceScale)
  const flat = SignedQuantity.isZero(position.quantity)
  const protection = protections.view(id, { isLong: position.quantity.units > 0n, entryPrice: average, priceScale })
  return {
    id,
    trader_id: position.traderId,
    exchange: position.exchange,
    symbol: position.symbol,
    side: flat ? 'FLAT' : position.quantity.units > 0n ? 'LONG' : 'SHORT',
    quantity: fixed.format(size),
    entry_price: average === undefined ? null : fixed.format(fixed.trim(average)),
    mark_price: mark === undefined ? null : Price.format(mark.price),
    mark_ts: mark?.ts ?? null,
    notional: mark === undefined ? null : text(notional(mark.price, size, position.entryCost.currency)),
    unrealized_pnl: mark === undefined ? null : text(Position.unrealizedPnl(position, mark.price)),
    realized_pnl: text(position.realizedPnl),
    fees: text(position.fees),
    stop_loss: protection === null ? stopLoss : protection.stop,
    take_profit: protection === null ? takeProfit : (protection.plan.take_profit ?? null),
    protection,
    opened_at: position.openedAt,
    updated_at: position.updatedAt,
    seq,
  }
}

function sign({ quantity }: Position): -1 | 0 | 1 {
  return quantity.units === 0n ? 0 : quantity.units > 0n ? 1 : -1
}

function isOpen(row: Row | undefined): boolean {
  return row !== undefined && !SignedQuantity.isZero(row.position.quantity)
}

function text(amount: Money): string {
  return Money.format(Money.trim(amount))
}
