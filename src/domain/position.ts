import type { InstrumentSymbol, TraderId } from './ids.ts'
import type { Instrument } from './instrument.ts'
import { Money, notional } from './money/money.ts'
import type { Price } from './money/price.ts'
import * as fixed from './money/fixed.ts'
import { Quantity, SignedQuantity } from './money/quantity.ts'
import type { OrderSide } from './order.ts'

/** Digits kept when a cost is split in proportion; what rounding leaves stays in the position, so nothing is lost. */
export const COST_SCALE = 12

/** What one trader holds of one instrument. Spot and linear perpetual alike. */
export interface Position {
  readonly traderId: TraderId
  readonly symbol: InstrumentSymbol
  readonly exchange: string
  /** Long positive, short negative. */
  readonly quantity: SignedQuantity
  /** Signed cost of what is held now: Σ price × signed quantity of the open part. */
  readonly entryCost: Money
  /** Since the position row exists, fees not subtracted. */
  readonly realizedPnl: Money
  readonly fees: Money
  readonly openedAt: number
  readonly updatedAt: number
}

export interface PositionFill {
  readonly side: OrderSide
  readonly price: Price
  readonly quantity: Quantity
  readonly fee: Money
  readonly ts: number
}

function open(traderId: TraderId, instrument: Instrument, ts: number): Position {
  const zero = Money.zero(instrument.settle)
  return {
    traderId,
    symbol: instrument.symbol,
    exchange: instrument.exchange,
    quantity: SignedQuantity.ZERO,
    entryCost: zero,
    realizedPnl: zero,
    fees: zero,
    openedAt: ts,
    updatedAt: ts,
  }
}

/**
 * The position after a fill, and what the fill realised (fee not subtracted).
 * Average-cost accounting: a reduction takes its share of the cost, rounded to 12 digits half-even; the rest stays,
 * so `Σ realised + open cost` always equals `−Σ cash flow` exactly.
 */
function applyFill(position: Position, fill: PositionFill, currency: string): { readonly position: Position; readonly realized: Money } {
  const signed = SignedQuantity.of(fill.quantity, fill.side)
  const before = position.quantity
  const sameWay = before.units === 0n || before.units > 0n === signed.units > 0n
  const held = SignedQuantity.magnitude(before)
  const closing = sameWay ? Quantity.ZERO : Quantity.min(held, fill.quantity)
  const opening = Quantity.subtract(fill.quantity, closing)

  const closesAll = !sameWay && Quantity.compare(closing, held) === 0
  const costOut = sameWay
    ? Money.zero(currency)
    : closesAll
      ? position.entryCost
      : Money.share(position.entryCost, closing, held, COST_SCALE)
  const proceeds = notional(fill.price, SignedQuantity.of(closing, fill.side === 'BUY' ? 'SELL' : 'BUY'), currency)
  const realized = Money.subtract(proceeds, costOut)
  const costIn = notional(fill.price, SignedQuantity.of(opening, fill.side), currency)
  const quantity = SignedQuantity.add(before, signed)

  return {
    realized: Money.trim(realized),
    position: {
      ...position,
      quantity: fixed.trim(quantity),
      entryCost: Money.trim(Money.add(Money.subtract(position.entryCost, costOut), costIn)),
      realizedPnl: Money.trim(Money.add(position.realizedPnl, realized)),
      fees: Money.trim(Money.add(position.fees, fill.fee)),
      openedAt: before.units === 0n || (!Quantity.isZero(opening) && !sameWay) ? fill.ts : position.openedAt,
      updatedAt: fill.ts,
    },
  }
}

/** `quantity × mark − open cost`. Exact. */
function unrealizedPnl(position: Position, mark: Price): Money {
  return Money.trim(Money.subtract(notional(mark, position.quantity, position.entryCost.currency), position.entryCost))
}

/** Average price of what is held, rounded half-even to `scale` digits, or undefined when flat. For people, not for sums. */
function averagePrice(position: Position, scale: number): Price | undefined {
  if (SignedQuantity.isZero(position.quantity)) return undefined
  return fixed.divide<'Price'>(position.entryCost, position.quantity, scale, 'half-even')
}

export const Position = Object.freeze({ open, applyFill, unrealizedPnl, averagePrice })
