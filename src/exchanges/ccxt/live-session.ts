import type { Timeframe } from '#domain/candle.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import { Money } from '#domain/money/money.ts'
import type {
  AccountSnapshot,
  ExchangeCommand,
  ExchangeReport,
  ExchangeStatus,
  FromExchange,
  MarketStep,
  Quote,
  RestoreExchange,
  ToExchange,
} from '#engine/ports.ts'
import type { Candle } from '#domain/candle.ts'
import type { Clock } from '#platform/clock.ts'
import { pause } from '#platform/deadline.ts'
import { failpoint } from '#platform/failpoint.ts'
import type { Logger } from '#platform/log/logger.ts'
import { readAccount } from './account-reader.ts'
import { MarketFeed } from './market-feed.ts'
import { OrderDesk } from './order-desk.ts'
import { OrderWatch, type Watched } from './order-watch.ts'
import { VenueFailure, type VenueAdapter } from './venue-adapter.ts'
import { VenueHealth } from './venue-health.ts'

/** Commands that may wait until the engine has said what it knows. */
const COMMANDS_WAITING_MAX = 10_000
/** Orders asked about one by one in one round. */
const LOOKS_MAX = 10
/** Fills are asked for from so long before the newest one, for venues list them late, milliseconds. */
const FILLS_OVERLAP_MS = 10_000
const CLOCK_EVERY_MS = 60_000
/** Beyond this the clock of this machine is wrong and a person should know. */
const CLOCK_ALARM_MS = 1_000
/** How long the answers of requests on their way are waited for at a stop. */
const LAST_ANSWERS_MS = 1_500

export interface LiveSessionOptions {
  readonly adapter: VenueAdapter
  readonly symbols: readonly InstrumentSymbol[]
  readonly timeframes: readonly Timeframe[]
  /** One round of questions about orders and fills, milliseconds. */
  readonly pollEveryMs: number
  /** The whole list of open orders is compared this often, milliseconds. */
  readonly sweepEveryMs: number
  readonly quotesEveryMs: number
  /** Bars of each series that are fetched at the start. */
  readonly historyBars: number
  /** Without an answer for this long the venue counts as not connected, milliseconds. */
  readonly silenceMaxMs: number
  readonly keepCandles: (candles: readonly Candle[]) => void
  readonly toEngine: (message: FromExchange) => void
  readonly showMarket: (news: { readonly quotes: readonly Quote[]; readonly forming: readonly Candle[] }) => void
  readonly clock: Clock
  readonly log: Logger
}

/** One account at a real venue: carries out the engine's commands and tells it what the venue shows. */
export class LiveSession {
  readonly #options: LiveSessionOptions
  readonly #stopping = new AbortController()
  readonly #restored = Promise.withResolvers<RestoreExchange>()
  readonly #watch: OrderWatch
  readonly #desk: OrderDesk
  readonly #health: VenueHealth
  readonly #feed: MarketFeed
  /** Commands that came too early; undefined: they are carried out at once. */
  #early: ExchangeCommand[] | undefined = []
  #instruments: readonly Instrument[] = []
  #opening: ExchangeStatus['openingBalances'] = []
  #step = 0
  #fillsFrom = 0
  #sweptAt = 0
  #clockAt = 0
  #counts = { candles: 0, reports: 0, commands: 0 }

  constructor(options: LiveSessionOptions) {
    const { adapter, clock } = options
    this.#options = options
    this.#watch = new OrderWatch(clock, adapter.capabilities.acceptanceWindowMs)
    this.#health = new VenueHealth(clock, options.silenceMaxMs)
    this.#desk = new OrderDesk({
      adapter,
      watch: this.#watch,
      emit: (reports) => this.#emit({ reports }),
      onDenied: (reason) => this.#failed(new VenueFailure(reason, { isDenied: true })),
      signal: this.#stopping.signal,
    })
    this.#feed = new MarketFeed({ ...options, emit: (news) => this.#emit(news) })
  }

  get series(): readonly { readonly symbol: InstrumentSymbol; readonly timeframe: Timeframe }[] {
    const { symbols, timeframes } = this.#options
    return symbols.flatMap((symbol) => timeframes.map((timeframe) => ({ symbol, timeframe })))
  }

  get counters() {
    return { ...this.#counts, steps: this.#step, openOrders: this.#watch.size, inFlight: 0 }
  }

  receive(message: ToExchange): void {
    switch (message.type) {
      case 'RestoreExchange':
        return this.#restored.resolve(message)
      case 'StepDone':
        return
      case 'CommandBatch':
        for (const command of message.commands) this.#command(command)
        return
      default:
        this.#command(message)
    }
  }

  /** Runs until `stop`. A venue that does not answer is asked again without end. */
  async run(): Promise<void> {
    const { signal } = this.#stopping
    const { adapter } = this.#options
    try {
      await this.#connect(signal)
      if (signal.aborted) return
      this.#tellStatus(true)
      const stopped = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }))
      const restore = await Promise.race([this.#restored.promise, stopped])
      if (restore === undefined) return
      for (const order of restore.orders) this.#watch.restore(order)
      const early = this.#early ?? []
      this.#early = undefined
      for (const command of early) this.#command(command)
      await Promise.all([this.#rounds(signal), this.#feed.run(signal)])
      await Promise.race([this.#desk.idle(), pause(LAST_ANSWERS_MS)])
    } finally {
      await adapter.close()
    }
  }

  stop(): void {
    this.#stopping.abort()
  }

  #command(command: ExchangeCommand): void {
    if (this.#early !== undefined) {
      if (this.#early.length < COMMANDS_WAITING_MAX) this.#early.push(command)
      else if ('clientOrderId' in command || command.type === 'SubmitOrder') this.#refuseEarly(command)
      return
    }
    this.#counts.commands += 1
    if (command.type === 'QueryAccount') void this.#answerAccount(command)
    else this.#desk.handle(command)
  }

  #refuseEarly(command: Extract<ExchangeCommand, { readonly clientOrderId: unknown } | { readonly type: 'SubmitOrder' }>): void {
    const { clientOrderId, symbol } = command.type === 'SubmitOrder' ? command.order : command
    const base = { clientOrderId, symbol, ts: this.#options.adapter.now() }
    const reason = `more than ${COMMANDS_WAITING_MAX} commands wait for the venue`
    // Nothing was sent: a new order may be sent again, everything else is asked for again.
    if (command.type === 'SubmitOrder') this.#emit({ reports: [{ ...base, type: 'OrderThrottled', retryAfterMs: 1_000, reason }] })
    else this.#emit({ reports: [{ ...base, type: 'OrderOutcomeUnknown', reason }] })
  }

  async #answerAccount(question: Extract<ExchangeCommand, { readonly type: 'QueryAccount' }>): Promise<void> {
    try {
      const snapshot: AccountSnapshot = await readAccount(this.#options.adapter, question)
      this.#options.toEngine(snapshot)
    } catch (error) {
      // Not answered: the engine asks again.
      this.#failed(error)
    }
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { adapter, symbols, pollEveryMs, log } = this.#options
    while (!signal.aborted) {
      try {
        await this.#syncClock()
        const [instruments, balances] = await Promise.all([adapter.loadInstruments(symbols), adapter.balances()])
        this.#instruments = instruments
        this.#opening = balances.map(({ currency, cash }) => ({ currency, balance: Money.format(Money.trim(cash)) }))
        this.#fillsFrom = adapter.now() - FILLS_OVERLAP_MS
        this.#health.answered()
        return
      } catch (error) {
        if (!(error instanceof VenueFailure)) throw error
        log.warn({ venue: adapter.name }, `The venue cannot be reached: ${error.message}. It is tried again.`)
        this.#health.failed(error.message, error.isDenied)
        await pause(this.#health.waitMs(pollEveryMs), signal)
      }
    }
  }

  async #syncClock(): Promise<void> {
    const { adapter, clock, log } = this.#options
    const { offsetMs, roundTripMs } = await adapter.syncClock()
    this.#clockAt = clock.elapsed()
    if (Math.abs(offsetMs) > CLOCK_ALARM_MS)
      log.warn(
        { offsetMs, roundTripMs },
        'The clock of this machine and the venue differ by more than a second; requests are signed by the venue',
      )
  }

  async #rounds(signal: AbortSignal): Promise<void> {
    const { pollEveryMs } = this.#options
    while (!signal.aborted) {
      try {
        await this.#round()
        if (this.#health.answered()) await this.#reconnected()
      } catch (error) {
        this.#failed(error)
      }
      await pause(this.#health.waitMs(pollEveryMs), signal)
    }
  }

  /** Fills first, then the orders there is a reason to ask about, then now and then all of them. */
  async #round(): Promise<void> {
    const { adapter, clock, sweepEveryMs } = this.#options
    const fills = await adapter.fillsSince(this.#fillsFrom)
    const newest = fills.at(-1)?.ts
    if (newest !== undefined) this.#fillsFrom = Math.max(this.#fillsFrom, newest - FILLS_OVERLAP_MS)
    this.#emit({ reports: this.#watch.takeNewFills(fills) })
    await Promise.all(this.#watch.due(LOOKS_MAX).map((order) => this.#look(order)))
    if (clock.elapsed() - this.#sweptAt >= sweepEveryMs) await this.#sweep()
    if (clock.elapsed() - this.#clockAt >= CLOCK_EVERY_MS) await this.#syncClock()
  }

  async #look(order: Watched): Promise<void> {
    // Put off first: whatever fails below, it is asked about again.
    this.#watch.lookLater(order)
    const state = await this.#options.adapter.order(order)
    if (state === undefined) return
    order.lookAt = Number.POSITIVE_INFINITY
    this.#emit({ reports: await this.#desk.settle(order, state).catch((error: unknown) => this.#again(order, error)) })
  }

  #again(order: Watched, error: unknown): never {
    this.#watch.lookLater(order)
    throw error
  }

  /** Each order that the engine holds to be open is in the venue's list, or is asked about. */
  async #sweep(): Promise<void> {
    const { adapter, clock } = this.#options
    const began = clock.elapsed()
    const candidates = [...this.#watch.listed(began)]
    this.#sweptAt = began
    if (candidates.length === 0) return
    const listed = new Map((await adapter.openOrders()).map((state) => [state.clientOrderId, state]))
    for (const order of candidates) {
      const state = listed.get(order.clientOrderId)
      if (state === undefined) this.#watch.look(order)
      else this.#emit({ reports: await this.#desk.settle(order, state) })
    }
  }

  async #reconnected(): Promise<void> {
    await this.#syncClock()
    this.#options.log.info({ venue: this.#options.adapter.name }, 'The venue answers again')
    this.#tellStatus(true)
  }

  #failed(error: unknown): void {
    if (this.#stopping.signal.aborted) return
    const reason = error instanceof Error ? error.message : String(error)
    if (!(error instanceof VenueFailure)) this.#options.log.error({ reason }, 'A round of questions to the venue failed')
    if (!this.#health.failed(reason, error instanceof VenueFailure && error.isDenied)) return
    this.#options.log.warn({ venue: this.#options.adapter.name }, `The venue is not connected: ${reason}`)
    this.#tellStatus(false, reason)
  }

  #tellStatus(connected: boolean, reason?: string): void {
    const { adapter, toEngine } = this.#options
    toEngine({
      type: 'ExchangeStatus',
      exchange: adapter.name,
      connected,
      ts: adapter.now(),
      instruments: this.#instruments,
      openingBalances: this.#opening,
      capabilities: adapter.capabilities,
      ...(reason === undefined ? {} : { reason }),
    })
  }

  #emit(news: Partial<Pick<MarketStep, 'candles' | 'quotes'>> & { readonly reports?: readonly ExchangeReport[] }): void {
    const { reports = [], candles = [], quotes = [] } = news
    if (reports.length + candles.length + quotes.length === 0) return
    failpoint('P6', () => reports.some(({ type }) => type === 'OrderFill'))
    if (candles.length > 0) this.#step += 1
    this.#counts.reports += reports.length
    this.#counts.candles += candles.length
    const ts = this.#options.adapter.now()
    this.#options.toEngine({ type: 'MarketStep', step: this.#step, ts, lockStep: false, reports, candles, quotes })
  }
}
