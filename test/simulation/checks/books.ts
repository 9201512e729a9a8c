import type { Difference } from '#domain/difference.ts'
import type { Fact, OrderFilled, OrderSubmitted } from '#domain/facts.ts'
import type { OrderStatus } from '#domain/order.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '#domain/risk.ts'
import type { TraderConfig } from '#domain/trader.ts'
import { abs, dec, max, mul } from '../core/decimal.ts'

export interface BookedOrder {
  readonly submitted: OrderSubmitted
  status: OrderStatus
  quantity: bigint
  price: bigint | undefined
  trigger: bigint | undefined
  filled: bigint
  /** Of one that is watched here: a price at or beyond its trigger was seen. */
  isTriggerMet: boolean
  /** Asked for and not answered. */
  amending:
    | { readonly quantity?: bigint | undefined; readonly price?: bigint | undefined; readonly trigger?: bigint | undefined }
    | undefined
}

export interface BookedPosition {
  readonly traderId: string
  readonly symbol: string
  quantity: bigint
  stop: bigint | undefined
  /** Since it was last flat: the largest size, and what steps of a ladder have filled. */
  largest: bigint
  ladderFilled: bigint
  plan: ProtectionPlan | undefined
  /** What the journal says it cost. */
  cost: bigint
}

const flat = (of: { readonly traderId: string; readonly symbol: string }): BookedPosition => ({
  traderId: of.traderId,
  symbol: of.symbol,
  quantity: 0n,
  stop: undefined,
  largest: 0n,
  ladderFilled: 0n,
  plan: undefined,
  cost: 0n,
})

export const keyOf = (of: { readonly traderId: string; readonly symbol: string }): string => `${of.traderId}|${of.symbol}`
const ENDED: ReadonlySet<OrderStatus> = new Set(['FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'])
export const isOpen = (status: OrderStatus): boolean => !ENDED.has(status)
export const openOf = (order: BookedOrder): bigint => (isOpen(order.status) ? max(0n, order.quantity - order.filled) : 0n)

/** What happened so short before a comparison was done may have been missed by it. */
export const LOOK_TAKES_MS = 5_000

/** Second books, kept from the durable facts alone and counted in other arithmetic: what the engine's state is compared with. */
export class Books {
  seq = 0
  readonly orders = new Map<string, BookedOrder>()
  readonly positions = new Map<string, BookedPosition>()
  readonly tradeKeys = new Set<string>()
  /** Signal → the one outcome that is no duplicate. */
  readonly outcomes = new Map<string, string>()
  readonly differences = new Map<string, Difference>()
  /** Differences a person has said to leave as they are. */
  readonly ignored = new Map<string, Difference>()
  /** Of each trader and instrument what our orders have traded at the venue, whether we were told or not, and what was assigned. */
  readonly atVenue = new Map<string, bigint>()
  /** Positions a late fill may have turned: an order that had ended traded after all. */
  readonly lateFills = new Set<string>()
  /** Instruments in which somebody has had an order on the exchange's own page. */
  readonly touchedByHand = new Set<string>()
  /** When somebody last traded an instrument on the exchange's own page, and when the account was last looked at. */
  readonly handTradedAt = new Map<string, number>()
  lookedAt = 0
  /** Whether that was since the connection came up. */
  isCompared = false
  readonly marks = new Map<string, bigint>()
  /** When the last price was said. */
  readonly markTimes = new Map<string, number>()
  readonly configs = new Map<string, TraderConfig>()
  readonly taker = new Map<string, bigint>()
  /** Orders by hand that a difference has named. */
  readonly namedOrders = new Set<string>()
  readonly lastCloses = new Map<string, bigint>()
  /** Engine times at which orders were sent the first time. */
  readonly sendTimes: number[] = []
  readonly alerts = new Map<string, number>()
  limits: RiskLimits = DEFAULT_RISK_LIMITS
  halt: { readonly flatten: boolean; readonly since: number } | undefined
  start = 0n
  realized = 0n
  fees = 0n
  /** Cash that fills took (negative) or brought, fees apart. */
  flow = 0n
  /** Cost that takeovers of positions put into the books, or took out, without cash. */
  assigned = 0n
  equity: bigint | undefined
  day = 0
  dayStart = 0n

  /** Takes one fact. The checks of `fact-checks.ts` run before. */
  apply(fact: Fact): void {
    this.seq += 1
    switch (fact.type) {
      case 'AccountOpened':
        this.start = dec(fact.balance)
        this.dayStart = this.start
        this.day = Math.floor(fact.ts / 86_400_000)
        return
      case 'OrderSubmitted':
        return this.#submitted(fact)
      case 'OrderStatusChanged':
        return this.#moved(fact.clientOrderId, fact.status, fact.ts)
      case 'OrderAmendRequested':
        return this.#amending(fact)
      case 'OrderAmended':
        return this.#amended(fact)
      case 'OrderFilled':
        return this.#filled(fact)
      case 'PositionAssigned':
        return this.#assigned(fact)
      case 'SignalDecided':
        if (fact.outcome !== 'DUPLICATE') this.outcomes.set(`${fact.traderId}|${fact.signalId}`, fact.outcome)
        return
      case 'ReconciliationDone':
        this.lookedAt = fact.ts - LOOK_TAKES_MS
        this.isCompared = true
        return
      case 'TradingHalted':
        this.halt = { flatten: fact.flatten, since: this.halt?.since ?? fact.ts }
        return
      case 'TradingResumed':
        this.halt = undefined
        return
      case 'RiskLimitsSet':
        this.limits = fact.limits
        return
      default:
        this.#applyRest(fact)
    }
  }

  #applyRest(fact: Fact): void {
    if (fact.type === 'TraderChanged') this.configs.set(fact.traderId, fact.config)
    else if (fact.type === 'InstrumentListed') this.taker.set(fact.symbol, dec(fact.takerFeeBps) / 10_000n)
    else if (fact.type === 'CandleClosed') {
      this.lastCloses.set(fact.symbol, dec(fact.close))
    } else if (fact.type === 'EquityMarked') {
      const day = Math.floor(fact.ts / 86_400_000)
      if (day > this.day) [this.day, this.dayStart] = [day, this.equity ?? this.start]
      this.equity = dec(fact.equity)
    } else if (fact.type === 'DifferenceFound') {
      this.differences.set(fact.difference.differenceId, fact.difference)
      this.ignored.delete(fact.difference.differenceId)
      if (fact.difference.exchangeOrderId !== undefined) this.namedOrders.add(fact.difference.exchangeOrderId)
    } else if (fact.type === 'DifferenceClosed') this.#closed(fact)
    else if (fact.type === 'ProtectionSet') {
      const position = this.positions.get(keyOf(fact))
      if (position !== undefined && position.quantity !== 0n) {
        position.plan = fact.plan ?? undefined
        position.stop = fact.plan?.stopLoss === undefined ? undefined : dec(fact.plan.stopLoss)
      }
    } else if (fact.type === 'AlertRaised') this.alerts.set(fact.code, (this.alerts.get(fact.code) ?? 0) + 1)
    else if (fact.type === 'ProtectionMoved' && fact.stopLoss !== undefined) {
      const position = this.positions.get(keyOf(fact))
      if (position !== undefined) position.stop = dec(fact.stopLoss)
    }
  }

  #closed({ differenceId, decision }: Extract<Fact, { readonly type: 'DifferenceClosed' }>): void {
    const difference = this.differences.get(differenceId) ?? this.ignored.get(differenceId)
    this.differences.delete(differenceId)
    if (decision === 'IGNORE' && difference !== undefined) this.ignored.set(differenceId, difference)
    else this.ignored.delete(differenceId)
  }

  #submitted(fact: OrderSubmitted): void {
    this.orders.set(fact.clientOrderId, {
      submitted: fact,
      status: fact.execution === 'EMULATED' ? 'EMULATED' : 'SUBMITTED',
      quantity: dec(fact.quantity),
      price: fact.price === undefined ? undefined : dec(fact.price),
      trigger: fact.triggerPrice === undefined ? undefined : dec(fact.triggerPrice),
      filled: 0n,
      isTriggerMet: false,
      amending: undefined,
    })
    if (fact.execution !== 'EMULATED') this.sendTimes.push(fact.ts)
  }

  #moved(id: string, status: OrderStatus, ts: number): void {
    const order = this.orders.get(id)
    if (order === undefined) return
    if (order.status === 'EMULATED' && status === 'SUBMITTED') this.sendTimes.push(ts)
    order.status = status
  }

  #amending(fact: Extract<Fact, { readonly type: 'OrderAmendRequested' }>): void {
    const order = this.orders.get(fact.clientOrderId)
    if (order === undefined) return
    const read = (text: string | undefined): bigint | undefined => (text === undefined ? undefined : dec(text))
    order.amending = { quantity: read(fact.quantity), price: read(fact.price), trigger: read(fact.triggerPrice) }
  }

  #amended(fact: Extract<Fact, { readonly type: 'OrderAmended' }>): void {
    const order = this.orders.get(fact.clientOrderId)
    if (order === undefined) return
    order.amending = undefined
    order.quantity = dec(fact.quantity)
    if (fact.price !== undefined) order.price = dec(fact.price)
    if (fact.triggerPrice !== undefined) order.trigger = dec(fact.triggerPrice)
  }

  #filled(fact: OrderFilled): void {
    this.tradeKeys.add(`${fact.symbol}|${fact.tradeId}`)
    const order = this.orders.get(fact.clientOrderId)
    const quantity = dec(fact.quantity)
    if (order !== undefined) {
      if (!isOpen(order.status)) this.lateFills.add(keyOf(fact))
      order.filled += quantity
      order.status = fact.orderStatus
    }
    const key = keyOf(fact)
    const held = this.positions.get(key) ?? flat(fact)
    this.#resize(held, fact.side === 'BUY' ? quantity : -quantity)
    if (order?.submitted.ladderLevel !== undefined && held.quantity !== 0n) held.ladderFilled += quantity
    held.cost = dec(fact.position.entryCost)
    held.stop = held.quantity === 0n || fact.position.stopLoss === undefined ? undefined : dec(fact.position.stopLoss)
    this.positions.set(key, held)
    const value = mul(dec(fact.price), quantity)
    this.flow += fact.side === 'BUY' ? -value : value
    this.realized += dec(fact.realizedPnl)
    this.fees += dec(fact.fee)
  }

  #resize(held: BookedPosition, by: bigint): void {
    const before = held.quantity
    held.quantity += by
    const isNew = before === 0n || held.quantity === 0n || before > 0n !== held.quantity > 0n
    if (isNew) Object.assign(held, { largest: 0n, ladderFilled: 0n, plan: undefined, stop: undefined })
    held.largest = max(held.largest, abs(held.quantity))
  }

  #assigned(fact: Extract<Fact, { readonly type: 'PositionAssigned' }>): void {
    const key = keyOf(fact)
    const held = this.positions.get(key) ?? flat(fact)
    this.#resize(held, dec(fact.quantity))
    this.atVenue.set(key, (this.atVenue.get(key) ?? 0n) + dec(fact.quantity))
    const cost = dec(fact.position.entryCost)
    this.assigned += cost - held.cost
    held.cost = cost
    this.positions.set(key, held)
  }

  /** Prices were seen: notes which triggers of orders that are watched here they have met. */
  notePrices(symbol: string, low: bigint, high: bigint): void {
    for (const order of this.orders.values()) {
      const { submitted, trigger } = order
      if (order.status !== 'EMULATED' || submitted.symbol !== symbol || trigger === undefined) continue
      const above = submitted.orderType.startsWith('TAKE_PROFIT') ? submitted.side === 'SELL' : submitted.side === 'BUY'
      if (above ? high >= trigger : low <= trigger) order.isTriggerMet = true
    }
  }

  assumeTriggerMet(id: string): void {
    const order = this.orders.get(id)
    if (order !== undefined) order.isTriggerMet = true
  }

  working(): BookedOrder[] {
    return [...this.orders.values()].filter((order) => isOpen(order.status))
  }

  /** Price a position counts at, as the engine must: the last quote, else the last close. */
  markOf(symbol: string): bigint | undefined {
    return this.marks.get(symbol) ?? this.lastCloses.get(symbol)
  }
}
