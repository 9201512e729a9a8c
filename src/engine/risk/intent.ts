import type { ClientOrderId, InstrumentSymbol, TraderId } from '#domain/ids.ts'
import type { Price } from '#domain/money/price.ts'
import type { Quantity } from '#domain/money/quantity.ts'
import type { OrderPurpose, OrderSide, OrderType, TimeInForce, TrailingDistance } from '#domain/order.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import type { ReasonCode } from '#domain/signal.ts'
import type { Protection } from '../state.ts'

/** What somebody wants to send, sized and priced, before the gate has looked at it. */
export interface OrderIntent extends Protection {
  readonly traderId: TraderId
  readonly symbol: InstrumentSymbol
  readonly side: OrderSide
  readonly type: OrderType
  readonly purpose: OrderPurpose
  readonly quantity: Quantity
  readonly price?: Price | undefined
  /** What the order is valued at: the price of the market, or the trigger it waits for. */
  readonly referencePrice: Price
  /** The price of the market where that is another. */
  readonly marketPrice?: Price | undefined
  readonly reduceOnly: boolean
  readonly timeInForce?: TimeInForce | undefined
  readonly postOnly?: boolean | undefined
  readonly triggerPrice?: Price | undefined
  /** Why a trailing stop has no trigger yet. */
  readonly whyNoTrigger?: string | undefined
  readonly trailing?: TrailingDistance | undefined
  readonly highWater?: Price | undefined
  readonly ocoGroup?: string | undefined
  readonly ladderLevel?: number | undefined
  readonly replaces?: ClientOrderId | undefined
  readonly protection?: ProtectionPlan | undefined
}

export interface Refusal {
  readonly reason: ReasonCode
  /** What was asked, and what the rule allows. */
  readonly value?: string | undefined
  readonly limit?: string | undefined
}
