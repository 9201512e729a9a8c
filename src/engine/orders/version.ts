import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { OrderAmendment } from '#domain/order.ts'

/** Whether what the exchange shows is the version that was asked for. */
export function isVersion(shown: OrderAmendment, { quantity, price, triggerPrice }: OrderAmendment): boolean {
  if (quantity !== undefined && (shown.quantity === undefined || Quantity.compare(shown.quantity, quantity) !== 0)) return false
  return isPrice(shown.price, price) && isPrice(shown.triggerPrice, triggerPrice)
}

function isPrice(shown: Price | undefined, wanted: Price | undefined): boolean {
  return wanted === undefined || (shown !== undefined && Price.compare(shown, wanted) === 0)
}
