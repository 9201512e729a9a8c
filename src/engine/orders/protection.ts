import { Price } from '#domain/money/price.ts'
import { SignedQuantity } from '#domain/money/quantity.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import { workingOrders, type HeldPosition, type PositionKey } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { submit } from './submit.ts'

/**
 * Closes positions whose stop or target was crossed by prices between `low` and `high`. Held by this engine, not by the
 * exchange: it protects only while the workstation runs. When one bar crosses both, the stop is taken.
 */
export function checkProtectionLevels(tx: Transaction, symbol: InstrumentSymbol, low: Price, high: Price): void {
  if (tx.state.halt !== null) return
  for (const [key, position] of tx.state.positions) {
    if (position.symbol !== symbol || position.quantity.units === 0n) continue
    const purpose = crossed(position, low, high)
    if (purpose !== undefined) closeAtMarket(tx, key, position, purpose)
  }
}

function crossed(position: HeldPosition, low: Price, high: Price): 'STOP_LOSS' | 'TAKE_PROFIT' | undefined {
  const long = position.quantity.units > 0n
  const { stopLoss, takeProfit } = position
  if (stopLoss !== undefined && (long ? Price.compare(low, stopLoss) <= 0 : Price.compare(high, stopLoss) >= 0)) return 'STOP_LOSS'
  if (takeProfit !== undefined && (long ? Price.compare(high, takeProfit) >= 0 : Price.compare(low, takeProfit) <= 0)) return 'TAKE_PROFIT'
  return undefined
}

/** Sends a reduce-only market order for all that is held, unless an order is already closing it. */
export function closeAtMarket(tx: Transaction, key: PositionKey, position: HeldPosition, purpose: 'STOP_LOSS' | 'TAKE_PROFIT' | 'FLATTEN'): void {
  const { state } = tx
  if (workingOrders(state, key).some((order) => order.reduceOnly)) return
  const instrument = state.instruments.get(position.symbol)
  const reference = state.marks.get(position.symbol)?.price ?? state.lastCandles.get(position.symbol)?.close
  if (instrument === undefined || reference === undefined) return
  const result = submit(tx, instrument, {
    traderId: position.traderId,
    symbol: position.symbol,
    side: position.quantity.units > 0n ? 'SELL' : 'BUY',
    type: 'MARKET',
    purpose,
    quantity: SignedQuantity.magnitude(position.quantity),
    referencePrice: reference,
    reduceOnly: true,
  }, { strategy: purpose.toLowerCase() })
  if ('reason' in result) {
    tx.record({
      type: 'AlertRaised', ts: tx.ts, severity: 'critical', code: 'PROTECTION_NOT_SENT', symbol: position.symbol, traderId: position.traderId,
      message: `Closing ${SignedQuantity.format(position.quantity)} ${position.symbol} (${purpose}) was refused: ${result.reason} ${result.value ?? ''} against ${result.limit ?? ''}. The position is open; close it by hand.`,
    })
  }
}
