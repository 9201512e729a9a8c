import { SignedQuantity } from '#domain/money/quantity.ts'
import { isWorking } from '#domain/order.ts'
import { requestOf } from '#engine/orders/submit.ts'
import type { RestoreExchange } from '#engine/ports.ts'
import type { EngineState } from '#engine/state.ts'

/** What the exchange's thread must know of us before the market opens. */
export function restoreMessage(state: EngineState): RestoreExchange {
  const orders = [...state.orders.values()].flatMap((order) => {
    if (!isWorking(order.status) || order.exchangeOrderId === undefined) return []
    return [{ ...requestOf(order), exchangeOrderId: order.exchangeOrderId, filledQuantity: order.filledQuantity }]
  })
  const totals = new Map<string, SignedQuantity>()
  for (const { symbol, quantity } of state.positions.values())
    totals.set(symbol, SignedQuantity.add(totals.get(symbol) ?? SignedQuantity.ZERO, quantity))
  return {
    type: 'RestoreExchange',
    orders,
    positions: [...state.instruments.keys()].map((symbol) => ({
      symbol,
      quantity: SignedQuantity.format(totals.get(symbol) ?? SignedQuantity.ZERO),
    })),
    cursors: [...state.lastCandles.values()].map(({ symbol, timeframe, openTime }) => ({ symbol, timeframe, openTime })),
  }
}
