import type { Timeframe } from '#domain/candle.ts'
import { timeframeMs } from '#domain/candle.ts'
import type { JournalEntry } from '#domain/facts.ts'
import { parseSymbol, parseTraderId } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { TradingEngine, type EngineInput } from '#engine/engine.ts'
import type { AccountSnapshot, EngineAnswer, EngineCommand, ExchangeReport } from '#engine/ports.ts'
import { createState } from '#engine/state.ts'
import { DEMO_INSTRUMENTS, openingBalances } from '#exchanges/market/instruments.ts'
import { PAPER_CAPABILITIES } from '#exchanges/paper/paper-capabilities.ts'
import { sliceOfCandle } from '#exchanges/paper/market-slice.ts'
import { publicInstrument } from '#exchanges/paper/paper-instrument.ts'
import { PaperExchange } from '#exchanges/paper/paper-exchange.ts'

export interface CandleText {
  readonly symbol: string
  readonly timeframe?: Timeframe
  readonly openTime: number
  readonly open: string
  readonly high: string
  readonly low: string
  readonly close: string
  readonly volume?: string
}

/** The real engine and the real paper exchange in one thread, with an array for a journal: for tests of what stands in front of them. */
export class InProcessEngine {
  readonly entries: JournalEntry[] = []
  /** While true the exchange hears everything and says nothing. */
  exchangeSilent = false
  /** What the exchange shows of the account; a test may show something else. */
  shownAccount = (snapshot: AccountSnapshot): AccountSnapshot => snapshot
  readonly #engine = new TradingEngine(createState('test'))
  readonly #exchange = new PaperExchange({ instruments: DEMO_INSTRUMENTS, seed: 'test' })
  readonly #onEntries: (entries: readonly JournalEntry[]) => void
  #ts: number
  #step = 0

  constructor(onEntries: (entries: readonly JournalEntry[]) => void, startTs: number) {
    this.#onEntries = onEntries
    this.#ts = startTs
    this.#process({
      type: 'Exchange',
      status: {
        type: 'ExchangeStatus',
        exchange: 'paper',
        connected: true,
        ts: startTs,
        instruments: DEMO_INSTRUMENTS.map(publicInstrument),
        openingBalances: openingBalances(DEMO_INSTRUMENTS),
        capabilities: PAPER_CAPABILITIES,
      },
    })
    this.#process({
      type: 'Command',
      ts: startTs,
      command: {
        type: 'Record',
        facts: [
          {
            type: 'TraderChanged',
            ts: startTs,
            traderId: parseTraderId('manual'),
            state: 'running',
            config: {
              traderId: parseTraderId('manual'),
              strategy: 'manual',
              symbols: [parseSymbol('BTC/USDT')],
              timeframe: '1m',
              params: {},
              orderNotional: '1000',
              desired: 'running',
              kind: 'manual',
            },
          },
        ],
      },
    })
  }

  get now(): number {
    return this.#ts
  }

  async request(command: EngineCommand): Promise<EngineAnswer> {
    return this.ask(command)
  }

  ask(command: EngineCommand): EngineAnswer {
    const answer = this.#process({ type: 'Command', command, ts: this.#ts })
    if (answer === undefined) throw new Error('a command was not answered')
    return answer
  }

  /** Nothing but time passes. */
  wait(ms: number): void {
    this.#ts += ms
    this.#process({ type: 'Tick', ts: this.#ts })
  }

  /** One closed candle: orders meet it, then the engine sees it. */
  candle(text: CandleText): void {
    const candle = {
      symbol: parseSymbol(text.symbol),
      timeframe: text.timeframe ?? '1m',
      openTime: text.openTime,
      open: Price.parse(text.open),
      high: Price.parse(text.high),
      low: Price.parse(text.low),
      close: Price.parse(text.close),
      volume: Quantity.parse(text.volume ?? '1000'),
    } as const
    this.#ts = Math.max(this.#ts, candle.openTime + timeframeMs(candle.timeframe))
    const reports = this.#exchange.move(sliceOfCandle(candle))
    this.#market(this.exchangeSilent ? [] : reports, [candle])
  }

  #market(reports: readonly ExchangeReport[], candles: Extract<EngineInput, { type: 'Market' }>['step']['candles']): void {
    this.#step += 1
    this.#process({
      type: 'Market',
      step: { type: 'MarketStep', step: this.#step, ts: this.#ts, lockStep: false, reports, candles, quotes: [] },
    })
  }

  #process(input: EngineInput): EngineAnswer | undefined {
    const { transaction, answer } = this.#engine.process(input)
    const entries = transaction.facts.map((fact, i): JournalEntry => ({ seq: this.entries.length + i + 1, fact }))
    this.entries.push(...entries)
    this.#onEntries(structuredClone(entries))
    const reports = transaction.commands.flatMap((command) => this.#exchange.handle(command))
    if (reports.length > 0 && !this.exchangeSilent) this.#market(reports, [])
    for (const command of transaction.commands)
      if (command.type === 'QueryAccount') this.#process({ type: 'Account', snapshot: this.shownAccount(this.#exchange.account(command)) })
    return answer
  }
}
