import { parseExchangeOrderId, parseSignalId, parseSymbol, parseTradeId, parseTraderId } from '#domain/ids.ts'
import type { Fact } from '#domain/facts.ts'
import { Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { TradingEngine, type EngineInput } from '#engine/engine.ts'
import type { ExchangeCommand, ExchangeReport, ManualOrder } from '#engine/ports.ts'
import { writeSnapshot } from '#engine/snapshot.ts'
import { Journal } from '#storage/journal/journal.ts'
import { recoverState } from '#workers/engine/recover.ts'
import { show } from '../replay/decimal.ts'
import { scaled, instrumentOf } from '../loopback-venue/venue-book.ts'
import { priceText } from '../loopback-venue/venue-market.ts'
import { VenueMatching } from '../loopback-venue/venue-matching.ts'

const SYMBOLS = { BTCUSDT: parseSymbol('BTC/USDT:USDT'), ETHUSDT: parseSymbol('ETH/USDT:USDT') } as const
type Market = keyof typeof SYMBOLS
const ORDER_EVERY_MS = 10_000
const APPEND_FACTS = 500
const SNAPSHOT_EVERY_FACTS = 50_000
const MANUAL = parseTraderId('manual')

export interface Past {
  readonly journal: string
  readonly purpose: string
  readonly venueFile: string
  readonly fills: number
  readonly openOrders: number
  readonly startBalance: string
}

/** Lives through a long past in seconds: the real engine and its journal against the venue's own matching, no wire between. */
export function makePast(past: Past): { readonly facts: number; readonly fills: number } {
  const journal = new Journal({ path: past.journal, purpose: past.purpose })
  const { state } = recoverState(journal)
  const engine = new TradingEngine(state)
  let now = Date.now() - past.fills * ORDER_EVERY_MS - 3_600_000
  const venue = new VenueMatching({ seed: 5, startBalance: past.startBalance, file: past.venueFile, now: () => now })
  const facts: Fact[] = []
  let snapshotAt = SNAPSHOT_EVERY_FACTS
  let count = 0
  let orders = 0
  const flush = (): void => {
    count += facts.length
    journal.append(facts.splice(0))
    if (count < snapshotAt) return
    journal.writeSnapshot(writeSnapshot(engine.state))
    snapshotAt += SNAPSHOT_EVERY_FACTS
  }
  const process = (input: EngineInput): readonly ExchangeCommand[] => {
    const { transaction } = engine.process(input)
    facts.push(...transaction.facts)
    if (facts.length >= APPEND_FACTS) flush()
    return transaction.commands
  }
  // As if connected and compared: the past was lived under watch.
  state.now = now
  state.connected = true
  state.reconciled = true
  const give = (market: Market, order: Partial<ManualOrder>): void => {
    now += ORDER_EVERY_MS
    orders += 1
    venue.tick()
    const walk = venue.walks.get(market)
    if (walk === undefined) throw new Error(`no ${market}`)
    const price = (ticks: number) => Price.parse(priceText(walk.instrument, ticks))
    const quote = { symbol: SYMBOLS[market], bid: price(walk.bid), ask: price(walk.ask), last: price(walk.last), ts: now }
    const step = { type: 'MarketStep', step: 0, lockStep: false, candles: [] } as const
    process({ type: 'Market', step: { ...step, ts: now, reports: [], quotes: [quote] } })
    const signalId = parseSignalId(`past:${orders}`)
    const plain = {
      signalId,
      traderId: MANUAL,
      strategy: 'manual',
      symbol: SYMBOLS[market],
      side: 'BUY',
      type: 'MARKET',
      reduceOnly: false,
    } as const
    const command = { type: 'SubmitOrder', order: { ...plain, quantity: Quantity.parse('0.01'), ...order } } as const
    const commands = process({ type: 'Command', command, ts: now })
    const reports = commands.flatMap((each) => carryOut(venue, market, each, now))
    if (reports.length === 0) throw new Error(`order ${orders} was not sent: ${JSON.stringify(facts.at(-1))}`)
    process({ type: 'Market', step: { ...step, ts: now, reports, quotes: [] } })
  }
  while (venue.book.executions.length < past.fills) {
    const isHeld = venue.book.positionLots('BTCUSDT') > 0
    give('BTCUSDT', isHeld ? { side: 'SELL', reduceOnly: true } : {})
  }
  for (let n = 0; n < past.openOrders; n += 1) {
    const market: Market = n % 2 === 0 ? 'BTCUSDT' : 'ETHUSDT'
    const walk = venue.walks.get(market)
    const ticks = Math.floor((walk?.last ?? 0) * 0.8) - n
    give(market, { type: 'LIMIT', price: Price.parse(priceText(instrumentOf(market), ticks)), quantity: Quantity.parse('0.01') })
  }
  flush()
  journal.close()
  return { facts: count, fills: venue.book.executions.length }
}

function carryOut(venue: VenueMatching, market: Market, command: ExchangeCommand, ts: number): readonly ExchangeReport[] {
  if (command.type !== 'SubmitOrder') return []
  const { order } = command
  const price = order.price === undefined ? undefined : Price.format(order.price)
  const record = venue.create({
    symbol: market,
    side: order.side === 'BUY' ? 'Buy' : 'Sell',
    orderType: price === undefined ? 'Market' : 'Limit',
    qty: Quantity.format(order.quantity),
    price,
    orderLinkId: order.clientOrderId,
    reduceOnly: order.reduceOnly,
  })
  if ('retCode' in record) throw new Error(`the venue refuses: ${record.retMsg}`)
  const base = { clientOrderId: order.clientOrderId, symbol: order.symbol, ts, exchangeOrderId: parseExchangeOrderId(record.orderId) }
  const { lot } = instrumentOf(market)
  const fills = venue.book.executionsOf(record.orderId).map(
    (execution): ExchangeReport => ({
      ...base,
      type: 'OrderFill',
      tradeId: parseTradeId(execution.execId),
      price: Price.parse(priceText(instrumentOf(market), execution.ticks)),
      quantity: Quantity.parse(show(scaled(lot, execution.lots))),
      fee: Money.parse(execution.fee, 'USDT'),
      liquidity: execution.isMaker ? 'MAKER' : 'TAKER',
    }),
  )
  return [{ ...base, type: 'OrderAccepted' }, ...fills]
}
