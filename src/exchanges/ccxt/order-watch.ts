import type { ClientOrderId, ExchangeOrderId, InstrumentSymbol } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { ExchangeReport, OrderRequest, RestoredOrder, VenueFill } from '#engine/ports.ts'
import type { Clock } from '#platform/clock.ts'
import type { OrderRef, VenueOrderState } from './venue-adapter.ts'

/** Orders that have ended and whose late fills are still reported. */
const ENDED_KEPT_MAX = 20_000
/** Trades remembered so that none is reported twice; the engine looks once more. */
const TRADES_KEPT_MAX = 200_000
const LOOK_AGAIN_MS = 200
const LOOK_AGAIN_MAX_MS = 30_000
const OUR_ID = /^[0-9a-z]{26,30}$/

export interface Watched {
  readonly clientOrderId: ClientOrderId
  readonly symbol: InstrumentSymbol
  /** Known to the engine: it has been told that the venue has the order. */
  exchangeOrderId: ExchangeOrderId | undefined
  /** As the engine knows it. */
  quantity: Quantity
  price: Price | undefined
  triggerPrice: Price | undefined
  /** Sum of the fills the engine has been told of. */
  reported: Quantity
  /** A request that creates it is on its way: until its answer absence says nothing. */
  isSending: boolean
  hasEnded: boolean
  /** Monotonic time from which on the venue is asked about this one order; Infinity: no reason to. */
  lookAt: number
  looks: number
  /** Monotonic time at which an amendment was sent whose outcome is open. */
  amendingSince: number | undefined
}

/** What the engine knows of each order, so that every change at the venue becomes exactly the reports that say it. */
export class OrderWatch {
  readonly #clock: Clock
  readonly #acceptanceWindowMs: number
  readonly #orders = new Map<ClientOrderId, Watched>()
  readonly #ended = new Map<string, Watched>()
  readonly #trades = new Set<string>()

  constructor(clock: Clock, acceptanceWindowMs: number) {
    this.#clock = clock
    this.#acceptanceWindowMs = acceptanceWindowMs
  }

  get size(): number {
    return this.#orders.size
  }

  get(clientOrderId: ClientOrderId): Watched | undefined {
    return this.#orders.get(clientOrderId)
  }

  begin(order: OrderRequest): Watched {
    const known = this.#orders.get(order.clientOrderId)
    if (known !== undefined) {
      known.isSending = true
      return known
    }
    return this.#add({ ...order, exchangeOrderId: undefined, reported: Quantity.ZERO, isSending: true })
  }

  restore(order: RestoredOrder): void {
    this.#add({ ...order, reported: order.filledQuantity, isSending: false })
  }

  /** An order the engine asks about and this life has not met. */
  adopt({ clientOrderId, symbol }: OrderRef, state: VenueOrderState): Watched {
    const { quantity, price, triggerPrice } = state
    return this.#add({
      clientOrderId,
      symbol,
      exchangeOrderId: undefined,
      quantity,
      price,
      triggerPrice,
      reported: Quantity.ZERO,
      isSending: false,
    })
  }

  /** An amendment is being sent: from now on the order's own state shows whether it holds. */
  beginAmend(clientOrderId: ClientOrderId): void {
    const order = this.#orders.get(clientOrderId)
    if (order !== undefined) order.amendingSince = this.#clock.elapsed()
  }

  /** It was refused for certain. */
  endAmend(clientOrderId: ClientOrderId): void {
    const order = this.#orders.get(clientOrderId)
    if (order !== undefined) order.amendingSince = undefined
  }

  #add(
    order: Pick<Watched, 'clientOrderId' | 'symbol' | 'exchangeOrderId' | 'quantity' | 'reported' | 'isSending'> & Partial<Watched>,
  ): Watched {
    const { clientOrderId, symbol, exchangeOrderId, quantity, price, triggerPrice, reported, isSending } = order
    const known = { clientOrderId, symbol, exchangeOrderId, quantity, price, triggerPrice, reported, isSending }
    const watched: Watched = { ...known, hasEnded: false, lookAt: Number.POSITIVE_INFINITY, looks: 0, amendingSince: undefined }
    this.#orders.set(clientOrderId, watched)
    return watched
  }

  /** Asks about the order soon. */
  look(order: Watched | undefined, inMs = 0): void {
    if (order === undefined || order.hasEnded) return
    order.looks = 0
    order.lookAt = Math.min(order.lookAt, this.#clock.elapsed() + inMs)
  }

  /** The orders to ask about now; each is put off until it is asked for again. */
  due(max: number): readonly Watched[] {
    const now = this.#clock.elapsed()
    const due: Watched[] = []
    for (const order of this.#orders.values()) {
      if (order.lookAt > now || order.isSending) continue
      order.lookAt = Number.POSITIVE_INFINITY
      due.push(order)
      if (due.length === max) break
    }
    return due
  }

  /** Nothing new yet: again, a little later each time. */
  lookLater(order: Watched): void {
    const waitMs = Math.min(LOOK_AGAIN_MAX_MS, LOOK_AGAIN_MS * 2 ** Math.min(order.looks, 10))
    order.looks += 1
    order.lookAt = this.#clock.elapsed() + waitMs
  }

  /** Orders that a list of open orders ought to show, had it been asked for after `since`. */
  *listed(since: number): Generator<Watched> {
    for (const order of this.#orders.values()) {
      if (!order.isSending && order.exchangeOrderId !== undefined && order.lookAt > since) yield order
    }
  }

  /**
   * Reports of the fills that are ours and new. An order with an amendment on its way is asked about first: a fill must not meet
   * a size that does not hold any more.
   */
  takeNewFills(fills: readonly VenueFill[]): readonly ExchangeReport[] {
    const isClear = (fill: VenueFill): boolean => {
      const order = this.#orders.get(fill.clientOrderId as ClientOrderId)
      if (order?.amendingSince === undefined) return true
      this.look(order)
      return false
    }
    return this.takeFills(fills.filter(isClear))
  }

  takeFills(fills: readonly VenueFill[]): readonly ExchangeReport[] {
    return fills.flatMap((fill): ExchangeReport[] => {
      const key = `${fill.symbol} ${fill.tradeId}`
      if (fill.clientOrderId === undefined || !OUR_ID.test(fill.clientOrderId) || this.#trades.has(key)) return []
      this.#trades.add(key)
      if (this.#trades.size > TRADES_KEPT_MAX) forgetOldest(this.#trades)
      const clientOrderId = fill.clientOrderId as ClientOrderId
      const order = this.#orders.get(clientOrderId) ?? this.#ended.get(clientOrderId)
      if (order !== undefined) {
        order.reported = Quantity.add(order.reported, fill.quantity)
        order.exchangeOrderId ??= fill.exchangeOrderId
        if (Quantity.compare(order.reported, order.quantity) >= 0) this.end(order)
      }
      const { symbol, ts, tradeId, exchangeOrderId, price, quantity, fee, liquidity } = fill
      return [{ type: 'OrderFill', clientOrderId, symbol, ts, tradeId, exchangeOrderId, price, quantity, fee, liquidity }]
    })
  }

  /** All fills of one order: what the engine has been told of it is exactly these from now on. */
  takeAllFills(order: Watched, fills: readonly VenueFill[]): readonly ExchangeReport[] {
    const reports = this.takeFills(fills)
    const sum = fills.reduce((total, { quantity }) => Quantity.add(total, quantity), Quantity.ZERO)
    if (Quantity.compare(sum, order.reported) > 0) order.reported = sum
    return reports
  }

  /** Whether the venue shows fills the engine has not been told of. */
  lacksFills(order: Watched, state: VenueOrderState): boolean {
    return Quantity.compare(state.filledQuantity, order.reported) > 0
  }

  /** That the venue has the order, and what it is there now. Told before its fills, for they are measured against it. */
  takeShape(order: Watched, state: VenueOrderState): readonly ExchangeReport[] {
    if (order.hasEnded) return []
    const { clientOrderId, symbol } = order
    const base = { clientOrderId, symbol, ts: state.updatedAt }
    const isNew = order.exchangeOrderId === undefined && state.status !== 'REJECTED'
    const accepted: readonly ExchangeReport[] = isNew ? [{ ...base, type: 'OrderAccepted', exchangeOrderId: state.exchangeOrderId }] : []
    order.exchangeOrderId = state.exchangeOrderId
    order.looks = 0
    return [...accepted, ...this.#takeChange(order, state)]
  }

  /** How it ended, if it has. Its fills must have been told before. */
  takeEnd(order: Watched, { status, reason, updatedAt }: VenueOrderState): readonly ExchangeReport[] {
    if (order.hasEnded || status === 'OPEN') return []
    this.end(order)
    const { clientOrderId, symbol } = order
    const base = { clientOrderId, symbol, ts: updatedAt }
    if (status === 'REJECTED') return [{ ...base, type: 'OrderRejected', code: 'VENUE', message: reason }]
    if (status === 'CANCELED') return [{ ...base, type: 'OrderCanceled', reason }]
    if (status === 'EXPIRED') return [{ ...base, type: 'OrderExpired', reason }]
    return []
  }

  /** An amendment that came through, ours or somebody else's; or ours that did not. */
  #takeChange(order: Watched, state: VenueOrderState): readonly ExchangeReport[] {
    const { clientOrderId, symbol, amendingSince } = order
    const base = { clientOrderId, symbol, ts: state.updatedAt }
    const { quantity, price, triggerPrice } = state
    const isSame =
      Quantity.compare(quantity, order.quantity) === 0 && samePrice(price, order.price) && samePrice(triggerPrice, order.triggerPrice)
    if (!isSame) {
      Object.assign(order, { quantity, price, triggerPrice, amendingSince: undefined })
      return [{ ...base, type: 'OrderAmended', quantity, price, triggerPrice }]
    }
    if (amendingSince === undefined || state.status !== 'OPEN') return []
    if (this.#clock.elapsed() - amendingSince < this.#acceptanceWindowMs) {
      this.lookLater(order)
      return []
    }
    order.amendingSince = undefined
    return [{ ...base, type: 'AmendRejected', reason: 'the venue shows the order unchanged' }]
  }

  end(order: Watched): void {
    order.hasEnded = true
    this.#orders.delete(order.clientOrderId)
    this.#ended.set(order.clientOrderId, order)
    if (this.#ended.size > ENDED_KEPT_MAX) forgetOldest(this.#ended)
  }
}

function forgetOldest(collection: { keys(): IterableIterator<string>; delete(key: string): boolean }): void {
  const oldest = collection.keys().next()
  if (!oldest.done) collection.delete(oldest.value)
}

function samePrice(a: Price | undefined, b: Price | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return Price.compare(a, b) === 0
}
