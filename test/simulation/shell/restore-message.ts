import { isWorking } from '#domain/order.ts'
import type { RestoreExchange } from '#engine/ports.ts'
import type { EngineState } from '#engine/state.ts'

/** What the shell tells the exchange thread before the market opens; only the orders matter to a connector. */
export function restoreMessage(state: EngineState): RestoreExchange {
  const orders = [...state.orders.values()].flatMap((order) => {
    if (!isWorking(order.status) || order.exchangeOrderId === undefined) return []
    const { clientOrderId, symbol, side, type, quantity, price, triggerPrice, timeInForce, postOnly, reduceOnly } = order
    const { createdAt: ts, exchangeOrderId, filledQuantity } = order
    return [
      {
        clientOrderId,
        symbol,
        side,
        type,
        quantity,
        price,
        triggerPrice,
        timeInForce,
        postOnly,
        reduceOnly,
        ts,
        exchangeOrderId,
        filledQuantity,
      },
    ]
  })
  return { type: 'RestoreExchange', orders, positions: [], cursors: [] }
}
