import type { InstrumentSymbol } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Money, notional } from '#domain/money/money.ts'
import type { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { OrderSide } from '#domain/order.ts'
import type { VenueOrder } from '../ports.ts'
import type { EngineState } from '../state.ts'
import type { External, ExternalExposure } from './learnt.ts'

/** Orders and positions at the exchange that are not ours are watched, never touched, and counted as if they were. */

export interface ExternalPosition {
  readonly symbol: InstrumentSymbol
  /** The exchange's position less ours. */
  readonly quantity: SignedQuantity
  readonly averagePrice?: Price | undefined
}

/** What there is of others after a snapshot. Called once a snapshot, so that the gate need not look at orders. */
export function sumExternal(state: EngineState, orders: readonly VenueOrder[], positions: readonly ExternalPosition[]): External {
  const external: External = { orders: new Map(), bySymbol: new Map(), reserved: new Map() }
  for (const order of orders) {
    external.orders.set(order.exchangeOrderId, order)
    if (order.reduceOnly) continue
    const open = Quantity.subtract(order.quantity, Quantity.min(order.quantity, order.filledQuantity))
    const exposure = exposureOf(external, order.symbol)
    if (order.side === 'BUY') exposure.buy = Quantity.add(exposure.buy, open)
    else exposure.sell = Quantity.add(exposure.sell, open)
    reserve(state, external, order.symbol, { quantity: open, price: order.price ?? order.triggerPrice })
  }
  for (const { symbol, quantity, averagePrice } of positions) {
    exposureOf(external, symbol).position = quantity
    reserve(state, external, symbol, { quantity: SignedQuantity.magnitude(quantity), price: averagePrice })
  }
  return external
}

function exposureOf(external: External, symbol: InstrumentSymbol): ExternalExposure {
  const known = external.bySymbol.get(symbol)
  if (known !== undefined) return known
  const exposure = { buy: Quantity.ZERO, sell: Quantity.ZERO, position: SignedQuantity.ZERO }
  external.bySymbol.set(symbol, exposure)
  return exposure
}

/** An instrument without any price holds nothing back: it cannot be valued, and nothing of it can be traded here either. */
function reserve(
  state: EngineState,
  external: External,
  symbol: InstrumentSymbol,
  { quantity, price }: { readonly quantity: Quantity; readonly price: Price | undefined },
): void {
  const currency = state.instruments.get(symbol)?.settle
  const at = price ?? state.marks.get(symbol)?.price
  if (currency === undefined || at === undefined) return
  const before = external.reserved.get(currency) ?? Money.zero(currency)
  external.reserved.set(currency, Money.trim(Money.add(before, notional(at, quantity, currency))))
}

/** What was counted as others' is a trader's from now on: it is not counted twice until the next look. */
export function takeFromExternal(state: EngineState, symbol: InstrumentSymbol, quantity: SignedQuantity): void {
  const exposure = state.learnt.external.bySymbol.get(symbol)
  if (exposure !== undefined) exposure.position = fixed.trim(fixed.subtract(exposure.position, quantity))
}

/** What others hold and may still buy (or sell) of an instrument, in the worst case for one more order of that side. */
export function externalQuantity(state: EngineState, symbol: InstrumentSymbol, side: OrderSide): Quantity {
  const exposure = state.learnt.external.bySymbol.get(symbol)
  if (exposure === undefined) return Quantity.ZERO
  const { position } = exposure
  const held = side === 'BUY' ? position.units > 0n : position.units < 0n
  const open = side === 'BUY' ? exposure.buy : exposure.sell
  return held ? fixed.trim(Quantity.add(open, SignedQuantity.magnitude(position))) : open
}

/** The notional that others' orders and positions take up in a settle currency. */
export function externalReserved(state: EngineState, currency: string): Money {
  return state.learnt.external.reserved.get(currency) ?? Money.zero(currency)
}
