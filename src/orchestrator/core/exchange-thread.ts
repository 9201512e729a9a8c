import type { MessagePort } from 'node:worker_threads'
import { AppError, ERROR_CODES, type ErrorCode } from '#domain/errors.ts'
import { compiledCodeEnvironment } from '#platform/compiled-code.ts'
import { withDeadline } from '#platform/deadline.ts'
import type { Logger } from '#platform/log/logger.ts'
import { startThread, type ManagedThread } from '#platform/threads/managed-thread.ts'
import type { FromExchangeWorker, InitExchange, ToExchangeWorker } from '#workers/exchange.messages.ts'
import type { InitVenue } from '#workers/venue.messages.ts'

const PING_DEADLINE_MS = 5_000
type Ready = Extract<FromExchangeWorker, { readonly type: 'Ready' }>
type Pong = Extract<FromExchangeWorker, { readonly type: 'Pong' }>
export type MarketNews = Extract<FromExchangeWorker, { readonly type: 'Quotes' }>
export type ReplayProgress = Extract<FromExchangeWorker, { readonly type: 'ReplayProgress' }>

/** Which thread plays the exchange, and what it must know. */
export type ExchangeStart =
  | { readonly worker: 'exchange'; readonly session: InitExchange['session'] }
  | { readonly worker: 'venue'; readonly session: InitVenue['session']; readonly credentials: InitVenue['credentials'] }

export interface ExchangeThreadOptions {
  readonly url: URL
  readonly enginePort: MessagePort
  readonly start: ExchangeStart
  readonly candleCachePath: string
  readonly logger: Logger
  readonly onNews: (news: MarketNews) => void
  readonly onProgress: (progress: ReplayProgress) => void
}

/** The exchange thread as the main thread sees it. */
export class ExchangeThread {
  readonly #thread: ManagedThread<ToExchangeWorker | InitVenue, FromExchangeWorker>
  readonly #failed = Promise.withResolvers<AppError>()
  readonly #stopped = Promise.withResolvers<void>()
  readonly #pings = new Map<number, PromiseWithResolvers<Pong['counters']>>()
  readonly #options: ExchangeThreadOptions
  readonly #series = Promise.withResolvers<Ready['series']>()
  #nextId = 1
  #isDead = false

  constructor(options: ExchangeThreadOptions) {
    this.#options = options
    this.#thread = startThread({ url: options.url, name: options.start.worker, env: compiledCodeEnvironment() })
    this.#thread.onMessage((message) => this.#receive(message))
    void this.#thread.exited.then(({ exitCode, error }) => {
      this.#isDead = true
      this.#failed.resolve(
        new AppError(
          'WORKER_EXITED',
          `The exchange thread ended (${error?.message ?? `code ${exitCode}`}). Open orders are asked about when it is back.`,
          { cause: error },
        ),
      )
      this.#stopped.resolve()
    })
    const { enginePort, start, candleCachePath } = options
    const shared = { type: 'Init', enginePort, candleCachePath } as const
    if (start.worker === 'exchange') this.#thread.post({ ...shared, session: start.session }, [enginePort])
    else this.#thread.post({ ...shared, session: start.session, credentials: start.credentials }, [enginePort])
  }

  get failed(): Promise<AppError> {
    return this.#failed.promise
  }

  /** Which candles its market gives. */
  series(): Promise<Ready['series']> {
    return withDeadline(this.#series.promise, PING_DEADLINE_MS, 'The list of candles of the exchange')
  }

  async ping(): Promise<Pong['counters']> {
    const id = this.#nextId++
    const deferred = Promise.withResolvers<Pong['counters']>()
    this.#pings.set(id, deferred)
    this.#thread.post({ type: 'Ping', id })
    try {
      return await withDeadline(deferred.promise, PING_DEADLINE_MS, 'A sign of life of the exchange')
    } finally {
      this.#pings.delete(id)
    }
  }

  async stop(deadlineMs: number): Promise<void> {
    if (!this.#isDead) {
      this.#thread.post({ type: 'Stop' })
      await withDeadline(this.#stopped.promise, deadlineMs, 'The stop of the exchange').catch(() => undefined)
    }
    await this.#thread.terminate()
  }

  #receive(message: FromExchangeWorker): void {
    switch (message.type) {
      case 'Ready':
        return this.#series.resolve(message.series)
      case 'Pong':
        return this.#pings.get(message.id)?.resolve(message.counters)
      case 'Log':
        return this.#options.logger[message.level](message.fields, message.message)
      case 'ReplayProgress':
        return this.#options.onProgress(message)
      case 'Quotes':
        return this.#options.onNews(message)
      case 'Failed':
        return this.#failed.resolve(new AppError(asErrorCode(message.code), message.message))
      case 'Stopped':
        return this.#stopped.resolve()
    }
  }
}

function asErrorCode(code: string): ErrorCode {
  return code in ERROR_CODES ? (code as ErrorCode) : 'WORKER_CRASHED'
}
