import { timeframeMs, type Candle, type Timeframe } from '#domain/candle.ts'
import type { Difference, DifferenceDecision } from '#domain/difference.ts'
import type { ClientOrderId, InstrumentSymbol, TraderId } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import { Money } from '#domain/money/money.ts'
import type { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { isWorking, type Order, type OrderSide } from '#domain/order.ts'
import type { Position } from '#domain/position.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '#domain/risk.ts'
import type { TraderConfig, TraderState } from '#domain/trader.ts'
import type { ExchangeCapabilities, Quote } from './ports.ts'
import { RecentSet } from './recent-set.ts'
import type { RunningSum } from './running-sum.ts'
import { createLearnt, type Learnt } from './reconcile/learnt.ts'

/** Signal and trade ids remembered to refuse a second one. */
export const REMEMBERED_IDS_MAX = 50_000
/** Closed orders kept for late fills. */
export const CLOSED_ORDERS_MAX = 500

/** Levels of an entry order that its position takes over. */
export interface Protection {
  readonly stopLoss?: Price | undefined
  readonly takeProfit?: Price | undefined
}

export interface HeldPosition extends Position, Protection {}
export interface TrackedOrder extends Order, Protection {
  /** The whole plan for the position, where there is more than two levels. */
  readonly protection?: ProtectionPlan | undefined
  /** When it was sent, or lost its place in the queue by an amendment. */
  readonly sentAt: number
  /** What the exchange was told: the net of all traders may not be reduced by what reduces one of them. */
  readonly reduceOnlyOnWire: boolean
}

/** How far the plan of an open position has got. Kept for every open position, with a plan or without. */
export interface Guard {
  /** Absent: the two levels of the position are all there is. */
  readonly plan?: ProtectionPlan | undefined
  /** Largest size held since the position was opened: what the shares of a ladder are counted from. */
  readonly originalQuantity: Quantity
  /** Filled by orders of the ladder. */
  readonly ladderSold: Quantity
  /** Steps of the ladder that are complete: the first so many. */
  readonly ladderDone: number
  readonly highWater?: Price | undefined
  /** A level was met: the position is being closed whatever the price does now. */
  readonly closing?: 'STOP_LOSS' | 'TAKE_PROFIT' | undefined
  /** Protective orders that ended without a fill, one after the other. */
  readonly failures: number
  /** Times that the exchange would not place, keep or move the stop, and the last one; failures long apart are not counted together. */
  readonly stopFailures: number
  readonly stopFailedAt: number
}

/** Limit orders of ours that rest at the exchange on one side. */
export interface RestingSide {
  readonly prices: Map<ClientOrderId, Price>
  /** Highest buy, lowest sell. */
  best: Price | undefined
}

/** What there is in one instrument over all traders, kept up to date so that no price and no order walks over everything. */
export interface SymbolBook {
  /** Positions that are not flat. */
  readonly open: Set<PositionKey>
  /** Orders that wait here for their trigger, oldest first. */
  readonly emulated: Set<ClientOrderId>
  /** Exits that wait at the exchange for their trigger. */
  readonly waiting: Set<ClientOrderId>
  readonly resting: Readonly<Record<OrderSide, RestingSide>>
  /** What may still fill at the exchange, but for exits that wait for a trigger. */
  readonly live: Readonly<Record<OrderSide, RunningSum>>
  /** Sum of all traders' positions. */
  readonly net: RunningSum
}

/** Orders of which only one may trade. */
export interface OcoGroup {
  readonly working: Set<ClientOrderId>
  /** The one that began to fill or was released. */
  winner: ClientOrderId | undefined
}

/** True range averaged over 14 bars by Wilder's method. */
export interface AverageTrueRange {
  readonly bars: number
  readonly previousClose: Price
  /** The sum of the true ranges until there are 14 of them, then their average. */
  readonly value: Price
}

export interface Account {
  readonly exchange: string
  readonly currency: string
  readonly start: Money
  realized: Money
  fees: Money
  /** Notional reserved by working orders that may add exposure. */
  reserved: Money
  /** As last marked in the journal; undefined before the first mark. */
  equity: Money | undefined
  /** Time of that mark. */
  markedAt: number
  /** UTC day (days since 1970) and the equity it began with. */
  day: number
  dayStart: Money
}

export interface TrackedTrader {
  readonly config: TraderConfig
  readonly state: TraderState
  /** Open time of the last candle whose signals were decided, per instrument. */
  readonly decidedSteps: Map<InstrumentSymbol, number>
}

export interface SettledDifference {
  readonly difference: Difference
  readonly decision: DifferenceDecision
  readonly at: number
}

/** Key of what concerns the whole account. */
export const ALL_INSTRUMENTS = '*'

export interface Halt {
  readonly since: number
  readonly by: string
  readonly reason: string
  readonly flatten: boolean
}

/** What may still fill of one trader's orders in one instrument, so that no check has to walk the orders. */
export interface WorkingTotals {
  entryBuy: Quantity
  entrySell: Quantity
  exitBuy: Quantity
  exitSell: Quantity
}

/** What a position, or all of one currency, is worth at the last known prices. */
export interface PositionValue {
  readonly unrealized: Money
  /** |quantity| × mark. */
  readonly exposure: Money
}

export interface Mark {
  readonly price: Price
  readonly ts: number
}

export type PositionKey = `${string}|${string}`
export const positionKey = (traderId: TraderId, symbol: InstrumentSymbol): PositionKey => `${traderId}|${symbol}`

export type CandleKey = `${string}|${Timeframe}`
export const candleKey = (symbol: InstrumentSymbol, timeframe: Timeframe): CandleKey => `${symbol}|${timeframe}`
export const closeTime = (candle: Candle): number => candle.openTime + timeframeMs(candle.timeframe)

/** The candle of an instrument that closed last, whatever its length. */
export function newestCandle(state: EngineState, symbol: InstrumentSymbol): Candle | undefined {
  let newest: Candle | undefined
  for (const candle of state.lastCandles.values()) {
    if (candle.symbol === symbol && (newest === undefined || closeTime(candle) > closeTime(newest))) newest = candle
  }
  return newest
}

/**
 * All the engine knows. What lies above the line is built from facts alone and is the same after every restart;
 * below it are things that must be learnt anew, and are closed until they are.
 */
/** How the stop has fared with one position. */
export interface FlattenAttempts {
  /** Orders sent in a row of which nothing was filled. */
  readonly failed: number
  /** When the last one was sent. */
  readonly lastAt: number
  /** It was said that a person has to close it. */
  readonly isSaid: boolean
}

export interface EngineState {
  /** Four base-36 digits that name this installation inside order ids. */
  readonly instance: string
  /** Highest time seen; never goes back. */
  now: number
  orderCount: number
  readonly instruments: Map<InstrumentSymbol, Instrument>
  /** Keyed by currency. */
  readonly accounts: Map<string, Account>
  readonly traders: Map<TraderId, TrackedTrader>
  /** Working and recently closed orders. */
  readonly orders: Map<ClientOrderId, TrackedOrder>
  readonly workingByKey: Map<PositionKey, Set<ClientOrderId>>
  readonly workingTotals: Map<PositionKey, WorkingTotals>
  /** Orders whose fate is not known, per instrument. */
  readonly unknownOrders: Map<InstrumentSymbol, Set<ClientOrderId>>
  workingCount: number
  readonly closedOrders: RecentSet<ClientOrderId>
  /** Orders that wait for a word of the exchange: sent, unknown, to be canceled or being amended. Who waits longest comes first. */
  readonly unsettled: Set<ClientOrderId>
  /** In what our books and the exchange disagree and nobody has decided, by id. */
  readonly differences: Map<string, Difference>
  /** Differences somebody decided to live with; silent until they change, still counted in risk. */
  readonly settledDifferences: Map<string, SettledDifference>
  /** Open differences that shut entries, per instrument; those of the whole account under `ALL_INSTRUMENTS`. */
  readonly blocks: Map<InstrumentSymbol | typeof ALL_INSTRUMENTS, Set<string>>
  /** Fees in currencies their fills are not settled in: not part of `cash`, per currency. */
  readonly foreignFees: Map<string, Money>
  /** By instrument; folded from orders and positions. */
  readonly books: Map<InstrumentSymbol, SymbolBook>
  /** Where a position is held or an entry works. */
  readonly exposed: Set<PositionKey>
  readonly ocoGroups: Map<string, OcoGroup>
  /** Canceled orders whose replacement is not yet sent. */
  readonly replacing: Set<ClientOrderId>
  readonly guards: Map<PositionKey, Guard>
  /** Positions that are being closed, and emulated orders that wait for others to be canceled. */
  readonly closing: Set<PositionKey>
  readonly triggered: Set<ClientOrderId>
  readonly averageTrueRanges: Map<CandleKey, AverageTrueRange>
  /** UTC day on which the daily loss was last reached, per currency. */
  readonly lossReached: Map<string, number>
  readonly positions: Map<PositionKey, HeldPosition>
  /** The newest of each instrument and timeframe. */
  readonly lastCandles: Map<CandleKey, Candle>
  readonly signalIds: RecentSet<string>
  readonly tradeIds: RecentSet<string>
  /** Times of orders sent within the last second, oldest first. */
  orderTimes: number[]
  halt: Halt | null
  /** Since the halt, per position. */
  readonly flattenAttempts: Map<PositionKey, FlattenAttempts>
  /** When our own gate last refused to close a position, so that it is not tried and said again at every price. */
  readonly closeRefusals: Map<PositionKey, number>
  limits: RiskLimits
  // ---- learnt anew at each start
  readonly marks: Map<InstrumentSymbol, Mark>
  readonly quotes: Map<InstrumentSymbol, Quote>
  capabilities: ExchangeCapabilities
  /** Positions whose stop at the exchange may have to be placed, moved or taken away; and whether all were looked at since the connection. */
  readonly stopsToCheck: Set<PositionKey>
  areStopsChecked: boolean
  /** Since when a price lies beyond a stop that is left to the exchange. */
  readonly stopsCrossed: Map<PositionKey, number>
  /** Kept up to date by `portfolio/valuation`: per position, and summed per currency. */
  readonly positionValues: Map<PositionKey, PositionValue>
  readonly valueTotals: Map<string, PositionValue>
  connected: boolean
  /** Why nothing may be sent: somebody else holds the account. Undefined: it is ours, or nobody else can be there. */
  shadow: string | undefined
  /** Number of the lease under which orders are sent, part of their ids; 0 without one. */
  fence: number
  /** False until every working order has been asked about. */
  reconciled: boolean
  /** Orders asked about and not yet answered, with the time of the question. */
  readonly queries: Map<ClientOrderId, number>
  /** What reconciliation has found out since the connection came up. */
  learnt: Learnt
}

/** What every exchange can do: market and limit orders, good till canceled. */
export const PLAIN_CAPABILITIES: ExchangeCapabilities = Object.freeze<ExchangeCapabilities>({
  orderTypes: ['MARKET', 'LIMIT'],
  timesInForce: ['GTC'],
  postOnly: false,
  amend: false,
  accountQuery: false,
  acceptanceWindowMs: 0,
})

export function createState(instance: string): EngineState {
  return {
    instance,
    now: 0,
    orderCount: 0,
    instruments: new Map(),
    accounts: new Map(),
    traders: new Map(),
    orders: new Map(),
    workingByKey: new Map(),
    workingTotals: new Map(),
    unknownOrders: new Map(),
    workingCount: 0,
    closedOrders: new RecentSet(CLOSED_ORDERS_MAX),
    unsettled: new Set(),
    differences: new Map(),
    settledDifferences: new Map(),
    blocks: new Map(),
    foreignFees: new Map(),
    books: new Map(),
    exposed: new Set(),
    ocoGroups: new Map(),
    replacing: new Set(),
    guards: new Map(),
    closing: new Set(),
    triggered: new Set(),
    averageTrueRanges: new Map(),
    lossReached: new Map(),
    positions: new Map(),
    lastCandles: new Map(),
    signalIds: new RecentSet(REMEMBERED_IDS_MAX),
    tradeIds: new RecentSet(REMEMBERED_IDS_MAX),
    orderTimes: [],
    halt: null,
    flattenAttempts: new Map(),
    closeRefusals: new Map(),
    limits: DEFAULT_RISK_LIMITS,
    marks: new Map(),
    quotes: new Map(),
    capabilities: PLAIN_CAPABILITIES,
    stopsToCheck: new Set(),
    areStopsChecked: false,
    stopsCrossed: new Map(),
    positionValues: new Map(),
    valueTotals: new Map(),
    connected: false,
    shadow: undefined,
    fence: 0,
    reconciled: false,
    queries: new Map(),
    learnt: createLearnt(),
  }
}

export function openAccount(exchange: string, currency: string, start: Money, ts: number): Account {
  const zero = Money.zero(currency)
  return {
    exchange,
    currency,
    start,
    realized: zero,
    fees: zero,
    reserved: zero,
    equity: undefined,
    markedAt: 0,
    day: utcDay(ts),
    dayStart: start,
  }
}

/** What works for a trader in an instrument; all zero when nothing does. */
export function workingTotals(state: EngineState, key: PositionKey): Readonly<WorkingTotals> {
  return state.workingTotals.get(key) ?? NOTHING_WORKS
}
const NOTHING_WORKS: WorkingTotals = Object.freeze({
  entryBuy: Quantity.ZERO,
  entrySell: Quantity.ZERO,
  exitBuy: Quantity.ZERO,
  exitSell: Quantity.ZERO,
})

const DAY_MS = 86_400_000
/** Days since 1970-01-01 UTC. */
export function utcDay(ts: number): number {
  return Math.floor(ts / DAY_MS)
}

/** Keeps the lists of orders that wait for a word, and of those whose fate nobody knows: no answer came, or they were to be canceled before the exchange ever confirmed them. */
export function noteFate(state: EngineState, order: TrackedOrder): void {
  const waits = order.status === 'SUBMITTED' || order.status === 'UNKNOWN' || order.status === 'PENDING_CANCEL'
  const isBeingAmended = order.amending !== undefined && isWorking(order.status) && order.status !== 'EMULATED'
  if (waits || isBeingAmended) state.unsettled.add(order.clientOrderId)
  else state.unsettled.delete(order.clientOrderId)
  const isUnknown = order.status === 'UNKNOWN' || (order.status === 'PENDING_CANCEL' && order.exchangeOrderId === undefined)
  const unknown = state.unknownOrders.get(order.symbol)
  if (!isUnknown) unknown?.delete(order.clientOrderId)
  else if (unknown === undefined) state.unknownOrders.set(order.symbol, new Set([order.clientOrderId]))
  else unknown.add(order.clientOrderId)
}
