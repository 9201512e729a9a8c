import type { InstrumentSymbol } from '#domain/ids.ts'
import { Money, notional } from '#domain/money/money.ts'
import { SignedQuantity } from '#domain/money/quantity.ts'
import { Position } from '#domain/position.ts'
import { closeTime, newestCandle, type EngineState, type HeldPosition, type Mark, type PositionKey, type PositionValue } from '../state.ts'

/** Takes a new price and values the positions it concerns. */
export function setMark(state: EngineState, symbol: InstrumentSymbol, mark: Mark): void {
  state.marks.set(symbol, mark)
  revalueInstrument(state, symbol)
}

export function revalueInstrument(state: EngineState, symbol: InstrumentSymbol): void {
  for (const [key, position] of state.positions) if (position.symbol === symbol) revaluePosition(state, key)
}

/** Values one position anew and moves the sums of its currency by the difference: exact decimals do not drift. */
export function revaluePosition(state: EngineState, key: PositionKey): void {
  const position = state.positions.get(key)
  if (position === undefined) return
  const { currency } = position.entryCost
  const zero = { unrealized: Money.zero(currency), exposure: Money.zero(currency) }
  const before = state.positionValues.get(key) ?? zero
  const after = valueOf(state, position)
  const total = state.valueTotals.get(currency) ?? zero
  state.positionValues.set(key, after)
  state.valueTotals.set(currency, {
    unrealized: Money.trim(Money.add(Money.subtract(total.unrealized, before.unrealized), after.unrealized)),
    exposure: Money.trim(Money.add(Money.subtract(total.exposure, before.exposure), after.exposure)),
  })
}

/** A position without any price counts at its cost: no profit is invented. */
function valueOf(state: EngineState, position: HeldPosition): PositionValue {
  const { currency } = position.entryCost
  const price = (state.marks.get(position.symbol) ?? lastClose(state, position.symbol))?.price
  if (price === undefined) return { unrealized: Money.zero(currency), exposure: Money.absolute(position.entryCost) }
  return {
    unrealized: Position.unrealizedPnl(position, price),
    exposure: Money.trim(notional(price, SignedQuantity.magnitude(position.quantity), currency)),
  }
}

function lastClose(state: EngineState, symbol: InstrumentSymbol): Mark | undefined {
  const candle = newestCandle(state, symbol)
  return candle === undefined ? undefined : { price: candle.close, ts: closeTime(candle) }
}
