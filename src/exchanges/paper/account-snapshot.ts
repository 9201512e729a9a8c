import type { InstrumentSymbol } from '#domain/ids.ts'
import { SignedQuantity } from '#domain/money/quantity.ts'
import type { AccountSnapshot, ExchangeCommand, ExchangeReport, VenueFill, VenueOrder } from '#engine/ports.ts'
import { quantityOfLots, type PaperInstrument } from './paper-instrument.ts'
import { openLots, type PaperOrder } from './paper-order.ts'

/** Fills the venue can still name; older ones are forgotten first. */
export const FILLS_KEPT_MAX = 10_000

/** The fills of the venue, for questions about the account. */
export class FillHistory {
  #fills: VenueFill[] = []

  add(report: Extract<ExchangeReport, { readonly type: 'OrderFill' }>, side: VenueFill['side']): void {
    const { tradeId, clientOrderId, exchangeOrderId, symbol, price, quantity, fee, liquidity, ts } = report
    this.#fills.push({ tradeId, clientOrderId, exchangeOrderId, symbol, side, price, quantity, fee, liquidity, ts })
    if (this.#fills.length >= 2 * FILLS_KEPT_MAX) this.#fills = this.#fills.slice(-FILLS_KEPT_MAX)
  }

  /** Oldest first, in the order in which they happened. */
  since(ts: number): readonly VenueFill[] {
    return this.#fills.filter((fill) => fill.ts >= ts)
  }
}

export interface PaperAccount {
  readonly open: Iterable<PaperOrder>
  readonly positionLots: ReadonlyMap<InstrumentSymbol, bigint>
  readonly instruments: ReadonlyMap<InstrumentSymbol, PaperInstrument>
  readonly fills: FillHistory
}

/** The account as the venue has it. It keeps no cash: the engine's books are the only ones. */
export function snapshotOf(account: PaperAccount, question: Extract<ExchangeCommand, { readonly type: 'QueryAccount' }>): AccountSnapshot {
  const { queryId, since, ts } = question
  const positions = [...account.positionLots].flatMap(([symbol, lots]) => {
    const instrument = account.instruments.get(symbol)
    if (instrument === undefined || lots === 0n) return []
    const side = lots > 0n ? 'BUY' : 'SELL'
    return [{ symbol, quantity: SignedQuantity.of(quantityOfLots(lots > 0n ? lots : -lots, instrument), side) }]
  })
  return {
    type: 'AccountSnapshot',
    queryId,
    ts,
    openOrders: [...account.open].map(venueOrder),
    positions,
    balances: [],
    fills: account.fills.since(since),
  }
}

function venueOrder(order: PaperOrder): VenueOrder {
  const { clientOrderId, symbol, side, type, quantity, price, triggerPrice, reduceOnly } = order.request
  const filledQuantity = quantityOfLots(order.lots - openLots(order), order.instrument)
  return {
    clientOrderId,
    exchangeOrderId: order.exchangeOrderId,
    symbol,
    side,
    type,
    quantity,
    filledQuantity,
    price,
    triggerPrice,
    reduceOnly,
  }
}
