import * as fixed from '#domain/money/fixed.ts'
import type { ExchangeCommand, OrderRequest } from '#engine/ports.ts'
import type { Refusal } from './admission.ts'
import { quantityOfLots } from './paper-instrument.ts'
import { arrivalTime, lotsOfRequest, type PaperOrder } from './paper-order.ts'
import type { PaperParameters } from './paper-parameters.ts'

type Amend = Extract<ExchangeCommand, { readonly type: 'AmendOrder' }>

/** The request as it is to be, before it is checked. Another price or a larger size goes to the end of the queue: it counts as sent now. */
export function amendedRequest({ request }: PaperOrder, { quantity = request.quantity, price = request.price, ts }: Amend): OrderRequest {
  const samePrice = price === undefined || request.price === undefined ? price === request.price : fixed.compare(price, request.price) === 0
  const keepsPlace = samePrice && fixed.compare(quantity, request.quantity) <= 0
  return { ...request, quantity, price, ts: keepsPlace ? request.ts : ts }
}

/** Why the venue keeps the order as it is, apart from its rules for every order. */
export function refuseAmendment(order: PaperOrder, request: OrderRequest, { triggerPrice }: Amend): Refusal | undefined {
  if (triggerPrice !== undefined) return { code: 'TRIGGER_INVALID', message: 'orders here have no trigger' }
  if (request.type === 'MARKET' && request.price !== undefined) return { code: 'PRICE_INVALID', message: 'a market order has no price' }
  if (lotsOfRequest(request, order.instrument) > order.filledLots) return undefined
  const filled = fixed.format(quantityOfLots(order.filledLots, order.instrument))
  return { code: 'QUANTITY_BELOW_FILLED', message: `${filled} are filled already; cancel the rest instead` }
}

export function amendedOrder(order: PaperOrder, request: OrderRequest, parameters: PaperParameters, seed: string): PaperOrder {
  return { ...order, request, lots: lotsOfRequest(request, order.instrument), arrival: arrivalTime(request, parameters, seed) }
}
