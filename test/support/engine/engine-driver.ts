import type { Candle, Timeframe } from '#domain/candle.ts'
import type { Fact, FactType } from '#domain/facts.ts'
import {
  parseExchangeOrderId,
  parseSignalId,
  parseSymbol,
  parseTradeId,
  parseTraderId,
  type ClientOrderId,
  type InstrumentSymbol,
} from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import { BasisPoints, Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '#domain/risk.ts'
import type { Signal, SignalDecision } from '#domain/signal.ts'
import type { TraderConfig, TraderState } from '#domain/trader.ts'
import { applyFact } from '#engine/apply.ts'
import { TradingEngine, type EngineInput } from '#engine/engine.ts'
import type {
  EngineAnswer,
  EngineCommand,
  ExchangeCapabilities,
  ExchangeCommand,
  ExchangeReport,
  ManualOrder,
  ProposedSignal,
} from '#engine/ports.ts'
import { createState, PLAIN_CAPABILITIES, positionKey, type EngineState } from '#engine/state.ts'
import type { Transaction } from '#engine/transaction.ts'

/** 2026-01-15 12:00:00 UTC. */
export const NOON = Date.UTC(2026, 0, 15, 12)
export const DAY_MS = 86_400_000
export const BTC = parseSymbol('BTC/USDT')
export const ETH_PERP = parseSymbol('ETH/USDT:USDT')
export const TRADER = parseTraderId('alpha')
export const OTHER_TRADER = parseTraderId('beta')

type OneReport<T extends ExchangeReport['type']> = Omit<
  Extract<ExchangeReport, { readonly type: T }>,
  'clientOrderId' | 'symbol' | 'ts' | 'type'
>

export function instrumentOf(
  symbol: InstrumentSymbol,
  rules: Partial<Record<'tick' | 'lot' | 'minQuantity' | 'minNotional' | 'takerFee', string>> = {},
): Instrument {
  return {
    symbol,
    exchange: 'scripted',
    kind: symbol.includes(':') ? 'perpetual' : 'spot',
    base: symbol.split('/')[0] ?? '',
    quote: 'USDT',
    settle: 'USDT',
    tickSize: Price.parse(rules.tick ?? '0.01'),
    lotSize: Quantity.parse(rules.lot ?? '0.001'),
    minQuantity: Quantity.parse(rules.minQuantity ?? '0.001'),
    minNotional: Money.parse(rules.minNotional ?? '5', 'USDT'),
    makerFee: BasisPoints.parse('2'),
    takerFee: BasisPoints.parse(rules.takerFee ?? '0'),
  }
}

export function traderConfig(change: Partial<TraderConfig> = {}): TraderConfig {
  return {
    traderId: TRADER,
    strategy: 'test',
    symbols: [BTC, ETH_PERP],
    timeframe: '1m',
    params: {},
    orderNotional: '100',
    desired: 'running',
    kind: 'strategy',
    ...change,
  }
}

/** Limits so wide that only the one a test narrows can refuse. */
export const WIDE_LIMITS: RiskLimits = {
  ...DEFAULT_RISK_LIMITS,
  maxOrderNotional: '1000000',
  maxPositionNotional: '1000000',
  maxOpenPositions: 1_000,
  maxDailyLoss: '1000000',
  maxOrdersPerSecond: 100_000,
  maxOpenOrders: 100_000,
}

/** Feeds one engine and keeps everything that comes out. Time stands still unless a test moves `now`. */
export class EngineDriver {
  readonly engine: TradingEngine
  readonly facts: Fact[] = []
  readonly commands: ExchangeCommand[] = []
  now = NOON
  /** What the exchange says it can do, from the next connect on. */
  capabilities: ExchangeCapabilities | undefined
  #step = 0
  #signals = 0
  #trades = 0
  #rules: Parameters<typeof instrumentOf>[1]

  constructor(state: EngineState = createState('test')) {
    this.engine = new TradingEngine(state)
  }

  get state(): EngineState {
    return this.engine.state
  }

  process(input: EngineInput): { readonly transaction: Transaction; readonly answer?: EngineAnswer | undefined } {
    const result = this.engine.process(input)
    this.facts.push(...result.transaction.facts)
    this.commands.push(...result.transaction.commands)
    return result
  }

  /** An engine that knows two instruments, has 10,000 USDT, one running trader, and a price of 100 for both. */
  static ready(
    options: {
      readonly limits?: Partial<RiskLimits>
      readonly balance?: string
      readonly rules?: Parameters<typeof instrumentOf>[1]
      readonly capabilities?: Partial<ExchangeCapabilities>
    } = {},
  ): EngineDriver {
    const driver = new EngineDriver()
    if (options.capabilities !== undefined) driver.capabilities = { ...PLAIN_CAPABILITIES, ...options.capabilities }
    driver.connect({ balance: options.balance ?? '10000', rules: options.rules })
    driver.trader()
    driver.limits(options.limits ?? {})
    driver.quote(BTC, '100')
    driver.quote(ETH_PERP, '100')
    return driver
  }

  /** The same facts folded from nothing, as a restart does, not yet connected. */
  restarted(): EngineDriver {
    const state = createState('test')
    for (const fact of this.facts) applyFact(state, JSON.parse(JSON.stringify(fact)) as Fact)
    const driver = new EngineDriver(state)
    driver.now = this.now
    driver.capabilities = this.capabilities
    driver.#signals = this.#signals
    driver.#trades = this.#trades
    driver.#rules = this.#rules
    return driver
  }

  connect(options: { readonly balance?: string; readonly rules?: Parameters<typeof instrumentOf>[1] } = {}): void {
    this.#rules = options.rules ?? this.#rules
    this.process({
      type: 'Exchange',
      status: {
        type: 'ExchangeStatus',
        exchange: 'scripted',
        connected: true,
        ts: this.now,
        instruments: [instrumentOf(BTC, this.#rules), instrumentOf(ETH_PERP, this.#rules)],
        openingBalances: [{ currency: 'USDT', balance: options.balance ?? '10000' }],
        capabilities: this.capabilities,
      },
    })
  }

  disconnect(): void {
    this.process({
      type: 'Exchange',
      status: { type: 'ExchangeStatus', exchange: 'scripted', connected: false, ts: this.now, instruments: [], openingBalances: [] },
    })
  }

  trader(change: Partial<TraderConfig> = {}, state: TraderState = 'running'): void {
    const config = traderConfig(change)
    this.command({ type: 'Record', facts: [{ type: 'TraderChanged', ts: this.now, traderId: config.traderId, config, state }] })
  }

  limits(change: Partial<RiskLimits>): EngineAnswer | undefined {
    return this.command({
      type: 'Record',
      facts: [{ type: 'RiskLimitsSet', ts: this.now, by: 'test', limits: { ...WIDE_LIMITS, ...change } }],
    })
  }

  command(command: EngineCommand): EngineAnswer | undefined {
    return this.process({ type: 'Command', command, ts: this.now }).answer
  }

  tick(ms: number): void {
    this.now += ms
    this.process({ type: 'Tick', ts: this.now })
  }

  quote(symbol: InstrumentSymbol, last: string): void {
    const price = Price.parse(last)
    this.process({
      type: 'Market',
      step: {
        type: 'MarketStep',
        step: this.#step,
        ts: this.now,
        lockStep: false,
        reports: [],
        candles: [],
        quotes: [{ symbol, bid: price, ask: price, last: price, ts: this.now }],
      },
    })
  }

  /** Every bid and ask of its own. */
  book(symbol: InstrumentSymbol, { bid, ask, last = bid }: { readonly bid: string; readonly ask: string; readonly last?: string }): void {
    const quote = { symbol, bid: Price.parse(bid), ask: Price.parse(ask), last: Price.parse(last), ts: this.now }
    this.process({
      type: 'Market',
      step: { type: 'MarketStep', step: this.#step, ts: this.now, lockStep: false, reports: [], candles: [], quotes: [quote] },
    })
  }

  /** A candle that closes now. */
  candle(
    symbol: InstrumentSymbol,
    bar: {
      readonly low: string
      readonly high: string
      readonly close: string
      readonly timeframe?: Timeframe
      readonly openTime?: number
    },
  ): Transaction {
    const candle: Candle = {
      symbol,
      timeframe: bar.timeframe ?? '1m',
      openTime: bar.openTime ?? this.now - 60_000,
      open: Price.parse(bar.close),
      high: Price.parse(bar.high),
      low: Price.parse(bar.low),
      close: Price.parse(bar.close),
      volume: Quantity.parse('1'),
    }
    this.#step += 1
    return this.process({
      type: 'Market',
      step: { type: 'MarketStep', step: this.#step, ts: this.now, lockStep: false, reports: [], candles: [candle], quotes: [] },
    }).transaction
  }

  report(report: ExchangeReport): Transaction {
    return this.process({
      type: 'Market',
      step: { type: 'MarketStep', step: this.#step, ts: this.now, lockStep: false, reports: [report], candles: [], quotes: [] },
    }).transaction
  }

  signalOf(change: Partial<Signal> = {}): Signal {
    this.#signals += 1
    return {
      signalId: parseSignalId(`s-${this.#signals}`),
      traderId: TRADER,
      strategy: 'test',
      symbol: BTC,
      action: 'BUY',
      ts: this.now,
      ...change,
    }
  }

  signal(change: Partial<Signal> = {}): SignalDecision {
    return this.#decision(this.command({ type: 'SubmitSignals', signals: [this.signalOf(change)] }))
  }

  order(change: Partial<ManualOrder> = {}): SignalDecision {
    return this.#decision(this.command({ type: 'SubmitOrder', order: this.orderOf(change) }))
  }

  orderOf(change: Partial<ManualOrder> = {}): ManualOrder {
    return {
      signalId: this.signalOf().signalId,
      traderId: TRADER,
      strategy: 'manual',
      symbol: BTC,
      side: 'BUY',
      type: 'LIMIT',
      quantity: Quantity.parse('1'),
      price: Price.parse('100'),
      reduceOnly: false,
      ...change,
    }
  }

  oco(first: Partial<ManualOrder>, second: Partial<ManualOrder>): readonly SignalDecision[] {
    const orders = [this.orderOf(first), this.orderOf(second)] as const
    const answer = this.command({ type: 'SubmitOcoOrders', orders })
    if (answer?.type !== 'Decisions') throw new Error(`no decisions but ${JSON.stringify(answer)}`)
    return answer.decisions
  }

  amend(
    clientOrderId: ClientOrderId,
    change: { readonly quantity?: string; readonly price?: string; readonly triggerPrice?: string },
  ): EngineAnswer | undefined {
    return this.command({
      type: 'AmendOrder',
      clientOrderId,
      by: 'person',
      ...(change.quantity === undefined ? {} : { quantity: Quantity.parse(change.quantity) }),
      ...(change.price === undefined ? {} : { price: Price.parse(change.price) }),
      ...(change.triggerPrice === undefined ? {} : { triggerPrice: Price.parse(change.triggerPrice) }),
    })
  }

  protect(plan: ProtectionPlan | null, symbol: InstrumentSymbol = BTC, traderId = TRADER): EngineAnswer | undefined {
    return this.command({ type: 'SetProtection', traderId, symbol, plan, by: 'person' })
  }

  answer(
    stepTime: number,
    signals: readonly ProposedSignal[],
    change: { readonly traderId?: typeof TRADER; readonly error?: string } = {},
  ): Transaction {
    const answer = {
      type: 'StepAnswer',
      step: this.#step,
      traderId: change.traderId ?? TRADER,
      symbol: BTC,
      stepTime,
      signals,
      error: change.error,
    } as const
    return this.process({ type: 'Answer', answer, ts: this.now }).transaction
  }

  #decision(answer: EngineAnswer | undefined): SignalDecision {
    const decision = answer?.type === 'Decisions' ? answer.decisions[0] : undefined
    if (decision === undefined) throw new Error(`no decision but ${JSON.stringify(answer)}`)
    return decision
  }

  /** Submits a signal that must be accepted; its order id. */
  enter(change: Partial<Signal> = {}): ClientOrderId {
    return accepted(this.signal(change))
  }

  say<T extends ExchangeReport['type']>(type: T, clientOrderId: ClientOrderId, body: OneReport<T>): Transaction {
    const symbol = this.state.orders.get(clientOrderId)?.symbol ?? BTC
    return this.report({ type, clientOrderId, symbol, ts: this.now, ...body } as unknown as ExchangeReport)
  }

  accept(clientOrderId: ClientOrderId): Transaction {
    return this.say('OrderAccepted', clientOrderId, { exchangeOrderId: parseExchangeOrderId(`X-${clientOrderId}`) })
  }

  fill(
    clientOrderId: ClientOrderId,
    quantity: string,
    price = '100',
    change: { readonly tradeId?: string; readonly fee?: string } = {},
  ): Transaction {
    this.#trades += 1
    return this.say('OrderFill', clientOrderId, {
      tradeId: parseTradeId(change.tradeId ?? `t-${this.#trades}`),
      exchangeOrderId: parseExchangeOrderId(`X-${clientOrderId}`),
      price: Price.parse(price),
      quantity: Quantity.parse(quantity),
      fee: Money.parse(change.fee ?? '0', 'USDT'),
      liquidity: 'TAKER',
    })
  }

  /** Buys (or sells) and fills at once; the order is done. */
  hold(quantity: string, change: Partial<Signal> = {}, price = '100'): ClientOrderId {
    const id = this.enter({ quantity: Quantity.parse(quantity), ...change })
    this.accept(id)
    this.fill(id, quantity, price)
    return id
  }

  factsOf<T extends FactType>(type: T): Extract<Fact, { readonly type: T }>[] {
    return this.facts.filter((fact): fact is Extract<Fact, { readonly type: T }> => fact.type === type)
  }

  alerts(): string[] {
    return this.factsOf('AlertRaised').map(({ code }) => code)
  }

  /** Commands since the last call, and forgets them. */
  takeCommands(): ExchangeCommand[] {
    return this.commands.splice(0)
  }

  sent(): ClientOrderId[] {
    return this.commands.flatMap((command) => (command.type === 'SubmitOrder' ? [command.order.clientOrderId] : []))
  }

  position(symbol: InstrumentSymbol = BTC, traderId = TRADER): string {
    const held = this.state.positions.get(positionKey(traderId, symbol))
    return held === undefined ? '0' : SignedQuantity.format(held.quantity)
  }

  status(clientOrderId: ClientOrderId): string | undefined {
    return this.state.orders.get(clientOrderId)?.status
  }

  reserved(): string {
    const account = this.state.accounts.get('USDT')
    return account === undefined ? 'no account' : Money.format(account.reserved)
  }
}

export function accepted(decision: SignalDecision): ClientOrderId {
  if (decision.clientOrderId === undefined) throw new Error(`not accepted: ${JSON.stringify(decision)}`)
  return decision.clientOrderId
}
