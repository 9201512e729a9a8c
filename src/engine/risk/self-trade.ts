import type { ClientOrderId } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Price } from '#domain/money/price.ts'
import { isConditional, releasedType } from '#domain/order.ts'
import type { EngineState } from '../state.ts'
import type { OrderIntent, Refusal } from './intent.ts'

/** How far from the price a market order is taken to walk, basis points. */
export const MARKET_REACH_BPS = 50

/**
 * Our own orders that rest on the other side and that this one would trade with. All traders share one account, so an exchange
 * would fill one of us against the other, or cancel either.
 */
export function ordersInTheWay(state: EngineState, intent: OrderIntent): ClientOrderId[] {
  if (isConditional(intent.type)) return []
  const other = state.books.get(intent.symbol)?.resting[intent.side === 'BUY' ? 'SELL' : 'BUY']
  if (other?.best === undefined) return []
  const reach = reachOf(intent)
  const meets = (price: Price) => (intent.side === 'BUY' ? Price.compare(price, reach) <= 0 : Price.compare(price, reach) >= 0)
  if (!meets(other.best)) return []
  return [...other.prices].flatMap(([id, price]) => (meets(price) ? [id] : []))
}

function reachOf({ type, side, price, referencePrice, marketPrice = referencePrice }: OrderIntent): Price {
  if (releasedType(type) === 'LIMIT' && price !== undefined) return price
  const factor = fixed.make<'Factor'>(BigInt(10_000 + (side === 'BUY' ? MARKET_REACH_BPS : -MARKET_REACH_BPS)), 4)
  return fixed.multiply<'Price'>(marketPrice, factor)
}

/** New exposure is refused. An exit gets out; entries in its way are canceled instead (see `orders/submit`). */
export function checkSelfTrade(state: EngineState, intent: OrderIntent): Refusal | undefined {
  if (intent.reduceOnly) return undefined
  const [first] = ordersInTheWay(state, intent)
  if (first === undefined) return undefined
  const resting = state.orders.get(first)
  return {
    reason: 'SELF_TRADE',
    value: `${intent.side} at ${Price.format(fixed.trim(reachOf(intent)))}`,
    limit: `${resting?.side ?? ''} ${first} of ${resting?.traderId ?? ''} at ${resting?.price === undefined ? '' : Price.format(resting.price)}`,
  }
}
