import type { OrderRequest } from '#engine/ports.ts'
import type { Price } from '#domain/money/price.ts'
import type { Quantity } from '#domain/money/quantity.ts'
import type { Random } from '../core/random.ts'
import { MARKETS, PriceWalk, lotsOf, marketOf, ticksOf, valueOf, type Market } from './market.ts'
import type { Personality } from './personality.ts'
import { hasLimit, isConditional, openLotsOf, signOf, type OrderAtVenue, type VenueStatus } from './venue-order.ts'

export type VenueEvent =
  | { readonly type: 'accepted' | 'ended' | 'amended'; readonly order: OrderAtVenue; readonly ts: number }
  | { readonly type: 'fill'; readonly order: OrderAtVenue; readonly trade: OrderAtVenue['trades'][number]; readonly ts: number }

export type VenueAnswer =
  | { readonly type: 'accepted'; readonly order: OrderAtVenue }
  | { readonly type: 'refused'; readonly code: string; readonly message: string }

const refused = (code: string, message = code): VenueAnswer => ({ type: 'refused', code, message })

/** What an external person asks for. */
export interface HandOrder {
  readonly market: Market
  readonly side: 'BUY' | 'SELL'
  readonly lots: number
  readonly priceTicks?: number | undefined
}

/**
 * The exchange: the truth that our books are compared with. A price walk, price levels of seeded size around it, and the rules
 * of one personality. It never lies; what lies is the network between.
 */
export class FakeVenue {
  readonly personality: Personality
  readonly orders: OrderAtVenue[] = []
  readonly open = new Set<OrderAtVenue>()
  readonly byClientId = new Map<string, OrderAtVenue>()
  /** Signed lots, everybody's orders on this account together. */
  readonly positions = new Map<string, number>()
  /** What the net position of each perpetual cost, at its average price. */
  readonly costs = new Map<string, bigint>()
  /** Cash in the venue's money: what fills and fees did to it since the start. */
  cash = 0n
  readonly walks: ReadonlyMap<string, PriceWalk>
  readonly #random: Random
  readonly #trades = new Map<string, number>()
  readonly #onEvent: (event: VenueEvent) => void
  now: number
  /** The person on the exchange's page has gone; what rests of theirs trades no more. */
  isPersonGone = false

  constructor(options: {
    readonly personality: Personality
    readonly random: Random
    readonly now: number
    readonly onEvent: (event: VenueEvent) => void
  }) {
    this.personality = options.personality
    this.#random = options.random
    this.now = options.now
    this.#onEvent = options.onEvent
    this.walks = new Map(MARKETS.map((market) => [market.symbol, new PriceWalk(market, options.random.split(market.symbol))]))
  }

  lastTicks(market: Market): number {
    return (this.walks.get(market.symbol) as PriceWalk).ticks
  }

  halfSpread(market: Market): number {
    return Math.max(1, Math.floor(market.startTicks / 20_000))
  }

  /** Time passes: prices walk, triggers are met, resting orders trade. */
  move(now: number): void {
    this.now = now
    for (const market of MARKETS) {
      const last = (this.walks.get(market.symbol) as PriceWalk).step()
      for (const order of Array.from(this.open)) {
        if (order.market !== market || order.status !== 'OPEN') continue
        if (!order.triggered && this.#meetsTrigger(order, last)) this.#trigger(order)
        else if (order.triggered && !(this.isPersonGone && order.clientOrderId === undefined)) this.#tradeResting(order, last)
      }
    }
  }

  submit(request: OrderRequest): VenueAnswer {
    const { personality } = this
    const market = MARKETS.find((each) => each.symbol === request.symbol)
    if (market === undefined) return refused('UNKNOWN_SYMBOL')
    if (!personality.idPattern.test(request.clientOrderId)) return refused('BAD_CLIENT_ID', request.clientOrderId)
    const known = this.byClientId.get(request.clientOrderId)
    if (known !== undefined && (personality.dedupe === 'always' || known.status === 'OPEN')) return refused('DUPLICATE_CLIENT_ID')
    const lots = lotsOf(market, request.quantity)
    const priceTicks = request.price === undefined ? undefined : ticksOf(market, request.price)
    const triggerTicks = request.triggerPrice === undefined ? undefined : ticksOf(market, request.triggerPrice)
    const wrong = this.#formRefusal(request, { lots, priceTicks, triggerTicks })
    if (wrong !== undefined || lots === undefined) return wrong ?? refused('PRECISION')
    return this.#accept(this.#orderOf({ ...request, market, lots, priceTicks, triggerTicks, triggered: !isConditional(request.type) }))
  }

  /** A person on the exchange's own page. */
  submitByHand({ market, side, lots, priceTicks }: HandOrder): void {
    const type = priceTicks === undefined ? 'MARKET' : 'LIMIT'
    const form = { clientOrderId: undefined, timeInForce: 'GTC', postOnly: false, reduceOnly: false, triggerTicks: undefined } as const
    this.#accept(this.#orderOf({ ...form, market, side, lots, priceTicks, type, triggered: true }))
  }

  #orderOf(
    form: Pick<
      OrderAtVenue,
      | 'clientOrderId'
      | 'market'
      | 'side'
      | 'type'
      | 'timeInForce'
      | 'postOnly'
      | 'reduceOnly'
      | 'lots'
      | 'priceTicks'
      | 'triggerTicks'
      | 'triggered'
    >,
  ): OrderAtVenue {
    const { clientOrderId, market, side, type, timeInForce, postOnly, reduceOnly, lots, priceTicks, triggerTicks, triggered } = form
    return {
      exchangeOrderId: `X${this.orders.length + 1}`,
      clientOrderId,
      market,
      side,
      type,
      timeInForce,
      postOnly,
      reduceOnly,
      lots,
      filledLots: 0,
      priceTicks,
      triggerTicks,
      triggered,
      status: 'OPEN',
      reason: '',
      trades: [],
      acceptedAt: this.now,
      visibleAt: this.now + this.#lag(),
      endVisibleAt: Number.POSITIVE_INFINITY,
    }
  }

  #lag(): number {
    const { lagMaxMs } = this.personality
    return lagMaxMs === 0 ? 0 : this.#random.below(lagMaxMs + 1)
  }

  #formRefusal(
    request: OrderRequest,
    at: { readonly lots: number | undefined; readonly priceTicks: number | undefined; readonly triggerTicks: number | undefined },
  ): VenueAnswer | undefined {
    const { personality } = this
    const market = marketOf(request.symbol)
    if (!personality.orderTypes.includes(request.type)) return refused('ORDER_TYPE')
    if (!personality.timesInForce.includes(request.timeInForce) || (request.postOnly && !personality.postOnly)) return refused('FLAGS')
    if (hasLimit(request.type) !== (request.price !== undefined)) return refused('PRICE_REQUIRED')
    if (isConditional(request.type) !== (request.triggerPrice !== undefined)) return refused('TRIGGER_REQUIRED')
    if (request.price !== undefined && (at.priceTicks === undefined || at.priceTicks <= 0)) return refused('PRICE_PRECISION')
    if (request.triggerPrice !== undefined && (at.triggerTicks === undefined || at.triggerTicks <= 0)) return refused('TRIGGER_PRECISION')
    if (at.lots === undefined || at.lots < market.minLots) return refused('QUANTITY')
    if (request.reduceOnly && this.reducibleLots(market, request.side) === 0) return refused('REDUCE_ONLY')
    const sells = market.kind === 'spot' && request.side === 'SELL'
    if (sells && this.#freeLots(market) < at.lots) return refused('INSUFFICIENT_BALANCE')
    if (request.triggerPrice !== undefined && this.#meetsTrigger({ ...request, triggerTicks: at.triggerTicks }, this.lastTicks(market)))
      return refused('WOULD_TRIGGER')
    return undefined
  }

  /** What a reduce-only order of this side may still take off the net position. */
  reducibleLots(market: Market, side: 'BUY' | 'SELL'): number {
    return Math.max(0, -signOf(side) * (this.positions.get(market.symbol) ?? 0))
  }

  #freeLots(market: Market): number {
    let free = this.positions.get(market.symbol) ?? 0
    for (const order of this.open) if (order.market === market && order.side === 'SELL') free -= openLotsOf(order)
    return free
  }

  #accept(order: OrderAtVenue): VenueAnswer {
    const crosses = order.postOnly && this.#crosses(order)
    if (crosses && this.personality.postOnlyCrossing === 'reject') return refused('POST_ONLY')
    this.orders.push(order)
    this.open.add(order)
    if (order.clientOrderId !== undefined) this.byClientId.set(order.clientOrderId, order)
    this.#onEvent({ type: 'accepted', order, ts: this.now })
    if (crosses) this.#end(order, 'EXPIRED', 'post-only would take')
    else if (order.triggered) this.#take(order)
    return { type: 'accepted', order }
  }

  #crosses({ market, side, priceTicks }: OrderAtVenue): boolean {
    const touch = this.lastTicks(market) + signOf(side) * this.halfSpread(market)
    return priceTicks !== undefined && signOf(side) * (priceTicks - touch) >= 0
  }

  #meetsTrigger(order: Pick<OrderAtVenue, 'side' | 'type' | 'triggerTicks'>, last: number): boolean {
    if (order.triggerTicks === undefined) return false
    const up = order.type.startsWith('STOP') === (order.side === 'BUY')
    return up ? last >= order.triggerTicks : last <= order.triggerTicks
  }

  #trigger(order: OrderAtVenue): void {
    order.triggered = true
    this.#take(order)
  }

  /** Trades against the levels of the other side, nearest first. */
  #take(order: OrderAtVenue): void {
    const { market, side } = order
    const touch = this.lastTicks(market) + signOf(side) * this.halfSpread(market)
    const levels: { readonly ticks: number; readonly lots: number }[] = []
    const scale = Math.max(4, Math.floor(order.lots * (0.2 + this.#random.float() * 2)))
    const count = this.personality.thinBook ? this.#random.between(1, 3) : 5
    for (let i = 0; i < count; i += 1) {
      const ticks = touch + signOf(side) * i * this.halfSpread(market)
      if (order.priceTicks !== undefined && signOf(side) * (order.priceTicks - ticks) < 0) break
      levels.push({ ticks, lots: i === 4 ? Number.MAX_SAFE_INTEGER : this.#random.between(1, scale) })
    }
    const available = levels.reduce((sum, level) => sum + level.lots, 0)
    if (order.timeInForce === 'FOK' && available < openLotsOf(order)) return this.#end(order, 'EXPIRED', 'FOK')
    for (const { ticks, lots } of levels) this.#fill(order, ticks, lots, 'TAKER')
    if (order.status !== 'OPEN') return
    const rests = hasLimit(order.type) && order.timeInForce === 'GTC'
    if (!rests) this.#end(order, 'EXPIRED', order.timeInForce === 'GTC' ? 'no more offers' : order.timeInForce)
  }

  #tradeResting(order: OrderAtVenue, last: number): void {
    if (order.priceTicks === undefined || signOf(order.side) * (order.priceTicks - last) < 0) return
    const share = this.#random.pick([0.1, 0.4, 1, 1])
    this.#fill(order, order.priceTicks, Math.max(1, Math.floor(openLotsOf(order) * share)), 'MAKER')
  }

  #fill(order: OrderAtVenue, ticks: number, offered: number, liquidity: 'MAKER' | 'TAKER'): void {
    const { market, side } = order
    if (order.status !== 'OPEN') return
    let lots = Math.min(offered, openLotsOf(order))
    if (order.reduceOnly) lots = Math.min(lots, this.reducibleLots(market, side))
    if (lots === 0) {
      if (order.reduceOnly) this.#end(order, 'EXPIRED', 'nothing left to reduce')
      return
    }
    const value = valueOf(market, ticks, lots)
    const rate = liquidity === 'MAKER' ? this.personality.fees.maker : this.personality.fees.taker
    const fee = (value * BigInt(rate)) / 100_000n
    const space = this.personality.tradeIdsPerSymbol ? market.symbol : ''
    const count = (this.#trades.get(space) ?? 0) + 1
    this.#trades.set(space, count)
    const isOwnCoin = this.#random.below(10) < this.personality.feesInOwnCoin
    const trade = {
      tradeId: `T${count}`,
      ticks,
      lots,
      fee,
      feeCurrency: isOwnCoin ? 'VEN' : 'USDT',
      liquidity,
      ts: this.now,
      visibleAt: this.now + this.#lag(),
    }
    order.filledLots += lots
    order.trades.push(trade)
    this.#book(market, signOf(side) * lots, BigInt(signOf(side)) * value)
    this.cash -= BigInt(signOf(side)) * value + (isOwnCoin ? 0n : fee)
    this.#onEvent({ type: 'fill', order, trade, ts: this.now })
    if (order.filledLots === order.lots) this.#end(order, 'FILLED', '')
  }

  /** Average cost: what is taken off a position takes its share of the cost with it. */
  #book(market: Market, lots: number, value: bigint): void {
    const before = this.positions.get(market.symbol) ?? 0
    const cost = this.costs.get(market.symbol) ?? 0n
    const after = before + lots
    this.positions.set(market.symbol, after)
    if (before === 0 || before > 0 === lots > 0) this.costs.set(market.symbol, cost + value)
    else if (after === 0 || before > 0 === after > 0) this.costs.set(market.symbol, (cost * BigInt(after)) / BigInt(before))
    else this.costs.set(market.symbol, (value * BigInt(after)) / BigInt(lots))
  }

  #end(order: OrderAtVenue, status: Exclude<VenueStatus, 'OPEN'>, reason: string): void {
    order.status = status
    order.reason = reason
    const shown = order.trades.reduce((latest, trade) => Math.max(latest, trade.visibleAt), this.now)
    order.endVisibleAt = this.personality.endsBeforeFills ? this.now : Math.max(shown, this.now + this.#lag())
    this.open.delete(order)
    if (status !== 'FILLED') this.#onEvent({ type: 'ended', order, ts: this.now })
  }

  cancel(clientOrderId: string): VenueAnswer {
    const order = this.byClientId.get(clientOrderId)
    if (order === undefined) return refused('UNKNOWN_ORDER')
    if (order.status !== 'OPEN') return refused('ALREADY_DONE', order.status)
    this.#end(order, 'CANCELED', 'asked')
    return { type: 'accepted', order }
  }

  cancelByExchangeId(exchangeOrderId: string): boolean {
    for (const order of this.open) {
      if (order.exchangeOrderId !== exchangeOrderId) continue
      this.#end(order, 'CANCELED', 'asked')
      return true
    }
    return false
  }

  amend(
    clientOrderId: string,
    change: { readonly quantity?: Quantity | undefined; readonly price?: Price | undefined; readonly triggerPrice?: Price | undefined },
  ): VenueAnswer {
    const order = this.byClientId.get(clientOrderId)
    if (order === undefined) return refused('UNKNOWN_ORDER')
    if (!this.personality.amend) return refused('NOT_SUPPORTED')
    if (order.status !== 'OPEN') return refused('ALREADY_DONE', order.status)
    const lots = change.quantity === undefined ? order.lots : lotsOf(order.market, change.quantity)
    const priceTicks = change.price === undefined ? order.priceTicks : ticksOf(order.market, change.price)
    const triggerTicks = change.triggerPrice === undefined ? order.triggerTicks : ticksOf(order.market, change.triggerPrice)
    if (lots === undefined || lots <= order.filledLots) return refused('QUANTITY')
    if ((change.price !== undefined && priceTicks === undefined) || (change.triggerPrice !== undefined && triggerTicks === undefined))
      return refused('PRECISION')
    if (change.price !== undefined && !hasLimit(order.type)) return refused('NO_PRICE')
    if (change.triggerPrice !== undefined && (!isConditional(order.type) || order.triggered)) return refused('NO_TRIGGER')
    order.lots = lots
    order.priceTicks = priceTicks
    order.triggerTicks = triggerTicks
    this.#onEvent({ type: 'amended', order, ts: this.now })
    if (order.triggered && this.#crosses(order)) this.#take(order)
    return { type: 'accepted', order }
  }
}
