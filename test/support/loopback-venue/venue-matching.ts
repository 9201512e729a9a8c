import { decimal, isLess, multiply, type Decimal } from '../replay/decimal.ts'
import { seeded } from '../replay/seeded.ts'
import { instrumentOf, scaled, VenueBook } from './venue-book.ts'
import { PriceWalk, VENUE_INSTRUMENTS } from './venue-market.ts'
import { isOpen, type OrderRecord } from './venue-records.ts'

export interface VenueRefusal {
  readonly retCode: number
  readonly retMsg: string
}

export interface VenueOptions {
  readonly seed: number
  readonly startBalance: string
  readonly file?: string | undefined
  readonly now: () => number
}

const OPEN_ORDERS_MAX = 500
/** Share of orders that fill in more than one piece. */
const SPLIT_SHARE = 0.4
/** Farthest a limit price may lie from the last price. */
const PRICE_BAND = 0.5

export interface CreateRequest {
  readonly symbol: string
  readonly side: 'Buy' | 'Sell'
  readonly orderType: 'Limit' | 'Market'
  readonly qty: string
  readonly price?: string | undefined
  readonly timeInForce?: string | undefined
  readonly orderLinkId?: string | undefined
  readonly reduceOnly?: boolean | undefined
  readonly triggerPrice?: string | undefined
  readonly triggerDirection?: number | undefined
}

/** Takes orders and matches them against a seeded price walk. One-way mode, one account, linear perpetuals. */
export class VenueMatching {
  readonly book: VenueBook
  readonly walks: ReadonlyMap<string, PriceWalk>
  readonly #now: () => number
  readonly #random: () => number
  isPaused = false

  constructor(options: VenueOptions) {
    this.book = new VenueBook({ file: options.file, startBalance: options.startBalance })
    this.#now = options.now
    this.#random = seeded(options.seed)
    this.walks = new Map(
      VENUE_INSTRUMENTS.map((instrument, index) => [instrument.symbol, new PriceWalk(instrument, seeded(options.seed + 1 + index))]),
    )
    for (const walk of this.walks.values()) walk.step(this.#now())
  }

  create(request: CreateRequest): OrderRecord | VenueRefusal {
    const checked = this.#check(request)
    if ('retCode' in checked) return checked
    const { lots, ticks, triggerTicks } = checked
    const now = this.#now()
    const orderId = `o${this.book.nextId().toString(36).padStart(8, '0')}-4f1e-venue`
    const order: OrderRecord = {
      orderId,
      orderLinkId: request.orderLinkId ?? '',
      symbol: request.symbol,
      side: request.side,
      orderType: request.orderType,
      lots,
      ticks,
      filledLots: 0,
      filledValue: '0',
      filledFee: '0',
      status: triggerTicks === undefined ? 'New' : 'Untriggered',
      timeInForce: timeInForceOf(request),
      reduceOnly: request.reduceOnly ?? false,
      triggerTicks,
      triggerDirection: triggerTicks === undefined ? 0 : request.triggerDirection === 1 ? 1 : 2,
      cancelType: 'UNKNOWN',
      rejectReason: 'EC_NoError',
      createdTime: now,
      updatedTime: now,
    }
    this.book.put(order)
    if (!this.isPaused) this.#arrive(order)
    return order
  }

  amend(
    find: { readonly orderId?: string | undefined; readonly orderLinkId?: string | undefined },
    change: { readonly qty?: string | undefined; readonly price?: string | undefined; readonly triggerPrice?: string | undefined },
  ): OrderRecord | VenueRefusal {
    const order = this.find(find)
    if (order === undefined || !isOpen(order)) return { retCode: 110001, retMsg: 'order not exists or too late to replace' }
    const instrument = instrumentOf(order.symbol)
    const lots = change.qty === undefined ? order.lots : wholeSteps(change.qty, instrument.lot)
    const ticks = change.price === undefined ? order.ticks : wholeSteps(change.price, instrument.tick)
    const triggerTicks = change.triggerPrice === undefined ? order.triggerTicks : wholeSteps(change.triggerPrice, instrument.tick)
    if (lots === undefined || (change.price !== undefined && ticks === undefined)) return { retCode: 10001, retMsg: 'params error' }
    if (lots <= order.filledLots)
      return { retCode: 110064, retMsg: 'The number of contracts modified cannot be less than or equal to the filled quantity' }
    if (lots === order.lots && ticks === order.ticks && triggerTicks === order.triggerTicks)
      return { retCode: 10001, retMsg: 'The order remains unchanged as the parameters entered match the existing ones.' }
    this.book.change(order, this.#now(), { lots, ticks, triggerTicks })
    if (!this.isPaused) this.#match(order)
    return order
  }

  cancel(find: { readonly orderId?: string | undefined; readonly orderLinkId?: string | undefined }): OrderRecord | VenueRefusal {
    const order = this.find(find)
    if (order === undefined || !isOpen(order)) return { retCode: 110001, retMsg: 'order not exists or too late to cancel' }
    this.#cancel(order, 'CancelByUser')
    return order
  }

  find({ orderId, orderLinkId }: { readonly orderId?: string | undefined; readonly orderLinkId?: string | undefined }) {
    return orderId === undefined ? this.book.byLink.get(orderLinkId ?? '') : this.book.orders.get(orderId)
  }

  /** The market moves one step and every open order meets it. */
  tick(): void {
    for (const walk of this.walks.values()) walk.step(this.#now())
    this.matchAll()
  }

  setPrice(symbol: string, price: string): void {
    const walk = this.walks.get(symbol)
    const ticks = walk === undefined ? undefined : wholeSteps(price, walk.instrument.tick)
    if (walk === undefined || ticks === undefined) throw new Error(`no price ${price} for ${symbol}`)
    walk.set(this.#now(), ticks)
    this.matchAll()
  }

  matchAll(): void {
    if (this.isPaused) return
    for (const order of this.book.open) this.#match(order)
  }

  #check(
    request: CreateRequest,
  ): VenueRefusal | { readonly lots: number; readonly ticks: number | undefined; readonly triggerTicks: number | undefined } {
    const { book } = this
    const walk = this.walks.get(request.symbol)
    if (walk === undefined) return { retCode: 10001, retMsg: 'params error: symbol invalid' }
    const { instrument } = walk
    if (request.orderLinkId !== undefined && !/^[\w-]{1,36}$/.test(request.orderLinkId))
      return { retCode: 10001, retMsg: 'params error: orderLinkId invalid' }
    if (request.orderLinkId !== undefined && book.byLink.has(request.orderLinkId))
      return { retCode: 110072, retMsg: 'OrderLinkedID is duplicate' }
    const lots = wholeSteps(request.qty, instrument.lot)
    if (lots === undefined || lots < instrument.minLots || lots > instrument.maxLots) return { retCode: 10001, retMsg: 'Qty invalid' }
    const ticks = request.price === undefined || request.orderType === 'Market' ? undefined : wholeSteps(request.price, instrument.tick)
    if (request.orderType === 'Limit' && ticks === undefined) return { retCode: 10001, retMsg: 'Price invalid' }
    if (ticks !== undefined && Math.abs(ticks - walk.last) > walk.last * PRICE_BAND)
      return { retCode: 110003, retMsg: 'Order price exceeds the allowable range.' }
    const triggerTicks = request.triggerPrice === undefined ? undefined : wholeSteps(request.triggerPrice, instrument.tick)
    if (request.triggerPrice !== undefined && triggerTicks === undefined) return { retCode: 10001, retMsg: 'triggerPrice invalid' }
    if (triggerTicks !== undefined && request.triggerDirection !== 1 && request.triggerDirection !== 2)
      return { retCode: 10001, retMsg: 'TriggerDirection invalid' }
    if (triggerTicks !== undefined && request.triggerDirection === 1 && triggerTicks <= walk.last)
      return { retCode: 110092, retMsg: `expect Rising, but trigger_price[${triggerTicks}] <= current[${walk.last}]` }
    if (triggerTicks !== undefined && request.triggerDirection === 2 && triggerTicks >= walk.last)
      return { retCode: 110093, retMsg: `expect Falling, but trigger_price[${triggerTicks}] >= current[${walk.last}]` }
    const value = multiply(scaled(instrument.tick, ticks ?? triggerTicks ?? walk.last), scaled(instrument.lot, lots))
    if (request.reduceOnly !== true && isLess(value, decimal(instrument.minNotional)))
      return { retCode: 110094, retMsg: 'Order does not meet minimum order value 5USDT' }
    if (request.reduceOnly === true && this.#reducibleLots(request) === 0)
      return { retCode: 110017, retMsg: 'current position is zero, cannot fix reduce-only order qty' }
    if ([...book.open].filter(({ symbol }) => symbol === request.symbol).length >= OPEN_ORDERS_MAX)
      return { retCode: 110020, retMsg: 'Not allowed to have more than 500 active orders' }
    if (isLess(decimal(book.wallet), multiply(value, decimal('0.01')))) return { retCode: 110007, retMsg: 'ab not enough for new order' }
    return { lots, ticks, triggerTicks }
  }

  #reducibleLots({ symbol, side }: Pick<OrderRecord, 'symbol' | 'side'>): number {
    const held = this.book.positionLots(symbol)
    return Math.max(0, side === 'Sell' ? held : -held)
  }

  /** What a new order meets at once. */
  #arrive(order: OrderRecord): void {
    const walk = this.#walkOf(order)
    if (order.status !== 'Untriggered' && order.timeInForce === 'PostOnly' && this.#isMarketable(order, walk)) {
      this.#cancel(order, 'UNKNOWN', 'EC_PostOnlyWillTakeLiquidity')
      return
    }
    this.#match(order, true)
  }

  #match(order: OrderRecord, isNew = false): void {
    const walk = this.#walkOf(order)
    if (order.status === 'Untriggered') {
      const { triggerTicks = 0, triggerDirection } = order
      const isMet = triggerDirection === 1 ? walk.last >= triggerTicks : walk.last <= triggerTicks
      if (!isMet) return
      this.book.change(order, this.#now(), { status: 'New' })
      isNew = true
    }
    const isTaker = order.ticks === undefined || isNew
    if (!this.#isMarketable(order, walk)) {
      if (order.timeInForce === 'IOC' || order.timeInForce === 'FOK') this.#cancel(order, 'UNKNOWN', 'EC_NoImmediateQtyToFill')
      return
    }
    const price = isTaker ? (order.side === 'Buy' ? walk.ask : walk.bid) : (order.ticks ?? walk.last)
    this.#trade(order, price, !isTaker)
  }

  #trade(order: OrderRecord, ticks: number, isMaker: boolean): void {
    const now = this.#now()
    const openLots = order.lots - order.filledLots
    const lots = order.reduceOnly ? Math.min(openLots, this.#reducibleLots(order)) : openLots
    if (lots <= 0) {
      this.#cancel(order, 'CancelByReduceOnly')
      return
    }
    const mustEnd = order.timeInForce === 'IOC' || order.timeInForce === 'FOK' || order.ticks === undefined
    if (lots > 1 && this.#random() < SPLIT_SHARE) {
      const first = 1 + Math.floor(this.#random() * (lots - 1))
      this.book.execute(order, { ticks, lots: first, isMaker, now })
      // A resting order waits for the next step with the rest; one that takes goes on at once.
      if (!mustEnd) return
      this.book.execute(order, { ticks, lots: lots - first, isMaker, now })
    } else this.book.execute(order, { ticks, lots, isMaker, now })
    if (order.reduceOnly && isOpen(order) && this.#reducibleLots(order) === 0) this.#cancel(order, 'CancelByReduceOnly')
  }

  #isMarketable(order: OrderRecord, walk: PriceWalk): boolean {
    if (order.ticks === undefined) return true
    return order.side === 'Buy' ? order.ticks >= walk.ask : order.ticks <= walk.bid
  }

  #cancel(order: OrderRecord, cancelType: string, rejectReason = 'EC_NoError'): void {
    this.book.change(order, this.#now(), {
      status: order.status === 'Untriggered' ? 'Deactivated' : 'Cancelled',
      cancelType,
      rejectReason: cancelType === 'CancelByUser' ? 'EC_PerCancelRequest' : rejectReason,
    })
  }

  #walkOf({ symbol }: OrderRecord): PriceWalk {
    const walk = this.walks.get(symbol)
    if (walk === undefined) throw new Error(`no market ${symbol}`)
    return walk
  }
}

function timeInForceOf({ orderType, timeInForce }: CreateRequest): OrderRecord['timeInForce'] {
  if (timeInForce === 'GTC' || timeInForce === 'IOC' || timeInForce === 'FOK' || timeInForce === 'PostOnly') {
    return orderType === 'Market' && timeInForce !== 'FOK' ? 'IOC' : timeInForce
  }
  return orderType === 'Market' ? 'IOC' : 'GTC'
}

/** `value / step` when it is whole and plain decimal text; anything else is refused, never rounded. */
function wholeSteps(value: string, step: Decimal): number | undefined {
  if (!/^\d+(\.\d+)?$/.test(value)) return undefined
  const { units, scale } = decimal(value)
  const wide = Math.max(scale, step.scale)
  const numerator = units * 10n ** BigInt(wide - scale)
  const divisor = step.units * 10n ** BigInt(wide - step.scale)
  return numerator % divisor === 0n ? Number(numerator / divisor) : undefined
}
