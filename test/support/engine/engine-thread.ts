import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { parseExchangeOrderId, type ClientOrderId, type TraderId } from '#domain/ids.ts'
import type {
  AnalyzeStep,
  EngineAnswer,
  EngineCommand,
  ExchangeReport,
  FromExchange,
  MarketStep,
  StepAnswer,
  ToExchange,
} from '#engine/ports.ts'
import { withDeadline } from '#platform/deadline.ts'
import { startThread, type ManagedThread } from '#platform/threads/managed-thread.ts'
import type { InitJournal } from '#workers/journal.messages.ts'
import type { FromEngine, ToEngine } from '#workers/engine.messages.ts'
import { BTC, ETH_PERP, NOON, instrumentOf, traderConfig } from './engine-driver.ts'

const DEADLINE_MS = 30_000

/** Messages in the order they came; a reader waits for the first that fits and that nobody has taken. */
class Mailbox<T> {
  readonly all: T[] = []
  readonly #untaken: T[] = []
  readonly #waiting = new Set<() => void>()

  put(message: T): void {
    this.all.push(message)
    this.#untaken.push(message)
    for (const look of this.#waiting) look()
  }

  take<S extends T>(fits: (message: T) => message is S, what: string): Promise<S> {
    const found = new Promise<S>((resolve) => {
      const look = (): void => {
        const message = this.#untaken.find(fits)
        if (message === undefined) return
        this.#untaken.splice(this.#untaken.indexOf(message), 1)
        this.#waiting.delete(look)
        resolve(message)
      }
      this.#waiting.add(look)
      look()
    })
    return withDeadline(found, DEADLINE_MS, what)
  }
}

/**
 * The exchange's end of the engine's port, by hand: a test says what it answers, and when. It is not an exchange: nothing is
 * matched or checked here.
 */
export class ScriptedExchange {
  readonly inbox = new Mailbox<ToExchange>()
  /** Called the moment a message arrives, before anything else. */
  onMessage: (message: ToExchange) => void = () => undefined
  readonly #port: MessagePort
  #step = 0

  constructor(port: MessagePort) {
    this.#port = port
    port.on('message', (received: ToExchange) => {
      for (const message of received.type === 'CommandBatch' ? received.commands : [received]) {
        this.onMessage(message)
        this.inbox.put(message)
      }
    })
  }

  send(message: FromExchange): void {
    this.#port.postMessage(message)
  }

  status(connected = true, ts = NOON): void {
    this.send({
      type: 'ExchangeStatus',
      exchange: 'scripted',
      connected,
      ts,
      instruments: [instrumentOf(BTC), instrumentOf(ETH_PERP)],
      openingBalances: [{ currency: 'USDT', balance: '100000' }],
    })
  }

  step(change: Partial<MarketStep>): number {
    const ts = change.ts ?? NOON
    this.send({ type: 'MarketStep', step: this.#step, ts, lockStep: false, reports: [], candles: [], quotes: [], ...change })
    return this.#step
  }

  nextStep(change: Partial<MarketStep>): number {
    this.#step += 1
    return this.step({ ...change, lockStep: true })
  }

  accept(clientOrderId: ClientOrderId, ts = NOON): void {
    const report: ExchangeReport = {
      type: 'OrderAccepted',
      clientOrderId,
      symbol: BTC,
      ts,
      exchangeOrderId: parseExchangeOrderId(`X-${clientOrderId}`),
    }
    this.step({ ts, reports: [report] })
  }

  take<K extends ToExchange['type']>(type: K): Promise<Extract<ToExchange, { readonly type: K }>> {
    const fits = (message: ToExchange): message is Extract<ToExchange, { readonly type: K }> => message.type === type
    return this.inbox.take(fits, `${type} to the exchange`)
  }

  close(): void {
    this.#port.close()
  }
}

/** A trader's end of its port: steps come in, answers go out when the test says so. */
export class ScriptedTrader {
  readonly inbox = new Mailbox<AnalyzeStep>()
  readonly port: MessagePort
  readonly traderId: TraderId

  constructor(traderId: TraderId, port: MessagePort) {
    this.traderId = traderId
    this.port = port
    port.on('message', (message: AnalyzeStep) => this.inbox.put(message))
  }

  next(): Promise<AnalyzeStep> {
    return this.inbox.take((message): message is AnalyzeStep => message.type === 'AnalyzeStep', `a step for ${this.traderId}`)
  }

  answer(step: AnalyzeStep, signals: StepAnswer['signals']): void {
    const answer: StepAnswer = {
      type: 'StepAnswer',
      step: step.step,
      traderId: this.traderId,
      symbol: step.symbol,
      stepTime: step.bar.openTime,
      signals,
    }
    this.port.postMessage(answer)
  }
}

/** The real engine thread, with scripted neighbours. Dispose it: the thread is terminated, not asked. */
export class EngineThread implements AsyncDisposable {
  readonly inbox = new Mailbox<FromEngine>()
  readonly exchange: ScriptedExchange
  readonly #thread: ManagedThread<ToEngine, FromEngine>
  readonly #journal: ManagedThread<InitJournal, never>
  readonly #traders: ScriptedTrader[] = []
  #requests = 0

  constructor(options: { readonly journalPath: string; readonly lockStep?: boolean }) {
    this.#thread = startThread({ url: new URL('../../../src/workers/engine.worker.ts', import.meta.url), name: 'engine-under-test' })
    this.#journal = startThread({ url: new URL('../../../src/workers/journal.worker.ts', import.meta.url), name: 'journal-under-test' })
    const line = new MessageChannel()
    this.#journal.post({ type: 'Init', port: line.port2 }, [line.port2])
    this.#thread.onMessage((message) => this.inbox.put(message))
    const { port1, port2 } = new MessageChannel()
    this.exchange = new ScriptedExchange(port1)
    this.#thread.post(
      {
        type: 'Init',
        journalPath: options.journalPath,
        instance: 'test',
        purpose: 'test',
        lockStep: options.lockStep ?? false,
        exchangePort: port2,
        journalPort: line.port1,
      },
      [port2, line.port1],
    )
  }

  /** Up to the open market: instruments and account known, recovery over. */
  static async open(options: { readonly journalPath: string; readonly lockStep?: boolean }): Promise<EngineThread> {
    const engine = new EngineThread(options)
    await engine.take('Ready')
    engine.exchange.status()
    await engine.take('ExchangeReady')
    return engine
  }

  async openMarket(): Promise<void> {
    this.#thread.post({ type: 'OpenMarket' })
    await this.take('MarketOpen')
  }

  post(message: ToEngine): void {
    this.#thread.post(message)
  }

  take<K extends FromEngine['type']>(type: K): Promise<Extract<FromEngine, { readonly type: K }>> {
    return this.inbox.take(
      (message): message is Extract<FromEngine, { readonly type: K }> => message.type === type,
      `${type} of the engine`,
    )
  }

  async request(command: EngineCommand): Promise<EngineAnswer> {
    this.#requests += 1
    const id = this.#requests
    this.#thread.post({ type: 'Request', id, command })
    type Answer = Extract<FromEngine, { readonly type: 'Answer' }>
    const fits = (message: FromEngine): message is Answer => message.type === 'Answer' && message.id === id
    return (await this.inbox.take(fits, `the answer to ${command.type}`)).answer
  }

  async runTrader(traderId: TraderId, orderNotional = '100'): Promise<void> {
    const config = traderConfig({ traderId, orderNotional })
    await this.request({ type: 'Record', facts: [{ type: 'TraderChanged', ts: NOON, traderId, config, state: 'running' }] })
  }

  attach(traderId: TraderId): ScriptedTrader {
    const { port1, port2 } = new MessageChannel()
    const trader = new ScriptedTrader(traderId, port1)
    this.#traders.push(trader)
    this.#thread.post({ type: 'AttachTrader', traderId, port: port2 }, [port2])
    return trader
  }

  /** Waits until what `act` makes the exchange say has been processed: its port and ours are two, and neither waits for the other. */
  async heard(act: () => void): Promise<void> {
    const before = (await this.ping()).inputs
    act()
    const processed = async (): Promise<void> => {
      for (;;) {
        const { inputs, waiting } = await this.ping()
        if (inputs > before && waiting === 0) return
      }
    }
    await withDeadline(processed(), DEADLINE_MS, 'the step that was sent')
  }

  /** Answered only after everything posted before has been taken in. */
  async ping(): Promise<Extract<FromEngine, { readonly type: 'Pong' }>['counters']> {
    this.#thread.post({ type: 'Ping', n: 1 })
    return (await this.take('Pong')).counters
  }

  async stop(): Promise<void> {
    this.#thread.post({ type: 'Stop' })
    await this.take('Stopped')
    await this[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.terminate()
    await this.#journal.terminate()
    this.exchange.close()
    for (const { port } of this.#traders) port.close()
  }
}
