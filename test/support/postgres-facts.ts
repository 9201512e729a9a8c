import type { Fact, JournalEntry } from '#domain/facts.ts'
import { makeClientOrderId, parseExchangeOrderId, parseSignalId, parseSymbol, parseTradeId, parseTraderId } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import { BasisPoints, Money, basisPoints, notional } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { Position } from '#domain/position.ts'
import type { FactSource } from '#storage/journal/fact-source.ts'

const START_TS = 1_760_000_000_000
const START_CASH = '100000'
const EXCHANGE = 'paper'
const SYMBOLS = [parseSymbol('BTC/USDT'), parseSymbol('ETH/USDT')]
const TRADERS = [parseTraderId('alpha'), parseTraderId('beta')]

/** mulberry32: the same seed gives the same facts. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function instrument(symbol: (typeof SYMBOLS)[number]): Instrument {
  return {
    symbol,
    exchange: EXCHANGE,
    kind: 'spot',
    base: symbol.split('/')[0]!,
    quote: 'USDT',
    settle: 'USDT',
    tickSize: Price.parse('0.01'),
    lotSize: Quantity.parse('0.00001'),
    minQuantity: Quantity.parse('0.00001'),
    minNotional: Money.parse('1', 'USDT'),
    makerFee: BasisPoints.parse('2'),
    takerFee: BasisPoints.parse('5.5'),
  }
}

/**
 * A believable life of an account, facts and money exact: candles, decided signals, orders with their states and fills
 * (every third one in two parts), the account valued after each. At least `count` facts.
 */
export function syntheticFacts(count: number, seed = 1): readonly Fact[] {
  const random = generator(seed)
  const facts: Fact[] = opening()
  const positions = new Map<string, Position>()
  const marks = new Map(SYMBOLS.map((symbol) => [symbol, Price.parse('1000.00')]))
  let cash = Money.parse(START_CASH, 'USDT')
  let realized = Money.zero('USDT')
  let fees = Money.zero('USDT')
  for (let step = 0; facts.length < count; step += 1) {
    const ts = START_TS + step * 60_000
    const symbol = SYMBOLS[step % SYMBOLS.length]!
    const traderId = TRADERS[Math.floor(step / 2) % TRADERS.length]!
    const mark = Price.parse((900 + random() * 200).toFixed(2))
    marks.set(symbol, mark)
    const close = Price.format(mark)
    facts.push({
      type: 'CandleClosed',
      ts,
      symbol,
      timeframe: '1m',
      openTime: ts - 60_000,
      open: close,
      high: close,
      low: close,
      close,
      volume: (random() * 10).toFixed(8),
    })
    const key = `${traderId} ${symbol}`
    const before = positions.get(key) ?? Position.open(traderId, instrument(symbol), ts)
    const side = before.quantity.units > 0n && random() < 0.6 ? 'SELL' : 'BUY'
    const quantity = side === 'SELL' ? SignedQuantity.magnitude(before.quantity) : Quantity.parse((0.001 + random()).toFixed(5))
    const clientOrderId = makeClientOrderId({ instance: 'test', traderId, time: ts, sequence: step })
    const signalId = parseSignalId(`signal-${seed}-${step}`)
    const exchangeOrderId = parseExchangeOrderId(`x${step}`)
    const shared = { clientOrderId, traderId, symbol }
    facts.push(
      {
        type: 'SignalDecided',
        ts,
        signalId,
        traderId,
        strategy: 'ema-cross',
        symbol,
        action: side,
        confidence: 0.75,
        stepTime: ts - 60_000,
        outcome: 'ACCEPTED',
        reason: 'ACCEPTED',
        clientOrderId,
        note: `step ${step}`,
      },
      {
        type: 'OrderSubmitted',
        ts,
        ...shared,
        strategy: 'ema-cross',
        signalId,
        exchange: EXCHANGE,
        side,
        orderType: 'MARKET',
        purpose: side === 'BUY' ? 'ENTRY' : 'EXIT',
        quantity: Quantity.format(quantity),
        referencePrice: close,
        reduceOnly: side === 'SELL',
      },
      { type: 'OrderStatusChanged', ts: ts + 5, ...shared, status: 'ACCEPTED', exchangeOrderId },
    )
    let position = before
    let filled = Quantity.ZERO
    let filledNotional = Money.zero('USDT')
    for (const part of parts(quantity, step)) {
      const value = notional(mark, part, 'USDT')
      const fee = basisPoints(value, BasisPoints.parse('5.5'))
      const result = Position.applyFill(position, { side, price: mark, quantity: part, fee, ts: ts + 10 }, 'USDT')
      position = result.position
      filled = Quantity.add(filled, part)
      filledNotional = Money.add(filledNotional, value)
      realized = Money.add(realized, result.realized)
      fees = Money.add(fees, fee)
      cash = Money.subtract(side === 'BUY' ? Money.subtract(cash, value) : Money.add(cash, value), fee)
      facts.push({
        type: 'OrderFilled',
        ts: ts + 10,
        ...shared,
        tradeId: parseTradeId(`t${step}-${Quantity.format(filled)}`),
        exchangeOrderId,
        strategy: 'ema-cross',
        exchange: EXCHANGE,
        side,
        price: close,
        quantity: Quantity.format(part),
        fee: Money.format(fee),
        feeCurrency: 'USDT',
        liquidity: 'TAKER',
        realizedPnl: Money.format(result.realized),
        orderStatus: Quantity.compare(filled, quantity) === 0 ? 'FILLED' : 'PARTIALLY_FILLED',
        orderFilledQuantity: Quantity.format(filled),
        orderFilledNotional: Money.format(filledNotional),
        position: {
          quantity: SignedQuantity.format(position.quantity),
          entryCost: Money.format(position.entryCost),
          realizedPnl: Money.format(position.realizedPnl),
          fees: Money.format(position.fees),
          openedAt: position.openedAt,
        },
        cash: Money.format(cash),
      })
    }
    positions.set(key, position)
    let unrealized = Money.zero('USDT')
    for (const held of positions.values()) unrealized = Money.add(unrealized, Position.unrealizedPnl(held, marks.get(held.symbol)!))
    const equity = Money.subtract(Money.add(Money.add(Money.parse(START_CASH, 'USDT'), realized), unrealized), fees)
    facts.push({
      type: 'EquityMarked',
      ts: ts + 20,
      exchange: EXCHANGE,
      currency: 'USDT',
      start: START_CASH,
      realized: Money.format(realized),
      unrealized: Money.format(unrealized),
      fees: Money.format(fees),
      equity: Money.format(equity),
      exposure: '0',
      reserved: '0',
    })
    if (step % 50 === 0) facts.push({ type: 'AlertRaised', ts, severity: 'info', code: 'TEST', message: `Step ${step} "done"`, traderId })
    if (step % 70 === 0)
      facts.push({ type: 'ActionAudited', ts, actor: 'test', action: 'note', target: traderId, reason: 'because', before: 'a', after: 'b' })
  }
  return facts
}

function opening(): Fact[] {
  const facts: Fact[] = SYMBOLS.map((symbol) => ({
    type: 'InstrumentListed',
    ts: START_TS,
    symbol,
    exchange: EXCHANGE,
    kind: 'spot',
    base: symbol.split('/')[0]!,
    quote: 'USDT',
    settle: 'USDT',
    tickSize: '0.01',
    lotSize: '0.00001',
    minQuantity: '0.00001',
    minNotional: '1',
    makerFeeBps: '2',
    takerFeeBps: '5.5',
  }))
  facts.push({ type: 'AccountOpened', ts: START_TS, exchange: EXCHANGE, currency: 'USDT', balance: START_CASH })
  for (const traderId of TRADERS) {
    facts.push({
      type: 'TraderChanged',
      ts: START_TS,
      traderId,
      state: 'running',
      config: {
        traderId,
        strategy: 'ema-cross',
        symbols: SYMBOLS,
        timeframe: '1m',
        params: { fast: 12, slow: 26 },
        orderNotional: '100',
        desired: 'running',
        kind: 'strategy',
      },
    })
  }
  return facts
}

function parts(quantity: Quantity, step: number): readonly Quantity[] {
  if (step % 3 !== 0) return [quantity]
  const first = Quantity.roundToLot(quantity, Quantity.parse('0.001'), 'floor')
  const rest = Quantity.subtract(quantity, first)
  return Quantity.isZero(first) || Quantity.isZero(rest) ? [quantity] : [first, rest]
}

/** A journal that can grow, in memory. */
export class MemoryFacts implements FactSource {
  readonly journalId: string
  readonly #entries: JournalEntry[] = []
  constructor(journalId: string, facts: readonly Fact[] = []) {
    this.journalId = journalId
    this.append(facts)
  }
  append(facts: readonly Fact[]): number {
    for (const fact of facts) this.#entries.push({ seq: this.#entries.length + 1, fact })
    return this.#entries.length
  }
  head(): number {
    return this.#entries.length
  }
  read(afterSeq: number, limit: number): readonly JournalEntry[] {
    return this.#entries.slice(afterSeq, afterSeq + limit)
  }
}
