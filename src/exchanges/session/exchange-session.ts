import { publicInstrument, type PaperInstrument } from '../paper/paper-instrument.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import type { ExchangeCommand, ExchangeReport, FromExchange, Quote, RestoreExchange, ToExchange } from '#engine/ports.ts'
import type { Clock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import type { MarketMove, MarketProgress, MarketSource } from '../market/market-source.ts'
import type { MarketSlice } from '../paper/market-slice.ts'
import { PAPER_CAPABILITIES } from '../paper/paper-capabilities.ts'
import type { PaperExchange } from '../paper/paper-exchange.ts'
import { DEFAULT_PAPER_PARAMETERS } from '../paper/paper-parameters.ts'
import { AnswerWindow } from './answer-window.ts'
import { QuoteBoard, quoteOf, type BoardNews } from './quote-board.ts'

/** Steps with candles that may be unanswered at once where the market does not wait for answers. */
export const STEPS_IN_FLIGHT_MAX = 16
/** There, a step nobody answers stops counting after this, milliseconds: the market of a demo goes on. */
const STEP_FORGOTTEN_MS = 2_000
/** Commands that may wait while the venue gets to know its market again. */
const COMMANDS_WAITING_MAX = 10_000
/** Least time between two progress messages, milliseconds. */
const PROGRESS_EVERY_MS = 250

export interface SessionOutputs {
  toEngine(message: FromExchange): void
  showMarket(news: BoardNews): void
  showProgress(progress: MarketProgress): void
}

export interface SessionOptions {
  readonly exchange: string
  readonly source: MarketSource
  readonly paper: PaperExchange
  readonly openingBalances: readonly { readonly currency: string; readonly balance: string }[]
  readonly outputs: SessionOutputs
  readonly clock: Clock
  readonly log: Logger
}

/** How far a session is; for the watchdog. Only ever grows, but for the last two. */
export interface SessionCounters {
  readonly steps: number
  readonly candles: number
  readonly reports: number
  readonly commands: number
  readonly openOrders: number
  readonly inFlight: number
}

/** One paper account: takes the engine's commands, moves the market, and tells the engine what came of both. */
export class ExchangeSession {
  readonly #options: SessionOptions
  readonly #instruments: ReadonlyMap<InstrumentSymbol, PaperInstrument>
  readonly #window: AnswerWindow
  readonly #board: QuoteBoard
  readonly #stopping = new AbortController()
  readonly #restored = Promise.withResolvers<RestoreExchange>()
  #isRestored = false
  /** Commands that came before the market was known; undefined: it is known. */
  #waiting: ExchangeCommand[] | undefined = []
  #step = 0
  #ts = 0
  #progressAt = Number.NEGATIVE_INFINITY
  #candles = 0
  #reports = 0
  #commands = 0

  constructor(options: SessionOptions) {
    const { source, clock, log } = options
    this.#options = options
    this.#instruments = new Map(source.instruments.map((instrument) => [instrument.symbol, instrument]))
    this.#board = new QuoteBoard(clock)
    this.#window = new AnswerWindow({
      clock,
      size: source.lockStep ? 1 : STEPS_IN_FLIGHT_MAX,
      forgetAfterMs: source.lockStep ? undefined : STEP_FORGOTTEN_MS,
      onStalled: (step, ageMs) => log.warn({ step, ageMs }, 'The engine has not answered the last step; the market waits.'),
    })
  }

  /** Which candles its market gives. */
  get series(): MarketSource['series'] {
    return this.#options.source.series
  }

  get counters(): SessionCounters {
    return {
      steps: this.#step,
      candles: this.#candles,
      reports: this.#reports,
      commands: this.#commands,
      openOrders: this.#options.paper.openOrderCount,
      inFlight: this.#window.inFlight,
    }
  }

  /** A message of the engine. Commands are answered at once; those before the market is known, as soon as it is. */
  receive(message: ToExchange): void {
    switch (message.type) {
      case 'RestoreExchange':
        this.#restore(message)
        return
      case 'StepDone':
        this.#window.answered(message.step)
        return
      case 'SubmitOrder':
      case 'CancelOrder':
      case 'QueryOrder':
      case 'AmendOrder':
      case 'CancelExternalOrder':
      case 'QueryAccount':
        this.#answer([message])
        return
      case 'CommandBatch':
        this.#answer(message.commands)
        return
    }
  }

  /** Runs until the market is over or `stop` is called. Rejects when the market's data cannot be read. */
  async run(): Promise<void> {
    const { exchange, source, paper, openingBalances, outputs } = this.#options
    const { signal } = this.#stopping
    const instruments = source.instruments.map(publicInstrument)
    outputs.toEngine({
      type: 'ExchangeStatus',
      exchange,
      connected: true,
      ts: source.startTime,
      instruments,
      openingBalances,
      capabilities: PAPER_CAPABILITIES,
    })
    try {
      if (signal.aborted) return
      const stopped = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }))
      const restore = await Promise.race([this.#restored.promise, stopped])
      if (restore === undefined) return
      this.#reply(paper.restore(restore))
      for (const slice of await source.resume(restore.cursors)) this.#know(slice)
      const waiting = this.#waiting ?? []
      this.#waiting = undefined
      this.#answer(waiting)
      this.#showProgress(true)
      await this.#moves(signal)
    } finally {
      await source.close()
    }
  }

  stop(): void {
    this.#stopping.abort()
  }

  async #moves(signal: AbortSignal): Promise<void> {
    const { source, outputs } = this.#options
    for (;;) {
      await this.#window.room(signal)
      const move = await source.next(signal)
      if (move === undefined) break
      this.#move(move)
    }
    if (signal.aborted) return
    const news = this.#board.take(true)
    if (news !== undefined) outputs.showMarket(news)
    outputs.toEngine({ type: 'ReplayDone' })
    this.#showProgress(true)
  }

  #restore(message: RestoreExchange): void {
    if (this.#isRestored) return
    this.#isRestored = true
    // The engine says `StepDone` once more when recovery is over; the first step waits for it.
    if (this.#options.source.lockStep) this.#window.sent(0)
    this.#restored.resolve(message)
  }

  #know(slice: MarketSlice): void {
    this.#options.paper.observe(slice)
    this.#ts = Math.max(this.#ts, slice.closeTime)
  }

  #move({ ts, slices, candles, forming }: MarketMove): void {
    const { source, paper, outputs } = this.#options
    const reports = slices.flatMap((slice) => paper.move(slice))
    const moved = this.#quotesOf(slices)
    const quotes = source.lockStep ? [] : moved
    this.#ts = ts
    this.#candles += candles.length
    this.#reports += reports.length
    if (candles.length + reports.length + quotes.length > 0) {
      this.#step += 1
      if (candles.length > 0) this.#window.sent(this.#step)
      outputs.toEngine({ type: 'MarketStep', step: this.#step, ts, lockStep: source.lockStep, reports, candles, quotes })
    }
    this.#board.put(moved, forming)
    const news = this.#board.take()
    if (news !== undefined) outputs.showMarket(news)
    this.#showProgress(false)
  }

  /** The last quote of each symbol that moved. */
  #quotesOf(slices: readonly MarketSlice[]): readonly Quote[] {
    const last = new Map(slices.map((slice) => [slice.symbol, slice]))
    return [...last.values()].flatMap((slice) => {
      const instrument = this.#instruments.get(slice.symbol)
      return instrument === undefined ? [] : [quoteOf(slice, instrument, DEFAULT_PAPER_PARAMETERS.halfSpreadCentiBps)]
    })
  }

  /** In the order of the commands; nothing yet while the market is not known. */
  #answer(commands: readonly ExchangeCommand[]): void {
    const { paper, outputs } = this.#options
    let reports: ExchangeReport[] = []
    for (const command of commands) {
      if (this.#waiting !== undefined) {
        if (this.#waiting.length < COMMANDS_WAITING_MAX) this.#waiting.push(command)
        else reports.push(...tooMany(command))
        continue
      }
      this.#commands += 1
      if (command.type !== 'QueryAccount') {
        reports.push(...paper.handle(command))
        continue
      }
      this.#reply(reports)
      reports = []
      outputs.toEngine({ ...paper.account(command), ts: this.#ts === 0 ? command.ts : this.#ts })
    }
    this.#reply(reports)
  }

  /** Reports between two moves of the market: they carry its time, and the number of the last step. */
  #reply(reports: readonly ExchangeReport[]): void {
    const [first] = reports
    if (first === undefined) return
    this.#reports += reports.length
    const ts = this.#ts === 0 ? first.ts : this.#ts
    this.#options.outputs.toEngine({ type: 'MarketStep', step: this.#step, ts, lockStep: false, reports, candles: [], quotes: [] })
  }

  #showProgress(always: boolean): void {
    const progress = this.#options.source.progress()
    const now = this.#options.clock.elapsed()
    if (progress === undefined || (!always && now - this.#progressAt < PROGRESS_EVERY_MS)) return
    this.#progressAt = now
    this.#options.outputs.showProgress(progress)
  }
}

/** Neither taken nor denied. A question about the account is simply not answered: it will be asked again. */
function tooMany(command: ExchangeCommand): readonly ExchangeReport[] {
  if (command.type === 'QueryAccount' || command.type === 'CancelExternalOrder') return []
  const { clientOrderId, symbol, ts } = command.type === 'SubmitOrder' ? command.order : command
  const reason = `more than ${COMMANDS_WAITING_MAX} commands wait for the paper exchange to start; ask again`
  return [{ type: 'OrderOutcomeUnknown', clientOrderId, symbol, ts, reason }]
}
