import { parseExchangeOrderId, parseTradeId, type ClientOrderId, type InstrumentSymbol } from '#domain/ids.ts'
import { basisPoints, Money, notional } from '#domain/money/money.ts'
import type { Price } from '#domain/money/price.ts'
import { SignedQuantity } from '#domain/money/quantity.ts'
import type { AccountSnapshot, ExchangeCommand, ExchangeReport, OrderRequest, RestoreExchange } from '#engine/ports.ts'
import { FillHistory, snapshotOf } from './account-snapshot.ts'
import { refuseOrder, type Refusal } from './admission.ts'
import { amendedOrder, amendedRequest, refuseAmendment } from './amendment.ts'
import { takeLiquidity, takenAt, tradeResting, wouldTake, type MatchContext, type MatchedFill } from './matching.ts'
import type { MarketSlice } from './market-slice.ts'
import { lotsOf, priceOfTicks, quantityOfLots, ticksOf, type PaperInstrument } from './paper-instrument.ts'
import { arrivalTime, byPriority, lotsOfRequest, openLots, sameRequest, type PaperOrder } from './paper-order.ts'
import { DEFAULT_PAPER_PARAMETERS, type PaperParameters } from './paper-parameters.ts'
import { distanceTicks, SyntheticBook } from './synthetic-book.ts'

/** Open orders the venue takes; more are rejected. */
export const OPEN_ORDERS_MAX = 10_000
/** Finished orders remembered for queries and repeated submits; the oldest is forgotten first. */
export const FINISHED_ORDERS_MAX = 10_000
/** Digits of a fee; the rest is rounded up, against us. */
const FEE_DIGITS = 8

interface LastTrade {
  readonly price: Price
  readonly closeTime: number
}

/**
 * A venue without a clock, files or chance: the same commands and the same market give the same reports, byte for byte,
 * also when it is replaced in between by a new one restored with the open orders, the positions and the last slice.
 * What is modelled and what is not: `docs/paper-exchange.md`.
 */
export class PaperExchange {
  readonly #instruments: ReadonlyMap<InstrumentSymbol, PaperInstrument>
  readonly #parameters: PaperParameters
  readonly #seed: string
  readonly #open = new Map<ClientOrderId, PaperOrder>()
  readonly #finished = new Map<ClientOrderId, PaperOrder>()
  readonly #positionLots = new Map<InstrumentSymbol, bigint>()
  readonly #last = new Map<InstrumentSymbol, LastTrade>()
  readonly #fills = new FillHistory()

  constructor(options: {
    readonly instruments: readonly PaperInstrument[]
    readonly seed: string
    readonly parameters?: Partial<PaperParameters> | undefined
  }) {
    this.#instruments = new Map(options.instruments.map((instrument) => [instrument.symbol, instrument]))
    this.#parameters = { ...DEFAULT_PAPER_PARAMETERS, ...options.parameters }
    this.#seed = options.seed
  }

  get openOrderCount(): number {
    return this.#open.size
  }

  /** Takes over from a venue that stopped. Orders in an instrument that this market does not list are canceled. */
  restore({ orders, positions }: Pick<RestoreExchange, 'orders' | 'positions'>): readonly ExchangeReport[] {
    for (const { symbol, quantity } of positions) {
      const instrument = this.#instruments.get(symbol)
      const held = SignedQuantity.parse(quantity)
      if (instrument !== undefined) this.#positionLots.set(symbol, signedLots(held, instrument))
    }
    const reports: ExchangeReport[] = []
    for (const restored of orders) {
      const { exchangeOrderId, filledQuantity, ...request } = restored
      const { clientOrderId, symbol } = request
      const instrument = this.#instruments.get(symbol)
      if (instrument === undefined) {
        reports.push({
          type: 'OrderCanceled',
          clientOrderId,
          symbol,
          ts: request.ts,
          reason: `${symbol} is not traded in this market any more`,
        })
        continue
      }
      const arrival = arrivalTime(request, this.#parameters, this.#seed)
      const lots = lotsOfRequest(request, instrument)
      const filledLots = lotsOf(filledQuantity, instrument)
      const order = { request, exchangeOrderId, instrument, arrival, lots, filledLots }
      if (filledLots < lots) this.#open.set(clientOrderId, order)
      else this.#finish(order)
    }
    return reports
  }

  /** Learns a price without matching: the market before a restart, or history. */
  observe({ symbol, close, closeTime }: MarketSlice): void {
    this.#last.set(symbol, { price: close, closeTime })
  }

  /** Answers a command. The answer carries the command's own time: the market stands still meanwhile, latency shows in the fills. */
  handle(command: ExchangeCommand): readonly ExchangeReport[] {
    switch (command.type) {
      case 'SubmitOrder':
        return [this.#submit(command.order)]
      case 'CancelOrder':
        return [this.#cancel(command)]
      case 'QueryOrder':
        return [this.#query(command)]
      case 'AmendOrder':
        return [this.#amend(command)]
      case 'QueryAccount':
      case 'CancelExternalOrder':
        return []
    }
  }

  /** Everything it knows of the account. Orders in the book answer to their own questions, not here. */
  account(question: Extract<ExchangeCommand, { readonly type: 'QueryAccount' }>): AccountSnapshot {
    const account = { open: this.#open.values(), positionLots: this.#positionLots, instruments: this.#instruments, fills: this.#fills }
    return snapshotOf(account, question)
  }

  /** Lets the market move: every open order that has arrived meets the slice, oldest first. */
  move(slice: MarketSlice): readonly ExchangeReport[] {
    const { symbol } = slice
    const instrument = this.#instruments.get(symbol)
    const previousCloseTime = this.#last.get(symbol)?.closeTime ?? Number.NEGATIVE_INFINITY
    this.observe(slice)
    if (instrument === undefined || this.#open.size === 0) return []
    const orders = [...this.#open.values()].filter((order) => order.request.symbol === symbol && order.arrival < slice.closeTime)
    if (orders.length === 0) return []
    const book = new SyntheticBook({ slice, instrument, parameters: this.#parameters, seed: this.#seed })
    const context: MatchContext = { slice, book, previousCloseTime, parameters: this.#parameters, seed: this.#seed }
    orders.sort(byPriority)
    const reports = orders.flatMap((order) => this.#arrive(order, context))
    for (const order of orders) reports.push(...this.#match(order, context, tradeResting))
    const emptied = [...this.#open.values()].filter((order) => order.request.symbol === symbol && this.#fillableLots(order) === 0n)
    for (const order of emptied.sort(byPriority)) reports.push(this.#cancelEmptied(order, slice.closeTime))
    return reports
  }

  #submit(request: OrderRequest): ExchangeReport {
    const { clientOrderId, symbol } = request
    const known = this.#open.get(clientOrderId) ?? this.#finished.get(clientOrderId)
    const base = { clientOrderId, symbol, ts: request.ts }
    if (known !== undefined && sameRequest(known.request, request)) {
      return { ...base, type: 'OrderAccepted', exchangeOrderId: known.exchangeOrderId }
    }
    const instrument = this.#instruments.get(symbol)
    const refusal = known === undefined ? this.#refusal(request, instrument) : duplicate(request)
    if (refusal !== undefined || instrument === undefined) {
      return { ...base, type: 'OrderRejected', ...(refusal ?? { code: 'UNKNOWN_SYMBOL', message: `${symbol} is not listed here` }) }
    }
    const exchangeOrderId = parseExchangeOrderId(`P-${clientOrderId}`)
    const arrival = arrivalTime(request, this.#parameters, this.#seed)
    const lots = lotsOfRequest(request, instrument)
    this.#open.set(clientOrderId, { request, exchangeOrderId, instrument, arrival, lots, filledLots: 0n })
    return { ...base, type: 'OrderAccepted', exchangeOrderId }
  }

  #refusal(request: OrderRequest, instrument: PaperInstrument | undefined): Refusal | undefined {
    if (instrument === undefined) return undefined
    const isNew = !this.#open.has(request.clientOrderId)
    if (isNew && this.#open.size >= OPEN_ORDERS_MAX)
      return { code: 'TOO_MANY_OPEN_ORDERS', message: `${OPEN_ORDERS_MAX} orders are open already` }
    const { symbol } = request
    let promisedLots = 0n
    for (const order of this.#open.values()) {
      const { side, reduceOnly, clientOrderId } = order.request
      if (clientOrderId !== request.clientOrderId && order.request.symbol === symbol && side === 'SELL' && !reduceOnly)
        promisedLots += openLots(order)
    }
    const positionLots = this.#positionLots.get(symbol) ?? 0n
    const lastPrice = this.#last.get(symbol)?.price
    return refuseOrder(request, { instrument, positionLots, promisedLots, lastPrice, touch: this.#touch(request, instrument) })
  }

  #touch({ side, symbol }: OrderRequest, instrument: PaperInstrument): Price | undefined {
    const last = this.#last.get(symbol)
    if (last === undefined) return undefined
    const ticks = ticksOf(last.price, instrument, 'half-even')
    const half = distanceTicks(ticks, this.#parameters.halfSpreadCentiBps)
    return priceOfTicks(side === 'BUY' ? ticks + half : ticks - half, instrument)
  }

  /** In place: the order keeps its id, and its place in the queue unless its price changes or its size grows. */
  #amend(command: Extract<ExchangeCommand, { type: 'AmendOrder' }>): ExchangeReport {
    const { clientOrderId, symbol, ts } = command
    const base = { clientOrderId, symbol, ts }
    const order = this.#open.get(clientOrderId)
    if (order === undefined) return { ...base, type: 'AmendRejected', reason: 'the order is not open' }
    const request = amendedRequest(order, command)
    const refusal = refuseAmendment(order, request, command) ?? this.#refusal(request, order.instrument)
    if (refusal !== undefined) return { ...base, type: 'AmendRejected', reason: `${refusal.code}: ${refusal.message}` }
    this.#open.set(clientOrderId, amendedOrder(order, request, this.#parameters, this.#seed))
    const { quantity, price } = request
    return { ...base, type: 'OrderAmended', quantity, price }
  }

  #cancel({ clientOrderId, symbol, ts }: Extract<ExchangeCommand, { type: 'CancelOrder' }>): ExchangeReport {
    const base = { clientOrderId, symbol, ts }
    const order = this.#open.get(clientOrderId)
    if (order !== undefined) {
      this.#finish(order)
      return { ...base, type: 'OrderCanceled', reason: 'canceled on request' }
    }
    return { ...base, type: 'CancelRejected', reason: 'the order is not open' }
  }

  #query({ clientOrderId, symbol, ts }: Extract<ExchangeCommand, { type: 'QueryOrder' }>): ExchangeReport {
    const base = { clientOrderId, symbol, ts }
    const order = this.#open.get(clientOrderId) ?? this.#finished.get(clientOrderId)
    if (order === undefined) return { ...base, type: 'OrderNotFound', authoritative: true }
    const { exchangeOrderId, instrument, request } = order
    const filledQuantity = quantityOfLots(order.filledLots, instrument)
    const status = this.#open.has(clientOrderId) ? 'OPEN' : openLots(order) === 0n ? 'FILLED' : (order.end ?? 'CANCELED')
    const { quantity, price, triggerPrice } = request
    return { ...base, type: 'OrderFound', exchangeOrderId, status, quantity, price, triggerPrice, filledQuantity }
  }

  /** What takes trades now; what may not rest, or may only rest, ends here if it cannot have its way. */
  #arrive(order: PaperOrder, context: MatchContext): ExchangeReport[] {
    const { postOnly, timeInForce } = order.request
    const ts = takenAt(order, context)
    if (postOnly && wouldTake(order, context)) return [this.#expire(order, ts, 'post-only, and it would have taken on its arrival')]
    const reports = [...this.#match(order, context, takeLiquidity)]
    if (timeInForce === 'GTC' || !this.#open.has(order.request.clientOrderId)) return reports
    return [
      ...reports,
      this.#expire(order, ts, timeInForce === 'FOK' ? 'it could not be filled whole at once' : 'what could not be had at once'),
    ]
  }

  #expire(order: PaperOrder, ts: number, reason: string): ExchangeReport {
    const { clientOrderId, symbol } = order.request
    this.#finish(order, 'EXPIRED')
    return { type: 'OrderExpired', clientOrderId, symbol, ts, reason }
  }

  #match(order: PaperOrder, context: MatchContext, match: typeof takeLiquidity): readonly ExchangeReport[] {
    const want = this.#open.has(order.request.clientOrderId) ? this.#fillableLots(order) : 0n
    if (want === 0n) return []
    return match(order, want, context).map((fill) => this.#fill(order, fill, context.slice.openTime))
  }

  #fill(order: PaperOrder, fill: MatchedFill, openTime: number): ExchangeReport {
    const { request, instrument, exchangeOrderId } = order
    const { clientOrderId, symbol, side } = request
    const price = priceOfTicks(fill.ticks, instrument)
    const quantity = quantityOfLots(fill.lots, instrument)
    const rate = fill.liquidity === 'MAKER' ? instrument.makerFee : instrument.takerFee
    const fee = Money.roundToScale(basisPoints(notional(price, quantity, instrument.settle), rate), FEE_DIGITS, 'ceil')
    // The lots filled before name the fill: two different fills of an order can never share an id, also across a restart.
    const tradeId = parseTradeId(`${clientOrderId}-${openTime}-${order.filledLots}`)
    order.filledLots += fill.lots
    const held = this.#positionLots.get(symbol) ?? 0n
    this.#positionLots.set(symbol, side === 'BUY' ? held + fill.lots : held - fill.lots)
    if (openLots(order) === 0n) this.#finish(order)
    const { liquidity, ts } = fill
    const report = {
      type: 'OrderFill',
      clientOrderId,
      symbol,
      ts,
      tradeId,
      exchangeOrderId,
      price,
      quantity,
      fee: Money.trim(fee),
      liquidity,
    } as const
    this.#fills.add(report, side)
    return report
  }

  /** What may still fill: reduce-only orders and spot sales never more than the position. */
  #fillableLots(order: PaperOrder): bigint {
    const { side, symbol, reduceOnly } = order.request
    const open = openLots(order)
    if (!reduceOnly && !(order.instrument.kind === 'spot' && side === 'SELL')) return open
    const held = this.#positionLots.get(symbol) ?? 0n
    const reducible = side === 'SELL' ? held : -held
    if (reducible <= 0n) return 0n
    return reducible < open ? reducible : open
  }

  #cancelEmptied(order: PaperOrder, ts: number): ExchangeReport {
    const { clientOrderId, symbol } = order.request
    this.#finish(order)
    return { type: 'OrderCanceled', clientOrderId, symbol, ts, reason: 'the position it could reduce is closed' }
  }

  #finish(order: PaperOrder, end?: PaperOrder['end']): void {
    if (end !== undefined) order.end = end
    this.#open.delete(order.request.clientOrderId)
    this.#finished.set(order.request.clientOrderId, order)
    const oldest = this.#finished.keys().next()
    if (this.#finished.size > FINISHED_ORDERS_MAX && !oldest.done) this.#finished.delete(oldest.value)
  }
}

function signedLots(held: SignedQuantity, instrument: PaperInstrument): bigint {
  const lots = lotsOf(SignedQuantity.magnitude(held), instrument)
  return held.units < 0n ? -lots : lots
}

function duplicate({ clientOrderId }: OrderRequest): Refusal {
  return { code: 'DUPLICATE_CLIENT_ORDER_ID', message: `${clientOrderId} was used before for a different order` }
}
