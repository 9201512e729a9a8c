/** The venue's own records, as they lie in its file: whole ticks and lots, decimal text where money is cut finer. */
export interface OrderRecord {
  readonly orderId: string
  readonly orderLinkId: string
  readonly symbol: string
  readonly side: 'Buy' | 'Sell'
  readonly orderType: 'Limit' | 'Market'
  lots: number
  /** Limit price; undefined for market orders. */
  ticks: number | undefined
  filledLots: number
  /** Sum of price × quantity, decimal text. */
  filledValue: string
  filledFee: string
  status: OrderState
  readonly timeInForce: 'GTC' | 'IOC' | 'FOK' | 'PostOnly'
  readonly reduceOnly: boolean
  triggerTicks: number | undefined
  readonly triggerDirection: 0 | 1 | 2
  cancelType: string
  rejectReason: string
  readonly createdTime: number
  updatedTime: number
}

export type OrderState = 'New' | 'PartiallyFilled' | 'Filled' | 'Cancelled' | 'Rejected' | 'Untriggered' | 'Triggered' | 'Deactivated'

export interface ExecutionRecord {
  readonly execId: string
  readonly orderId: string
  readonly orderLinkId: string
  readonly symbol: string
  readonly side: 'Buy' | 'Sell'
  readonly ticks: number
  readonly lots: number
  readonly fee: string
  readonly isMaker: boolean
  readonly execTime: number
  readonly seq: number
}

const OPEN: ReadonlySet<OrderState> = new Set(['New', 'PartiallyFilled', 'Untriggered', 'Triggered'])
export const isOpen = (order: OrderRecord): boolean => OPEN.has(order.status)

/** Everything the venue knows, for a test that compares. */
export interface VenueTruth {
  readonly orders: readonly OrderRecord[]
  readonly executions: readonly ExecutionRecord[]
  /** Signed lots of each symbol. */
  readonly positions: Readonly<Record<string, number>>
  /** Cash in USDT, decimal text. */
  readonly wallet: string
  /** How often each order id of the client was asked for, refusals included. */
  readonly creates: Readonly<Record<string, number>>
  readonly requests: Readonly<Record<string, number>>
  readonly prices: Readonly<Record<string, { readonly bid: string; readonly ask: string; readonly last: string }>>
}
