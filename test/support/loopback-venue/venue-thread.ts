import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import { parseClientOrderId, parseSymbol } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { AccountSnapshot, Approved, ExchangeReport, ExchangeStatus, FromExchange, OrderRequest, ToExchange } from '#engine/ports.ts'
import type { FromExchangeWorker } from '#workers/exchange.messages.ts'
import type { InitVenue } from '#workers/venue.messages.ts'
import { VENUE_KEY, VENUE_SECRET, type LoopbackVenue } from './loopback-venue.ts'

const WORKER = new URL('../../../src/workers/venue.worker.ts', import.meta.url)
const WAIT_MS = 10_000
const STOP_MS = 10_000
export const BTC = parseSymbol('BTC/USDT:USDT')

type Report<T extends ExchangeReport['type']> = Extract<ExchangeReport, { readonly type: T }>

export interface VenueThreadOptions {
  readonly baseUrl?: string | undefined
  readonly secret?: string
  readonly requestTimeoutMs?: number
}

let orders = 0
/** A new id in the form of ours. */
export function newId() {
  orders += 1
  return parseClientOrderId(
    `test${process.pid.toString(36).padStart(6, '0')}${Date.now().toString(36)}${orders.toString(36).padStart(9, '0')}`.slice(0, 28),
  )
}

export function orderRequest(
  change: Partial<OrderRequest> & { readonly size?: string; readonly at?: string; readonly trigger?: string },
): Approved<OrderRequest> {
  const { size = '0.01', at, trigger, ...rest } = change
  return {
    clientOrderId: newId(),
    symbol: BTC,
    side: 'BUY',
    type: at === undefined ? 'MARKET' : 'LIMIT',
    quantity: Quantity.parse(size),
    price: at === undefined ? undefined : Price.parse(at),
    triggerPrice: trigger === undefined ? undefined : Price.parse(trigger),
    timeInForce: 'GTC',
    postOnly: false,
    reduceOnly: false,
    ts: Date.now(),
    ...rest,
  } as unknown as Approved<OrderRequest>
}

/** The connector's real thread, with the test in the engine's chair. */
export class VenueThread implements AsyncDisposable {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #folder: string
  readonly messages: FromExchange[] = []
  readonly said: FromExchangeWorker[] = []

  constructor(venue: LoopbackVenue, options: VenueThreadOptions = {}) {
    this.#folder = mkdtempSync(join(tmpdir(), 'bot-trading-venue-'))
    this.#worker = new Worker(WORKER, { env: {} })
    this.#worker.on('message', (message: FromExchangeWorker) => this.said.push(message))
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    port1.on('message', (message: FromExchange) => this.messages.push(message))
    const init: InitVenue = {
      type: 'Init',
      enginePort: port2,
      session: {
        venue: 'bybit',
        baseUrl: 'baseUrl' in options ? options.baseUrl : venue.url,
        symbols: [BTC],
        timeframes: ['1m'],
        pollEveryMs: 50,
        requestTimeoutMs: options.requestTimeoutMs ?? 1_000,
      },
      credentials: { apiKey: VENUE_KEY, secret: options.secret ?? VENUE_SECRET },
      candleCachePath: join(this.#folder, 'cache.db'),
    }
    this.#worker.postMessage(init, [port2])
  }

  static async connected(venue: LoopbackVenue, options: VenueThreadOptions = {}): Promise<VenueThread> {
    const thread = new VenueThread(venue, options)
    await thread.status(true)
    thread.send({ type: 'RestoreExchange', orders: [], positions: [], cursors: [] })
    return thread
  }

  send(message: ToExchange): void {
    this.#port.postMessage(message)
  }

  submit(order: Approved<OrderRequest>): Approved<OrderRequest> {
    this.send({ type: 'SubmitOrder', order })
    return order
  }

  reports(id?: string): readonly ExchangeReport[] {
    const all = this.messages.flatMap((message) => (message.type === 'MarketStep' ? message.reports : []))
    return id === undefined ? all : all.filter(({ clientOrderId }) => clientOrderId === id)
  }

  async report<T extends ExchangeReport['type']>(id: string, type: T, from = 0): Promise<Report<T>> {
    return this.#until(`${type} of ${id}`, () =>
      this.reports(id)
        .slice(from)
        .find((report): report is Report<T> => report.type === type),
    )
  }

  status(connected: boolean): Promise<ExchangeStatus> {
    return this.#until(`connected ${connected}`, () => {
      const last = this.messages.findLast((message): message is ExchangeStatus => message.type === 'ExchangeStatus')
      return last?.connected === connected ? last : undefined
    })
  }

  account(queryId: number, since = 0): Promise<AccountSnapshot> {
    this.send({ type: 'QueryAccount', queryId, since, ts: Date.now() })
    return this.#until(`snapshot ${queryId}`, () =>
      this.messages.find((message): message is AccountSnapshot => message.type === 'AccountSnapshot' && message.queryId === queryId),
    )
  }

  hears<T extends FromExchangeWorker['type']>(type: T): Promise<Extract<FromExchangeWorker, { readonly type: T }>> {
    return this.#until(type, () => this.said.find((each): each is Extract<FromExchangeWorker, { readonly type: T }> => each.type === type))
  }

  async #until<T>(what: string, look: () => T | undefined): Promise<T> {
    const deadline = performance.now() + WAIT_MS
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      if (performance.now() > deadline)
        throw new Error(`no ${what}; ${JSON.stringify(this.reports(), bigints).slice(-1_500)} ${JSON.stringify(this.said.slice(-5))}`)
      await sleep(5)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()))
    this.#worker.postMessage({ type: 'Stop' })
    await Promise.race([exited, sleep(STOP_MS)])
    await this.#worker.terminate()
    this.#port.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
