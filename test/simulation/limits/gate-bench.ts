import { parseExchangeOrderId, parseSignalId, parseTradeId, type ClientOrderId } from '#domain/ids.ts'
import { Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { RiskLimits } from '#domain/risk.ts'
import type { SignalDecision } from '#domain/signal.ts'
import { TradingEngine } from '#engine/engine.ts'
import type { ExchangeReport, ManualOrder } from '#engine/ports.ts'
import { createState } from '#engine/state.ts'
import { abs, dec, mul, ONE, show } from '../core/decimal.ts'
import type { Random } from '../core/random.ts'
import { TRADERS } from '../run/people.ts'
import { listing, MARKETS, priceOf, type Market } from '../venue/market.ts'
import { brokenRules, TAKER_TENTHS, type Asked } from './gate-oracle.ts'
import { Ledger, type LedgerOrder } from './ledger.ts'

/** 2026-01-15 12:00:00 UTC. */
const NOON = 1_768_478_400_000
export const PERPETUALS = MARKETS.filter(({ kind }) => kind === 'perpetual')

type Report<T extends ExchangeReport['type']> = Omit<
  Extract<ExchangeReport, { readonly type: T }>,
  'type' | 'clientOrderId' | 'symbol' | 'ts'
>

/** An engine that is told of orders, fills and prices, and beside it a ledger that is told the same. */
export class GateBench {
  readonly engine = new TradingEngine(createState('gate'))
  readonly ledger: Ledger
  readonly ticks = new Map<string, number>()
  #now = NOON
  #count = 0
  #step = 0

  constructor(limits: RiskLimits, balance: number) {
    this.ledger = new Ledger(BigInt(balance) * ONE, limits)
    this.engine.process({
      type: 'Exchange',
      status: {
        type: 'ExchangeStatus',
        exchange: 'bench',
        connected: true,
        ts: this.#now,
        instruments: PERPETUALS.map((market) => listing(market, 'bench', { maker: 20, taker: Number(TAKER_TENTHS) })),
        openingBalances: [{ currency: 'USDT', balance: `${balance}` }],
      },
    })
    for (const traderId of TRADERS) {
      const config = {
        traderId,
        strategy: 'bench',
        symbols: PERPETUALS.map(({ symbol }) => symbol),
        timeframe: '1m',
        params: {},
        orderNotional: '100',
        desired: 'running',
        kind: 'strategy',
      } as const
      this.#command({ type: 'Record', facts: [{ type: 'TraderChanged', ts: 0, traderId, config, state: 'running' }] })
    }
    this.setLimits(limits)
    for (const market of PERPETUALS) this.price(market, market.startTicks)
  }

  get now(): number {
    return this.#now
  }

  #command(
    command: Parameters<TradingEngine['process']>[0] extends infer I
      ? I extends { type: 'Command'; command: infer C }
        ? C
        : never
      : never,
  ) {
    const { answer, transaction } = this.engine.process({ type: 'Command', command, ts: this.#now })
    for (const sent of transaction.commands) {
      const order = sent.type === 'CancelOrder' ? this.ledger.orders.get(sent.clientOrderId) : undefined
      if (order !== undefined) order.isCancelAsked = true
    }
    return answer
  }

  setLimits(limits: RiskLimits): void {
    this.ledger.limits = limits
    this.#command({ type: 'Record', facts: [{ type: 'RiskLimitsSet', ts: 0, by: 'bench', limits }] })
  }

  pass(ms: number): void {
    this.#now += ms
    this.ledger.now = this.#now
  }

  #market(reports: readonly ExchangeReport[], market?: Market): void {
    this.#step += 1
    const last = market === undefined ? undefined : priceOf(market, this.ticks.get(market.symbol) ?? 0)
    const quotes = market === undefined || last === undefined ? [] : [{ symbol: market.symbol, bid: last, ask: last, last, ts: this.#now }]
    this.engine.process({
      type: 'Market',
      step: { type: 'MarketStep', step: this.#step, ts: this.#now, lockStep: false, reports, candles: [], quotes },
    })
  }

  price(market: Market, ticks: number): void {
    this.ledger.now = this.#now
    this.ticks.set(market.symbol, ticks)
    this.ledger.marks.set(market.symbol, { price: dec(Price.format(priceOf(market, ticks))), ts: this.#now })
    this.#market([], market)
  }

  #report<T extends ExchangeReport['type']>(type: T, order: LedgerOrder, body: Report<T>): void {
    this.#market([{ type, clientOrderId: order.id, symbol: order.symbol, ts: this.#now, ...body } as unknown as ExchangeReport])
  }

  accept(order: LedgerOrder): void {
    order.isConfirmed = true
    this.#report('OrderAccepted', order, { exchangeOrderId: parseExchangeOrderId(`B${order.id}`) })
  }

  cancel(order: LedgerOrder): void {
    this.ledger.end(order.id)
    this.#report('OrderCanceled', order, { reason: 'bench' })
  }

  reject(order: LedgerOrder): void {
    this.ledger.end(order.id)
    this.#report('OrderRejected', order, { code: 'NO', message: 'bench' })
  }

  fill(order: LedgerOrder, quantity: bigint, ticks: number, market: Market): void {
    this.#count += 1
    const price = priceOf(market, ticks)
    const fee = mul(dec(Price.format(price)), quantity) / 2_000n
    this.ledger.fill(order.id, quantity, dec(Price.format(price)), fee)
    this.#report('OrderFill', order, {
      tradeId: parseTradeId(`T${this.#count}`),
      exchangeOrderId: parseExchangeOrderId(`B${order.id}`),
      price,
      quantity: Quantity.parse(show(quantity)),
      fee: Money.parse(show(fee), 'USDT'),
      liquidity: 'TAKER',
    })
  }

  /** Asks the gate and the oracle for the same order. */
  ask(asked: Asked): { readonly decision: SignalDecision; readonly broken: readonly string[] } {
    const broken = brokenRules(this.ledger, asked)
    this.#count += 1
    const [traderId] = asked.key.split('|') as [ManualOrder['traderId']]
    const order: ManualOrder = {
      signalId: parseSignalId(`g-${this.#count}`),
      traderId,
      strategy: 'bench',
      symbol: asked.market.symbol,
      side: asked.side,
      type: asked.limit === undefined ? 'MARKET' : 'LIMIT',
      quantity: Quantity.parse(show(asked.quantity)),
      price: asked.limit === undefined ? undefined : Price.parse(show(asked.limit)),
      reduceOnly: asked.isExit,
    }
    const answer = this.#command({ type: 'SubmitOrder', order })
    const decision = answer?.type === 'Decisions' ? answer.decisions[0] : undefined
    if (decision === undefined) throw new Error(`no decision but ${JSON.stringify(answer)}`)
    if (decision.clientOrderId !== undefined) this.#sent(asked, decision.clientOrderId)
    return { decision, broken }
  }

  #sent(asked: Asked, id: ClientOrderId): void {
    const { key, market, side, isExit, quantity, limit } = asked
    const reference = this.ledger.marks.get(market.symbol)?.price ?? 0n
    this.ledger.send({
      id,
      key,
      symbol: market.symbol,
      side,
      isExit,
      limit,
      reference,
      quantity,
      filled: 0n,
      isWorking: true,
      isConfirmed: false,
      isCancelAsked: false,
    })
  }
}

/** An order near the edges of the limits: at them, one step beyond, far away. */
export function randomAsked(bench: GateBench, random: Random): Asked {
  const market = random.pick(PERPETUALS)
  const key = `${random.pick(TRADERS)}|${market.symbol}`
  const { ledger } = bench
  const ticks = bench.ticks.get(market.symbol) ?? 0
  const reference = dec(Price.format(priceOf(market, ticks)))
  const lot = (BigInt(market.lotUnits) * ONE) / 10n ** BigInt(market.lotScale)
  const tick = (BigInt(market.tickUnits) * ONE) / 10n ** BigInt(market.tickScale)
  const held = ledger.positions.get(key) ?? 0n
  const isExit = held !== 0n && random.chance(0.3)
  const side = isExit ? (held > 0n ? 'SELL' : 'BUY') : random.pick(['BUY', 'SELL'] as const)
  const offset = (reference * dec(ledger.limits.priceCollarBps)) / (10_000n * ONE)
  const edge = random.pick([0n, 1n, -1n, 5n, -7n])
  const limit = random.chance(0.5)
    ? undefined
    : reference +
      BigInt(random.pick([-1, 1, 0])) *
        (random.chance(0.3) ? (offset / tick) * tick : (offset / tick / BigInt(random.between(2, 50))) * tick) +
      edge * tick +
      (random.chance(0.05) ? tick / 2n : 0n)
  const price = limit === undefined || limit <= 0n ? reference : limit
  const target = random.pick([
    dec(ledger.limits.maxOrderNotional),
    dec(ledger.limits.maxPositionNotional) - mul(abs(held), reference),
    dec(market.minNotional),
    dec(ledger.limits.maxOrderNotional) / BigInt(random.between(2, 20)),
    ledger.worth().equity - ledger.worth().exposure - ledger.reserved(),
  ])
  const lots = isExit && random.chance(0.6) ? abs(held) / lot : (target * ONE) / price / lot
  const size = (lots + random.pick([0n, 0n, 1n, -1n])) * lot + (random.chance(0.03) ? lot / 2n : 0n)
  return { key, market, side, isExit, quantity: size > 0n ? size : lot, limit: limit === undefined || limit <= 0n ? undefined : limit }
}

export const textOfOrder = (asked: Asked): string =>
  `${asked.isExit ? 'exit' : 'entry'} ${asked.side} ${show(asked.quantity)} ${asked.key} at ${asked.limit === undefined ? 'market' : show(asked.limit)}`
