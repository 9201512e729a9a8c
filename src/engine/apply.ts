import type {
  CandleClosed,
  EquityMarked,
  Fact,
  InstrumentListed,
  OrderFilled,
  OrderStatusChanged,
  OrderSubmitted,
  SignalDecided,
} from '#domain/facts.ts'
import { assertNever } from '#domain/errors.ts'
import { parseSymbol } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import { BasisPoints, Money, notional } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { isWorking, type Order } from '#domain/order.ts'
import { revalueInstrument, revaluePosition } from './portfolio/valuation.ts'
import { candleKey, noteFate, openAccount, positionKey, utcDay, workingTotals, type EngineState, type TrackedOrder } from './state.ts'

/**
 * Folds one fact into the state. The same code runs when a fact is made and when it is read back after a crash,
 * from the same text, so recovery cannot differ from the live run.
 */
export function applyFact(state: EngineState, fact: Fact): void {
  if (fact.ts > state.now) state.now = fact.ts
  switch (fact.type) {
    case 'InstrumentListed':
      state.instruments.set(fact.symbol, toInstrument(fact))
      return
    case 'AccountOpened':
      state.accounts.set(fact.currency, openAccount(fact.exchange, fact.currency, Money.parse(fact.balance, fact.currency), fact.ts))
      return
    case 'TraderChanged': {
      const decidedSteps = state.traders.get(fact.traderId)?.decidedSteps ?? new Map()
      state.traders.set(fact.traderId, { config: fact.config, state: fact.state, decidedSteps })
      return
    }
    case 'TraderRemoved':
      state.traders.delete(fact.traderId)
      return
    case 'SignalDecided':
      return applySignal(state, fact)
    case 'OrderSubmitted':
      return applySubmitted(state, fact)
    case 'OrderStatusChanged':
      return applyStatus(state, fact)
    case 'OrderFilled':
      return applyFilled(state, fact)
    case 'CandleClosed':
      return applyCandle(state, fact)
    case 'EquityMarked':
      return applyEquity(state, fact)
    case 'TradingHalted':
      state.halt = { since: fact.ts, by: fact.by, reason: fact.reason, flatten: fact.flatten }
      state.flattenAttempts.clear()
      return
    case 'TradingResumed':
      state.halt = null
      return
    case 'RiskLimitsSet':
      state.limits = fact.limits
      return
    case 'AlertRaised':
      if (fact.code === CLOSE_REFUSED && fact.traderId !== undefined && fact.symbol !== undefined) {
        state.closeRefusals.set(positionKey(fact.traderId, parseSymbol(fact.symbol)), fact.ts)
      }
      return
    case 'ActionAudited':
    case 'OrderAmendRequested':
    case 'OrderAmended':
    case 'ProtectionSet':
    case 'ProtectionMoved':
    case 'DifferenceFound':
    case 'DifferenceClosed':
    case 'ReconciliationDone':
    case 'PositionAssigned':
      return
    default:
      assertNever(fact)
  }
}

/** Code of the alert that says a protective or flattening order was refused by our own gate. */
export const CLOSE_REFUSED = 'PROTECTION_NOT_SENT'

/** Only what guards against doubles; used for facts older than the snapshot, whose other effects the snapshot holds. */
export function rememberFact(state: EngineState, fact: Fact): void {
  if (fact.type === 'SignalDecided') state.signalIds.add(signalKey(fact.traderId, fact.signalId))
  else if (fact.type === 'OrderFilled') state.tradeIds.add(`${fact.symbol}|${fact.tradeId}`)
}

export const signalKey = (traderId: string, signalId: string): string => `${traderId}|${signalId}`

function toInstrument(fact: InstrumentListed): Instrument {
  return {
    symbol: fact.symbol,
    exchange: fact.exchange,
    kind: fact.kind,
    base: fact.base,
    quote: fact.quote,
    settle: fact.settle,
    tickSize: Price.parse(fact.tickSize),
    lotSize: Quantity.parse(fact.lotSize),
    minQuantity: Quantity.parse(fact.minQuantity),
    minNotional: Money.parse(fact.minNotional, fact.settle),
    makerFee: BasisPoints.parse(fact.makerFeeBps),
    takerFee: BasisPoints.parse(fact.takerFeeBps),
  }
}

function applySignal(state: EngineState, fact: SignalDecided): void {
  rememberFact(state, fact)
  const trader = state.traders.get(fact.traderId)
  if (trader !== undefined && fact.stepTime !== undefined) trader.decidedSteps.set(parseSymbol(fact.symbol), fact.stepTime)
}

function applySubmitted(state: EngineState, fact: OrderSubmitted): void {
  const instrument = instrumentOf(state, fact.symbol)
  const order: TrackedOrder = {
    clientOrderId: fact.clientOrderId,
    traderId: fact.traderId,
    strategy: fact.strategy,
    signalId: fact.signalId,
    exchange: fact.exchange,
    symbol: fact.symbol,
    side: fact.side,
    type: fact.orderType,
    purpose: fact.purpose,
    quantity: Quantity.parse(fact.quantity),
    price: fact.price === undefined ? undefined : Price.parse(fact.price),
    referencePrice: Price.parse(fact.referencePrice),
    timeInForce: fact.timeInForce ?? 'GTC',
    postOnly: fact.postOnly ?? false,
    triggerPrice: fact.triggerPrice === undefined ? undefined : Price.parse(fact.triggerPrice),
    trailing: fact.trailing,
    execution: fact.execution ?? 'NATIVE',
    ocoGroup: fact.ocoGroup,
    ladderLevel: fact.ladderLevel,
    reduceOnly: fact.reduceOnly,
    status: fact.execution === 'EMULATED' ? 'EMULATED' : 'SUBMITTED',
    filledQuantity: Quantity.ZERO,
    filledNotional: Money.zero(instrument.settle),
    createdAt: fact.ts,
    updatedAt: fact.ts,
    stopLoss: fact.stopLoss === undefined ? undefined : Price.parse(fact.stopLoss),
    takeProfit: fact.takeProfit === undefined ? undefined : Price.parse(fact.takeProfit),
  }
  state.orderCount += 1
  state.orders.set(order.clientOrderId, order)
  const key = positionKey(order.traderId, order.symbol)
  const working = state.workingByKey.get(key)
  if (working === undefined) state.workingByKey.set(key, new Set([order.clientOrderId]))
  else working.add(order.clientOrderId)
  state.workingCount += 1
  if (order.purpose === 'FLATTEN') state.flattenAttempts.set(key, (state.flattenAttempts.get(key) ?? 0) + 1)
  holdExposure(state, order, order.quantity, 1)
  state.orderTimes.push(fact.ts)
  forgetOldOrderTimes(state, fact.ts)
}

const RATE_WINDOW_MS = 1_000
function forgetOldOrderTimes(state: EngineState, now: number): void {
  const keepFrom = state.orderTimes.findIndex((ts) => ts > now - RATE_WINDOW_MS)
  if (keepFrom > 0) state.orderTimes.splice(0, keepFrom)
}

/** Counts in (+1) or gives back (−1) what `quantity` of an order may still do. Reduce-only orders reserve no money. */
function holdExposure(state: EngineState, order: Order, quantity: Quantity, direction: 1 | -1): void {
  countExposure(state, order, quantity, direction)
  if (!order.reduceOnly) reserve(state, order, quantity, direction)
}

/** The quantities alone, without the money: a snapshot holds the money already. */
export function countExposure(state: EngineState, order: Order, quantity: Quantity, direction: 1 | -1): void {
  const key = positionKey(order.traderId, order.symbol)
  const totals = { ...workingTotals(state, key) }
  const name = order.reduceOnly ? (order.side === 'BUY' ? 'exitBuy' : 'exitSell') : order.side === 'BUY' ? 'entryBuy' : 'entrySell'
  totals[name] = direction === 1 ? Quantity.add(totals[name], quantity) : Quantity.subtract(totals[name], quantity)
  state.workingTotals.set(key, totals)
}

function reserve(state: EngineState, order: Order, quantity: Quantity, direction: 1 | -1): void {
  const instrument = instrumentOf(state, order.symbol)
  const account = state.accounts.get(instrument.settle)
  if (account === undefined) return
  const value = notional(order.price ?? order.referencePrice, quantity, instrument.settle)
  account.reserved = Money.trim(direction === 1 ? Money.add(account.reserved, value) : Money.subtract(account.reserved, value))
}

/** What may still fill, and so what an order still reserves. Nothing when the exchange filled more than was ordered. */
export function openQuantity(order: Order): Quantity {
  return Quantity.subtract(order.quantity, Quantity.min(order.quantity, order.filledQuantity))
}

function close(state: EngineState, order: TrackedOrder): void {
  const key = positionKey(order.traderId, order.symbol)
  const working = state.workingByKey.get(key)
  if (working?.delete(order.clientOrderId) === true) {
    state.workingCount -= 1
    holdExposure(state, order, openQuantity(order), -1)
    if (working.size === 0) {
      state.workingByKey.delete(key)
      state.workingTotals.delete(key)
    }
  }
  const forgotten = state.closedOrders.add(order.clientOrderId)
  if (forgotten !== undefined) state.orders.delete(forgotten)
}

/** Puts an order's new version in place and keeps what is counted by status right. */
function replaceOrder(state: EngineState, next: TrackedOrder): void {
  state.orders.set(next.clientOrderId, next)
  noteFate(state, next)
  if (!isWorking(next.status)) close(state, next)
}

function applyStatus(state: EngineState, fact: OrderStatusChanged): void {
  const order = state.orders.get(fact.clientOrderId)
  if (order === undefined) return
  const next: TrackedOrder = {
    ...order,
    status: fact.status,
    exchangeOrderId: fact.exchangeOrderId ?? order.exchangeOrderId,
    updatedAt: fact.ts,
  }
  replaceOrder(state, next)
}

function applyFilled(state: EngineState, fact: OrderFilled): void {
  rememberFact(state, fact)
  const currency = fact.feeCurrency
  const account = state.accounts.get(currency)
  if (account !== undefined) {
    account.realized = Money.trim(Money.add(account.realized, Money.parse(fact.realizedPnl, currency)))
    account.fees = Money.trim(Money.add(account.fees, Money.parse(fact.fee, currency)))
  }
  const { position } = fact
  state.closeRefusals.delete(positionKey(fact.traderId, fact.symbol))
  state.positions.set(positionKey(fact.traderId, fact.symbol), {
    traderId: fact.traderId,
    symbol: fact.symbol,
    exchange: fact.exchange,
    quantity: SignedQuantity.parse(position.quantity),
    entryCost: Money.parse(position.entryCost, currency),
    realizedPnl: Money.parse(position.realizedPnl, currency),
    fees: Money.parse(position.fees, currency),
    openedAt: position.openedAt,
    updatedAt: fact.ts,
    stopLoss: position.stopLoss === undefined ? undefined : Price.parse(position.stopLoss),
    takeProfit: position.takeProfit === undefined ? undefined : Price.parse(position.takeProfit),
  })
  revaluePosition(state, positionKey(fact.traderId, fact.symbol))
  const order = state.orders.get(fact.clientOrderId)
  if (order === undefined) return
  if (isWorking(order.status)) holdExposure(state, order, Quantity.min(Quantity.parse(fact.quantity), openQuantity(order)), -1)
  const next: TrackedOrder = {
    ...order,
    status: fact.orderStatus,
    exchangeOrderId: fact.exchangeOrderId ?? order.exchangeOrderId,
    filledQuantity: Quantity.parse(fact.orderFilledQuantity),
    filledNotional: Money.parse(fact.orderFilledNotional, currency),
    updatedAt: fact.ts,
  }
  replaceOrder(state, next)
}

function applyCandle(state: EngineState, fact: CandleClosed): void {
  state.lastCandles.set(candleKey(fact.symbol, fact.timeframe), {
    symbol: fact.symbol,
    timeframe: fact.timeframe,
    openTime: fact.openTime,
    open: Price.parse(fact.open),
    high: Price.parse(fact.high),
    low: Price.parse(fact.low),
    close: Price.parse(fact.close),
    volume: Quantity.parse(fact.volume),
  })
  revalueInstrument(state, fact.symbol)
}

function applyEquity(state: EngineState, fact: EquityMarked): void {
  const account = state.accounts.get(fact.currency)
  if (account === undefined) return
  const day = utcDay(fact.ts)
  if (day > account.day) {
    account.day = day
    account.dayStart = account.equity ?? account.start
  }
  account.equity = Money.parse(fact.equity, fact.currency)
  account.markedAt = fact.ts
}

function instrumentOf(state: EngineState, symbol: Order['symbol']): Instrument {
  const instrument = state.instruments.get(symbol)
  if (instrument === undefined) throw new Error(`fact about ${symbol}, which was never listed`)
  return instrument
}
