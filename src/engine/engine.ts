import { assertNever } from '#domain/errors.ts'
import type { InstrumentListed } from '#domain/facts.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import { BasisPoints, Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { Candle } from '#domain/candle.ts'
import { isWorking } from '#domain/order.ts'
import type { Signal } from '#domain/signal.ts'
import { analyzeSteps } from './analyze.ts'
import { enterShadow } from './enter-shadow.ts'
import { continueFlatten, halt } from './halt.ts'
import { followUp } from './follow-up.ts'
import { amendOrder } from './orders/amend.ts'
import { cancelLosers } from './orders/oco.ts'
import { handleReport } from './orders/reports.ts'
import { requestCancel } from './orders/transition.ts'
import type { AccountSnapshot, EngineAnswer, EngineCommand, ExchangeStatus, MarketStep, RecordableFact, StepAnswer } from './ports.ts'
import { markEquity } from './portfolio/equity.ts'
import { setMark } from './portfolio/valuation.ts'
import { setProtection } from './protection/set-protection.ts'
import { readProposed } from './read-proposed.ts'
import { problemOf } from './recordable.ts'
import { checkDailyLoss } from './risk/loss-breach.ts'
import { refuseInShadow } from './shadow.ts'
import { decideManualOrder, decideOcoOrders, decideSignal } from './signals.ts'
import { candleKey, closeTime, PLAIN_CAPABILITIES, positionKey, type EngineState } from './state.ts'
import { Transaction } from './transaction.ts'
import { goOn, watchPrice } from './watch-price.ts'
import { handleAccount } from './reconcile/account.ts'
import { decideDifference } from './reconcile/decide.ts'
import { isReadablePrice, problemOfCandle } from './reconcile/readable.ts'
import { askAboutOrders, askAgain, continueReconciliation, loseConnection, reconcileNow } from './reconcile/reconcile.ts'

export type EngineInput =
  | { readonly type: 'Market'; readonly step: MarketStep }
  | { readonly type: 'Exchange'; readonly status: ExchangeStatus }
  /** Its own time is not taken: an exchange's clock does not move the engine's. */
  | { readonly type: 'Account'; readonly snapshot: AccountSnapshot }
  | { readonly type: 'Answer'; readonly answer: StepAnswer; readonly ts: number }
  | { readonly type: 'Command'; readonly command: EngineCommand; readonly ts: number }
  /** The account's lease: with `shadow` it is somebody else's, and why. Given at the start, and when it is lost. */
  | { readonly type: 'Lease'; readonly shadow?: string | undefined; readonly ts: number }
  /** Time passes; sent about once a second outside of lock-step. */
  | { readonly type: 'Tick'; readonly ts: number }

/**
 * The engine: one synchronous function from an input to facts, commands and steps. No I/O, no clock, no chance: the same
 * inputs give the same outputs, live, in replay and in simulation. The caller must sync the facts before anything else leaves.
 */
export class TradingEngine {
  readonly state: EngineState

  constructor(state: EngineState) {
    this.state = state
    // Fills before the last fact of the life before are known; those after it are not.
    if (state.learnt.account.fillsKnownUntil === 0) state.learnt.account.fillsKnownUntil = state.now
  }

  process(input: EngineInput): { readonly transaction: Transaction; readonly answer?: EngineAnswer | undefined } {
    const inputTs = timeOf(input) ?? this.state.now
    if (inputTs > this.state.now && Number.isSafeInteger(inputTs)) this.state.now = inputTs
    const tx = new Transaction(this.state, this.state.now)
    const answer = this.#handle(tx, input)
    continueReconciliation(tx)
    goOn(tx)
    continueFlatten(tx)
    return { transaction: tx, answer }
  }

  #handle(tx: Transaction, input: EngineInput): EngineAnswer | undefined {
    switch (input.type) {
      case 'Market':
        return handleMarket(tx, input.step)
      case 'Exchange':
        return handleExchange(tx, input.status)
      case 'Account':
        handleAccount(tx, input.snapshot)
        return undefined
      case 'Answer':
        return handleAnswer(tx, input.answer)
      case 'Command':
        return handleCommand(tx, input.command)
      case 'Lease':
        if (input.shadow !== undefined) enterShadow(tx, input.shadow)
        return undefined
      case 'Tick':
        askAgain(tx)
        cancelLosers(tx)
        for (const mark of markEquity(tx.state, tx.ts, false)) tx.record(mark)
        return undefined
      default:
        return assertNever(input)
    }
  }
}

function timeOf(input: EngineInput): number | undefined {
  if (input.type === 'Market') return input.step.ts
  if (input.type === 'Account') return undefined
  return input.type === 'Exchange' ? input.status.ts : input.ts
}

function handleMarket(tx: Transaction, step: MarketStep): undefined {
  const { state } = tx
  for (const report of step.reports) {
    handleReport(tx, report)
    followUp(tx)
  }
  for (const quote of step.quotes) {
    // A missing price that somebody wrote as zero is no price: it would trigger every stop.
    if (!isReadablePrice(quote.last)) continue
    setMark(state, quote.symbol, { price: quote.last, ts: Math.min(quote.ts, tx.ts) })
    state.quotes.set(quote.symbol, quote)
    watchPrice(tx, { symbol: quote.symbol, low: quote.last, high: quote.last, last: quote.last })
  }
  const fresh = step.candles.filter((candle) => takeCandle(tx, candle))
  const hasFilled = step.reports.some((report) => report.type === 'OrderFill')
  if (hasFilled || step.quotes.length > 0 || fresh.length > 0) checkDailyLoss(tx)
  if (step.candles.length > 0 || hasFilled) {
    for (const mark of markEquity(state, tx.ts, step.candles.length > 0)) tx.record(mark)
  }
  for (const candle of fresh) tx.analyze.push(...analyzeSteps(state, candle, step.step))
  return undefined
}

/** False for a candle that is a repetition or impossible: nobody is told of it. */
function takeCandle(tx: Transaction, candle: Candle): boolean {
  const { state } = tx
  const { symbol, timeframe, openTime, low, high, close } = candle
  const last = state.lastCandles.get(candleKey(symbol, timeframe))
  if (last !== undefined && openTime <= last.openTime) return false
  const problem = problemOfCandle(candle, tx.ts)
  if (problem !== undefined) {
    tx.record({
      type: 'AlertRaised',
      ts: tx.ts,
      severity: 'warning',
      code: 'CANDLE_IMPOSSIBLE',
      symbol,
      message: `The ${timeframe} candle of ${symbol} at ${openTime} ${problem}. It was not used.`,
    })
    return false
  }
  recordCandle(tx, candle)
  const watched = (state.marks.get(symbol)?.ts ?? 0) > openTime
  setMark(state, symbol, { price: close, ts: closeTime(candle) })
  watchPrice(tx, { symbol, low, high, last: close, watchedSince: watched ? openTime : undefined })
  return true
}

function recordCandle(tx: Transaction, candle: Candle): void {
  tx.record({
    type: 'CandleClosed',
    ts: closeTime(candle),
    symbol: candle.symbol,
    timeframe: candle.timeframe,
    openTime: candle.openTime,
    open: Price.format(candle.open),
    high: Price.format(candle.high),
    low: Price.format(candle.low),
    close: Price.format(candle.close),
    volume: Quantity.format(candle.volume),
  })
}

function handleExchange(tx: Transaction, status: ExchangeStatus): undefined {
  const { state } = tx
  for (const instrument of status.instruments) {
    const fact = listing(instrument, tx.ts)
    const known = state.instruments.get(instrument.symbol)
    if (known === undefined || JSON.stringify(listing(known, tx.ts)) !== JSON.stringify(fact)) tx.record(fact)
  }
  for (const { currency, balance } of status.openingBalances) {
    if (!state.accounts.has(currency)) tx.record({ type: 'AccountOpened', ts: tx.ts, exchange: status.exchange, currency, balance })
  }
  if (state.connected && !status.connected) {
    tx.record({
      type: 'AlertRaised',
      ts: tx.ts,
      severity: 'critical',
      code: 'EXCHANGE_DISCONNECTED',
      message: `${status.exchange} is not connected (${status.reason ?? 'no reason given'}). No order is sent until it is back and every open order has been asked about.`,
    })
  }
  const reconnected = status.connected && !state.connected
  state.learnt.exchange = status.exchange
  state.capabilities = status.capabilities ?? PLAIN_CAPABILITIES
  if (!status.connected) loseConnection(tx)
  else if (reconnected) {
    state.connected = true
    askAboutOrders(tx, state.learnt.hadConnection ? 'RECONNECT' : 'START')
  }
  return undefined
}

function listing(instrument: Instrument, ts: number): InstrumentListed {
  return {
    type: 'InstrumentListed',
    ts,
    symbol: instrument.symbol,
    exchange: instrument.exchange,
    kind: instrument.kind,
    base: instrument.base,
    quote: instrument.quote,
    settle: instrument.settle,
    tickSize: Price.format(instrument.tickSize),
    lotSize: Quantity.format(instrument.lotSize),
    minQuantity: Quantity.format(instrument.minQuantity),
    minNotional: Money.format(instrument.minNotional),
    makerFeeBps: BasisPoints.format(instrument.makerFee),
    takerFeeBps: BasisPoints.format(instrument.takerFee),
  }
}

/** Signals of a step already decided are dropped: after a crash the same candle is analysed again and says the same. */
function handleAnswer(tx: Transaction, answer: StepAnswer): undefined {
  const trader = tx.state.traders.get(answer.traderId)
  if (trader === undefined) return undefined
  if (answer.error !== undefined) {
    tx.record({
      type: 'AlertRaised',
      ts: tx.ts,
      severity: 'warning',
      code: 'STRATEGY_FAILED',
      traderId: answer.traderId,
      symbol: answer.symbol,
      message: `Strategy ${trader.config.strategy} of ${answer.traderId} failed on the candle of ${answer.stepTime}: ${answer.error}. No signal came from it; the trader goes on with the next candle.`,
    })
  }
  if ((trader.decidedSteps.get(answer.symbol) ?? -1) >= answer.stepTime) return undefined
  answer.signals.forEach((proposed, index) => {
    const signal = readProposed(proposed, answer, { strategy: trader.config.strategy, index, ts: tx.ts })
    if (signal !== undefined) decideSignal(tx, signal)
    else {
      tx.record({
        type: 'AlertRaised',
        ts: tx.ts,
        severity: 'warning',
        code: 'SIGNAL_UNREADABLE',
        traderId: answer.traderId,
        symbol: answer.symbol,
        message: `Strategy ${trader.config.strategy} gave a signal that cannot be read: ${JSON.stringify(proposed).slice(0, 300)}. It was not traded.`,
      })
    }
  })
  return undefined
}

function handleCommand(tx: Transaction, command: EngineCommand): EngineAnswer {
  const refused = refuseInShadow(tx.state, command)
  if (refused !== undefined) return refused
  switch (command.type) {
    case 'SubmitSignals':
      return { type: 'Decisions', decisions: command.signals.map((signal) => decideSignal(tx, signal)) }
    case 'SubmitOrder':
      return { type: 'Decisions', decisions: [decideManualOrder(tx, command.order)] }
    case 'SubmitOcoOrders':
      return decideOcoOrders(tx, command.orders)
    case 'AmendOrder':
      return amendOrder(tx, command)
    case 'SetProtection':
      return setProtection(tx, command)
    case 'CancelOrder':
      return cancelByPerson(tx, command)
    case 'ClosePosition':
      return closePosition(tx, command)
    case 'Reconcile':
      return reconcileNow(tx, command.trigger)
    case 'DecideDifference':
      return decideDifference(tx, command)
    case 'Halt':
      return halt(tx, command)
    case 'Resume':
      return resume(tx, command)
    case 'Record':
      return recordAll(tx, command.facts)
    default:
      return assertNever(command)
  }
}

/** All or nothing: a limit that cannot be read must not reach the gate. */
function recordAll(tx: Transaction, facts: readonly RecordableFact[]): EngineAnswer {
  const problem = facts.map(problemOf).find((each) => each !== undefined)
  if (problem !== undefined) return { type: 'Refused', code: 'REFUSED', message: `${problem} Nothing was changed.` }
  for (const fact of facts) tx.record({ ...fact, ts: tx.ts })
  return { type: 'Done', seq: 0 }
}

function cancelByPerson(tx: Transaction, command: Extract<EngineCommand, { readonly type: 'CancelOrder' }>): EngineAnswer {
  const order = tx.state.orders.get(command.clientOrderId)
  if (order === undefined)
    return { type: 'Refused', code: 'NOT_FOUND', message: `There is no open order ${command.clientOrderId}. Nothing was canceled.` }
  if (!isWorking(order.status))
    return { type: 'Refused', code: 'CONFLICT', message: `Order ${order.clientOrderId} is already ${order.status}. Nothing was canceled.` }
  tx.record({
    type: 'ActionAudited',
    ts: tx.ts,
    actor: command.by,
    action: 'cancel-order',
    target: order.clientOrderId,
    before: order.status,
  })
  requestCancel(tx, order.clientOrderId)
  return { type: 'Done', seq: 0 }
}

function closePosition(tx: Transaction, command: Extract<EngineCommand, { readonly type: 'ClosePosition' }>): EngineAnswer {
  const position = tx.state.positions.get(positionKey(command.traderId, command.symbol as InstrumentSymbol))
  if (position === undefined || position.quantity.units === 0n) {
    return { type: 'Refused', code: 'NOT_FOUND', message: `${command.traderId} holds no ${command.symbol}. Nothing was closed.` }
  }
  tx.record({
    type: 'ActionAudited',
    ts: tx.ts,
    actor: command.by,
    action: 'close-position',
    target: `${command.traderId} ${command.symbol}`,
  })
  const action = position.quantity.units > 0n ? 'CLOSE_LONG' : 'CLOSE_SHORT'
  const signal: Signal = {
    signalId: command.signalId,
    traderId: command.traderId,
    strategy: 'manual',
    symbol: command.symbol,
    action,
    ts: tx.ts,
  }
  return { type: 'Decisions', decisions: [decideSignal(tx, signal, { byPerson: true })] }
}

function resume(tx: Transaction, command: Extract<EngineCommand, { readonly type: 'Resume' }>): EngineAnswer {
  if (tx.state.halt === null) return { type: 'Refused', code: 'CONFLICT', message: 'Trading is not halted. Nothing was changed.' }
  tx.record({ type: 'TradingResumed', ts: tx.ts, by: command.by, reason: command.reason })
  tx.record({ type: 'ActionAudited', ts: tx.ts, actor: command.by, action: 'resume', target: 'all', reason: command.reason })
  return { type: 'Done', seq: 0 }
}
