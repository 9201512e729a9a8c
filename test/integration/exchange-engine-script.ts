import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import type { Candle } from '#domain/candle.ts'
import { makeClientOrderId, parseTraderId, type InstrumentSymbol } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { timeframeMs } from '#domain/candle.ts'
import type { Approved, ExchangeReport, FromExchange, MarketStep, OrderRequest, RestoredOrder, ToExchange } from '#engine/ports.ts'
import type { PaperSessionConfig } from '#exchanges/paper-session.ts'
import type { FromExchangeWorker, ToExchangeWorker } from '#workers/exchange.messages.ts'

const WORKER = new URL('../../src/workers/exchange.worker.ts', import.meta.url)
const TRADER = parseTraderId('script')

/** An exchange thread with both its ports, and everything it said to main. */
export class ExchangeThread {
  readonly said: { readonly at: number; readonly message: FromExchangeWorker }[] = []
  readonly engine: MessagePort
  readonly candleCachePath: string
  readonly #worker: Worker
  readonly exited: Promise<unknown>

  constructor(session: PaperSessionConfig, candleCachePath: string) {
    this.candleCachePath = candleCachePath
    const { port1, port2 } = new MessageChannel()
    this.engine = port1
    this.#worker = new Worker(WORKER)
    this.exited = once(this.#worker, 'exit')
    this.#worker.on('message', (message: FromExchangeWorker) => this.said.push({ at: performance.now(), message }))
    const init: ToExchangeWorker = { type: 'Init', enginePort: port2, session, candleCachePath }
    this.#worker.postMessage(init, [port2])
  }

  tell(message: ToExchangeWorker): void {
    this.#worker.postMessage(message)
  }

  of<T extends FromExchangeWorker['type']>(type: T): readonly Extract<FromExchangeWorker, { readonly type: T }>[] {
    return this.said.flatMap(({ message }) => (message.type === type ? [message as Extract<FromExchangeWorker, { readonly type: T }>] : []))
  }

  /** As a crash would: nothing is said or saved. */
  async kill(): Promise<void> {
    this.engine.removeAllListeners('message')
    await this.#worker.terminate()
    this.engine.close()
  }

  /** Waits until the thread has ended by itself. */
  async stop(): Promise<number> {
    this.tell({ type: 'Stop' })
    const [code] = (await this.exited) as [number]
    return code
  }
}

/**
 * Stands in for the engine and its journal: decides by a fixed script from the candles alone, remembers what an engine
 * would, and asks about and re-sends unanswered orders after a crash.
 */
export class ScriptedEngine {
  readonly reports: ExchangeReport[] = []
  readonly candles: Candle[] = []
  readonly steps: MarketStep[] = []
  readonly instruments = new Map<string, Instrument>()
  readonly #submitted = new Map<string, OrderRequest>()
  readonly #open = new Map<string, RestoredOrder>()
  readonly #held = new Map<string, SignedQuantity>()
  readonly #cursors = new Map<
    string,
    { readonly symbol: InstrumentSymbol; readonly timeframe: Candle['timeframe']; readonly openTime: number }
  >()
  readonly #decided = new Map<string, number>()
  #lastStep: readonly Candle[] = []
  #sequence = 0
  #port: MessagePort | undefined
  isDone = false
  /** Called after a step has been answered. */
  onStep: (() => void) | undefined

  attach(thread: ExchangeThread): void {
    this.#port = thread.engine
    thread.engine.on('message', (message: FromExchange) => this.#receive(message))
  }

  /** Everything the exchange ever reported, as one number. */
  get hash(): string {
    return createHash('sha256')
      .update(JSON.stringify(this.reports, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)))
      .digest('hex')
  }

  #send(message: ToExchange): void {
    this.#port?.postMessage(message)
  }

  #receive(message: FromExchange): void {
    if (message.type === 'ReplayDone') this.isDone = true
    else if (message.type === 'ExchangeStatus') this.#recover(message.instruments)
    else if (message.type === 'MarketStep') this.#step(message)
  }

  #recover(instruments: readonly Instrument[]): void {
    for (const instrument of instruments) this.instruments.set(instrument.symbol, instrument)
    this.#send({
      type: 'RestoreExchange',
      orders: [...this.#open.values()].toReversed(),
      positions: [...this.#held].map(([symbol, quantity]) => ({
        symbol: symbol as InstrumentSymbol,
        quantity: SignedQuantity.format(quantity),
      })),
      cursors: [...this.#cursors.values()],
    })
    for (const order of this.#submitted.values()) this.#send({ type: 'SubmitOrder', order: order as Approved<OrderRequest> })
    for (const candle of this.#lastStep) this.#decide(candle)
    this.#send({ type: 'StepDone', step: 0 })
  }

  #step(step: MarketStep): void {
    for (const report of step.reports) this.#learn(report)
    this.candles.push(...step.candles)
    for (const { symbol, timeframe, openTime } of step.candles) this.#cursors.set(`${symbol} ${timeframe}`, { symbol, timeframe, openTime })
    if (step.candles.length > 0) this.#lastStep = step.candles
    for (const candle of step.candles) this.#decide(candle)
    if (step.candles.length > 0) {
      this.steps.push(step)
      this.#send({ type: 'StepDone', step: step.step })
      this.onStep?.()
    }
  }

  #learn(report: ExchangeReport): void {
    this.reports.push(report)
    const { clientOrderId, symbol } = report
    const sent = this.#submitted.get(clientOrderId)
    if (report.type === 'OrderAccepted' && sent !== undefined) {
      this.#open.set(clientOrderId, { ...sent, exchangeOrderId: report.exchangeOrderId, filledQuantity: Quantity.ZERO })
    }
    if (report.type === 'OrderAccepted' || report.type === 'OrderRejected') this.#submitted.delete(clientOrderId)
    if (report.type === 'OrderCanceled') this.#open.delete(clientOrderId)
    if (report.type !== 'OrderFill') return
    const order = this.#open.get(clientOrderId)
    if (order === undefined) throw new Error(`a fill for ${clientOrderId}, which is not open`)
    const filledQuantity = Quantity.add(order.filledQuantity, report.quantity)
    this.#held.set(
      symbol,
      SignedQuantity.add(this.#held.get(symbol) ?? SignedQuantity.ZERO, SignedQuantity.of(report.quantity, order.side)),
    )
    if (Quantity.compare(filledQuantity, order.quantity) < 0) this.#open.set(clientOrderId, { ...order, filledQuantity })
    else this.#open.delete(clientOrderId)
  }

  /** Every few candles an order of one of four kinds, by the candle's time. Once for each candle, also after a crash. */
  #decide(candle: Candle): void {
    const { symbol, timeframe, openTime } = candle
    const key = `${symbol} ${timeframe}`
    const instrument = this.instruments.get(symbol)
    if (instrument === undefined || (this.#decided.get(key) ?? -1) >= openTime) return
    this.#decided.set(key, openTime)
    const n = openTime / timeframeMs(timeframe)
    if (n % 3 !== 0) return
    const kind = (n / 3) % 4
    const side = kind % 2 === 0 ? 'BUY' : 'SELL'
    const lots = Quantity.roundToLot(
      fixed.divide<'Quantity'>(fixed.make<'Quantity'>(700n, 0), candle.close, 12, 'floor'),
      instrument.lotSize,
      'floor',
    )
    const price = fixed.roundToStep(side === 'BUY' ? candle.low : candle.high, instrument.tickSize, 'floor')
    const ts = openTime + timeframeMs(timeframe)
    const clientOrderId = makeClientOrderId({ instance: 'test', traderId: TRADER, time: ts, sequence: (this.#sequence += 1) })
    const base = { clientOrderId, symbol, side, quantity: fixed.trim(lots), timeInForce: 'GTC', postOnly: false, ts } as const
    const order: OrderRequest =
      kind < 2
        ? { ...base, type: 'MARKET', reduceOnly: kind === 1 }
        : { ...base, type: 'LIMIT', price: Price.parse(Price.format(price)), reduceOnly: false }
    this.#submitted.set(clientOrderId, order)
    this.#send({ type: 'SubmitOrder', order: order as Approved<OrderRequest> })
  }
}

/** Waits for a condition, looking at it often; fails loudly when it does not come true. */
export async function until(what: string, condition: () => boolean, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
