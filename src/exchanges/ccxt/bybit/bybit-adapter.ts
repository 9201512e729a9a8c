import type { Candle, Timeframe } from '#domain/candle.ts'
import { parseExchangeOrderId, type InstrumentSymbol } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import { Money } from '#domain/money/money.ts'
import type { Price } from '#domain/money/price.ts'
import { Price as PriceModule } from '#domain/money/price.ts'
import * as fixed from '#domain/money/fixed.ts'
import type { ExchangeCapabilities, OrderRequest, Quote, VenueFill } from '#engine/ports.ts'
import type { Clock } from '#platform/clock.ts'
import { failpoint } from '#platform/failpoint.ts'
import type { CcxtClient, VenueReply } from '../ccxt-client.ts'
import { decimalIn, isRow, listIn, textIn, type Row } from '../json-reader.ts'
import type { Lane, RequestLanes } from '../request-lanes.ts'
import {
  VenueFailure,
  type Amendment,
  type OrderRef,
  type SendOutcome,
  type VenueAdapter,
  type VenueOrderState,
  type VenuePosition,
} from '../venue-adapter.ts'
import { judge, type Verdict } from './bybit-errors.ts'
import {
  CATEGORY,
  closedCandles,
  createParameters,
  EXCHANGE,
  fill,
  instrument,
  intervalOf,
  marketOf,
  orderState,
  position,
  quote,
  SETTLE,
} from './bybit-format.ts'

/** Pages of one question; more means that something is wrong, and that the answer would be incomplete. */
const PAGES_MAX = 2_000
const ORDERS_PAGE = 50
const EXECUTIONS_PAGE = 100
const WEEK_MS = 7 * 86_400_000
const RUNNING_BARS = 1
/** Questions about many orders at once are answered from the list of open orders, fifty a request. */
const QUERIES_PER_SECOND = 2_000

const CAPABILITIES: Omit<ExchangeCapabilities, 'acceptanceWindowMs'> = {
  orderTypes: ['MARKET', 'LIMIT', 'STOP_MARKET', 'STOP_LIMIT', 'TAKE_PROFIT_MARKET', 'TAKE_PROFIT_LIMIT'],
  timesInForce: ['GTC', 'IOC', 'FOK'],
  postOnly: true,
  amend: true,
  accountQuery: true,
  queriesPerSecond: QUERIES_PER_SECOND,
}

interface Question {
  readonly lane: Lane
  readonly method: string
  readonly parameters: Readonly<Record<string, unknown>>
}

/** Bybit's v5 interface for linear perpetuals in one-way mode, through ccxt's own signed requests. */
export class BybitAdapter implements VenueAdapter {
  readonly name = EXCHANGE
  readonly capabilities: ExchangeCapabilities
  readonly #client: CcxtClient
  readonly #lanes: RequestLanes
  readonly #clock: Clock
  readonly #last = new Map<InstrumentSymbol, Price>()
  #offsetMs = 0

  /** `acceptanceWindowMs`: how long after it was signed a request may still be taken, and what is taken be invisible. */
  constructor(options: {
    readonly client: CcxtClient
    readonly lanes: RequestLanes
    readonly clock: Clock
    readonly acceptanceWindowMs: number
  }) {
    this.capabilities = { ...CAPABILITIES, acceptanceWindowMs: options.acceptanceWindowMs }
    this.#client = options.client
    this.#lanes = options.lanes
    this.#clock = options.clock
  }

  now(): number {
    return this.#clock.now() + this.#offsetMs
  }

  async syncClock(): Promise<{ readonly offsetMs: number; readonly roundTripMs: number }> {
    const [sentAt, began] = [this.#clock.now(), this.#clock.elapsed()]
    const { ts } = await this.#ask({ lane: 'DATA', method: 'publicGetV5MarketTime', parameters: {} })
    const roundTripMs = this.#clock.elapsed() - began
    this.#offsetMs = Math.round(ts - (sentAt + roundTripMs / 2))
    this.#client.clockOffsetMs = this.#offsetMs
    return { offsetMs: this.#offsetMs, roundTripMs }
  }

  loadInstruments(symbols: readonly InstrumentSymbol[]): Promise<readonly Instrument[]> {
    return Promise.all(
      symbols.map(async (symbol) => {
        const parameters = { category: CATEGORY, symbol: marketOf(symbol) }
        const [info, fees] = await Promise.all([
          this.#rows({ lane: 'DATA', method: 'publicGetV5MarketInstrumentsInfo', parameters }),
          this.#rows({ lane: 'DATA', method: 'privateGetV5AccountFeeRate', parameters }),
        ])
        const [row] = info
        const [fee] = fees
        if (row === undefined || fee === undefined) throw new VenueFailure(`${EXCHANGE} does not list ${symbol}`)
        return this.#read(() => instrument(row, { maker: decimalIn(fee, 'makerFeeRate'), taker: decimalIn(fee, 'takerFeeRate') }))
      }),
    )
  }

  async submit(order: OrderRequest): Promise<SendOutcome> {
    const parameters = createParameters(order, this.#last.get(order.symbol))
    const outcome = await this.#send({ lane: order.reduceOnly ? 'EXIT' : 'ENTRY', method: 'privatePostV5OrderCreate', parameters })
    failpoint('P4')
    return outcome
  }

  amend({ clientOrderId, symbol, quantity, price, triggerPrice }: Amendment): Promise<SendOutcome> {
    const text = (value: Parameters<typeof fixed.format>[0] | undefined): string | undefined =>
      value === undefined ? undefined : fixed.format(fixed.trim(value))
    const change = { qty: text(quantity), price: text(price), triggerPrice: text(triggerPrice) }
    const asked = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
    return this.#send({
      lane: 'EXIT',
      method: 'privatePostV5OrderAmend',
      parameters: { category: CATEGORY, symbol: marketOf(symbol), orderLinkId: clientOrderId, ...asked },
    })
  }

  cancel({ clientOrderId, symbol }: OrderRef): Promise<SendOutcome> {
    const parameters = { category: CATEGORY, symbol: marketOf(symbol), orderLinkId: clientOrderId }
    return this.#send({ lane: 'CANCEL', method: 'privatePostV5OrderCancel', parameters })
  }

  cancelExternal({ exchangeOrderId, symbol }: Parameters<VenueAdapter['cancelExternal']>[0]): Promise<SendOutcome> {
    const parameters = { category: CATEGORY, symbol: marketOf(symbol), orderId: exchangeOrderId }
    return this.#send({ lane: 'CANCEL', method: 'privatePostV5OrderCancel', parameters })
  }

  /** Asks for open and recent orders first, then for the history. */
  async order({ clientOrderId, symbol }: OrderRef): Promise<VenueOrderState | undefined> {
    const parameters = { category: CATEGORY, symbol: marketOf(symbol), orderLinkId: clientOrderId }
    for (const method of ['privateGetV5OrderRealtime', 'privateGetV5OrderHistory']) {
      const rows = await this.#rows({ lane: 'QUERY', method, parameters })
      const [found] = this.#read(() => rows.map(orderState).filter((state) => state.clientOrderId === clientOrderId))
      if (found !== undefined) return found
    }
    return undefined
  }

  async openOrders(): Promise<readonly VenueOrderState[]> {
    const parameters = { category: CATEGORY, settleCoin: SETTLE, openOnly: 0, limit: ORDERS_PAGE }
    const rows = await this.#rows({ lane: 'QUERY', method: 'privateGetV5OrderRealtime', parameters })
    // Pages may overlap when an order ends between two of them.
    const states = new Map(this.#read(() => rows.map(orderState)).map((state) => [state.exchangeOrderId, state]))
    return [...states.values()].filter(({ status }) => status === 'OPEN')
  }

  fillsOf({ clientOrderId, symbol }: OrderRef): Promise<readonly VenueFill[]> {
    return this.#fills({ category: CATEGORY, symbol: marketOf(symbol), orderLinkId: clientOrderId, limit: EXECUTIONS_PAGE })
  }

  async fillsSince(since: number): Promise<readonly VenueFill[]> {
    const fills: VenueFill[] = []
    const until = this.now()
    for (let start = since; ; start += WEEK_MS) {
      const isLast = start + WEEK_MS >= until
      // The last stretch is left open, so that what happens meanwhile is not cut off.
      const parameters = {
        category: CATEGORY,
        startTime: start,
        limit: EXECUTIONS_PAGE,
        ...(isLast ? {} : { endTime: start + WEEK_MS - 1 }),
      }
      fills.push(...(await this.#fills(parameters)))
      if (isLast) return fills
    }
  }

  async positions(): Promise<readonly VenuePosition[]> {
    const parameters = { category: CATEGORY, settleCoin: SETTLE, limit: 200 }
    const rows = await this.#rows({ lane: 'QUERY', method: 'privateGetV5PositionList', parameters })
    return this.#read(() => rows.map(position).filter(({ quantity }) => quantity.units !== 0n))
  }

  async balances(): Promise<readonly { readonly currency: string; readonly cash: Money }[]> {
    const parameters = { accountType: 'UNIFIED' }
    const [account] = await this.#rows({ lane: 'QUERY', method: 'privateGetV5AccountWalletBalance', parameters })
    if (account === undefined) throw new VenueFailure(`${EXCHANGE} shows no account`)
    return this.#read(() =>
      listIn(account, 'coin')
        .filter(isRow)
        .filter((coin) => coin['coin'] === SETTLE)
        .map((coin) => ({ currency: SETTLE, cash: Money.parse(decimalIn(coin, 'walletBalance'), SETTLE) })),
    )
  }

  async candles(symbol: InstrumentSymbol, timeframe: Timeframe, limit: number): Promise<readonly Candle[]> {
    const parameters = { category: CATEGORY, symbol: marketOf(symbol), interval: intervalOf(timeframe), limit: limit + RUNNING_BARS }
    const { result, ts } = await this.#ask({ lane: 'DATA', method: 'publicGetV5MarketKline', parameters })
    return this.#read(() => closedCandles(listIn(result, 'list'), { symbol, timeframe, now: ts }))
  }

  async quotes(symbols: readonly InstrumentSymbol[]): Promise<readonly Quote[]> {
    const answers = await Promise.all(
      symbols.map((symbol) =>
        this.#ask({ lane: 'DATA', method: 'publicGetV5MarketTickers', parameters: { category: CATEGORY, symbol: marketOf(symbol) } }),
      ),
    )
    const quotes = this.#read(() =>
      answers.flatMap(({ result, ts }) =>
        listIn(result, 'list')
          .filter(isRow)
          .map((row) => quote(row, ts)),
      ),
    ).filter((each) => each !== undefined)
    for (const { symbol, last } of quotes) if (PriceModule.isPositive(last)) this.#last.set(symbol, last)
    return quotes
  }

  close(): Promise<void> {
    this.#lanes.close()
    return this.#client.close()
  }

  /** Oldest first. The venue lists newest first and may repeat a row when one is added between two pages. */
  async #fills(parameters: Question['parameters']): Promise<readonly VenueFill[]> {
    const rows = await this.#rows({ lane: 'QUERY', method: 'privateGetV5ExecutionList', parameters })
    const fills = this.#read(() => rows.map(fill)).filter((each) => each !== undefined)
    const unique = [...new Map(fills.map((each) => [each.tradeId, each])).values()]
    return unique.reverse().sort((a, b) => a.ts - b.ts)
  }

  /** All pages of a list. */
  async #rows(question: Question): Promise<readonly Row[]> {
    const rows: Row[] = []
    let cursor = ''
    for (let pages = 0; pages < PAGES_MAX; pages += 1) {
      const parameters = cursor === '' ? question.parameters : { ...question.parameters, cursor: decodeURIComponent(cursor) }
      const { result } = await this.#ask({ ...question, parameters })
      rows.push(...this.#read(() => listIn(result, 'list').filter(isRow)))
      cursor = 'nextPageCursor' in result ? this.#read(() => textIn(result, 'nextPageCursor')) : ''
      if (cursor === '') return rows
    }
    throw new VenueFailure(`${question.method} has more than ${PAGES_MAX} pages`)
  }

  async #ask(question: Question): Promise<Extract<Verdict, { readonly kind: 'OK' }>> {
    const reply = await this.#call(question).catch((error: unknown) => {
      // Not sent: our own queue gave it up.
      throw new VenueFailure(error instanceof Error ? error.message : String(error))
    })
    const verdict = judge(reply, this.now())
    if (verdict.kind === 'OK') return verdict
    if (verdict.kind === 'UNKNOWN') throw new VenueFailure(`${question.method}: ${verdict.reason}`)
    this.#brake(verdict)
    const { meaning, code, message, retryAfterMs } = verdict
    throw new VenueFailure(`${question.method}: ${code} ${message}`, {
      isDenied: meaning === 'DENIED',
      retryAfterMs: meaning === 'THROTTLED' ? retryAfterMs : undefined,
    })
  }

  async #send(question: Question): Promise<SendOutcome> {
    let reply: VenueReply
    try {
      reply = await this.#call(question)
    } catch (error) {
      // It waited in our own queue until it was too old, or the queue was full: it never left.
      return { kind: 'THROTTLED', retryAfterMs: this.#lanes.waitMs, reason: error instanceof Error ? error.message : String(error) }
    }
    const verdict = judge(reply, this.now())
    if (verdict.kind === 'UNKNOWN') return { kind: 'UNKNOWN', reason: verdict.reason }
    if (verdict.kind === 'CODE') {
      this.#brake(verdict)
      return outcomeOf(verdict)
    }
    const id = verdict.result['orderId']
    // Taken, but by whose name? Only an id that can be read counts as an answer.
    if (typeof id !== 'string' || id === '') return { kind: 'UNKNOWN', reason: 'the answer names no order' }
    return { kind: 'DONE', exchangeOrderId: parseExchangeOrderId(id), ts: verdict.ts }
  }

  #call({ lane, method, parameters }: Question): Promise<VenueReply> {
    return this.#lanes.run(lane, method, () => this.#client.call(method, parameters))
  }

  #brake(verdict: Extract<Verdict, { readonly kind: 'CODE' }>): void {
    if (verdict.meaning === 'THROTTLED') this.#lanes.brake(verdict.retryAfterMs)
    if (verdict.meaning === 'CLOCK') void this.syncClock().catch(() => undefined)
  }

  /** What cannot be read is no answer. */
  #read<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new VenueFailure(`${EXCHANGE} sent something unreadable: ${error.message}`)
    }
  }
}

/** Refused for a wrong time is a refusal for now: the clock is measured anew and the order may be sent again. */
function outcomeOf({ meaning, code, message, retryAfterMs }: Extract<Verdict, { readonly kind: 'CODE' }>): SendOutcome {
  const reason = `${code} ${message}`
  switch (meaning) {
    case 'REJECTED':
    case 'DENIED':
      return { kind: meaning, code, message }
    case 'THROTTLED':
    case 'CLOCK':
      return { kind: 'THROTTLED', retryAfterMs, reason }
    case 'DUPLICATE':
    case 'GONE':
      return { kind: meaning, reason }
  }
}
