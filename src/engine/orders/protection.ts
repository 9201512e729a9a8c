import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import { CLOSE_REFUSED } from '../apply.ts'
import { newestCandle, workingTotals, type EngineState, type HeldPosition, type PositionKey } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { submit } from './submit.ts'

/** After our own gate refused to close a position, how long until it is tried and said again. */
export const REFUSED_CLOSE_SILENCE_MS = 60_000

/** Where a price has been. */
export interface PriceRange {
  readonly symbol: InstrumentSymbol
  readonly low: Price
  readonly high: Price
  readonly last: Price
  /** Since then every quote was looked at: for a position that changed later only `last` counts, not what came before it. */
  readonly watchedSince?: number | undefined
}

/**
 * Closes positions whose stop or target was crossed. Held by this engine, not by the exchange: it protects only while the
 * workstation runs and is connected. When one bar crosses both, the stop is taken.
 */
export function checkProtectionLevels(tx: Transaction, range: PriceRange): void {
  if (tx.state.halt !== null || tx.state.shadow !== undefined || !tx.state.connected) return
  for (const [key, position] of tx.state.positions) {
    if (position.symbol !== range.symbol || position.quantity.units === 0n || isBeingAsked(tx.state, key)) continue
    const purpose = crossed(position, range)
    if (purpose !== undefined) closeAtMarket(tx, key, position, purpose)
  }
}

/** While the exchange has not said what became of an order of it, the size of a position is not certain. */
function isBeingAsked(state: EngineState, key: PositionKey): boolean {
  if (state.queries.size === 0) return false
  for (const id of state.workingByKey.get(key) ?? []) if (state.queries.has(id)) return true
  return false
}

function crossed(position: HeldPosition, range: PriceRange): 'STOP_LOSS' | 'TAKE_PROFIT' | undefined {
  const isYounger = range.watchedSince !== undefined && position.updatedAt > range.watchedSince
  const low = isYounger ? range.last : range.low
  const high = isYounger ? range.last : range.high
  const long = position.quantity.units > 0n
  const { stopLoss, takeProfit } = position
  if (stopLoss !== undefined && (long ? Price.compare(low, stopLoss) <= 0 : Price.compare(high, stopLoss) >= 0)) return 'STOP_LOSS'
  if (takeProfit !== undefined && (long ? Price.compare(high, takeProfit) >= 0 : Price.compare(low, takeProfit) <= 0)) return 'TAKE_PROFIT'
  return undefined
}

/** Sends a reduce-only market order for all that is held, unless an order is already closing it. */
export function closeAtMarket(
  tx: Transaction,
  key: PositionKey,
  position: HeldPosition,
  purpose: 'STOP_LOSS' | 'TAKE_PROFIT' | 'FLATTEN',
): void {
  const { state } = tx
  const { exitBuy, exitSell } = workingTotals(state, key)
  if (!Quantity.isZero(exitBuy) || !Quantity.isZero(exitSell)) return
  const refusedAt = state.closeRefusals.get(key)
  if (refusedAt !== undefined && tx.ts - refusedAt < REFUSED_CLOSE_SILENCE_MS) return
  const instrument = state.instruments.get(position.symbol)
  const reference = state.marks.get(position.symbol)?.price ?? newestCandle(state, position.symbol)?.close
  if (instrument === undefined || reference === undefined) return
  const result = submit(
    tx,
    instrument,
    {
      traderId: position.traderId,
      symbol: position.symbol,
      side: position.quantity.units > 0n ? 'SELL' : 'BUY',
      type: 'MARKET',
      purpose,
      quantity: SignedQuantity.magnitude(position.quantity),
      referencePrice: reference,
      reduceOnly: true,
    },
    { strategy: purpose.toLowerCase() },
  )
  if ('reason' in result) {
    tx.record({
      type: 'AlertRaised',
      ts: tx.ts,
      severity: 'critical',
      code: CLOSE_REFUSED,
      symbol: position.symbol,
      traderId: position.traderId,
      message: `Closing ${SignedQuantity.format(position.quantity)} ${position.symbol} (${purpose}) was refused: ${result.reason} ${result.value ?? ''} against ${result.limit ?? ''}. The position is open; close it by hand.`,
    })
  }
}
