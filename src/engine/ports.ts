import type { Candle, CandleBar, Timeframe } from '#domain/candle.ts'
import type { Fact } from '#domain/facts.ts'
import type { ClientOrderId, ExchangeOrderId, InstrumentSymbol, SignalId, TradeId, TraderId } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import type { Money } from '#domain/money/money.ts'
import type { Price } from '#domain/money/price.ts'
import type { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { DifferenceDecision, ReconcileTrigger } from '#domain/difference.ts'
import type { OrderSide, OrderType, TimeInForce, TrailingDistance } from '#domain/order.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import type { ReasonCode, Signal, SignalAction, SignalDecision } from '#domain/signal.ts'

/** What the engine and its neighbours say to each other. Plain data: it crosses threads by structured clone. */

declare const approved: unique symbol
/** An order the risk gate has passed. Only `engine/risk` makes one, and the exchange port takes nothing else. */
export type Approved<T> = T & { readonly [approved]: true }

export interface OrderRequest {
  readonly clientOrderId: ClientOrderId
  readonly symbol: InstrumentSymbol
  readonly side: OrderSide
  readonly type: OrderType
  readonly quantity: Quantity
  readonly price?: Price | undefined
  /** Of a native conditional order. */
  readonly triggerPrice?: Price | undefined
  readonly timeInForce: TimeInForce
  readonly postOnly: boolean
  /** As the exchange must see it, for the net of all traders: an exit of one trader may add to the net position. */
  readonly reduceOnly: boolean
  /** Engine time of the decision, UTC milliseconds. */
  readonly ts: number
}

/** Engine → exchange. Sent only after the journal has synced the facts behind it. */
export type ExchangeCommand =
  | { readonly type: 'SubmitOrder'; readonly order: Approved<OrderRequest> }
  | { readonly type: 'CancelOrder'; readonly clientOrderId: ClientOrderId; readonly symbol: InstrumentSymbol; readonly ts: number }
  /** An order that is not ours, by the exchange's id: only because a person decided so. The next account snapshot is its answer. */
  | {
      readonly type: 'CancelExternalOrder'
      readonly exchangeOrderId: ExchangeOrderId
      readonly symbol: InstrumentSymbol
      readonly ts: number
    }
  /** In place, keeping the id. Answered by `OrderAmended` or `AmendRejected`. Sent only where the exchange can. */
  | {
      readonly type: 'AmendOrder'
      readonly clientOrderId: ClientOrderId
      readonly symbol: InstrumentSymbol
      readonly quantity?: Quantity | undefined
      readonly price?: Price | undefined
      readonly triggerPrice?: Price | undefined
      readonly ts: number
    }
  /** Answered by one `AccountSnapshot` with the same `queryId`, fills from `since` on. */
  | { readonly type: 'QueryAccount'; readonly queryId: number; readonly since: number; readonly ts: number }
  /** Answered by `OrderFound` or `OrderNotFound`. */
  | { readonly type: 'QueryOrder'; readonly clientOrderId: ClientOrderId; readonly symbol: InstrumentSymbol; readonly ts: number }

/** An order as the exchange must know it again after a restart (the paper exchange keeps no file of its own). */
export interface RestoredOrder extends OrderRequest {
  readonly exchangeOrderId: ExchangeOrderId
  readonly filledQuantity: Quantity
}

/** Worker shell → paper exchange, before anything else moves. */
export interface RestoreExchange {
  readonly type: 'RestoreExchange'
  readonly orders: readonly RestoredOrder[]
  /** Signed positions per instrument (all traders together), so that reduce-only is honest. */
  readonly positions: readonly { readonly symbol: InstrumentSymbol; readonly quantity: string }[]
  /** Open time of the last candle in the journal, per instrument: a replay goes on with the next one. */
  readonly cursors: readonly { readonly symbol: InstrumentSymbol; readonly timeframe: Timeframe; readonly openTime: number }[]
}

/**
 * In lock-step: everyone has answered the step and every order of it has been sent; after `RestoreExchange` the first step waits
 * for one as well, which says that recovery is over. Else: this step, and all before it, have been taken.
 */
export interface StepDone {
  readonly type: 'StepDone'
  readonly step: number
}

interface ReportBase {
  readonly clientOrderId: ClientOrderId
  readonly symbol: InstrumentSymbol
  readonly ts: number
}

export type ExchangeReport = ReportBase &
  (
    | { readonly type: 'OrderAccepted'; readonly exchangeOrderId: ExchangeOrderId }
    /** A positive answer that the order does not exist and never will. Silence is `OrderOutcomeUnknown`. */
    | { readonly type: 'OrderRejected'; readonly code: string; readonly message: string }
    | {
        readonly type: 'OrderFill'
        readonly tradeId: TradeId
        readonly exchangeOrderId: ExchangeOrderId
        readonly price: Price
        readonly quantity: Quantity
        readonly fee: Money
        readonly liquidity: 'MAKER' | 'TAKER'
      }
    | { readonly type: 'OrderCanceled'; readonly reason: string }
    | { readonly type: 'OrderExpired'; readonly reason: string }
    | { readonly type: 'CancelRejected'; readonly reason: string }
    | {
        readonly type: 'OrderAmended'
        readonly quantity: Quantity
        readonly price?: Price | undefined
        readonly triggerPrice?: Price | undefined
      }
    | { readonly type: 'AmendRejected'; readonly reason: string }
    /** Refused for now (429): certainly not accepted; may be sent again under its own id after the wait. */
    | { readonly type: 'OrderThrottled'; readonly retryAfterMs: number; readonly reason: string }
    | { readonly type: 'OrderOutcomeUnknown'; readonly reason: string }
    /** Answers to `QueryOrder`. `authoritative`: the exchange has no lag, so absence is proof. */
    | {
        readonly type: 'OrderFound'
        readonly exchangeOrderId: ExchangeOrderId
        /** Its end, if it has come; `OPEN` when absent. */
        readonly status?: 'OPEN' | 'FILLED' | 'CANCELED' | 'EXPIRED' | 'REJECTED' | undefined
        /** What it is at the exchange now, where the exchange says so. */
        readonly quantity?: Quantity | undefined
        readonly price?: Price | undefined
        readonly triggerPrice?: Price | undefined
        readonly filledQuantity?: Quantity | undefined
      }
    | { readonly type: 'OrderNotFound'; readonly authoritative: boolean }
  )

/** A best bid and ask with the last price, for marks and screens. Not journalled. */
export interface Quote {
  readonly symbol: InstrumentSymbol
  readonly bid: Price
  readonly ask: Price
  readonly last: Price
  readonly ts: number
}

/**
 * Exchange → engine: one message is one atomic step. Reports come first, in exchange order, then closed candles.
 * `ts` is the exchange's time of the step. With `lockStep`, the next one leaves only after `StepDone`.
 */
export interface MarketStep {
  readonly type: 'MarketStep'
  readonly step: number
  readonly ts: number
  readonly lockStep: boolean
  readonly reports: readonly ExchangeReport[]
  readonly candles: readonly Candle[]
  readonly quotes: readonly Quote[]
}

/** An order as the exchange lists it; without a client order id of ours it is somebody else's. */
export interface VenueOrder {
  readonly clientOrderId?: string | undefined
  readonly exchangeOrderId: ExchangeOrderId
  readonly symbol: InstrumentSymbol
  readonly side: OrderSide
  readonly type: OrderType
  readonly quantity: Quantity
  readonly filledQuantity: Quantity
  readonly price?: Price | undefined
  readonly triggerPrice?: Price | undefined
  readonly reduceOnly: boolean
}

export interface VenueFill {
  readonly tradeId: TradeId
  readonly clientOrderId?: string | undefined
  readonly exchangeOrderId: ExchangeOrderId
  readonly symbol: InstrumentSymbol
  readonly side: OrderSide
  readonly price: Price
  readonly quantity: Quantity
  readonly fee: Money
  readonly liquidity: 'MAKER' | 'TAKER'
  readonly ts: number
}

/** Exchange → engine: the whole account as the exchange shows it, for reconciliation. */
export interface AccountSnapshot {
  readonly type: 'AccountSnapshot'
  readonly queryId: number
  readonly ts: number
  readonly openOrders: readonly VenueOrder[]
  /** Signed net quantity of each instrument; one that is absent is flat. */
  readonly positions: readonly {
    readonly symbol: InstrumentSymbol
    readonly quantity: SignedQuantity
    readonly averagePrice?: Price | undefined
  }[]
  /** Cash without open profit. Empty where the exchange cannot say. */
  readonly balances: readonly { readonly currency: string; readonly cash: Money }[]
  /** Fills since the question's `since`, oldest first. */
  readonly fills: readonly VenueFill[]
}

/** What an exchange can do by itself; the engine does the rest, and says so on each order. */
export interface ExchangeCapabilities {
  readonly orderTypes: readonly OrderType[]
  readonly timesInForce: readonly TimeInForce[]
  readonly postOnly: boolean
  readonly amend: boolean
  readonly accountQuery: boolean
  /** How long an accepted order may be invisible to queries, milliseconds. Before that, absence proves nothing. */
  readonly acceptanceWindowMs: number
  /** Questions about single orders it takes in a second. Absent: see `QUERIES_PER_SECOND`. */
  readonly queriesPerSecond?: number | undefined
}

/** Exchange → engine, at start and whenever it changes. */
export interface ExchangeStatus {
  readonly type: 'ExchangeStatus'
  readonly exchange: string
  readonly connected: boolean
  /** The exchange's time; in a replay the open time of its first candle. UTC milliseconds. */
  readonly ts: number
  readonly instruments: readonly Instrument[]
  /** Cash at the very first start; later starts take it from the journal. */
  readonly openingBalances: readonly { readonly currency: string; readonly balance: string }[]
  readonly reason?: string | undefined
  /** Absent: market and limit orders, good till canceled, nothing else. */
  readonly capabilities?: ExchangeCapabilities | undefined
}

/** A replay is over; there will be no further step. */
export interface ReplayDone {
  readonly type: 'ReplayDone'
}

export type FromExchange = MarketStep | ExchangeStatus | AccountSnapshot | ReplayDone
/** Several commands of one decision, in order: one message instead of many. Answered like the commands one by one, in as few steps as possible. */
export interface CommandBatch {
  readonly type: 'CommandBatch'
  readonly commands: readonly ExchangeCommand[]
}

export type ToExchange = ExchangeCommand | CommandBatch | RestoreExchange | StepDone

/** What a trader may know of its own position when it decides. Numbers, as for indicators. */
export interface TraderView {
  /** Signed. */
  readonly positionQuantity: number
  readonly averagePrice?: number | undefined
  readonly unrealizedPnl: number
  readonly openOrders: number
}

/** Engine → trader: a closed candle and what the trader holds at that moment. */
export interface AnalyzeStep {
  readonly type: 'AnalyzeStep'
  readonly step: number
  readonly symbol: InstrumentSymbol
  readonly timeframe: Timeframe
  readonly bar: CandleBar
  /** Open time of the bar before this one that was sent to this trader; a gap makes the trader reload from the cache. */
  readonly previousOpenTime?: number | undefined
  readonly view: TraderView
  /** Time of decision: the close of the bar, or later. UTC milliseconds. */
  readonly ts: number
}

/** A signal as a strategy gives it: decimal text, checked by the engine. */
export interface ProposedSignal {
  readonly action: SignalAction
  readonly quantity?: string | undefined
  readonly confidence?: number | undefined
  readonly stopLoss?: string | undefined
  readonly takeProfit?: string | undefined
  readonly protection?: ProtectionPlan | undefined
  readonly note?: string | undefined
}

/** Trader → engine: the one answer to one step. */
export interface StepAnswer {
  readonly type: 'StepAnswer'
  readonly step: number
  readonly traderId: TraderId
  readonly symbol: InstrumentSymbol
  readonly stepTime: number
  readonly signals: readonly ProposedSignal[]
  /** The strategy threw; its words. The trader goes on with the next step. */
  readonly error?: string | undefined
}

/** Anyone allowed → engine; answered with the same `requestId` after the journal has it. */
export type EngineCommand =
  | { readonly type: 'SubmitSignals'; readonly signals: readonly Signal[] }
  | { readonly type: 'SubmitOrder'; readonly order: ManualOrder }
  /** Two orders of which only one may trade: when one begins to fill the other is canceled. Both pass the gate, or neither is sent. */
  | { readonly type: 'SubmitOcoOrders'; readonly orders: readonly [ManualOrder, ManualOrder] }
  | { readonly type: 'CancelOrder'; readonly clientOrderId: ClientOrderId; readonly by: string }
  | {
      readonly type: 'AmendOrder'
      readonly clientOrderId: ClientOrderId
      readonly quantity?: Quantity | undefined
      readonly price?: Price | undefined
      readonly triggerPrice?: Price | undefined
      readonly by: string
    }
  | {
      readonly type: 'SetProtection'
      readonly traderId: TraderId
      readonly symbol: InstrumentSymbol
      readonly plan: ProtectionPlan | null
      readonly by: string
    }
  /** Compares the account with the exchange now. */
  | { readonly type: 'Reconcile'; readonly trigger: ReconcileTrigger; readonly by: string }
  | {
      readonly type: 'DecideDifference'
      readonly differenceId: string
      readonly decision: DifferenceDecision
      /** Of `ASSIGN`, and of `ADOPT` where the difference has no trader of its own. */
      readonly traderId?: TraderId | undefined
      readonly by: string
      readonly reason: string
    }
  | {
      readonly type: 'ClosePosition'
      readonly traderId: TraderId
      readonly symbol: InstrumentSymbol
      readonly by: string
      readonly signalId: SignalId
    }
  | { readonly type: 'Halt'; readonly by: string; readonly reason: string; readonly flatten: boolean }
  | { readonly type: 'Resume'; readonly by: string; readonly reason: string }
  /** Recorded as it is: trader changes, limits, alerts and audit from the orchestrator. */
  | { readonly type: 'Record'; readonly facts: readonly RecordableFact[] }

export type RecordableFact = Extract<
  Fact,
  { readonly type: 'TraderChanged' | 'TraderRemoved' | 'RiskLimitsSet' | 'AlertRaised' | 'ActionAudited' }
>

/** An order a person or program asks for directly; it passes the same gate as a signal. */
export interface ManualOrder {
  readonly signalId: SignalId
  readonly traderId: TraderId
  readonly strategy: string
  readonly symbol: InstrumentSymbol
  readonly side: OrderSide
  readonly type: OrderType
  readonly quantity: Quantity
  readonly price?: Price | undefined
  readonly triggerPrice?: Price | undefined
  readonly trailing?: TrailingDistance | undefined
  /** Absent: GTC. */
  readonly timeInForce?: TimeInForce | undefined
  readonly postOnly?: boolean | undefined
  readonly reduceOnly: boolean
  readonly stopLoss?: Price | undefined
  readonly takeProfit?: Price | undefined
  readonly protection?: ProtectionPlan | undefined
}

export type EngineAnswer =
  | { readonly type: 'Decisions'; readonly decisions: readonly (SignalDecision & { readonly signalId: SignalId })[] }
  | { readonly type: 'Done'; readonly seq: number }
  | {
      readonly type: 'Refused'
      readonly code: 'NOT_FOUND' | 'CONFLICT' | 'REFUSED'
      readonly message: string
      /** The rule that refused and its numbers, where it was one of the gate's. */
      readonly reason?: ReasonCode | undefined
      readonly value?: string | undefined
      readonly limit?: string | undefined
    }
  | { readonly type: 'HaltReceipt'; readonly canceling: readonly ClientOrderId[]; readonly flattening: readonly ClientOrderId[] }
