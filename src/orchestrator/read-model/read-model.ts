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
import { Price } from '#domain/money/price.ts'
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '#domain/risk.ts'
import type { Quote } from '#engine/ports.ts'
import { BalanceRows } from './balance-rows.ts'
import { DifferenceRows } from './difference-rows.ts'
import { GapTracker } from './gap-tracker.ts'
import { HaltRows } from './halt-rows.ts'
import { ListRows, type ListQuery, type SignalListQuery } from './list-rows.ts'
import { MarketRows } from './market-rows.ts'
import { OrderRows, type OrderListQuery } from './order-rows.ts'
import type { MemoryPage } from './page.ts'
import { PositionRows } from './position-rows.ts'
import * as rows from './rows-from-facts.ts'
import type { StreamEvent } from './stream-event.ts'
import { TraderRows } from './trader-rows.ts'
import type { ReadModelLogs, ReadModelState } from './read-model-state.ts'

export const CLOSED_ORDERS_MAX = 10_000
export const EQUITY_POINTS_MAX = 20_000

/** The journal folded into what screens show, on the main thread. Memory stays flat however long the journal is. */
export class ReadModel {
  readonly #orders: OrderRows
  readonly #positions: PositionRows
  readonly #balances: BalanceRows
  readonly #traders: TraderRows
  readonly #lists: ListRows
  readonly #market: MarketRows
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
    this.#lists = new ListRows(saved)
    this.#market = new MarketRows(saved)
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
      ...this.#lists.save(),
      ...this.#market.save(),
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
        this.#market.listed(fact)
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
        const data = this.#lists.signalDecided(fact, seq)
        this.#traders.count(fact.traderId, 'signals')
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
      case 'AlertRaised':
        return [{ channel: 'alerts', ts: fact.ts, data: this.#lists.alerted(fact, seq) }]
      case 'ActionAudited':
        this.#lists.audited(fact, seq)
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
    this.#market.quoted(quote)
    return this.#priceChanged(quote.symbol, quote.last, quote.ts)
  }

  orders(query: OrderListQuery, acrossFloor = false): MemoryPage<OrderView> {
    return this.#orders.page(query, acrossFloor)
  }

  trades(query: ListQuery): MemoryPage<TradeView> {
    return this.#lists.pageOfTrades(query)
  }

  signals(query: SignalListQuery): MemoryPage<SignalView> {
    return this.#lists.pageOfSignals(query)
  }

  alerts(query: ListQuery): MemoryPage<AlertView> {
    return this.#lists.pageOfAlerts(query)
  }

  audit(query: ListQuery): MemoryPage<AuditView> {
    return this.#lists.pageOfAudit(query)
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
    return this.#market.instruments()
  }

  instrument(symbol: string): InstrumentView | undefined {
    return this.#market.instrument(symbol)
  }

  prices(): PriceView[] {
    return this.#market.prices()
  }

  price(symbol: string): PriceView | undefined {
    return this.#market.price(symbol)
  }

  /** The last closed candle of each symbol and timeframe. */
  lastCandles(): CandleEvent[] {
    return this.#market.lastCandles()
  }

  /** Traders with counters and sums; steps, restarts and the like are 0 here and known to their supervisor. */
  traders(): TraderView[] {
    return this.#traders.ids().flatMap((id) => this.trader(id) ?? [])
  }

  trader(id: string): TraderView | undefined {
    const symbol = this.#traders.firstSymbol(id)
    return this.#traders.view(id, this.#positions.totals(id, this.#market.settleOf(symbol ?? '')))
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
    const { trades, alerts, audit } = this.#lists
    return { trades, alerts, audit, halts: this.#halts, orders: this.#orders, balances: this.#balances }
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
    return this.#lists.signalOutcomes
  }

  /** The latest rows, newest last: what a follower is shown first. Orders that work are always among them. */
  recent(list: 'orders' | 'trades' | 'signals' | 'alerts', count: number): readonly (OrderView | TradeView | SignalView | AlertView)[] {
    if (list === 'orders') return this.#orders.recent(count)
    return this.#lists[list].tail(count)
  }

  #filled(fact: OrderFilled, seq: number): StreamEvent[] {
    const priceScale = this.#market.priceScale(fact.symbol)
    const trade = this.#lists.traded(fact, seq)
    this.#traders.count(fact.traderId, 'trades')
    const order = this.#orders.filled(fact, priceScale)
    const position = this.#positions.holds(fact, { seq, settle: this.#market.settleOf(fact.symbol, fact.feeCurrency), priceScale })
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
      const place = { seq, settle: this.#market.settleOf(fact.symbol), priceScale: this.#market.priceScale(fact.symbol) }
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
    const data = this.#market.candleClosed(fact)
    return [{ channel: 'candles', ts, data }, ...this.#priceChanged(symbol, Price.parse(close), ts)]
  }

  #priceChanged(symbol: string, price: Price, ts: number): StreamEvent[] {
    const ids = this.#positions.mark(symbol, price, ts)
    return [
      { channel: 'prices', ts, key: symbol, latest: () => this.#market.price(symbol) },
      ...ids.map((id): StreamEvent => ({ channel: 'positions', ts, key: id, latest: () => this.#positions.get(id) })),
    ]
  }

  #balanceChanged({ exchange, currency, ts }: { readonly exchange: string; readonly currency: string; readonly ts: number }): StreamEvent {
    return { channel: 'balances', ts, key: `${exchange} ${currency}`, latest: () => this.#balances.get(exchange, currency) }
  }

  #riskChanged(ts: number): StreamEvent {
    return { channel: 'risk', ts, key: 'risk', latest: () => this.risk() }
  }
}
