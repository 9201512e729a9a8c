import type { MessagePort } from 'node:worker_threads'
import { parseExchangeOrderId, parseSymbol, parseTradeId, type InstrumentSymbol } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import { BasisPoints, Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { ExchangeCommand, ExchangeReport, FromExchange, ToExchange } from '#engine/ports.ts'

const PRICE = Price.parse('100')

/** A market without friction, for load. */
export function benchInstrument(symbol: InstrumentSymbol): Instrument {
  const [base = 'AAA'] = symbol.split('/')
  return {
    symbol,
    exchange: 'bench',
    kind: 'perpetual',
    base,
    quote: 'USDT',
    settle: 'USDT',
    tickSize: Price.parse('0.01'),
    lotSize: Quantity.parse('0.001'),
    minQuantity: Quantity.parse('0.001'),
    minNotional: Money.parse('1', 'USDT'),
    makerFee: BasisPoints.parse('2'),
    takerFee: BasisPoints.parse('5'),
  }
}

export interface LoopbackExchange {
  readonly symbols: readonly InstrumentSymbol[]
  /** Sends a closed candle of one instrument, a minute after the last. */
  candle(symbol: InstrumentSymbol): void
  onSubmit: (symbol: InstrumentSymbol) => void
}

/** The benchmark's own end of the exchange port: accepts every order at once and, if wanted, fills it whole at one price. Not a market. */
export function loopbackExchange(port: MessagePort, symbolCount: number, fills: boolean): LoopbackExchange {
  const symbols = Array.from({ length: symbolCount }, (_, n) => parseSymbol(`A${n}/USDT:USDT`))
  const send = (message: FromExchange) => port.postMessage(message)
  const opens = new Map<InstrumentSymbol, number>()
  let step = 0
  let ts = Math.floor(Date.now() / 60_000) * 60_000
  const exchange: LoopbackExchange = {
    symbols,
    onSubmit: () => undefined,
    candle: (symbol) => {
      const openTime = (opens.get(symbol) ?? ts - 60_000) + 60_000
      opens.set(symbol, openTime)
      ts = Math.max(ts, openTime + 60_000)
      const candle = {
        symbol,
        timeframe: '1m',
        openTime,
        open: PRICE,
        high: PRICE,
        low: PRICE,
        close: PRICE,
        volume: Quantity.parse('1'),
      } as const
      send({ type: 'MarketStep', step: ++step, ts, lockStep: false, reports: [], candles: [candle], quotes: [] })
    },
  }
  const answer = (command: ExchangeCommand): ExchangeReport[] => {
    if (command.type !== 'SubmitOrder') return []
    const { order } = command
    exchange.onSubmit(order.symbol)
    const base = { clientOrderId: order.clientOrderId, symbol: order.symbol, ts }
    const exchangeOrderId = parseExchangeOrderId(`B-${order.clientOrderId}`)
    const accepted: ExchangeReport = { ...base, type: 'OrderAccepted', exchangeOrderId }
    if (!fills) return [accepted]
    return [
      accepted,
      {
        ...base,
        type: 'OrderFill',
        exchangeOrderId,
        tradeId: parseTradeId(`${order.clientOrderId}-1`),
        price: PRICE,
        quantity: order.quantity,
        fee: Money.parse('0.01', 'USDT'),
        liquidity: 'TAKER',
      },
    ]
  }
  port.on('message', (message: ToExchange) => {
    const commands = message.type === 'CommandBatch' ? message.commands : message.type === 'SubmitOrder' ? [message] : []
    const reports = commands.flatMap(answer)
    if (reports.length > 0) send({ type: 'MarketStep', step, ts, lockStep: false, reports, candles: [], quotes: [] })
  })
  send({
    type: 'ExchangeStatus',
    exchange: 'bench',
    connected: true,
    ts,
    instruments: symbols.map(benchInstrument),
    openingBalances: [{ currency: 'USDT', balance: '1000000000' }],
  })
  return exchange
}
