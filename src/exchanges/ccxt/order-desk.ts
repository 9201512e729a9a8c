import type { ClientOrderId } from '#domain/ids.ts'
import { assertNever } from '#domain/errors.ts'
import type { ExchangeCommand, ExchangeReport, OrderRequest } from '#engine/ports.ts'
import { pause } from '#platform/deadline.ts'
import type { OrderWatch, Watched } from './order-watch.ts'
import type { Amendment, OrderRef, SendOutcome, VenueAdapter, VenueOrderState } from './venue-adapter.ts'

/** From this many questions on the list of open orders is cheaper than asking one by one. */
const LIST_FROM = 8
/** A throttled cancel is tried so often before the engine is told that its fate is open. */
const CANCEL_TRIES_MAX = 4
/** How soon the venue is asked what became of a request without an answer, milliseconds. */
const UNANSWERED_LOOK_MS = 300
/** The engine's own word for it (`engine/reconcile/outcomes`). */
const DUPLICATE_CLIENT_ORDER_ID = 'DUPLICATE_CLIENT_ORDER_ID'

export interface DeskOptions {
  readonly adapter: VenueAdapter
  readonly watch: OrderWatch
  readonly emit: (reports: readonly ExchangeReport[]) => void
  /** The key or its rights are refused: nothing else will work either. */
  readonly onDenied: (reason: string) => void
  readonly signal: AbortSignal
}

type Query = Extract<ExchangeCommand, { readonly type: 'QueryOrder' }>
type ExternalOrder = Extract<ExchangeCommand, { readonly type: 'CancelExternalOrder' }>

/** Carries out the engine's commands. Each ends in reports that say no more than the venue has proven. */
export class OrderDesk {
  readonly #options: DeskOptions
  /** Requests about one order leave in the order of the commands. */
  readonly #tails = new Map<ClientOrderId, Promise<void>>()
  readonly #running = new Set<Promise<void>>()
  #queries: Query[] = []

  constructor(options: DeskOptions) {
    this.#options = options
  }

  handle(command: Exclude<ExchangeCommand, { readonly type: 'QueryAccount' }>): void {
    switch (command.type) {
      case 'SubmitOrder':
        this.#options.watch.begin(command.order)
        return this.#inTurn(command.order.clientOrderId, () => this.#submit(command.order))
      case 'CancelOrder':
        return this.#inTurn(command.clientOrderId, () => this.#cancel(command))
      case 'AmendOrder':
        return this.#inTurn(command.clientOrderId, () => this.#amend(command))
      case 'CancelExternalOrder':
        // The next look at the whole account shows what became of it.
        return this.#run(this.#cancelExternal(command))
      case 'QueryOrder':
        this.#queries.push(command)
        if (this.#queries.length === 1) setImmediate(() => this.#run(this.#answerQueries()))
        return
      default:
        assertNever(command)
    }
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running)
  }

  /** The venue's state of an order, as reports: what it is, what is missing of its fills, and how it ended. */
  async settle(order: Watched, state: VenueOrderState): Promise<readonly ExchangeReport[]> {
    const { adapter, watch } = this.#options
    const missing = watch.lacksFills(order, state) ? await adapter.fillsOf(order) : []
    const shape = watch.takeShape(order, state)
    const fills = watch.takeAllFills(order, missing)
    // The list of fills lags behind the order: its end is told when they have come.
    if (watch.lacksFills(order, state)) {
      watch.lookLater(order)
      return [...shape, ...fills]
    }
    return [...shape, ...fills, ...watch.takeEnd(order, state)]
  }

  #run(work: Promise<void>): void {
    this.#running.add(work)
    void work.finally(() => this.#running.delete(work))
  }

  #inTurn(id: ClientOrderId, work: () => Promise<void>): void {
    const tail = (this.#tails.get(id) ?? Promise.resolve()).then(work)
    this.#tails.set(id, tail)
    this.#run(
      tail.finally(() => {
        if (this.#tails.get(id) === tail) this.#tails.delete(id)
      }),
    )
  }

  async #submit(order: OrderRequest): Promise<void> {
    const { adapter, watch, emit } = this.#options
    const outcome = await adapter.submit(order)
    const watched = watch.get(order.clientOrderId)
    if (watched !== undefined) watched.isSending = false
    const base = { clientOrderId: order.clientOrderId, symbol: order.symbol, ts: adapter.now() }
    switch (outcome.kind) {
      case 'DONE':
        return this.#accepted(order, watched, outcome)
      case 'REJECTED':
      case 'DENIED':
        if (watched !== undefined) watch.end(watched)
        emit([{ ...base, type: 'OrderRejected', code: outcome.code, message: outcome.message }])
        return this.#noteDenial(outcome)
      case 'THROTTLED':
        if (watched !== undefined) watch.end(watched)
        return emit([{ ...base, type: 'OrderThrottled', retryAfterMs: outcome.retryAfterMs, reason: outcome.reason }])
      case 'DUPLICATE':
        // Proof that the order is there, from a request whose answer was lost: it is looked up, never sent under another name.
        watch.look(watched, UNANSWERED_LOOK_MS)
        return emit([{ ...base, type: 'OrderRejected', code: DUPLICATE_CLIENT_ORDER_ID, message: outcome.reason }])
      case 'GONE':
      case 'UNKNOWN':
        watch.look(watched, UNANSWERED_LOOK_MS)
        return emit([{ ...base, type: 'OrderOutcomeUnknown', reason: outcome.reason }])
      default:
        assertNever(outcome)
    }
  }

  #accepted(order: OrderRequest, watched: Watched | undefined, outcome: Extract<SendOutcome, { readonly kind: 'DONE' }>): void {
    const { watch, emit } = this.#options
    // Its end, or a fill of it, was faster than the answer: the engine knows already.
    if (watched === undefined || watched.exchangeOrderId !== undefined || outcome.exchangeOrderId === undefined) return
    watched.exchangeOrderId = outcome.exchangeOrderId
    const { clientOrderId, symbol } = order
    emit([{ type: 'OrderAccepted', clientOrderId, symbol, ts: outcome.ts, exchangeOrderId: outcome.exchangeOrderId }])
    watch.look(watched)
  }

  async #cancel(order: OrderRef): Promise<void> {
    const { adapter, emit, watch, signal } = this.#options
    let outcome = await adapter.cancel(order)
    for (let tries = 1; outcome.kind === 'THROTTLED' && tries < CANCEL_TRIES_MAX && !signal.aborted; tries += 1) {
      await pause(outcome.retryAfterMs, signal)
      outcome = await adapter.cancel(order)
    }
    const { clientOrderId, symbol } = order
    const base = { clientOrderId, symbol, ts: adapter.now() }
    switch (outcome.kind) {
      case 'DONE':
        // Taken is not done: the end is told when the venue shows it.
        return watch.look(watch.get(clientOrderId))
      case 'GONE':
        return this.#afterGone(order, outcome.reason)
      case 'REJECTED':
      case 'DENIED':
        emit([{ ...base, type: 'CancelRejected', reason: `${outcome.code}: ${outcome.message}` }])
        return this.#noteDenial(outcome)
      case 'DUPLICATE':
      case 'THROTTLED':
      case 'UNKNOWN':
        watch.look(watch.get(clientOrderId), UNANSWERED_LOOK_MS)
        return emit([{ ...base, type: 'OrderOutcomeUnknown', reason: `cancel: ${outcome.reason}` }])
      default:
        assertNever(outcome)
    }
  }

  async #cancelExternal(order: ExternalOrder): Promise<void> {
    const outcome = await this.#options.adapter.cancelExternal(order)
    this.#noteDenial(outcome)
  }

  /** "Does not exist or too late" says two things: which of them, the order's own state tells. */
  async #afterGone(order: OrderRef, reason: string): Promise<void> {
    const { adapter, emit, watch } = this.#options
    const { clientOrderId, symbol } = order
    const state = await adapter.order(order).catch(() => undefined)
    const watched = watch.get(clientOrderId)
    const base = { clientOrderId, symbol, ts: adapter.now() }
    if (state === undefined) return emit([{ ...base, type: 'OrderNotFound', authoritative: false }])
    if (watched === undefined) return this.#found(order, state)
    const reports = await this.settle(watched, state).catch(() => [])
    emit(state.status === 'OPEN' ? [...reports, { ...base, type: 'CancelRejected', reason }] : reports)
  }

  async #amend(amendment: Amendment): Promise<void> {
    const { adapter, emit, watch } = this.#options
    const { clientOrderId, symbol } = amendment
    watch.beginAmend(clientOrderId)
    const outcome = await adapter.amend(amendment)
    const base = { clientOrderId, symbol, ts: adapter.now() }
    // Whatever the answer, only the order itself shows what holds now.
    watch.look(watch.get(clientOrderId))
    if (outcome.kind === 'DONE' || outcome.kind === 'UNKNOWN') return
    watch.endAmend(clientOrderId)
    switch (outcome.kind) {
      case 'GONE':
        return emit([{ ...base, type: 'AmendRejected', reason: outcome.reason }])
      case 'REJECTED':
      case 'DENIED':
        emit([{ ...base, type: 'AmendRejected', reason: `${outcome.code}: ${outcome.message}` }])
        return this.#noteDenial(outcome)
      case 'DUPLICATE':
      case 'THROTTLED':
        return emit([{ ...base, type: 'AmendRejected', reason: outcome.reason }])
      default:
        assertNever(outcome)
    }
  }

  async #answerQueries(): Promise<void> {
    const { adapter } = this.#options
    const queries = this.#queries
    this.#queries = []
    const listed =
      queries.length < LIST_FROM
        ? new Map<string | undefined, VenueOrderState>()
        : new Map((await adapter.openOrders().catch(() => [])).map((state) => [state.clientOrderId, state]))
    const [inList, others] = [
      queries.filter(({ clientOrderId }) => listed.has(clientOrderId)),
      queries.filter(({ clientOrderId }) => !listed.has(clientOrderId)),
    ]
    await Promise.all([
      this.#answerListed(inList, listed),
      ...others.map(async (query) => {
        try {
          const state = await adapter.order(query)
          if (state !== undefined) return await this.#found(query, state)
          await this.#notFound(query)
        } catch {
          // No answer to a question is no report: the engine asks again.
        }
      }),
    ])
  }

  async #answerListed(queries: readonly Query[], listed: ReadonlyMap<string | undefined, VenueOrderState>): Promise<void> {
    const answers = await Promise.all(
      queries.map(async (query) => {
        const state = listed.get(query.clientOrderId)
        return state === undefined ? [] : this.#answer(query, state).catch(() => [])
      }),
    )
    this.#options.emit(answers.flat())
  }

  /** Hidden in the lists, its fills may still be there: they prove that it exists. */
  async #notFound({ clientOrderId, symbol }: OrderRef): Promise<void> {
    const { adapter, emit, watch } = this.#options
    const fills = watch.takeFills(await adapter.fillsOf({ clientOrderId, symbol }))
    emit(fills.length > 0 ? fills : [{ type: 'OrderNotFound', clientOrderId, symbol, ts: adapter.now(), authoritative: false }])
  }

  async #found(order: OrderRef, state: VenueOrderState): Promise<void> {
    this.#options.emit(await this.#answer(order, state).catch(() => []))
  }

  /** First what it is now and its fills, then the answer. While the fills lag behind, nothing is said of its end. */
  async #answer(order: OrderRef, state: VenueOrderState): Promise<readonly ExchangeReport[]> {
    const { adapter, watch } = this.#options
    const watched = watch.get(order.clientOrderId) ?? watch.adopt(order, state)
    const missing = watch.lacksFills(watched, state) ? await adapter.fillsOf(order) : []
    watched.isSending = false
    // `OrderFound` says itself that the venue has it.
    const shape = watch.takeShape(watched, state).filter(({ type }) => type !== 'OrderAccepted')
    const fills = watch.takeAllFills(watched, missing)
    if (watch.lacksFills(watched, state)) {
      watch.lookLater(watched)
      return [...shape, ...fills]
    }
    const { exchangeOrderId, status, quantity, price, triggerPrice, filledQuantity, updatedAt } = state
    if (status !== 'OPEN' && !watched.hasEnded) watch.end(watched)
    const { clientOrderId, symbol } = order
    const shown = { exchangeOrderId, status, quantity, price, triggerPrice, filledQuantity }
    return [...shape, ...fills, { type: 'OrderFound', clientOrderId, symbol, ts: updatedAt, ...shown }]
  }

  #noteDenial(outcome: SendOutcome): void {
    if (outcome.kind === 'DENIED') this.#options.onDenied(`${outcome.code} ${outcome.message}`)
  }
}
