import type { TraderId } from '#domain/ids.ts'
import { parseTraderId, type InstrumentSymbol } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Money, notional } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { COST_SCALE, Position } from '#domain/position.ts'
import { newestCandle, positionKey, type EngineState } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { takeFromExternal } from './external.ts'

/** Holds what the exchange has and no trader does, from the moment a person wants it closed until it is. */
export const EXTERNAL_TRADER = parseTraderId('external')

export interface Assignment {
  readonly differenceId: string
  readonly traderId: TraderId
  readonly instrument: Instrument
  /** Signed: what is added to what the trader holds. */
  readonly quantity: SignedQuantity
  readonly price: Price
  readonly by: string
}

/** What an external position is taken to have cost: the exchange's own average, else the last price known here. */
export function priceOfExternal(state: EngineState, symbol: InstrumentSymbol): Price | undefined {
  return state.learnt.averagePrices.get(symbol) ?? state.marks.get(symbol)?.price ?? newestCandle(state, symbol)?.close
}

/**
 * Gives a position to a trader without a fill. No cash moves and nothing is realised: what it adds costs `price`, what it takes away
 * takes its share of the cost with it. Profit counts from here.
 */
export function assignPosition(tx: Transaction, { differenceId, traderId, instrument, quantity, price, by }: Assignment): void {
  const { symbol, exchange, settle } = instrument
  const held = tx.state.positions.get(positionKey(traderId, symbol)) ?? Position.open(traderId, instrument, tx.ts)
  const after = fixed.trim(SignedQuantity.add(held.quantity, quantity))
  tx.record({
    type: 'PositionAssigned',
    ts: tx.ts,
    differenceId,
    traderId,
    exchange,
    symbol,
    quantity: SignedQuantity.format(quantity),
    price: Price.format(price),
    by,
    position: {
      quantity: SignedQuantity.format(after),
      entryCost: fixed.format(costAfter(held, quantity, price, settle)),
      realizedPnl: fixed.format(held.realizedPnl),
      fees: fixed.format(held.fees),
      openedAt: SignedQuantity.isZero(held.quantity) ? tx.ts : held.openedAt,
    },
  })
  takeFromExternal(tx.state, symbol, quantity)
}

function costAfter(held: Position, added: SignedQuantity, price: Price, currency: string): Money {
  const before = held.quantity
  const grows = before.units === 0n || before.units > 0n === added.units > 0n
  if (grows) return Money.trim(Money.add(held.entryCost, notional(price, added, currency)))
  const size = SignedQuantity.magnitude(before)
  const left = SignedQuantity.add(before, added)
  const flips = left.units !== 0n && left.units > 0n !== before.units > 0n
  if (flips) return Money.trim(notional(price, left, currency))
  if (left.units === 0n) return Money.zero(currency)
  const gone = Quantity.min(SignedQuantity.magnitude(added), size)
  return Money.trim(Money.subtract(held.entryCost, Money.share(held.entryCost, gone, size, COST_SCALE)))
}
