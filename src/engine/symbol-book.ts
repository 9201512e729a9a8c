import type { ClientOrderId, InstrumentSymbol } from '#domain/ids.ts'
import type { Price } from '#domain/money/price.ts'
import { Price as PriceModule } from '#domain/money/price.ts'
import * as fixed from '#domain/money/fixed.ts'
import { SignedQuantity } from '#domain/money/quantity.ts'
import type { OrderSide } from '#domain/order.ts'
import { RunningSum } from './running-sum.ts'
import type { EngineState, SymbolBook } from './state.ts'

/** The book of an instrument; made when it is first asked for. */
export function bookOf(state: EngineState, symbol: InstrumentSymbol): SymbolBook {
  const known = state.books.get(symbol)
  if (known !== undefined) return known
  const book: SymbolBook = {
    open: new Set(),
    emulated: new Set(),
    waiting: new Set(),
    resting: { BUY: { prices: new Map(), best: undefined }, SELL: { prices: new Map(), best: undefined } },
    live: { BUY: new RunningSum(), SELL: new RunningSum() },
    net: new RunningSum(),
  }
  state.books.set(symbol, book)
  return book
}

/** What all traders together hold: the position as the exchange shows it. */
export function netPosition(state: EngineState, symbol: InstrumentSymbol): SignedQuantity {
  const net = state.books.get(symbol)?.net
  return net === undefined ? SignedQuantity.ZERO : fixed.make<'SignedQuantity'>(net.units, net.scale)
}

/** Whether `a` comes before `b` in the queue of its side. */
function isBetter(side: OrderSide, a: Price, b: Price): boolean {
  return side === 'BUY' ? PriceModule.compare(a, b) > 0 : PriceModule.compare(a, b) < 0
}

export function addResting(book: SymbolBook, side: OrderSide, clientOrderId: ClientOrderId, price: Price): void {
  const resting = book.resting[side]
  resting.prices.set(clientOrderId, price)
  if (resting.best === undefined || isBetter(side, price, resting.best)) resting.best = price
}

export function removeResting(book: SymbolBook, side: OrderSide, clientOrderId: ClientOrderId): void {
  const resting = book.resting[side]
  const price = resting.prices.get(clientOrderId)
  if (price === undefined) return
  resting.prices.delete(clientOrderId)
  if (resting.best === undefined || PriceModule.compare(price, resting.best) !== 0) return
  resting.best = undefined
  for (const other of resting.prices.values()) {
    if (resting.best === undefined || isBetter(side, other, resting.best)) resting.best = other
  }
}
