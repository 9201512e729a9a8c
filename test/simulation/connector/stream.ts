import type { Candle } from '#domain/candle.ts'
import { make } from '#domain/money/fixed.ts'
import type { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { ExchangeReport, Quote } from '#engine/ports.ts'
import type { Faults } from '../core/faults.ts'
import type { Random } from '../core/random.ts'
import type { Scheduler } from '../core/scheduler.ts'
import type { FakeVenue, VenueEvent } from '../venue/fake-venue.ts'
import { MARKETS, priceOf } from '../venue/market.ts'
import { fillReport } from '../venue/venue-view.ts'
import { endReport } from './reports.ts'
import type { Connector } from './connector.ts'

const MINUTE_MS = 60_000
/** 2100-01-01: what a garbled time may say. */
const FAR_FUTURE = 4_102_444_800_000

/** Frames of the venue on their way to the connector: private ones about orders, public ones about prices. */
export class Stream {
  readonly #scheduler: Scheduler
  readonly #faults: Faults
  readonly #random: Random
  readonly #venue: FakeVenue
  readonly #connector: () => Connector | undefined
  readonly #bars = new Map<string, { open: number; high: number; low: number; openTime: number }>()
  /** The private stream is alive and says nothing until then. */
  silentUntil = 0
  /** Another one that listens to the prices. */
  second: Connector | undefined

  constructor(options: {
    readonly scheduler: Scheduler
    readonly faults: Faults
    readonly random: Random
    readonly venue: FakeVenue
    readonly connector: () => Connector | undefined
  }) {
    this.#scheduler = options.scheduler
    this.#faults = options.faults
    this.#random = options.random
    this.#venue = options.venue
    this.#connector = options.connector
  }

  /** One private frame. It reaches the connector that listens when it arrives, or nobody. */
  event(event: VenueEvent): void {
    const listener = this.#connector()
    if (event.order.clientOrderId === undefined || listener === undefined || !listener.connected) return
    if (this.#scheduler.now < this.silentUntil || this.#faults.happens('frameDropped')) return
    const copies = this.#faults.happens('frameDuplicated') ? 2 : 1
    const frame = this.#frame(event)
    for (let i = 0; i < copies; i += 1) {
      const late = this.#faults.happens('frameDelayed') ? this.#faults.dice('frameDelayed').between(50, 4_000) : 0
      this.#scheduler.machine(this.#random.between(2, 30) + late, `frame ${event.type} ${event.order.clientOrderId}`, () => {
        if (this.#connector() === listener && listener.connected) frame(listener)
      })
    }
  }

  /** What the frame makes the connector say, fixed at the moment it was sent. */
  #frame(event: VenueEvent): (connector: Connector) => void {
    const { order } = event
    const clientOrderId = order.clientOrderId as ExchangeReport['clientOrderId']
    const base = { clientOrderId, symbol: order.market.symbol, ts: this.#garbled() ? FAR_FUTURE : event.ts }
    if (event.type === 'accepted')
      return (c) => c.report({ type: 'OrderAccepted', ...base, exchangeOrderId: order.exchangeOrderId as never })
    if (event.type === 'fill') return this.#fillFrame(event)
    if (event.type === 'amended') {
      const quantity = Quantity.parse(Quantity.format(make(BigInt(order.lots * order.market.lotUnits), order.market.lotScale)))
      const price = order.priceTicks === undefined ? undefined : priceOf(order.market, order.priceTicks)
      const triggerPrice = order.triggerTicks === undefined ? undefined : priceOf(order.market, order.triggerTicks)
      return (c) => c.report({ type: 'OrderAmended', ...base, quantity, price, triggerPrice })
    }
    const { status, reason, filledLots } = order
    const early = this.#venue.personality.endsBeforeFills
    return (c) => {
      c.follow(clientOrderId, order.market.symbol)
      if (early || c.isTold(clientOrderId, { filledLots })) c.report(...endReport(base, { status, reason }))
      else c.lookAfterEnd(clientOrderId)
    }
  }

  #garbled(): boolean {
    return this.#faults.happens('frameGarbled')
  }

  #fillFrame({ order, trade }: Extract<VenueEvent, { readonly type: 'fill' }>): (connector: Connector) => void {
    const report = fillReport(order, trade)
    if (this.#garbled()) {
      const nonsense = this.#faults
        .dice('frameGarbled')
        .pick<Partial<typeof report>>([{ price: make<'Price'>(0n, 0) as Price }, { quantity: Quantity.ZERO }, { ts: FAR_FUTURE }])
      return (c) => c.report({ ...report, ...nonsense })
    }
    return (c) => {
      c.told(c.follow(report.clientOrderId, report.symbol), report.tradeId)
      c.report(report)
    }
  }

  /** Public prices after a move of the market; at the turn of a minute the closed candles, too. */
  prices(): void {
    const candles = MARKETS.flatMap((market): Candle[] => this.#bar(market))
    const listeners = [this.#connector(), this.second].filter((each) => each?.connected === true)
    if (listeners.length === 0) return
    const quotes = MARKETS.flatMap((market): Quote[] => {
      if (this.#faults.happens('quoteDropped')) return []
      const last = this.#venue.lastTicks(market)
      const half = this.#venue.halfSpread(market)
      const zero = this.#faults.happens('quoteGarbled')
      const { symbol } = market
      const prices = { bid: priceOf(market, last - half), ask: priceOf(market, last + half), last: priceOf(market, zero ? 0 : last) }
      return [{ symbol, ...prices, ts: this.#scheduler.now }]
    })
    if (quotes.length + candles.length === 0) return
    this.#scheduler.machine(this.#random.between(2, 40), 'prices', () => {
      for (const listener of listeners) {
        const listens = listener === this.#connector() || listener === this.second
        if (listens && listener?.connected === true) listener.step({ reports: [], candles, quotes })
      }
    })
  }

  #bar(market: (typeof MARKETS)[number]): Candle[] {
    const ticks = this.#venue.lastTicks(market)
    const openTime = Math.floor(this.#scheduler.now / MINUTE_MS) * MINUTE_MS
    const bar = this.#bars.get(market.symbol)
    if (bar !== undefined && bar.openTime === openTime) {
      bar.high = Math.max(bar.high, ticks)
      bar.low = Math.min(bar.low, ticks)
      return []
    }
    this.#bars.set(market.symbol, { open: ticks, high: ticks, low: ticks, openTime })
    if (bar === undefined) return []
    const [open, high, low, close] = [bar.open, Math.max(bar.high, ticks), Math.min(bar.low, ticks), ticks].map((n) =>
      priceOf(market, n),
    ) as [Price, Price, Price, Price]
    return [{ symbol: market.symbol, timeframe: '1m', openTime: bar.openTime, open, high, low, close, volume: Quantity.parse('10') }]
  }
}
