/**
 * What each of the three says is open. Plain data. Quantities are signed decimal text: below zero is short. The exchange alone is the truth;
 * version 2 is what its rows said when they were exported.
 */

export interface V2Position {
  /** Table and key of the row it stands in. */
  readonly row: string
  readonly exchange: string
  readonly symbol: string
  readonly direction: 'LONG' | 'SHORT'
  /** Without sign. */
  readonly quantity: string
  /** `lifecycle`: an open trade. `snapshot`: a row of the positions table. */
  readonly part: 'lifecycle' | 'snapshot'
  /** `PARTIAL`: something up to the quantity is held; version 2 does not say how much. */
  readonly state: 'OPEN' | 'PARTIAL'
  readonly entryPrice: string | null
  readonly stopLoss: string | null
  readonly takeProfit: string | null
}

export interface V2Order {
  readonly row: string
  readonly exchange: string
  readonly orderId: string
  readonly symbol: string
  /** Side, quantity, type and price, for people. */
  readonly words: string
}

export interface V2Side {
  readonly positions: readonly V2Position[]
  readonly orders: readonly V2Order[]
  /** There are more rows than were read: nothing may be called complete. */
  readonly isCut: boolean
}

/** What our comparison with the exchange found, as far as a person may decide it. */
export interface AccountDifference {
  readonly id: string
  readonly kind: 'ORDER_MISSING' | 'ORDER_EXTERNAL' | 'ORDER_CHANGED' | 'POSITION'
  readonly symbol: string
  readonly exchangeOrderId: string | null
  /** Our own id of the order. */
  readonly orderId: string | null
  readonly cause: string
  /** Left as it is by a decision of a person; null while it is open. */
  readonly decided: Decided | null
}

export interface Decided {
  readonly decision: string
  readonly by: string
  readonly reason: string | null
  /** UTC milliseconds. */
  readonly at: number
}

export interface ExchangeSide {
  readonly exchange: string
  /** When the whole account was compared last, UTC milliseconds; null: never, so nothing of it is known. */
  readonly comparedAt: number | null
  readonly positions: readonly { readonly symbol: string; readonly quantity: string }[]
  readonly orders: readonly { readonly exchangeOrderId: string; readonly symbol: string; readonly words: string }[]
  readonly differences: readonly AccountDifference[]
}

export interface V3Side {
  readonly positions: readonly { readonly traderId: string; readonly symbol: string; readonly quantity: string }[]
  readonly orders: readonly {
    readonly id: string
    readonly traderId: string
    /** Null: the exchange has not confirmed it, or this program holds it itself. */
    readonly exchangeOrderId: string | null
    readonly symbol: string
    readonly words: string
  }[]
}
