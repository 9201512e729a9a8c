import type { Candle } from '#domain/candle.ts'
import type { Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import type { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { ExchangeReport, VenueFill, VenueOrder } from '../ports.ts'

/** Exchanges do send rubbish. What cannot be read is refused here, before any sum is made of it. */

/**
 * Digits after the point that a price and a quantity of an exchange may carry. Together they keep every product and share the
 * engine makes within what an exact decimal holds (30).
 */
export const PRICE_DIGITS_MAX = 12
export const QUANTITY_DIGITS_MAX = 9
const MONEY_DIGITS_MAX = 24
/** A number this large is no price, no quantity and no fee. */
const UNITS_MAX = 10n ** 36n

interface Decimal {
  readonly units: unknown
  readonly scale: unknown
}

/** Whether a value is a decimal at all, with at most so many digits that count after the point. */
function isDecimal(value: unknown, digitsMax: number): value is { readonly units: bigint; readonly scale: number } {
  if (typeof value !== 'object' || value === null) return false
  const { units, scale } = value as Decimal
  if (typeof units !== 'bigint' || typeof scale !== 'number' || !Number.isInteger(scale) || scale < 0 || scale > 30) return false
  if (units >= UNITS_MAX || units <= -UNITS_MAX) return false
  return scale <= digitsMax || units % 10n ** BigInt(scale - digitsMax) === 0n
}

export const isReadablePrice = (price: Price): boolean => isDecimal(price, PRICE_DIGITS_MAX) && price.units > 0n
/** Exchanges write zero where an order has no price. */
const isReadablePriceOrZero = (price: Price): boolean => isDecimal(price, PRICE_DIGITS_MAX) && price.units >= 0n
export const isReadableQuantity = (quantity: Quantity): boolean => isDecimal(quantity, QUANTITY_DIGITS_MAX) && quantity.units >= 0n
export const isReadablePosition = (quantity: SignedQuantity): boolean => isDecimal(quantity, QUANTITY_DIGITS_MAX)
export const isReadableMoney = (money: Money): boolean =>
  isDecimal(money, MONEY_DIGITS_MAX) && typeof money.currency === 'string' && /^[\w.-]{1,20}$/.test(money.currency)
export const isReadableId = (id: unknown): boolean => typeof id === 'string' && /^[\x21-\x7e]{1,80}$/.test(id)

const optional = <T>(value: T | undefined, isReadable: (value: T) => boolean): boolean => value === undefined || isReadable(value)

interface Traded {
  readonly tradeId: unknown
  readonly exchangeOrderId: unknown
  readonly price: Price
  readonly quantity: Quantity
  readonly fee: Money
}

function problemOfTrade({ tradeId, exchangeOrderId, price, quantity, fee }: Traded): string | undefined {
  if (!isReadableId(tradeId) || !isReadableId(exchangeOrderId)) return 'it has no readable id'
  if (!isReadablePrice(price)) return 'its price is not a positive decimal of ordinary length'
  if (!isReadableQuantity(quantity) || quantity.units === 0n) return 'its quantity is not a positive decimal of ordinary length'
  return isReadableMoney(fee) ? undefined : 'its fee is not an amount of a currency'
}

/** Why a report cannot be believed; undefined when it can. */
export function problemOfReport(report: ExchangeReport): string | undefined {
  switch (report.type) {
    case 'OrderFill':
      return problemOfTrade(report)
    case 'OrderAccepted':
      return isReadableId(report.exchangeOrderId) ? undefined : 'it has no readable id'
    case 'OrderFound':
    case 'OrderAmended': {
      if (report.type === 'OrderFound' && !isReadableId(report.exchangeOrderId)) return 'it has no readable id'
      const filled = report.type === 'OrderFound' ? report.filledQuantity : undefined
      const sizes = optional(report.quantity, isReadableQuantity) && optional(filled, isReadableQuantity)
      const prices = optional(report.price, isReadablePriceOrZero) && optional(report.triggerPrice, isReadablePriceOrZero)
      return sizes && prices ? undefined : 'its sizes or prices are not decimals of ordinary length'
    }
    case 'OrderRejected':
    case 'OrderCanceled':
    case 'OrderExpired':
    case 'CancelRejected':
    case 'AmendRejected':
    case 'OrderThrottled':
    case 'OrderOutcomeUnknown':
    case 'OrderNotFound':
      return undefined
    default:
      return 'its kind is not known'
  }
}

export function problemOfVenueOrder(order: VenueOrder): string | undefined {
  const { exchangeOrderId, quantity, filledQuantity, price, triggerPrice } = order
  if (!isReadableId(exchangeOrderId)) return 'an open order has no readable id'
  const sizes = isReadableQuantity(quantity) && isReadableQuantity(filledQuantity)
  const prices = optional(price, isReadablePriceOrZero) && optional(triggerPrice, isReadablePriceOrZero)
  return sizes && prices ? undefined : `sizes or prices of the open order ${exchangeOrderId} cannot be read`
}

export function problemOfVenueFill(fill: VenueFill): string | undefined {
  const problem = problemOfTrade(fill)
  return problem === undefined ? undefined : `a fill cannot be read: ${problem}`
}

/** Why a candle is impossible; undefined when it is not. It opened before now; it may close a little ahead of our clock. */
export function problemOfCandle({ open, high, low, close, volume, openTime }: Candle, now: number): string | undefined {
  if (!Number.isSafeInteger(openTime) || openTime <= 0 || openTime > now) return 'lies in the future, or at no time at all'
  if (![open, high, low, close].every(isReadablePrice) || !isDecimal(volume, 30) || volume.units < 0n) return 'has prices that are none'
  return Price.compare(low, high) > 0 ? `has low ${Price.format(low)} above high ${Price.format(high)}` : undefined
}
