import type { ClientOrderId, InstrumentSymbol } from '#domain/ids.ts'
import type { ExchangeCommand, ExchangeReport, ExchangeStatus, FromExchange, MarketStep, OrderRequest, ToExchange } from '#engine/ports.ts'
import type { Faults } from '../core/faults.ts'
import type { Random } from '../core/random.ts'
import type { Scheduler } from '../core/scheduler.ts'
import type { FakeVenue, VenueAnswer } from '../venue/fake-venue.ts'
import { MARKETS, listing } from '../venue/market.ts'
import { capabilitiesOf } from '../venue/personality.ts'
import { describe, viewOrder, type OrderView } from '../venue/venue-view.ts'
import { fetchAccount } from './account-query.ts'
import type { Network } from './network.ts'
import { endReport, foundReport } from './reports.ts'

/** Tries of a request that may be repeated safely: cancels and questions. */
const TRIES_MAX = 5
const POLL_MS = 7_000

interface Followed {
  readonly symbol: InstrumentSymbol
  readonly trades: Set<string>
  /** What has been told to the engine, in lots by trade. */
  toldLots: number
  lastSentAt: number
}

export interface ConnectorOptions {
  readonly scheduler: Scheduler
  readonly faults: Faults
  readonly random: Random
  readonly venue: FakeVenue
  readonly network: Network
  readonly openingBalance: number
  readonly toEngine: (message: FromExchange) => void
  /** The last moment before a submit goes on the wire: for the checkers. */
  readonly onSubmit: (order: OrderRequest) => void
}

/**
 * The exchange thread: turns the engine's commands into requests, and answers, frames and polls into reports. It does what a
 * careful connector does and no more: an answer it did not get is `OrderOutcomeUnknown`, a 429 is `OrderThrottled`.
 */
export class Connector {
  readonly #options: ConnectorOptions
  readonly #followed = new Map<string, Followed>()
  readonly #startedAt: number
  /** Orders a request is out for, or soon will be. */
  readonly #looking = new Set<string>()
  readonly #asking = new Set<string>()
  #step = 0
  #dead = false
  #connected = false

  constructor(options: ConnectorOptions) {
    this.#options = options
    this.#startedAt = options.scheduler.now
    this.#poll()
  }

  get connected(): boolean {
    return this.#connected
  }

  /** The thread is gone; what it waited for is nobody's any more. */
  die(): void {
    this.#dead = true
  }

  connect(): void {
    this.#connected = true
    this.#status()
  }

  disconnect(reason: string): void {
    if (!this.#connected) return
    this.#connected = false
    this.#status(reason)
  }

  #status(reason?: string): void {
    const { venue, openingBalance } = this.#options
    const { personality } = venue
    const status: ExchangeStatus = {
      type: 'ExchangeStatus',
      exchange: personality.name,
      connected: this.#connected,
      ts: this.#options.scheduler.now,
      instruments: MARKETS.map((market) => listing(market, personality.name, personality.fees)),
      openingBalances: [{ currency: 'USDT', balance: `${openingBalance}` }],
      reason,
      capabilities: capabilitiesOf(personality),
    }
    this.#tell(status)
  }

  #tell(message: FromExchange): void {
    if (!this.#dead) this.#options.toEngine(message)
  }

  report(...reports: readonly ExchangeReport[]): void {
    if (reports.length > 0) this.step({ reports, candles: [], quotes: [] })
  }

  step(body: Pick<MarketStep, 'reports' | 'candles' | 'quotes'>): void {
    this.#step += 1
    this.#tell({ type: 'MarketStep', step: this.#step, ts: this.#options.scheduler.now, lockStep: false, ...body })
  }

  receive(message: ToExchange): void {
    if (this.#dead) return
    if (message.type === 'CommandBatch') for (const command of message.commands) this.#command(command)
    else if (message.type === 'RestoreExchange') for (const order of message.orders) this.follow(order.clientOrderId, order.symbol)
    else if (message.type !== 'StepDone') this.#command(message)
  }

  #command(command: ExchangeCommand): void {
    switch (command.type) {
      case 'SubmitOrder':
        return this.#submit(command.order)
      case 'CancelOrder':
        return this.#cancel(command, TRIES_MAX)
      case 'AmendOrder':
        return this.#amend(command)
      case 'CancelExternalOrder':
        return this.#cancelExternal(command.exchangeOrderId)
      case 'QueryOrder':
        return this.#query(command, TRIES_MAX)
      case 'QueryAccount':
        return fetchAccount(this.#options, command, (snapshot) => this.#tell(snapshot))
    }
  }

  follow(clientOrderId: string, symbol: InstrumentSymbol): Followed {
    let followed = this.#followed.get(clientOrderId)
    if (followed === undefined) {
      followed = { symbol, trades: new Set(), toldLots: 0, lastSentAt: this.#startedAt }
      this.#followed.set(clientOrderId, followed)
    }
    return followed
  }

  #submit(order: OrderRequest): void {
    const { network, venue, faults, scheduler, onSubmit } = this.#options
    onSubmit(order)
    const { clientOrderId, symbol } = order
    this.follow(clientOrderId, symbol).lastSentAt = scheduler.now
    const base = { clientOrderId, symbol }
    let refusal: VenueAnswer | undefined
    network.request<VenueAnswer & { readonly view?: OrderView | undefined }>({
      name: `submit ${clientOrderId}`,
      patience: 'order',
      mayRepeat: venue.personality.dedupe === 'always',
      atVenue: () => {
        if (refusal !== undefined) return refusal
        const refuses = !venue.byClientId.has(clientOrderId) && faults.happens('rejected')
        const answer: VenueAnswer = refuses ? { type: 'refused', code: 'VENUE_SAYS_NO', message: 'no reason given' } : venue.submit(order)
        if (answer.type === 'refused') refusal = answer
        const shows = answer.type === 'accepted' && venue.personality.answersWithFills
        return { ...answer, view: shows ? viewOrder(venue, clientOrderId) : undefined }
      },
      done: (answer) => {
        if (answer.type === 'accepted') {
          const exchangeOrderId = answer.order.exchangeOrderId as never
          this.report({ type: 'OrderAccepted', ...base, ts: scheduler.now, exchangeOrderId }, ...this.#news(clientOrderId, answer.view))
        } else if (answer.code === 'DUPLICATE_CLIENT_ID') this.#query({ type: 'QueryOrder', ...base, ts: scheduler.now }, TRIES_MAX)
        else this.report({ type: 'OrderRejected', ...base, ts: scheduler.now, code: answer.code, message: answer.message })
      },
      throttled: (retryAfterMs) => this.report({ type: 'OrderThrottled', ...base, ts: scheduler.now, retryAfterMs, reason: '429' }),
      lost: (reason) => this.report({ type: 'OrderOutcomeUnknown', ...base, ts: scheduler.now, reason }),
    })
  }

  #cancel(command: Extract<ExchangeCommand, { readonly type: 'CancelOrder' }>, tries: number): void {
    const { network, venue, scheduler } = this.#options
    const { clientOrderId, symbol } = command
    network.request<VenueAnswer>({
      name: `cancel ${clientOrderId}`,
      patience: 'waits',
      mayRepeat: true,
      atVenue: () => venue.cancel(clientOrderId),
      done: (answer) => {
        if (answer.type === 'accepted') this.#ask(clientOrderId, true)
        else {
          this.report({ type: 'CancelRejected', clientOrderId, symbol, ts: scheduler.now, reason: answer.code })
          if (answer.code === 'ALREADY_DONE') this.#ask(clientOrderId, true)
        }
      },
      throttled: (waitMs) => this.#later(waitMs, tries, (left) => this.#cancel(command, left)),
      lost: () => this.#later(500, tries, (left) => this.#cancel(command, left)),
    })
  }

  /** Somebody else's order; the next look at the account says what became of it. */
  #cancelExternal(exchangeOrderId: string): void {
    this.#options.network.request<boolean>({
      name: `cancel external ${exchangeOrderId}`,
      patience: 'waits',
      mayRepeat: true,
      atVenue: () => this.#options.venue.cancelByExchangeId(exchangeOrderId),
      done: () => undefined,
      throttled: () => undefined,
      lost: () => undefined,
    })
  }

  #later(waitMs: number, tries: number, again: (triesLeft: number) => void): void {
    if (tries <= 1 || this.#dead) return
    this.#options.scheduler.machine(waitMs, 'connector tries again', () => {
      if (!this.#dead) again(tries - 1)
    })
  }

  #amend(command: Extract<ExchangeCommand, { readonly type: 'AmendOrder' }>): void {
    const { network, venue, scheduler } = this.#options
    const { clientOrderId, symbol } = command
    const base = { clientOrderId, symbol }
    network.request<{ readonly answer: VenueAnswer; readonly view: OrderView | undefined }>({
      name: `amend ${clientOrderId}`,
      patience: 'waits',
      mayRepeat: false,
      atVenue: () => {
        const answer = venue.amend(clientOrderId, command)
        return { answer, view: answer.type === 'accepted' ? describe(venue, answer.order) : undefined }
      },
      done: ({ answer, view }) => {
        if (answer.type === 'refused') this.report({ type: 'AmendRejected', ...base, ts: scheduler.now, reason: answer.code })
        else if (view !== undefined) {
          const { quantity, price, triggerPrice } = view
          this.report({ type: 'OrderAmended', ...base, ts: scheduler.now, quantity, price, triggerPrice })
        }
      },
      throttled: () => this.report({ type: 'AmendRejected', ...base, ts: scheduler.now, reason: '429' }),
      lost: (reason) => this.report({ type: 'OrderOutcomeUnknown', ...base, ts: scheduler.now, reason }),
    })
  }

  #query(command: Extract<ExchangeCommand, { readonly type: 'QueryOrder' }>, tries: number): void {
    const { network, venue, scheduler } = this.#options
    const { clientOrderId, symbol } = command
    if (tries === TRIES_MAX && this.#asking.has(clientOrderId)) return
    this.#asking.add(clientOrderId)
    network.request<OrderView | undefined>({
      name: `query ${clientOrderId}`,
      patience: 'waits',
      mayRepeat: false,
      atVenue: () => viewOrder(venue, clientOrderId),
      done: (view) => {
        this.#asking.delete(clientOrderId)
        const followed = this.follow(clientOrderId, symbol)
        const base = { clientOrderId, symbol, ts: scheduler.now }
        if (view === undefined) this.report({ type: 'OrderNotFound', ...base, authoritative: this.#isSure(followed) })
        else {
          if (venue.personality.queryBringsFills) followed.trades.clear()
          this.report(...this.#news(clientOrderId, venue.personality.queryBringsFills ? view : undefined), foundReport(base, view))
        }
      },
      throttled: (waitMs) => {
        if (tries <= 1) this.#asking.delete(clientOrderId)
        this.#later(waitMs, tries, (left) => this.#query(command, left))
      },
      lost: () => this.#asking.delete(clientOrderId),
    })
  }

  /** Absence is proof where nothing lags and no submit can still be on its way. */
  #isSure(followed: Followed): boolean {
    const { venue, scheduler } = this.#options
    const { lagMaxMs, requestWindowMs } = venue.personality
    return lagMaxMs === 0 && scheduler.now - followed.lastSentAt > requestWindowMs
  }

  /** The trades of an order that have not been told yet. */
  #news(clientOrderId: string, view: OrderView | undefined): ExchangeReport[] {
    if (view === undefined) return []
    const followed = this.#followed.get(clientOrderId)
    if (followed === undefined) return []
    const fresh = view.fills.filter((fill) => !followed.trades.has(fill.tradeId))
    for (const fill of fresh) this.told(followed, fill.tradeId)
    return fresh
  }

  told(followed: Followed, tradeId: string): void {
    followed.trades.add(tradeId)
  }

  /** Looks at one order until its end and all of its trades are told. */
  #ask(clientOrderId: string, expectsEnd = false): void {
    const { network, venue, scheduler } = this.#options
    const followed = this.#followed.get(clientOrderId)
    if (followed === undefined || this.#dead || this.#looking.has(clientOrderId)) return
    this.#looking.add(clientOrderId)
    const again = (waitMs = 1_000): void => {
      scheduler.machine(waitMs + 50, 'look again', () => {
        this.#looking.delete(clientOrderId)
        this.#ask(clientOrderId, expectsEnd)
      })
    }
    network.request<OrderView | undefined>({
      name: `look ${clientOrderId}`,
      patience: 'poll',
      mayRepeat: false,
      atVenue: () => viewOrder(venue, clientOrderId),
      done: (view) => {
        if (view === undefined) return again()
        const reports = this.#news(clientOrderId, view)
        if (view.status === 'OPEN') {
          this.report(...reports)
          if (expectsEnd) again()
          else this.#looking.delete(clientOrderId)
          return
        }
        const end = endReport({ clientOrderId: clientOrderId as ClientOrderId, symbol: followed.symbol, ts: scheduler.now }, view)
        const isComplete = this.isTold(clientOrderId, view)
        if (isComplete || venue.personality.endsBeforeFills) {
          this.report(...reports, ...end)
          if (isComplete) this.#forget(clientOrderId)
        } else this.report(...reports)
        if (!isComplete) again()
      },
      throttled: again,
      lost: () => again(),
    })
  }

  #forget(clientOrderId: string): void {
    this.#followed.delete(clientOrderId)
    this.#looking.delete(clientOrderId)
  }

  isTold(clientOrderId: string, view: Pick<OrderView, 'filledLots'>): boolean {
    const followed = this.#followed.get(clientOrderId)
    const order = this.#options.venue.byClientId.get(clientOrderId)
    if (followed === undefined || order === undefined) return false
    const told = order.trades.reduce((sum, trade) => sum + (followed.trades.has(trade.tradeId) ? trade.lots : 0), 0)
    return told >= view.filledLots
  }

  /** The stream said that an order has ended: its trades first. */
  lookAfterEnd(clientOrderId: string): void {
    this.#ask(clientOrderId, true)
  }

  /** Now and then every followed order is looked at: frames get lost. */
  #poll(): void {
    this.#options.scheduler.machine(POLL_MS, 'poll', () => {
      if (this.#dead) return
      if (this.#connected) for (const id of this.#followed.keys()) this.#ask(id)
      this.#poll()
    })
  }
}
