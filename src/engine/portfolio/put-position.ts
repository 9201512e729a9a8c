import { SignedQuantity } from '#domain/money/quantity.ts'
import { noteExposed } from '../orders/exposure.ts'
import { guardPosition } from '../protection/fold-guard.ts'
import { positionKey, type EngineState, type HeldPosition } from '../state.ts'
import { bookOf } from '../symbol-book.ts'
import { revaluePosition } from './valuation.ts'

/** Puts a position as it now stands in place, and everything that is counted from positions. */
export function putPosition(state: EngineState, position: HeldPosition): void {
  const key = positionKey(position.traderId, position.symbol)
  const before = state.positions.get(key)?.quantity ?? SignedQuantity.ZERO
  state.positions.set(key, position)
  indexPosition(state, position, before)
  guardPosition(state, key, before, position.quantity)
  revaluePosition(state, key)
}

/** What is counted from positions alone. */
export function indexPosition(state: EngineState, position: HeldPosition, before: SignedQuantity): void {
  const key = positionKey(position.traderId, position.symbol)
  const book = bookOf(state, position.symbol)
  book.net.add(position.quantity, 1)
  book.net.add(before, -1)
  if (position.quantity.units === 0n) book.open.delete(key)
  else book.open.add(key)
  noteExposed(state, key)
}
