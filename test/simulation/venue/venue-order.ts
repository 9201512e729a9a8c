import type { OrderSide, OrderType, TimeInForce } from '#domain/order.ts'
import type { Market } from './market.ts'

export interface VenueTrade {
  readonly tradeId: string
  readonly ticks: number
  readonly lots: number
  /** In the venue's money; negative: paid to us. */
  readonly fee: bigint
  readonly feeCurrency: string
  readonly liquidity: 'MAKER' | 'TAKER'
  readonly ts: number
  readonly visibleAt: number
}

export type VenueStatus = 'OPEN' | 'FILLED' | 'CANCELED' | 'EXPIRED'

/** An order in the venue's own books: the truth. */
export interface OrderAtVenue {
  readonly exchangeOrderId: string
  /** Absent: somebody else's, by hand on the exchange's page. */
  readonly clientOrderId: string | undefined
  readonly market: Market
  readonly side: OrderSide
  readonly type: OrderType
  readonly timeInForce: TimeInForce
  readonly postOnly: boolean
  readonly reduceOnly: boolean
  lots: number
  filledLots: number
  priceTicks: number | undefined
  triggerTicks: number | undefined
  /** A conditional order that has met its trigger; true for all others. */
  triggered: boolean
  status: VenueStatus
  reason: string
  readonly trades: VenueTrade[]
  readonly acceptedAt: number
  readonly visibleAt: number
  /** Queries see the end from then on. */
  endVisibleAt: number
}

export const openLotsOf = (order: OrderAtVenue): number => (order.status === 'OPEN' ? order.lots - order.filledLots : 0)
export const isConditional = (type: OrderType): boolean => type !== 'MARKET' && type !== 'LIMIT'
export const hasLimit = (type: OrderType): boolean => type.endsWith('LIMIT')
export const signOf = (side: OrderSide): 1 | -1 => (side === 'BUY' ? 1 : -1)
