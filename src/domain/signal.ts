import type { ClientOrderId, InstrumentSymbol, SignalId, TraderId } from './ids.ts'
import type { Price } from './money/price.ts'
import type { Quantity } from './money/quantity.ts'
import type { ProtectionPlan } from './protection.ts'

export const SIGNAL_ACTIONS = ['BUY', 'SELL', 'CLOSE_LONG', 'CLOSE_SHORT'] as const
export type SignalAction = (typeof SIGNAL_ACTIONS)[number]

export interface Signal {
  readonly signalId: SignalId
  readonly traderId: TraderId
  readonly strategy: string
  readonly symbol: InstrumentSymbol
  readonly action: SignalAction
  /** Absent: the trader's order notional decides (entries), or the whole position (closes). */
  readonly quantity?: Quantity | undefined
  /** 0..1, as the strategy sees it. Recorded, never used for sizing here. */
  readonly confidence?: number | undefined
  readonly stopLoss?: Price | undefined
  readonly takeProfit?: Price | undefined
  /** More than a stop and a target: trailing, ladder, locks. */
  readonly protection?: ProtectionPlan | undefined
  /** UTC milliseconds after which the signal must not trade. */
  readonly expiresAt?: number | undefined
  /** Words of the strategy: why. */
  readonly note?: string | undefined
  /** Open time of the candle the strategy answered; absent for signals from people and programs. */
  readonly stepTime?: number | undefined
  readonly ts: number
}

export const SIGNAL_OUTCOMES = ['ACCEPTED', 'DENIED', 'DUPLICATE', 'EXPIRED'] as const
export type SignalOutcome = (typeof SIGNAL_OUTCOMES)[number]

/** Why a signal did not become an order. Each code has a test that only it makes fail. */
export const REASON_CODES = [
  'ACCEPTED',
  'DUPLICATE_SIGNAL',
  'SIGNAL_EXPIRED',
  'HALTED',
  'NOT_RECONCILED',
  'UNKNOWN_TRADER',
  'TRADER_NOT_RUNNING',
  'UNKNOWN_SYMBOL',
  'SYMBOL_NOT_ALLOWED',
  'NO_REFERENCE_PRICE',
  'STALE_REFERENCE_PRICE',
  'EXCHANGE_DISCONNECTED',
  'QUANTITY_BELOW_LOT',
  'QUANTITY_OFF_LOT',
  'QUANTITY_BELOW_MINIMUM',
  'NOTIONAL_BELOW_MINIMUM',
  'PRICE_OFF_TICK',
  'MAX_ORDER_NOTIONAL',
  'MAX_POSITION_NOTIONAL',
  'MAX_OPEN_POSITIONS',
  'MAX_DAILY_LOSS',
  'MAX_ORDER_RATE',
  'PRICE_COLLAR',
  'INSUFFICIENT_BALANCE',
  'NOTHING_TO_CLOSE',
  'QUANTITY_ABOVE_POSITION',
  'ALREADY_CLOSING',
  'SHORT_SELLING_NOT_ALLOWED',
  'OPPOSITE_POSITION_OPEN',
  'OUTCOME_UNKNOWN_PENDING',
  'EXIT_IN_FLIGHT',
  'PROTECTION_WRONG_SIDE',
  'TOO_MANY_OPEN_ORDERS',
  'UNSUPPORTED_ORDER',
  'PRICE_REQUIRED',
  'TRIGGER_REQUIRED',
  'TRIGGER_WRONG_SIDE',
  'POST_ONLY_WOULD_TAKE',
  'SELF_TRADE',
  'DIFFERENCE_OPEN',
  'SHADOW_MODE',
  'ORDER_NOT_WORKING',
  'AMEND_PENDING',
] as const
export type ReasonCode = (typeof REASON_CODES)[number]

/** One decision on one signal, with the numbers behind it. */
export interface SignalDecision {
  readonly outcome: SignalOutcome
  readonly reason: ReasonCode
  /** Decimal text: what was asked, and what the rule allows. */
  readonly value?: string | undefined
  readonly limit?: string | undefined
  readonly clientOrderId?: ClientOrderId | undefined
}
