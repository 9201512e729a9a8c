import type { ClientOrderId, InstrumentSymbol } from '#domain/ids.ts'
import type { ExchangeReport } from '#engine/ports.ts'
import type { OrderView } from '../venue/venue-view.ts'

interface Base {
  readonly clientOrderId: ClientOrderId
  readonly symbol: InstrumentSymbol
  readonly ts: number
}

export function foundReport(base: Base, view: OrderView): ExchangeReport {
  const { exchangeOrderId, status, quantity, price, triggerPrice, filledQuantity } = view
  return { type: 'OrderFound', ...base, exchangeOrderId, status, quantity, price, triggerPrice, filledQuantity }
}

/** What the end of an order sounds like on the stream. A full fill has no sound of its own. */
export function endReport(base: Base, view: Pick<OrderView, 'status' | 'reason'>): ExchangeReport[] {
  if (view.status === 'CANCELED') return [{ type: 'OrderCanceled', ...base, reason: view.reason }]
  if (view.status === 'EXPIRED') return [{ type: 'OrderExpired', ...base, reason: view.reason }]
  return []
}
