import type { Fact } from '#domain/facts.ts'
import { parseExchangeOrderId, parseSignalId, parseSymbol, parseTradeId, type InstrumentSymbol } from '#domain/ids.ts'
import { Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { TradingEngine, type EngineInput } from '#engine/engine.ts'
import type { ExchangeReport } from '#engine/ports.ts'
import { createState } from '#engine/state.ts'
import { benchTrader, WIDE_LIMITS } from './bench-engine.ts'
import { benchInstrument } from './loopback-exchange.ts'

const TRADERS = 20
/** Whole rounds over the traders: one batch opens what the next one closes. */
const BATCH = 12 * TRADERS
const PRICE = Price.parse('100')
const QUANTITY = Quantity.parse('0.1')
const FEE = Money.parse('0.01', 'USDT')
const MINUTE_MS = 60_000

/** The engine alone in this thread, fed signals whose orders are accepted and filled at once. What it decides goes to `keep`. */
export class EngineLoad {
  readonly #engine = new TradingEngine(createState('bnch'))
  readonly #keep: (facts: readonly Fact[]) => void
  readonly #symbols: readonly InstrumentSymbol[] = Array.from({ length: TRADERS }, (_, n) => parseSymbol(`A${n}/USDT:USDT`))
  #ts = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS
  #signals = 0

  constructor(keep: (facts: readonly Fact[]) => void) {
    this.#keep = keep
    const ts = this.#ts
    const instruments = this.#symbols.map(benchInstrument)
    const openingBalances = [{ currency: 'USDT', balance: '1000000000000' }]
    this.#process({
      type: 'Exchange',
      status: { type: 'ExchangeStatus', exchange: 'bench', connected: true, ts, instruments, openingBalances },
    })
    const limits = { type: 'RiskLimitsSet', ts, by: 'bench', limits: WIDE_LIMITS } as const
    const traders = this.#symbols.map((symbol, n) => {
      const config = benchTrader(symbol, n, 'bench')
      return { type: 'TraderChanged', ts, traderId: config.traderId, config, state: 'running' } as const
    })
    this.#process({ type: 'Command', ts, command: { type: 'Record', facts: [limits, ...traders] } })
    const quotes = this.#symbols.map((symbol) => ({ symbol, bid: PRICE, ask: PRICE, last: PRICE, ts }))
    this.#process({ type: 'Market', step: { type: 'MarketStep', step: 1, ts, lockStep: false, reports: [], candles: [], quotes } })
  }

  /** Takes so many signals from decision to fill. Each batch opens or closes a position of every trader, so that none grows for ever. */
  run(signals: number): void {
    for (const until = this.#signals + signals; this.#signals < until; ) {
      const from = this.#signals
      this.#signals += BATCH
      this.#ts += 1
      const ts = this.#ts
      const batch = Array.from({ length: BATCH }, (_, i) => this.#signal(from + i))
      const commands = this.#process({ type: 'Command', ts, command: { type: 'SubmitSignals', signals: batch } })
      const reports = commands.flatMap((command) => (command.type === 'SubmitOrder' ? this.#fill(command.order) : []))
      if (reports.length !== 2 * BATCH) throw new Error(`${BATCH - reports.length / 2} of ${BATCH} signals were refused`)
      this.#process({ type: 'Market', step: { type: 'MarketStep', step: 1, ts, lockStep: false, reports, candles: [], quotes: [] } })
    }
  }

  #signal(n: number) {
    const symbol = this.#symbols[n % TRADERS] ?? parseSymbol('A0/USDT:USDT')
    const { traderId } = benchTrader(symbol, n % TRADERS, 'bench')
    const action = Math.floor(n / BATCH) % 2 === 0 ? 'BUY' : 'SELL'
    return { traderId, strategy: 'bench', symbol, signalId: parseSignalId(`s${n}`), action, quantity: QUANTITY, ts: this.#ts } as const
  }

  #fill({
    clientOrderId,
    symbol,
    quantity,
  }: {
    readonly clientOrderId: ExchangeReport['clientOrderId']
    readonly symbol: InstrumentSymbol
    readonly quantity: Quantity
  }): ExchangeReport[] {
    const exchangeOrderId = parseExchangeOrderId(`B-${clientOrderId}`)
    const base = { clientOrderId, symbol, ts: this.#ts, exchangeOrderId }
    const tradeId = parseTradeId(`${clientOrderId}-1`)
    return [
      { ...base, type: 'OrderAccepted' },
      { ...base, type: 'OrderFill', tradeId, price: PRICE, quantity, fee: FEE, liquidity: 'TAKER' },
    ]
  }

  #process(input: EngineInput) {
    const { transaction } = this.#engine.process(input)
    this.#keep(transaction.facts)
    return transaction.commands
  }
}
