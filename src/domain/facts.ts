import type { Timeframe } from './candle.ts'
import type { ClientOrderId, ExchangeOrderId, InstrumentSymbol, SignalId, TradeId, TraderId } from './ids.ts'
import type { Difference, DifferenceDecision, ReconcileTrigger } from './difference.ts'
import type { OrderExecution, OrderPurpose, OrderSide, OrderStatus, OrderType, TimeInForce, TrailingDistance } from './order.ts'
import type { ProtectionCause, ProtectionPlan } from './protection.ts'
import type { RiskLimits } from './risk.ts'
import type { ReasonCode, SignalAction, SignalOutcome } from './signal.ts'
import type { TraderConfig, TraderState } from './trader.ts'

/**
 * What happened, in the order it happened: the engine's only output that lasts. A fact is plain JSON: money is decimal
 * text, time is UTC milliseconds. The journal holds facts, Postgres is folded from them, screens follow them.
 * Each fact carries all its reader needs, so a reader never asks back.
 */
interface Base {
  readonly ts: number
}

export interface InstrumentListed extends Base {
  readonly type: 'InstrumentListed'
  readonly symbol: InstrumentSymbol
  readonly exchange: string
  readonly kind: 'spot' | 'perpetual'
  readonly base: string
  readonly quote: string
  readonly settle: string
  readonly tickSize: string
  readonly lotSize: string
  readonly minQuantity: string
  readonly minNotional: string
  readonly makerFeeBps: string
  readonly takerFeeBps: string
}

export interface AccountOpened extends Base {
  readonly type: 'AccountOpened'
  readonly exchange: string
  readonly currency: string
  /** Cash at the start; everything after is the sum of facts. */
  readonly balance: string
}

export interface TraderChanged extends Base {
  readonly type: 'TraderChanged'
  readonly traderId: TraderId
  readonly config: TraderConfig
  readonly state: TraderState
  /** Why it changed: a person's word, or the error. */
  readonly reason?: string | undefined
}

export interface TraderRemoved extends Base {
  readonly type: 'TraderRemoved'
  readonly traderId: TraderId
}

export interface SignalDecided extends Base {
  readonly type: 'SignalDecided'
  readonly signalId: SignalId
  readonly traderId: TraderId
  readonly strategy: string
  readonly symbol: string
  readonly action: SignalAction
  readonly quantity?: string | undefined
  readonly confidence?: number | undefined
  readonly stopLoss?: string | undefined
  readonly takeProfit?: string | undefined
  readonly expiresAt?: number | undefined
  readonly note?: string | undefined
  readonly stepTime?: number | undefined
  readonly outcome: SignalOutcome
  readonly reason: ReasonCode
  readonly value?: string | undefined
  readonly limit?: string | undefined
  readonly clientOrderId?: ClientOrderId | undefined
}

export interface OrderSubmitted extends Base {
  readonly type: 'OrderSubmitted'
  readonly clientOrderId: ClientOrderId
  readonly traderId: TraderId
  readonly strategy: string
  readonly signalId?: SignalId | undefined
  readonly exchange: string
  readonly symbol: InstrumentSymbol
  readonly side: OrderSide
  readonly orderType: OrderType
  readonly purpose: OrderPurpose
  readonly quantity: string
  readonly price?: string | undefined
  readonly referencePrice: string
  readonly reduceOnly: boolean
  /** Levels the position takes over when this order fills. */
  readonly stopLoss?: string | undefined
  readonly takeProfit?: string | undefined
  /** The whole plan, when there is more than these two levels. */
  readonly protection?: ProtectionPlan | undefined
  /** Absent: GTC. */
  readonly timeInForce?: TimeInForce | undefined
  readonly postOnly?: boolean | undefined
  readonly triggerPrice?: string | undefined
  readonly trailing?: TrailingDistance | undefined
  /** Absent: NATIVE. An emulated order starts as `EMULATED`: nothing was sent. */
  readonly execution?: OrderExecution | undefined
  readonly ocoGroup?: string | undefined
  readonly ladderLevel?: number | undefined
  /** Best price a trailing stop has seen: the price at which it was placed. */
  readonly highWater?: string | undefined
  /** The canceled order this one takes the place of. */
  readonly replaces?: ClientOrderId | undefined
}

/**
 * An amendment, before it is sent; what is absent stays. With `replace` the exchange cannot amend: the order is canceled, and a
 * new one for what is then left is sent when the exchange has confirmed the cancel. Emulated orders are amended without this.
 */
export interface OrderAmendRequested extends Base {
  readonly type: 'OrderAmendRequested'
  readonly clientOrderId: ClientOrderId
  readonly symbol: InstrumentSymbol
  readonly traderId: TraderId
  readonly quantity?: string | undefined
  readonly price?: string | undefined
  readonly triggerPrice?: string | undefined
  readonly replace?: boolean | undefined
}

/** What the order is now; ends the amendment, whichever way it ended. */
export interface OrderAmended extends Base {
  readonly type: 'OrderAmended'
  readonly clientOrderId: ClientOrderId
  readonly symbol: InstrumentSymbol
  readonly traderId: TraderId
  readonly quantity: string
  readonly price?: string | undefined
  readonly triggerPrice?: string | undefined
  /** Of a trailing stop. */
  readonly highWater?: string | undefined
  /** Of an emulated order: its trigger was met, and it waits until the orders in its way are canceled. */
  readonly triggered?: boolean | undefined
  /** Why it is not what was asked for. */
  readonly reason?: string | undefined
}

/** The plan that guards a position, new or changed; null: nothing guards it. */
export interface ProtectionSet extends Base {
  readonly type: 'ProtectionSet'
  readonly traderId: TraderId
  readonly symbol: InstrumentSymbol
  readonly plan: ProtectionPlan | null
  readonly by: string
}

/**
 * The stop in force moved, always in favour; `highWater` is the best price seen. Read back after a restart.
 * With `closing` a level was met and the position is being closed: its other exits are canceled first.
 */
export interface ProtectionMoved extends Base {
  readonly type: 'ProtectionMoved'
  readonly traderId: TraderId
  readonly symbol: InstrumentSymbol
  readonly stopLoss?: string | undefined
  readonly highWater?: string | undefined
  readonly closing?: 'STOP_LOSS' | 'TAKE_PROFIT' | undefined
  readonly cause: ProtectionCause
}

export interface DifferenceFound extends Base {
  readonly type: 'DifferenceFound'
  readonly difference: Difference
}

/** Ended by a decision, or because both sides agree again (`GONE`). */
export interface DifferenceClosed extends Base {
  readonly type: 'DifferenceClosed'
  readonly differenceId: string
  readonly decision: DifferenceDecision | 'GONE'
  readonly by: string
  readonly reason?: string | undefined
  readonly traderId?: TraderId | undefined
}

/** One comparison of the whole account. Recorded when it was asked for or its result changed. */
export interface ReconciliationDone extends Base {
  readonly type: 'ReconciliationDone'
  readonly exchange: string
  readonly trigger: ReconcileTrigger
  readonly orders: number
  readonly positions: number
  readonly fills: number
  /** Fills that had been missed and were booked. */
  readonly recoveredFills: number
  readonly openDifferences: number
}

/** A position taken over from the exchange without fills of ours behind it. `quantity` signed, `position` as it stands after. */
export interface PositionAssigned extends Base {
  readonly type: 'PositionAssigned'
  readonly differenceId: string
  readonly traderId: TraderId
  readonly exchange: string
  readonly symbol: InstrumentSymbol
  readonly quantity: string
  readonly price: string
  readonly position: PositionRecord
  readonly by: string
}

export interface OrderStatusChanged extends Base {
  readonly type: 'OrderStatusChanged'
  readonly clientOrderId: ClientOrderId
  readonly symbol: InstrumentSymbol
  readonly traderId: TraderId
  readonly status: OrderStatus
  readonly exchangeOrderId?: ExchangeOrderId | undefined
  /** The exchange's words, or ours. */
  readonly reason?: string | undefined
}

/** A position as it stands after a fill. `quantity` is signed; all money in the settle currency. */
export interface PositionRecord {
  readonly quantity: string
  readonly entryCost: string
  readonly realizedPnl: string
  readonly fees: string
  readonly openedAt: number
  readonly stopLoss?: string | undefined
  readonly takeProfit?: string | undefined
}

export interface OrderFilled extends Base {
  readonly type: 'OrderFilled'
  readonly tradeId: TradeId
  readonly clientOrderId: ClientOrderId
  readonly exchangeOrderId?: ExchangeOrderId | undefined
  readonly traderId: TraderId
  readonly strategy: string
  readonly exchange: string
  readonly symbol: InstrumentSymbol
  readonly side: OrderSide
  readonly price: string
  readonly quantity: string
  readonly fee: string
  readonly feeCurrency: string
  /** What the exchange took in another currency (`fee` is zero then): not part of `cash`, summed up beside the account. */
  readonly foreignFee?: { readonly amount: string; readonly currency: string } | undefined
  readonly liquidity: 'MAKER' | 'TAKER'
  /** What this fill realised, fee not subtracted. */
  readonly realizedPnl: string
  readonly orderStatus: OrderStatus
  readonly orderFilledQuantity: string
  readonly orderFilledNotional: string
  readonly position: PositionRecord
  /** Cash of the account in the settle currency after the fill (see `engine/portfolio`). */
  readonly cash: string
}

export interface CandleClosed extends Base {
  readonly type: 'CandleClosed'
  readonly symbol: InstrumentSymbol
  readonly timeframe: Timeframe
  readonly openTime: number
  readonly open: string
  readonly high: string
  readonly low: string
  readonly close: string
  readonly volume: string
}

/** The account valued at the last known prices: `equity = start + realized + unrealized − fees`, exactly. */
export interface EquityMarked extends Base {
  readonly type: 'EquityMarked'
  readonly exchange: string
  readonly currency: string
  readonly start: string
  readonly realized: string
  readonly unrealized: string
  readonly fees: string
  readonly equity: string
  /** Notional of all positions at the mark, direction ignored. */
  readonly exposure: string
  /** Reserved by working orders. */
  readonly reserved: string
}

export interface TradingHalted extends Base {
  readonly type: 'TradingHalted'
  readonly by: string
  readonly reason: string
  readonly flatten: boolean
}

export interface TradingResumed extends Base {
  readonly type: 'TradingResumed'
  readonly by: string
  readonly reason: string
}

export interface RiskLimitsSet extends Base {
  readonly type: 'RiskLimitsSet'
  readonly by: string
  readonly limits: RiskLimits
}

export interface AlertRaised extends Base {
  readonly type: 'AlertRaised'
  readonly severity: 'info' | 'warning' | 'critical'
  readonly code: string
  readonly message: string
  readonly traderId?: TraderId | undefined
  readonly symbol?: string | undefined
}

/** Who did what, when, why. One for each act of a person or program that changes something. */
export interface ActionAudited extends Base {
  readonly type: 'ActionAudited'
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly reason?: string | undefined
  readonly before?: string | undefined
  readonly after?: string | undefined
}

export type Fact =
  | InstrumentListed
  | AccountOpened
  | TraderChanged
  | TraderRemoved
  | SignalDecided
  | OrderSubmitted
  | OrderStatusChanged
  | OrderAmendRequested
  | OrderAmended
  | OrderFilled
  | ProtectionSet
  | ProtectionMoved
  | DifferenceFound
  | DifferenceClosed
  | ReconciliationDone
  | PositionAssigned
  | CandleClosed
  | EquityMarked
  | TradingHalted
  | TradingResumed
  | RiskLimitsSet
  | AlertRaised
  | ActionAudited

export type FactType = Fact['type']

/** A fact with its place in the journal. `seq` starts at 1 and has no gap. */
export interface JournalEntry {
  readonly seq: number
  readonly fact: Fact
}
