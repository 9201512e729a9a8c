import type { InstrumentSymbol } from './ids.ts'
import type { BasisPoints, Currency, Money } from './money/money.ts'
import { Money as MoneyModule, notional } from './money/money.ts'
import { Price } from './money/price.ts'
import { Quantity } from './money/quantity.ts'

export type InstrumentKind = 'spot' | 'perpetual'

/** The rules of one market on one exchange. Linear only: one contract is one unit of the base. */
export interface Instrument {
  readonly symbol: InstrumentSymbol
  readonly exchange: string
  readonly kind: InstrumentKind
  readonly base: Currency
  readonly quote: Currency
  /** What profit, fees and margin are counted in. */
  readonly settle: Currency
  readonly tickSize: Price
  readonly lotSize: Quantity
  readonly minQuantity: Quantity
  readonly minNotional: Money
  readonly makerFee: BasisPoints
  readonly takerFee: BasisPoints
}

export type InstrumentRefusal =
  | { readonly code: 'QUANTITY_BELOW_LOT'; readonly limit: string; readonly value: string }
  | { readonly code: 'QUANTITY_BELOW_MINIMUM'; readonly limit: string; readonly value: string }
  | { readonly code: 'NOTIONAL_BELOW_MINIMUM'; readonly limit: string; readonly value: string }
  | { readonly code: 'PRICE_OFF_TICK'; readonly limit: string; readonly value: string }
  | { readonly code: 'QUANTITY_OFF_LOT'; readonly limit: string; readonly value: string }

/**
 * Whether an exchange would take this size and price. `referencePrice` values a market order.
 * A reduce-only order may be smaller than the minimum notional, as exchanges allow.
 */
export function checkInstrumentRules(
  instrument: Instrument,
  order: { readonly quantity: Quantity; readonly price?: Price | undefined; readonly referencePrice: Price; readonly reduceOnly: boolean },
): InstrumentRefusal | undefined {
  const { quantity, price } = order
  const lot = Quantity.roundToLot(quantity, instrument.lotSize, 'floor')
  if (Quantity.isZero(lot)) return refusal('QUANTITY_BELOW_LOT', Quantity.format(instrument.lotSize), Quantity.format(quantity))
  if (Quantity.compare(lot, quantity) !== 0) {
    return refusal('QUANTITY_OFF_LOT', Quantity.format(instrument.lotSize), Quantity.format(quantity))
  }
  if (Quantity.compare(quantity, instrument.minQuantity) < 0) {
    return refusal('QUANTITY_BELOW_MINIMUM', Quantity.format(instrument.minQuantity), Quantity.format(quantity))
  }
  if (price !== undefined && !Price.isOnTick(price, instrument.tickSize)) {
    return refusal('PRICE_OFF_TICK', Price.format(instrument.tickSize), Price.format(price))
  }
  const value = notional(price ?? order.referencePrice, quantity, instrument.settle)
  if (!order.reduceOnly && MoneyModule.compare(value, instrument.minNotional) < 0) {
    return refusal('NOTIONAL_BELOW_MINIMUM', MoneyModule.format(instrument.minNotional), MoneyModule.format(value))
  }
  return undefined
}

function refusal(code: InstrumentRefusal['code'], limit: string, value: string): InstrumentRefusal {
  return { code, limit, value }
}
