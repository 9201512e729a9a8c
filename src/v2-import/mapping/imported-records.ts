import type { OrderSide, OrderStatus, OrderType } from '#domain/order.ts'
import type { NoteRule, ParkRule, SkipRule } from './rules.ts'

/**
 * What version 2 held, in the terms of version 3. Imported history stands in tables of its own (schema `imported`) beside the ones that
 * are folded from the journal: it is read like them and never enters the engine's books. Numbers are decimal text with every digit of
 * the source; times are UTC milliseconds, with the microseconds of the source kept in `extras`. A field is undefined where version 2
 * does not say: never a likely value in its place.
 */

/** Where a record comes from. A source row may become several records (a trade: two orders, two fills, a position). */
export interface Origin {
  /** `TableInfo.key` of the source. */
  readonly table: string
  /** `rowKey` of the source row. */
  readonly key: string
}

/**
 * Columns of the source row that no field of the record carries digit for digit and letter for letter: column name → text of the source, or
 * null. A column that no field carries and that is NULL is left out; columns of the key stand in `origin.key`. Of the records made from one
 * row only the first (see `rebuildRow`) has extras.
 */
export type Extras = Readonly<Record<string, string | null>>

interface RecordBase {
  readonly origin: Origin
  readonly extras: Extras
}

/** `entry` and `exit` are made from a trade whose orders the orders table does not hold. */
export type OrderPart = 'row' | 'entry' | 'exit'

export interface ImportedOrder extends RecordBase {
  readonly kind: 'order'
  readonly part: OrderPart
  /** The exchange's id, or `v2_trade_<id>`, `v2_trade_<id>_close` and `v2_order_<id>` for orders version 2 kept no id of. */
  readonly orderId: string
  readonly exchange: string
  readonly symbol: string
  readonly side: OrderSide
  /** A trade does not say of what type its orders were. */
  readonly orderType: OrderType | undefined
  readonly status: Extract<OrderStatus, 'FILLED' | 'PARTIALLY_FILLED' | 'CANCELED' | 'REJECTED' | 'EXPIRED' | 'ACCEPTED' | 'SUBMITTED'>
  readonly purpose: 'ENTRY' | 'EXIT' | 'STOP_LOSS' | 'TAKE_PROFIT' | undefined
  readonly quantity: string
  /** Known where the status says it: all of a FILLED order, nothing of a REJECTED or untouched one. */
  readonly filledQuantity: string | undefined
  readonly price: string | undefined
  readonly averagePrice: string | undefined
  readonly triggerPrice: string | undefined
  readonly stopLoss: string | undefined
  readonly takeProfit: string | undefined
  readonly reduceOnly: boolean | undefined
  readonly timeInForce: string | undefined
  readonly strategy: string | undefined
  readonly createdMs: number
  readonly updatedMs: number | undefined
}

export interface ImportedFill extends RecordBase {
  readonly kind: 'fill'
  readonly part: 'entry' | 'exit'
  /** `v2_trade_<id>_entry` or `_exit`: version 2 kept no trade ids of the exchange. */
  readonly fillId: string
  readonly orderId: string
  readonly exchange: string
  readonly symbol: string
  readonly side: OrderSide
  readonly price: string
  readonly quantity: string
  /** Version 2 kept none: undefined is "not known", never zero. */
  readonly fee: string | undefined
  readonly realizedPnl: string | undefined
  readonly strategy: string | undefined
  readonly ts: number
}

export interface ImportedPosition extends RecordBase {
  readonly kind: 'position'
  /** `lifecycle` from a trade, `snapshot` from the positions table: what version 2 believed it held when it was exported. */
  readonly part: 'lifecycle' | 'snapshot'
  readonly positionId: string
  readonly exchange: string
  readonly symbol: string
  readonly direction: 'LONG' | 'SHORT'
  /** `PARTIAL`: something is held, version 2 does not say how much of `quantity`. A snapshot of size zero is `CLOSED`. */
  readonly state: 'OPEN' | 'PARTIAL' | 'CLOSED' | 'CANCELED' | 'REJECTED'
  readonly quantity: string
  readonly leverage: string | undefined
  readonly entryPrice: string | undefined
  readonly exitPrice: string | undefined
  readonly stopLoss: string | undefined
  readonly takeProfit: string | undefined
  readonly realizedPnl: string | undefined
  readonly entryOrderId: string | undefined
  readonly exitOrderId: string | undefined
  readonly strategy: string | undefined
  /** 0 to 1, of the signal that opened it. */
  readonly confidence: string | undefined
  readonly sessionId: string | undefined
  readonly openedMs: number | undefined
  readonly closedMs: number | undefined
}

export interface ImportedSignal extends RecordBase {
  readonly kind: 'signal'
  readonly signalId: string
  readonly exchange: string | undefined
  readonly symbol: string
  /** Undefined where the source names none: a score alone is no direction. */
  readonly action: 'BUY' | 'SELL' | 'CLOSE_LONG' | 'CLOSE_SHORT' | undefined
  /** 0 to 1. */
  readonly confidence: string | undefined
  readonly score: string | undefined
  readonly status: string | undefined
  readonly strategy: string | undefined
  readonly createdMs: number
  readonly processedMs: number | undefined
}

/** One asset at one moment; version 2's balances are a time series. */
export interface ImportedBalance extends RecordBase {
  readonly kind: 'balance'
  readonly exchange: string
  readonly asset: string
  readonly free: string | undefined
  readonly locked: string | undefined
  readonly total: string | undefined
  readonly totalUsd: string | undefined
  readonly ts: number
}

/** sltp_orders: a stop and a target of one trade. */
export interface ImportedProtection extends RecordBase {
  readonly kind: 'protection'
  readonly protectionId: string
  readonly tradeId: string | undefined
  readonly symbol: string
  /** Of the trade it protects. */
  readonly side: OrderSide
  readonly status: string | undefined
  readonly stopLoss: string | undefined
  readonly takeProfit: string | undefined
  readonly stopOrderId: string | undefined
  readonly targetOrderId: string | undefined
  readonly createdMs: number | undefined
  readonly updatedMs: number | undefined
}

/** partial_tp_history: one step of a ladder. */
export interface ImportedLadderStep extends RecordBase {
  readonly kind: 'ladder_step'
  readonly stepId: string
  readonly tradeId: string | undefined
  readonly level: number
  readonly status: string | undefined
  readonly quantity: string | undefined
  readonly price: string | undefined
  readonly orderId: string | undefined
  readonly createdMs: number | undefined
}

export interface ImportedSession extends RecordBase {
  readonly kind: 'session'
  readonly sessionId: string
  readonly status: string | undefined
  readonly totalPnl: string | undefined
  readonly startedMs: number | undefined
  readonly endedMs: number | undefined
}

export type ImportedRecord =
  | ImportedOrder
  | ImportedFill
  | ImportedPosition
  | ImportedSignal
  | ImportedBalance
  | ImportedProtection
  | ImportedLadderStep
  | ImportedSession

/** Something about a mapped row that a person may want to know. The text is the same for every row of a column: count by rule and column. */
export interface Note {
  readonly rule: NoteRule
  readonly column: string
  readonly text: string
}

/** What becomes of one source row. */
export type Verdict =
  /** Into records. Orders of a trade may turn out to be held by the orders table already: the loader leaves those out. */
  | { readonly outcome: 'mapped'; readonly records: readonly ImportedRecord[]; readonly notes: readonly Note[] }
  /** A table nobody knows, or one kept for reference (bybit_*): the row is kept word for word. */
  | { readonly outcome: 'kept' }
  /** It cannot be mapped without a guess; kept word for word with the reason, for a person. */
  | { readonly outcome: 'parked'; readonly rule: ParkRule; readonly column: string | undefined; readonly reason: string }
  /** Left out by a rule with a name, e.g. an exact repetition of a row under the same key. */
  | { readonly outcome: 'skipped'; readonly rule: SkipRule; readonly reason: string }
