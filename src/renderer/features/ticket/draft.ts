import type { BalanceView, InstrumentView, PriceView, RiskView } from '#contract/views.ts'
import type { OrderType } from '#domain/order.ts'
import type { ReasonCode } from '#domain/signal.ts'

/** What a person has written so far: plain decimal text, absent where nothing or no number was typed. */
export interface Draft {
  readonly side: 'BUY' | 'SELL'
  readonly type: OrderType
  readonly sizeBy: 'quantity' | 'notional'
  readonly size: string | undefined
  readonly price: string | undefined
  readonly trigger: string | undefined
  readonly trailing: { readonly by: 'PRICE' | 'BPS' | 'ATR'; readonly distance: string } | undefined
  readonly postOnly: boolean
  readonly stop: string | undefined
  readonly target: string | undefined
  /** Targets in steps: basis points from the entry, and of the size. */
  readonly ladder: readonly { readonly at_bps: string; readonly share_bps: string }[]
  readonly reduceOnly: boolean
  /** The other of two orders of which one cancels the other. */
  readonly second: Leg | undefined
}

/** What makes an order of a type, without its size. */
export type Leg = Pick<Draft, 'type' | 'price' | 'trigger' | 'trailing'>

export interface Surroundings {
  readonly instrument: InstrumentView
  readonly quote: PriceView | undefined
  readonly risk: RiskView | undefined
  readonly balance: BalanceView | undefined
}

export interface Problem {
  readonly reason: ReasonCode
  /** Absent: of the first order. */
  readonly second?: boolean | undefined
  readonly value?: string | undefined
  readonly limit?: string | undefined
}
