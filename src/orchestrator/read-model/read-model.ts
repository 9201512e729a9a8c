import type {
  AlertView,
  AuditView,
  BalanceView,
  CandleEvent,
  EquityPoint,
  InstrumentView,
  OrderView,
  PositionView,
  PriceView,
  RiskView,
  SignalView,
  TraderView,
  TradeView,
} from '#contract/views.ts'
import { assertNever } from '#domain/errors.ts'
import type { GapView, ReconcileStateView } from '#contract/reconcile.ts'
import type {
  CandleClosed,
  DifferenceClosed,
  DifferenceFound,
  JournalEntry,
  OrderFilled,
  PositionAssigned,
  ProtectionMoved,
  ProtectionSet,
  ReconciliationDone,
  RiskLimitsSet,
  TradingHalted,
  TradingResumed,
} from '#domain/facts.ts'
import { SCALE_MAX } from '#domain/money/fixed.ts'
import { Price } from '#domain/money/price.ts'
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '#domain/risk.ts'
import type { Quote } from '#engine/ports.ts'
import { BalanceRows } from './balance-rows.ts'
import { BoundedLog } from './bounded-log.ts'
import { DifferenceRows } from './difference-rows.ts'
import { GapTracker } from './gap-tracker.ts'
import { HaltRows } from './halt-rows.ts'
import { OrderRows, type OrderListQuery } from './order-rows.ts'
import { matches, takePage, type MemoryPage, type RowFilter } from './page.ts'
import { PositionRows } from './position-rows.ts'
import * as rows from './rows-from-facts.ts'
import type { StreamEvent } from './stream-event.ts'
import { TraderRows } from './trader-rows.ts'
import type { ReadModelLogs, ReadModelState } from './read-model-state.ts'

export const CLOSED_ORDERS_MAX = 10_000
export const TRADES_MAX = 10_000
export const SIGNALS_MAX = 10_000
export const ALERTS_MAX = 1_000
export const AUDIT_MAX = 1_000
export const EQUITY_POINTS_MAX = 20_000
/** Digits after an average price beyond those of the tick. */
const AVERAGE_EXTRA_DIGITS = 4
const DEFAULT_PRICE_SCALE = 8

export interface ListQuery extends RowFilter {
  readonly limit: number
  readonly cursor?: string | undefined
}
export interface SignalListQuery extends ListQuery {
  readonly outcome?: SignalView['outcome'] | undefined
}
const EVERY = (): boolean => true

/** The journal folded into what screens show, on the main thread. Memory stays flat however long the journal is. */
export class ReadModel {
  readonly #orders: OrderRows
  readonly #positions: PositionRows
  readonly #balances: BalanceRows
  readonly #traders: TraderRows
  readonly #trades: BoundedLog<TradeView>
  readonly #signals: BoundedLog<SignalView>
  readonly #alerts: BoundedLog<AlertView>
  readonly #audit: BoundedLog<AuditView>
  readonly #instruments: Map<string, InstrumentView>
  readonly #prices: Map<string, PriceView>
  readonly #candles: Map<string, CandleEvent>
  readonly #signalOutcomes: Map<string, number>
  #limits: RiskLimits
  readonly #halts: HaltRows
  readonly #gaps: GapTracker
  /** Comparisons with the exchange and what they found. */
  readonly differences: DifferenceRows
  #lastSeq: number
  #lastTs: number

  /** Empty, or as it was saved. */
  constructor(saved?: ReadModelState) {
    this.#orders = new OrderRows(CLOSED_ORDERS_MAX, saved?.orders)
    this.#positions = new PositionRows(saved?.positions)
    this.#balances = new BalanceRows(EQUITY_POINTS_MAX, saved?.balances)
    this.#traders = new TraderRows(saved?.traders)
    this.#trades = new BoundedLog(TRADES_MAX, saved?.trades)
    this.#signals = new BoundedLog(SIGNALS_MAX, saved?.signals)
    this.#alerts = new BoundedLog(ALERTS_MAX, saved?.alerts)
    this.#audit = new BoundedLog(AUDIT_MAX, saved?.audit)
    this.#instruments = new Map(saved?.instruments)
    this.#prices = new Map(saved?.prices)
    this.#candles = new Map(saved?.candles)
    this.#signalOutcomes = new Map(saved?.signalOutcomes)
    this.#limits = saved?.limits ?? DEFAULT_RISK_LIMITS
    this.#halts = new HaltRows(saved?.halts)
    this.#gaps = new GapTracker(saved?.gaps)
    this.differences = new DifferenceRows(saved?.differences)
    this.#lastSeq = saved?.lastSeq ?? 0
    this.#lastTs = saved?.lastTs ?? 0
  }

  /** All it knows, to be written away at once: it is not copied. Folding on from it gives what folding everything gives. */
  save(): ReadModelState {
    return {
      orders: this.#orders.save(),
      positions: this.#positions.save(),
      balances: this.#balances.save(),
      traders: this.#traders.save(),
      trades: this.#trades.save(),
      signals: this.#signals.save(),
      alerts: this.#alerts.save(),
      audit: this.#audit.save(),
      instruments: this.#instruments,
      prices: this.#prices,
      candles: this.#candles,
      signalOutcomes: this.#signalOutcomes,
      limits: this.#limits,
      halts: this.#halts.save(),
      gaps: this.#gaps.save(),
      differences: this.differences.save(),
      lastSeq: this.#lastSeq,
      lastTs: this.#lastTs,
    }
  }

  /** Folds one fact; answers what followers of the stream must hear of it. Facts must come in order, each once. */
  apply({ seq, fact }: JournalEntry): readonly StreamEvent[] {
    this.#lastSeq = seq
    this.#lastTs = fact.ts
    this.#gaps.apply(fact)
    switch (fact.type) {
      case 'InstrumentListed':
        this.#instruments.set(fact.symbol, rows.instrumentView(fact))
        return []
      case 'AccountOpened':
        this.#balances.opened(fact, seq)
        return [this.#balanceChanged(fact), this.#riskChanged(fact.ts)]
      case 'EquityMarked':
        this.#balances.marked(fact, seq)
        return [this.#balanceChanged(fact), this.#riskChanged(fact.ts)]
      case 'TraderChanged':
        this.#traders.changed(fact)
        return []
      case 'TraderRemoved':
        this.#traders.removed(fact.traderId)
        this.#positions.removeTrader(fact.traderId)
        return []
      case 'SignalDecided': {
        const data = rows.signalView(fact, seq)
        this.#signals.push(data)
        this.#traders.count(fact.traderId, 'signals')
        this.#signalOutcomes.set(fact.outcome, (this.#signalOutcomes.get(fact.outcome) ?? 0) + 1)
        return [{ channel: 'signals', ts: fact.ts, data }]
      }
      case 'OrderSubmitted': {
        this.#traders.count(fact.traderId, 'orders')
        return this.#orderChanged(this.#orders.submitted(fact, seq), fact.ts)
      }
      case 'OrderStatusChanged':
        return this.#orderChanged(this.#orders.statusChanged(fact), fact.ts)
      case 'OrderAmendRequested':
        return this.#orderChanged(this.#orders.amendRequested(fact), fact.ts)
      case 'OrderAmended':
        return this.#orderChanged(this.#orders.amended(fact), fact.ts)
      case 'OrderFilled':
        return this.#filled(fact, seq)
      case 'CandleClosed':
        return this.#candleClosed(fact)
      case 'TradingHalted':
      case 'TradingResumed':
      case 'RiskLimitsSet':
        return this.#riskSet(fact, seq)
      case 'AlertRaised': {
        const data = rows.alertView(fact, seq)
        this.#alerts.push(data)
        return [{ channel: 'alerts', ts: fact.ts, data }]
      }
      case 'ActionAudited':
        this.#audit.push(rows.auditView(fact, seq))
        return []
      case 'ProtectionSet':
      case 'ProtectionMoved':
      case 'PositionAssigned':
        return this.#positionChanged(fact, seq)
      case 'DifferenceFound':
      case 'DifferenceClosed':
      case 'ReconciliationDone':
        return this.#compared(fact, seq)
      default:
        return assertNever(fact)
    }
  }

  /** A live price, which is not in the journal. */
  onQuote(quote: Quote): readonly StreamEvent[] {
    const { symbol, ts } = quote
    this.#prices.set(symbol, { symbol, bid: Price.format(quote.bid), ask: Price.format(quote.ask), last: Price.format(quote.last), ts })
    return this.#priceChanged(symbol, quote.last, ts)
  }

  orders(query: OrderListQuery, acrossFloor = false): MemoryPage<OrderView> {
    return this.#orders.page(query, acrossFloor)
  }

  trades(query: ListQuery): MemoryPage<TradeView> {
    return takePage(this.#trades.newestFirst(), { ...query, floorSeq: this.#trades.floorSeq, match: (row) => matches(query, row) })
  }

  signals(query: SignalListQuery): MemoryPage<SignalView> {
    return takePage(this.#signals.newestFirst(), {
      ...query,
      floorSeq: this.#signals.floorSeq,
      match: (row) => matches(query, row) && (query.outcome === undefined || query.outcome === row.outcome),
    })
  }

  alerts(query: ListQuery): MemoryPage<AlertView> {
    return takePage(this.#alerts.newestFirst(), { ...query, floorSeq: this.#alerts.floorSeq, match: EVERY })
  }

  audit(query: ListQuery): MemoryPage<AuditView> {
    return takePage(this.#audit.newestFirst(), { ...query, floorSeq: this.#audit.floorSeq, match: EVERY })
  }

  order(id: string): OrderView | undefined {
    return this.#orders.get(id)
  }

  /** Oldest first. */
  workingOrders(): OrderView[] {
    return this.#orders.working()
  }

  /** Open positions of every trader. */
  positions(): PositionView[] {
    return this.#positions.open()
  }

  /** Also a flat one, as long as its trader exists. */
  position(id: string): PositionView | undefined {
    return this.#positions.get(id)
  }

  balances(): BalanceView[] {
    return this.#balances.all()
  }

  /** At most `points` points, oldest first, the last one current. */
  equityCurve(points: number): EquityPoint[] {
    return this.#balances.curve(points)
  }

  instruments(): InstrumentView[] {
    return [...this.#instruments.values()]
  }

  instrument(symbol: string): InstrumentView | undefined {
    return this.#instruments.get(symbol)
  }

  prices(): PriceView[] {
    return [...this.#prices.values()]
  }

  price(symbol: string): PriceView | undefined {
    return this.#prices.get(symbol)
  }

  /** The last closed candle of each symbol and timeframe. */
  lastCandles(): CandleEvent[] {
    return [...this.#candles.values()]
  }

  /** Traders with counters and sums; steps, restarts and the like are 0 here and known to their supervisor. */
  traders(): TraderView[] {
    return this.#traders.ids().flatMap((id) => this.trader(id) ?? [])
  }

  trader(id: string): TraderView | undefined {
    const symbol = this.#traders.firstSymbol(id)
    return this.#traders.view(id, this.#positions.totals(id, this.#settleOf(symbol ?? '')))
  }

  risk(): RiskView {
    const used = { open_positions: this.#positions.openCount, open_orders: this.#orders.workingCount, ...this.#balances.used() }
    return { limits: rows.riskLimitsView(this.#limits), used, halted: this.halted }
  }

  get limits(): RiskLimits {
    return this.#limits
  }

  get halted(): RiskView['halted'] {
    return this.#halts.current
  }

  get reconcile(): ReconcileStateView {
    return this.differences.state()
  }

  /** Times in which nobody kept watch, oldest first. */
  get gaps(): readonly GapView[] {
    return this.#gaps.gaps()
  }

  /** What the report on an absence reads: logs newest first, with the place below which each knows nothing. */
  get logs(): ReadModelLogs {
    return {
      trades: this.#trades,
      alerts: this.#alerts,
      audit: this.#audit,
      halts: this.#halts,
      orders: this.#orders,
      balances: this.#balances,
    }
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  /** Time of the last fact. */
  get lastTs(): number {
    return this.#lastTs
  }

  /** How many signals ended in which way, since the journal began. */
  signalOutcomes(): ReadonlyMap<string, number> {
    return this.#signalOutcomes
  }

  /** The latest rows, newest last: what a follower is shown first. Orders that work are always among them. */
  recent(list: 'orders' | 'trades' | 'signals' | 'alerts', count: number): readonly (OrderView | TradeView | SignalView | AlertView)[] {
    if (list === 'orders') return this.#orders.recent(count)
    if (list === 'trades') return this.#trades.tail(count)
    return list === 'signals' ? this.#signals.tail(count) : this.#alerts.tail(count)
  }

  #filled(fact: OrderFilled, seq: number): StreamEvent[] {
    const priceScale = this.#priceScale(fact.symbol)
    const trade = rows.tradeView(fact, seq)
    this.#trades.push(trade)
    this.#traders.count(fact.traderId, 'trades')
    const order = this.#orders.filled(fact, priceScale)
    const position = this.#positions.holds(fact, { seq, settle: this.#settleOf(fact.symbol, fact.feeCurrency), priceScale })
    return [
      { channel: 'trades', ts: fact.ts, data: trade },
      ...(order === undefined ? [] : [{ channel: 'orders', ts: fact.ts, data: order } as const]),
      { channel: 'positions', ts: fact.ts, data: (order && this.#positions.orderChanged(order)) ?? position },
      this.#riskChanged(fact.ts),
    ]
  }

  #orderChanged(order: OrderView | undefined, ts: number): StreamEvent[] {
    if (order === undefined) return []
    const guarded = this.#positions.orderChanged(order)
    return [
      { channel: 'orders', ts, data: order },
      ...(guarded === undefined ? [] : [{ channel: 'positions', ts, data: guarded } as const]),
      this.#riskChanged(ts),
    ]
  }

  #riskSet(fact: TradingHalted | TradingResumed | RiskLimitsSet, seq: number): StreamEvent[] {
    if (fact.type === 'TradingHalted') this.#halts.halted(fact, seq)
    else if (fact.type === 'TradingResumed') this.#halts.resumed(fact)
    else this.#limits = fact.limits
    return [{ channel: 'risk', ts: fact.ts, data: this.risk() }]
  }

  #positionChanged(fact: ProtectionSet | ProtectionMoved | PositionAssigned, seq: number): StreamEvent[] {
    const { ts } = fact
    if (fact.type === 'PositionAssigned') {
      const place = { seq, settle: this.#settleOf(fact.symbol), priceScale: this.#priceScale(fact.symbol) }
      return [{ channel: 'positions', ts, data: this.#positions.holds(fact, place) }, this.#riskChanged(ts)]
    }
    const data = fact.type === 'ProtectionSet' ? this.#positions.protectionSet(fact) : this.#positions.protectionMoved(fact)
    return data === undefined ? [] : [{ channel: 'positions', ts, data }]
  }

  #compared(fact: DifferenceFound | DifferenceClosed | ReconciliationDone, seq: number): StreamEvent[] {
    if (fact.type === 'ReconciliationDone') {
      this.differences.reconciled(fact, seq)
      return []
    }
    const data = fact.type === 'DifferenceFound' ? this.differences.found(fact, seq) : this.differences.closed(fact, seq)
    return data === undefined ? [] : [{ channel: 'differences', ts: fact.ts, data }]
  }

  #candleClosed(fact: CandleClosed): StreamEvent[] {
    const { symbol, close, ts } = fact
    const data = rows.candleEvent(fact)
    this.#candles.set(`${symbol} ${fact.timeframe}`, data)
    this.#prices.set(symbol, { symbol, bid: close, ask: close, last: close, ts })
    return [{ channel: 'candles', ts, data }, ...this.#priceChanged(symbol, Price.parse(close), ts)]
  }

  #priceChanged(symbol: string, price: Price, ts: number): StreamEvent[] {
    const ids = this.#positions.mark(symbol, price, ts)
    return [
      { channel: 'prices', ts, key: symbol, latest: () => this.#prices.get(symbol) },
      ...ids.map((id): StreamEvent => ({ channel: 'positions', ts, key: id, latest: () => this.#positions.get(id) })),
    ]
  }

  #balanceChanged({ exchange, currency, ts }: { readonly exchange: string; readonly currency: string; readonly ts: number }): StreamEvent {
    return { channel: 'balances', ts, key: `${exchange} ${currency}`, latest: () => this.#balances.get(exchange, currency) }
  }

  #riskChanged(ts: number): StreamEvent {
    return { channel: 'risk', ts, key: 'risk', latest: () => this.risk() }
  }

  #settleOf(symbol: string, fallback = 'USDT'): string {
    return this.#instruments.get(symbol)?.settle ?? fallback
  }

  #priceScale(symbol: string): number {
    const tick = this.#instruments.get(symbol)?.tick_size
    if (tick === undefined) return DEFAULT_PRICE_SCALE
    return Math.min(SCALE_MAX, (tick.split('.')[1]?.length ?? 0) + AVERAGE_EXTRA_DIGITS)
  }
}
