import type { Candle, Timeframe } from '#domain/candle.ts'
import type { ExchangeOrderId, InstrumentSymbol } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import type { Money } from '#domain/money/money.ts'
import type { Price } from '#domain/money/price.ts'
import type { SignedQuantity } from '#domain/money/quantity.ts'
import type { ExchangeCapabilities, ExchangeCommand, OrderRequest, Quote, VenueFill, VenueOrder } from '#engine/ports.ts'

/**
 * What became of a request that changes something. `GONE`: the venue does not have the order (any more). `DENIED`: refused,
 * and everything else with this key will be too. `UNKNOWN`: it may or may not have been carried out.
 */
export type SendOutcome =
  | { readonly kind: 'DONE'; readonly exchangeOrderId?: ExchangeOrderId | undefined; readonly ts: number }
  | { readonly kind: 'REJECTED'; readonly code: string; readonly message: string }
  | { readonly kind: 'DENIED'; readonly code: string; readonly message: string }
  | { readonly kind: 'THROTTLED'; readonly retryAfterMs: number; readonly reason: string }
  | { readonly kind: 'DUPLICATE'; readonly reason: string }
  | { readonly kind: 'GONE'; readonly reason: string }
  | { readonly kind: 'UNKNOWN'; readonly reason: string }

/** An order as the venue shows it, with its end if that has come. */
export interface VenueOrderState extends VenueOrder {
  readonly status: 'OPEN' | 'FILLED' | 'CANCELED' | 'EXPIRED' | 'REJECTED'
  /** The venue's words for the end. */
  readonly reason: string
  readonly updatedAt: number
}

export type OrderRef = Pick<Extract<ExchangeCommand, { readonly type: 'QueryOrder' }>, 'clientOrderId' | 'symbol'>
export type Amendment = Extract<ExchangeCommand, { readonly type: 'AmendOrder' }>

export interface VenuePosition {
  readonly symbol: InstrumentSymbol
  readonly quantity: SignedQuantity
  readonly averagePrice?: Price | undefined
}

/**
 * One venue behind ccxt. Questions throw `VenueFailure` when there is no usable answer; requests that change something
 * never throw for that: their outcome says what is known.
 */
export interface VenueAdapter {
  readonly name: string
  readonly capabilities: ExchangeCapabilities
  /** Measures how far the venue's clock is ahead of ours and signs by it from then on. Milliseconds. */
  syncClock(): Promise<{ readonly offsetMs: number; readonly roundTripMs: number }>
  /** The venue's time, by the last measurement. */
  now(): number
  loadInstruments(symbols: readonly InstrumentSymbol[]): Promise<readonly Instrument[]>
  submit(order: OrderRequest): Promise<SendOutcome>
  amend(amendment: Amendment): Promise<SendOutcome>
  cancel(order: OrderRef): Promise<SendOutcome>
  /** An order that is not ours, by the venue's id. */
  cancelExternal(order: { readonly exchangeOrderId: ExchangeOrderId; readonly symbol: InstrumentSymbol }): Promise<SendOutcome>
  /** Undefined: the venue does not show it, neither among open nor among closed orders. */
  order(order: OrderRef): Promise<VenueOrderState | undefined>
  openOrders(): Promise<readonly VenueOrderState[]>
  fillsOf(order: OrderRef): Promise<readonly VenueFill[]>
  /** Oldest first. */
  fillsSince(since: number): Promise<readonly VenueFill[]>
  positions(): Promise<readonly VenuePosition[]>
  balances(): Promise<readonly { readonly currency: string; readonly cash: Money }[]>
  /** Closed candles only, oldest first. */
  candles(symbol: InstrumentSymbol, timeframe: Timeframe, limit: number): Promise<readonly Candle[]>
  quotes(symbols: readonly InstrumentSymbol[]): Promise<readonly Quote[]>
  close(): Promise<void>
}

/** No usable answer to a question. `isDenied`: the key or its rights are at fault. */
export class VenueFailure extends Error {
  readonly isDenied: boolean
  readonly retryAfterMs: number | undefined
  constructor(message: string, options: { readonly isDenied?: boolean; readonly retryAfterMs?: number | undefined } = {}) {
    super(message)
    this.name = 'VenueFailure'
    this.isDenied = options.isDenied ?? false
    this.retryAfterMs = options.retryAfterMs
  }
}
