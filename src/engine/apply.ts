import type { Candle } from '#domain/candle.ts'
import type { CandleClosed, EquityMarked, Fact, InstrumentListed, OrderFilled, SignalDecided } from '#domain/facts.ts'
import { assertNever } from '#domain/errors.ts'
import { parseSymbol } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import { BasisPoints, Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { FLATTEN_GIVING_UP, noteFlattened, noteGivenUp } from './orders/flattening.ts'
import { applyAmended, applyAmendRequested, applyOrderFill, applyStatus, applySubmitted } from './orders/fold-orders.ts'
import { putPosition } from './portfolio/put-position.ts'
import { applyDifferenceClosed, applyDifferenceFound, applyPositionAssigned, noteForeignFee } from './reconcile/fold-differences.ts'
import { revalueInstrument } from './portfolio/valuation.ts'
import { nextAverageTrueRange } from './protection/average-true-range.ts'
import { guardMoved, guardSet, guardUnprotected, UNPROTECTED } from './protection/fold-guard.ts'
import { DAILY_LOSS_REACHED, rearmDailyLoss } from './risk/fold-loss.ts'
import { candleKey, openAccount, positionKey, utcDay, type EngineState } from './state.ts'

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
    case 'OrderAmendRequested':
      return applyAmendRequested(state, fact)
    case 'OrderAmended':
      return applyAmended(state, fact)
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
      state.lossReached.clear()
      return
    case 'AlertRaised':
      if (fact.code === CLOSE_REFUSED && fact.traderId !== undefined && fact.symbol !== undefined) {
        state.closeRefusals.set(positionKey(fact.traderId, parseSymbol(fact.symbol)), fact.ts)
      } else if (fact.code === FLATTEN_GIVING_UP && fact.traderId !== undefined && fact.symbol !== undefined) {
        noteGivenUp(state, positionKey(fact.traderId, parseSymbol(fact.symbol)))
      } else if (fact.code === UNPROTECTED && fact.traderId !== undefined && fact.symbol !== undefined) {
        guardUnprotected(state, positionKey(fact.traderId, parseSymbol(fact.symbol)))
      } else if (fact.code === DAILY_LOSS_REACHED && fact.symbol !== undefined) state.lossReached.set(fact.symbol, utcDay(fact.ts))
      return
    case 'ProtectionSet':
      return guardSet(state, fact)
    case 'ProtectionMoved':
      return guardMoved(state, fact)
    case 'DifferenceFound':
      return applyDifferenceFound(state, fact)
    case 'DifferenceClosed':
      return applyDifferenceClosed(state, fact)
    case 'PositionAssigned':
      return applyPositionAssigned(state, fact)
    case 'ActionAudited':
    case 'ReconciliationDone':
      return
    default:
      assertNever(fact)
  }
}

/** Code of the alert that says a protective or flattening order was refused by our own gate. */
export const CLOSE_REFUSED = 'PROTECTION_NOT_SENT'

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
  state.signalIds.add(signalKey(fact.traderId, fact.signalId))
  const trader = state.traders.get(fact.traderId)
  if (trader !== undefined && fact.stepTime !== undefined) trader.decidedSteps.set(parseSymbol(fact.symbol), fact.stepTime)
}

function applyFilled(state: EngineState, fact: OrderFilled): void {
  state.tradeIds.add(`${fact.symbol}|${fact.tradeId}`)
  const currency = fact.feeCurrency
  const account = state.accounts.get(currency)
  if (account !== undefined) {
    account.realized = Money.trim(Money.add(account.realized, Money.parse(fact.realizedPnl, currency)))
    account.fees = Money.trim(Money.add(account.fees, Money.parse(fact.fee, currency)))
  }
  if (fact.foreignFee !== undefined) noteForeignFee(state, fact.foreignFee)
  const { position } = fact
  state.closeRefusals.delete(positionKey(fact.traderId, fact.symbol))
  putPosition(state, {
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
  const order = state.orders.get(fact.clientOrderId)
  if (order === undefined) return
  if (order.purpose === 'FLATTEN') noteFlattened(state, positionKey(fact.traderId, fact.symbol))
  applyOrderFill(state, order, fact)
}

function applyCandle(state: EngineState, fact: CandleClosed): void {
  const candle: Candle = {
    symbol: fact.symbol,
    timeframe: fact.timeframe,
    openTime: fact.openTime,
    open: Price.parse(fact.open),
    high: Price.parse(fact.high),
    low: Price.parse(fact.low),
    close: Price.parse(fact.close),
    volume: Quantity.parse(fact.volume),
  }
  const key = candleKey(fact.symbol, fact.timeframe)
  state.lastCandles.set(key, candle)
  state.averageTrueRanges.set(key, nextAverageTrueRange(state.averageTrueRanges.get(key), candle))
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
  rearmDailyLoss(state, fact)
}
