import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '#platform/clock.ts'
import { analyzeSteps } from '#engine/analyze.ts'
import type { EngineInput, TradingEngine } from '#engine/engine.ts'
import type { EngineAnswer, ExchangeStatus, FromExchange, MarketStep, ToExchange } from '#engine/ports.ts'
import { setMark } from '#engine/portfolio/valuation.ts'
import { closeTime } from '#engine/state.ts'
import type { AnalyzeDispatch, Transaction } from '#engine/transaction.ts'
import type { Fact } from '#domain/facts.ts'
import type { TraderId } from '#domain/ids.ts'
import type { EngineCounters, FromEngine, ToEngine } from '../engine.messages.ts'
import { FactLog } from './fact-log.ts'
import { HeadNotices } from './head-notices.ts'
import type { JournalLine } from './journal-line.ts'
import { Outbox, type Held } from './outbox.ts'
import { restoreMessage } from './restore-message.ts'
import { StepBarrier } from './step-barrier.ts'
import { TraderLinks } from './trader-links.ts'

/** Inputs processed in one turn, and facts after which no more are: between turns the journal and the neighbours are heard. */
const BATCH_MAX = 2_048
const BATCH_FACTS_MAX = 2_000
/** Inputs that may wait; more are refused, never queued without bound. */
const INBOX_MAX = 100_000
const TICK_MS = 1_000
/** How long the exchange may wait to hear that its steps were taken; it may have several on their way. */
const STEP_DONE_MS = 5
/** A tick that comes later than this says that the machine has slept: nobody knows what was missed. */
const SLEPT_MS = 10_000

const STOPPED: EngineAnswer = {
  type: 'Refused',
  code: 'REFUSED',
  message: 'The engine has stopped because the journal cannot be written or because of a fault. Nothing was sent.',
}

interface Waiting {
  readonly input: EngineInput
  readonly requestId?: number
}

interface Done {
  readonly waiting: Waiting
  readonly transaction: Transaction
  readonly answer?: EngineAnswer | undefined
}

export interface EngineSessionOptions {
  readonly line: JournalLine
  /** Sequence of the newest record of the journal. */
  readonly head: number
  readonly engine: TradingEngine
  readonly exchangePort: MessagePort
  readonly lockStep: boolean
  /** Why nothing may be sent, from the start on. */
  readonly shadow?: string | undefined
  readonly clock: Clock
  /** Facts after the newest snapshot: counted over all lives, else a program that dies often would read more at each start. */
  readonly factsSinceSnapshot: number
  readonly post: (message: FromEngine) => void
}

/**
 * The thread around the engine: takes what waits, processes it, and lets nothing out before the journal has what led to it. What
 * only goes to a strategy goes at once: it is in this process, and what it answers stands in the journal behind what it saw.
 */
export class EngineSession {
  readonly #options: EngineSessionOptions
  readonly #inbox: Waiting[] = []
  readonly #traders: TraderLinks
  readonly #barrier = new StepBarrier()
  readonly #heads: HeadNotices
  readonly #log: FactLog
  readonly #outbox = new Outbox()
  readonly #tick: NodeJS.Timeout | undefined
  #status: ExchangeStatus | undefined
  #opened = false
  #announced = false
  #scheduled = false
  #failed = false
  #stopping = false
  #stepTaken = 0
  #stepTimer: NodeJS.Timeout | undefined
  #tickedAt: number
  #inputs = 0

  constructor(options: EngineSessionOptions) {
    this.#options = options
    const { line, head, clock, factsSinceSnapshot, engine } = options
    this.#log = new FactLog({
      line,
      head,
      clock,
      factsSinceSnapshot,
      state: engine.state,
      onWritten: (written) => this.#written(written),
      onFailure: (error) => this.#fail(error),
    })
    this.#traders = new TraderLinks((answer) => {
      if (options.lockStep) {
        this.#barrier.answer(answer)
        this.#schedule()
      } else this.#take({ input: { type: 'Answer', answer, ts: this.#now() } })
    })
    this.#heads = new HeadNotices((seq) => options.post({ type: 'Head', seq, ts: options.engine.state.now }))
    // Before anything else can be decided.
    if (options.shadow !== undefined) this.#loseLease(options.shadow)
    options.exchangePort.on('message', (message: FromExchange) => this.#fromExchange(message))
    if (!options.lockStep) this.#tick = setInterval(() => this.#onTick(), TICK_MS)
    this.#tickedAt = options.clock.now()
  }

  receive(message: Exclude<ToEngine, { readonly type: 'Init' | 'Stop' }>): void {
    if (message.type === 'AttachTrader') {
      this.#leave(message.traderId)
      this.#traders.attach(message.traderId, message.port)
    } else if (message.type === 'DetachTrader') this.#leave(message.traderId)
    else if (message.type === 'LeaseLost') this.#loseLease(message.why)
    else if (message.type === 'OpenMarket') this.#openMarket()
    else if (message.type === 'Ping') {
      const pong = (): void => this.#options.post({ type: 'Pong', n: message.n, counters: this.counters() })
      // What is counted is in the journal.
      if (this.#failed) pong()
      else this.#hold({ leave: pong, giveUp: pong })
    } else if (this.#failed) this.#answer(message.id, STOPPED)
    else if (this.#inbox.length >= INBOX_MAX)
      this.#answer(message.id, {
        type: 'Refused',
        code: 'REFUSED',
        message: 'The engine has too much waiting. Nothing was sent; try again in a second.',
      })
    else this.#take({ input: { type: 'Command', command: message.command, ts: this.#now() }, requestId: message.id })
  }

  /** The wall clock goes on while a machine sleeps; the monotonic one need not. */
  #onTick(): void {
    const ts = this.#now()
    const sleptMs = ts - this.#tickedAt
    this.#tickedAt = ts
    if (sleptMs > SLEPT_MS && this.#opened)
      this.#take({ input: { type: 'Command', command: { type: 'Reconcile', trigger: 'WAKE', by: 'engine' }, ts } })
    this.#take({ input: { type: 'Tick', ts } })
  }

  /** Ahead of all that waits: what was asked before the loss was known must not be sent after it. */
  #loseLease(why: string): void {
    if (this.#failed) return
    this.#inbox.unshift({ input: { type: 'Lease', shadow: why, ts: this.#now() } })
    this.#schedule()
  }

  /** A new thread of a trader does not answer for the one before it. */
  #leave(traderId: TraderId): void {
    this.#traders.detach(traderId)
    this.#barrier.drop(traderId)
    this.#schedule()
  }

  counters(): EngineCounters {
    const { state } = this.#options.engine
    return {
      inputs: this.#inputs,
      commits: this.#log.commits,
      waiting: this.#inbox.length,
      head: this.#log.head,
      connected: state.connected,
      reconciled: state.reconciled,
      comparedAt: state.learnt.account.comparedAt,
      workingOrders: state.workingCount,
      shadow: state.shadow !== undefined,
    }
  }

  /** Processes what waits, saves a snapshot and closes the journal. */
  async stop(): Promise<void> {
    clearInterval(this.#tick)
    clearTimeout(this.#stepTimer)
    this.#stopping = true
    while (!this.#failed && this.#inbox.length > 0) this.#processSome(this.#inbox)
    await this.#log.close()
    this.#heads.flush()
    this.#traders.close()
    this.#options.exchangePort.close()
  }

  /** A replay lives in the market's time. */
  #now(): number {
    return this.#options.lockStep ? this.#options.engine.state.now : this.#options.clock.now()
  }

  #answer(id: number, answer: EngineAnswer): void {
    this.#options.post({ type: 'Answer', id, answer })
  }

  #take(waiting: Waiting): void {
    if (this.#failed || this.#stopping) return
    this.#inbox.push(waiting)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#failed || this.#stopping) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (!this.#stopping) this.#drain()
    })
  }

  #fromExchange(message: FromExchange): void {
    if (message.type === 'MarketStep') this.#take({ input: { type: 'Market', step: message } })
    else if (message.type === 'AccountSnapshot') this.#take({ input: { type: 'Account', snapshot: message } })
    else if (message.type === 'ReplayDone') this.#options.post({ type: 'ReplayDone' })
    else {
      const first = this.#status === undefined
      this.#status = message
      // Until the market is opened only the rules and accounts are taken: no order may be asked about before the exchange knows them again.
      this.#take({ input: { type: 'Exchange', status: this.#opened ? message : { ...message, connected: false } } })
      if (first) this.#options.post({ type: 'ExchangeReady' })
    }
  }

  #openMarket(): void {
    const status = this.#status
    if (status === undefined || this.#opened) return
    this.#opened = true
    while (!this.#failed && this.#inbox.length > 0) this.#processSome(this.#inbox)
    const restore = restoreMessage(this.#options.engine.state)
    this.#hold({
      leave: () => {
        this.#toExchange(restore)
        this.#take({ input: { type: 'Exchange', status: this.#status ?? status } })
      },
    })
  }

  #toExchange(message: ToExchange): void {
    this.#options.exchangePort.postMessage(message)
  }

  /** One turn. While the disk is far behind nothing more is taken: what waits in memory is bounded. */
  #drain(): void {
    if (this.#log.isFull) return
    this.#processSome(this.#inbox)
    const complete = this.#inbox.length > 0 || this.#failed ? undefined : this.#barrier.take()
    if (complete !== undefined) {
      const { step, answers } = complete
      const ts = this.#now()
      const waiting = answers.map((answer): Waiting => ({ input: { type: 'Answer', answer, ts } }))
      while (!this.#failed && waiting.length > 0) this.#processSome(waiting)
      this.#hold({ leave: () => this.#toExchange({ type: 'StepDone', step }) })
    }
    if (this.#failed) return
    const hasMore = this.#log.tidy() || this.#inbox.length > 0
    if (hasMore) this.#schedule()
  }

  /** The disk has all up to `head`. */
  #written(head: number): void {
    this.#heads.notice(head)
    this.#outbox.release(head)
    if (this.#inbox.length > 0) this.#schedule()
  }

  /** Takes a batch off those who wait. */
  #processSome(waiting: Waiting[]): void {
    const done: Done[] = []
    const facts: Fact[] = []
    try {
      for (const each of waiting) {
        const { transaction, answer } = this.#options.engine.process(each.input)
        done.push({ waiting: each, transaction, answer })
        for (const fact of transaction.facts) facts.push(fact)
        if (done.length >= BATCH_MAX || facts.length >= BATCH_FACTS_MAX) break
      }
    } catch (error) {
      this.#fail(error, waiting.splice(0))
      return
    }
    if (done.length === 0) return
    waiting.splice(0, done.length)
    this.#inputs += done.length
    this.#log.add(facts)
    for (const { waiting: of, transaction } of done) this.#analyze(of.input, transaction)
    const held = { leave: () => this.#publish(done), giveUp: () => this.#refuse(done.map((each) => each.waiting)) }
    if (this.#mayWait(done)) {
      this.#outbox.put(this.#log.added, held)
      this.#log.syncSoon()
    } else this.#hold(held)
    this.#announceOpen()
  }

  /** Lets something out behind all that was decided until now. */
  #hold(held: Held): void {
    this.#outbox.put(this.#log.added, held)
    this.#log.sync()
    this.#outbox.release(this.#log.head)
  }

  /**
   * Whether the facts of a batch may wait for the next commit: nothing is to leave on account of them that anybody waits for.
   * Most are fills, which the exchange tells again should they be lost, and candles.
   */
  #mayWait(done: readonly Done[]): boolean {
    if (this.#options.lockStep || !this.#announced) return false
    const mayWait = ({ input }: Waiting) => input.type === 'Answer' || input.type === 'Tick' || input.type === 'Market'
    return done.every(({ waiting, transaction }) => transaction.commands.length === 0 && mayWait(waiting))
  }

  /** Candles to the strategies that trade on them. */
  #analyze(input: EngineInput, { analyze }: Transaction): void {
    const reached = analyze.filter((dispatch) => this.#traders.send(dispatch))
    if (input.type === 'Market' && input.step.lockStep) this.#barrier.begin(input.step.step, reached)
  }

  /** Orders to the exchange, answers to callers. */
  #publish(done: readonly Done[]): void {
    for (const { waiting, transaction, answer } of done) {
      const [command] = transaction.commands
      if (command !== undefined)
        this.#toExchange(transaction.commands.length === 1 ? command : { type: 'CommandBatch', commands: transaction.commands })
      if (waiting.input.type === 'Market') this.#noteStep(waiting.input.step)
      if (waiting.requestId !== undefined && answer !== undefined)
        this.#answer(waiting.requestId, answer.type === 'Done' ? { type: 'Done', seq: this.#log.head } : answer)
    }
  }

  /** Out of lock-step one word for all steps until now, so that the exchange is not woken for each. */
  #noteStep({ step, lockStep, candles }: MarketStep): void {
    if (lockStep || candles.length === 0) return
    this.#stepTaken = step
    this.#stepTimer ??= setTimeout(() => {
      this.#stepTimer = undefined
      this.#toExchange({ type: 'StepDone', step: this.#stepTaken })
    }, STEP_DONE_MS)
  }

  /** Recovery is over: a replay first analyses its last candles again, whose answers a crash may have swallowed. */
  #announceOpen(): void {
    const { state } = this.#options.engine
    if (this.#announced || !this.#opened || !state.reconciled) return
    // In lock-step a resent order must be accepted before anyone decides again, or the run would differ from an unbroken one.
    const inFlight = [...state.orders.values()].some((order) => order.status === 'UNKNOWN' || order.status === 'SUBMITTED')
    if (this.#options.lockStep && inFlight) return
    this.#announced = true
    this.#hold({ leave: () => this.#announce() })
  }

  #announce(): void {
    const { state } = this.#options.engine
    this.#options.post({ type: 'MarketOpen' })
    if (!this.#options.lockStep) return
    const candles = [...state.lastCandles.values()].sort((a, b) => closeTime(a) - closeTime(b))
    // The market of a replay stands where it stood, so what a crash swallowed is decided at the same prices.
    for (const candle of candles) setMark(state, candle.symbol, { price: candle.close, ts: closeTime(candle) })
    const newest = Math.max(0, ...candles.map(closeTime))
    const again = candles
      .filter((candle) => closeTime(candle) === newest)
      .flatMap((candle): AnalyzeDispatch[] => analyzeSteps(state, candle, 0))
    this.#barrier.begin(
      0,
      again.filter((dispatch) => this.#traders.send(dispatch)),
    )
    this.#schedule()
  }

  /** Memory is now ahead of the journal: nothing more is processed, and nobody who waits is left without an answer. */
  #fail(error: unknown, batch: readonly Waiting[] = []): void {
    if (this.#failed) return
    this.#failed = true
    this.#log.giveUp()
    this.#outbox.giveUp()
    this.#refuse([...batch, ...this.#inbox.splice(0)])
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'BUG'
    this.#options.post({ type: 'Failed', code, message: error instanceof Error ? error.message : String(error) })
  }

  #refuse(waiting: readonly Waiting[]): void {
    for (const { requestId } of waiting) if (requestId !== undefined) this.#answer(requestId, STOPPED)
  }
}
