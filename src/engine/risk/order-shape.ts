import { Price } from '#domain/money/price.ts'
import { isConditional, releasedType, type OrderExecution, type OrderSide, type OrderType } from '#domain/order.ts'
import { isKeptByReduceOnly } from '../orders/exit-room.ts'
import type { ExchangeCapabilities } from '../ports.ts'
import type { EngineState } from '../state.ts'
import type { OrderIntent, Refusal } from './intent.ts'

/**
 * Who watches the trigger. Exits that share a position with another order are watched here, where they can be cut to what is left, and
 * so are those that the exchange's reduce-only would not keep.
 */
export function executionOf(state: EngineState, intent: OrderIntent): OrderExecution {
  if (!isConditional(intent.type)) return 'NATIVE'
  if (intent.type === 'TRAILING_STOP' || (intent.reduceOnly && intent.ocoGroup !== undefined)) return 'EMULATED'
  if (!state.capabilities.orderTypes.includes(intent.type)) return 'EMULATED'
  return intent.reduceOnly && !isKeptByReduceOnly(state, intent) ? 'EMULATED' : 'NATIVE'
}

/** Whether the order is complete, understood by the exchange or by us, and on the right side of the price. Nothing asked for is dropped. */
export function checkShape(state: EngineState, intent: OrderIntent): Refusal | undefined {
  if (isPlain(intent)) return undefined
  return checkFields(intent) ?? checkSupport(state, intent) ?? checkTrigger(intent) ?? checkPostOnly(state, intent)
}

/** A market order with nothing special about it, which every exchange takes: by far the most frequent one. */
function isPlain({ type, price, triggerPrice, trailing, timeInForce, postOnly }: OrderIntent): boolean {
  const isBare = price === undefined && triggerPrice === undefined && trailing === undefined
  return type === 'MARKET' && isBare && (timeInForce === undefined || timeInForce === 'GTC') && postOnly !== true
}

function checkFields(intent: OrderIntent): Refusal | undefined {
  const { type, price, triggerPrice } = intent
  const hasLimit = releasedType(type) === 'LIMIT'
  if (hasLimit && price === undefined) return { reason: 'PRICE_REQUIRED', value: type }
  if (!hasLimit && price !== undefined) return unsupported(`price ${Price.format(price)}`, `${type} has none`)
  if (isConditional(type) && triggerPrice === undefined) return { reason: 'TRIGGER_REQUIRED', value: type, limit: intent.whyNoTrigger }
  if (!isConditional(type) && triggerPrice !== undefined) return unsupported(`trigger ${Price.format(triggerPrice)}`, `${type} has none`)
  if (type !== 'TRAILING_STOP' && intent.trailing !== undefined) return unsupported('trailing', type)
  return undefined
}

const unsupported = (value: string, limit: string): Refusal => ({ reason: 'UNSUPPORTED_ORDER', value, limit })

function checkSupport(state: EngineState, intent: OrderIntent): Refusal | undefined {
  const capabilities: ExchangeCapabilities = state.capabilities
  const { type, timeInForce = 'GTC', postOnly = false } = intent
  const sent = executionOf(state, intent) === 'NATIVE' ? type : releasedType(type)
  if (!capabilities.orderTypes.includes(sent)) return unsupported(type, capabilities.orderTypes.join(' '))
  if (!capabilities.timesInForce.includes(timeInForce)) return unsupported(timeInForce, capabilities.timesInForce.join(' '))
  if (!postOnly) return undefined
  if (releasedType(type) !== 'LIMIT') return unsupported('post-only', `${type} takes`)
  if (timeInForce !== 'GTC') return unsupported('post-only', `${timeInForce} takes`)
  return capabilities.postOnly ? undefined : unsupported('post-only', 'the exchange has none')
}

/** A stop waits on the losing side of the price, a target on the winning one: of a buy above and below, of a sale below and above. */
function checkTrigger({ type, side, triggerPrice, referencePrice, marketPrice = referencePrice }: OrderIntent): Refusal | undefined {
  if (triggerPrice === undefined) return undefined
  const order = Price.compare(triggerPrice, marketPrice)
  const isRight = waitsAbove(type, side) ? order > 0 : order < 0
  if (isRight) return undefined
  return { reason: 'TRIGGER_WRONG_SIDE', value: `trigger ${Price.format(triggerPrice)}`, limit: `price ${Price.format(marketPrice)}` }
}

/** Whether a conditional order becomes active when the price rises to its trigger. */
export function waitsAbove(type: OrderType, side: OrderSide): boolean {
  const isTarget = type === 'TAKE_PROFIT_MARKET' || type === 'TAKE_PROFIT_LIMIT'
  return isTarget ? side === 'SELL' : side === 'BUY'
}

function checkPostOnly(
  state: EngineState,
  { type, side, symbol, price, postOnly, marketPrice, referencePrice }: OrderIntent,
): Refusal | undefined {
  if (postOnly !== true || type !== 'LIMIT' || price === undefined) return undefined
  const quote = state.quotes.get(symbol)
  const opposite = (side === 'BUY' ? quote?.ask : quote?.bid) ?? marketPrice ?? referencePrice
  const rests = side === 'BUY' ? Price.compare(price, opposite) < 0 : Price.compare(price, opposite) > 0
  if (rests) return undefined
  return {
    reason: 'POST_ONLY_WOULD_TAKE',
    value: Price.format(price),
    limit: `${side === 'BUY' ? 'ask' : 'bid'} ${Price.format(opposite)}`,
  }
}
