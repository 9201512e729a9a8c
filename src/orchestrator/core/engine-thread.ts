import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { AppError } from '#domain/errors.ts'
import type { TraderId } from '#domain/ids.ts'
import type { EngineAnswer, EngineCommand } from '#engine/ports.ts'
import { withDeadline } from '#platform/deadline.ts'
import { startThread, type ManagedThread } from '#platform/threads/managed-thread.ts'
import type { InitJournal } from '#workers/journal.messages.ts'
import { ENGINE_RESOURCE_LIMITS, type EngineCounters, type FromEngine, type ToEngine } from '#workers/engine.messages.ts'

const START_DEADLINE_MS = 60_000
const REQUEST_DEADLINE_MS = 10_000
const PING_DEADLINE_MS = 5_000
/** Requests that may wait for the engine at once. */
const PENDING_MAX = 10_000

export type EngineReady = Extract<FromEngine, { readonly type: 'Ready' }>

export interface EngineThreadOptions {
  readonly url: URL
  /** Of the thread that writes the journal. */
  readonly journalUrl: URL
  readonly journalPath: string
  readonly instance?: string | undefined
  readonly purpose: string
  readonly lockStep: boolean
  /** See `Init` of the engine's messages. */
  readonly fence?: number | undefined
  readonly shadow?: string | undefined
  readonly onHead: (seq: number, ts: number) => void
  readonly onReplayDone: () => void
}

/** The engine thread, and the one that writes its journal, as the main thread sees them: calls with deadlines, all of which fail when it dies. */
export class EngineThread {
  readonly #thread: ManagedThread<ToEngine, FromEngine>
  readonly #journal: ManagedThread<InitJournal, never>
  readonly #pending = new Map<number, PromiseWithResolvers<EngineAnswer>>()
  readonly #pings = new Map<number, PromiseWithResolvers<EngineCounters>>()
  readonly #ready = Promise.withResolvers<EngineReady>()
  readonly #exchangeReady = Promise.withResolvers<void>()
  readonly #marketOpen = Promise.withResolvers<void>()
  readonly #failed = Promise.withResolvers<AppError>()
  readonly #stopped = Promise.withResolvers<void>()
  readonly #options: EngineThreadOptions
  /** The exchange thread's end of the line to the engine. */
  readonly exchangePort: MessagePort
  #dead: AppError | undefined
  #nextId = 1

  constructor(options: EngineThreadOptions) {
    this.#options = options
    for (const { promise } of [this.#ready, this.#exchangeReady, this.#marketOpen]) promise.catch(() => undefined)
    this.#thread = startThread({ url: options.url, name: 'engine', resourceLimits: ENGINE_RESOURCE_LIMITS })
    this.#thread.onMessage((message) => this.#receive(message))
    void this.#thread.exited.then(({ exitCode, error }) => {
      this.#die(
        new AppError(
          'WORKER_EXITED',
          `The engine thread ended (${error?.message ?? `code ${exitCode}`}). Requests that waited were not answered; orders already journalled are found again at its restart.`,
          { cause: error },
        ),
      )
    })
    // When it ends the engine hears of it by its line.
    this.#journal = startThread({ url: options.journalUrl, name: 'journal' })
    const line = new MessageChannel()
    this.#journal.post({ type: 'Init', port: line.port2 }, [line.port2])
    const channel = new MessageChannel()
    this.exchangePort = channel.port2
    const ports = { exchangePort: channel.port1, journalPort: line.port1 }
    const { journalPath, instance, purpose, lockStep, fence, shadow } = options
    this.#thread.post({ type: 'Init', journalPath, instance, purpose, lockStep, fence, shadow, ...ports }, Object.values(ports))
  }

  /** Resolves when the engine cannot go on, with the reason. */
  get failed(): Promise<AppError> {
    return this.#failed.promise
  }

  ready(): Promise<EngineReady> {
    return withDeadline(this.#ready.promise, START_DEADLINE_MS, 'The recovery of the journal')
  }

  exchangeReady(): Promise<void> {
    return withDeadline(this.#exchangeReady.promise, START_DEADLINE_MS, 'The exchange')
  }

  /** Lets the market in; resolves once every working order has been asked about. */
  async openMarket(): Promise<void> {
    this.#thread.post({ type: 'OpenMarket' })
    await withDeadline(this.#marketOpen.promise, START_DEADLINE_MS, 'The reconciliation with the exchange')
  }

  async request(command: EngineCommand): Promise<EngineAnswer> {
    if (this.#dead !== undefined) throw this.#dead
    if (this.#pending.size >= PENDING_MAX)
      throw new AppError('QUEUE_FULL', 'Too many requests wait for the engine. This one was not taken; try again in a second.')
    const id = this.#nextId++
    const deferred = Promise.withResolvers<EngineAnswer>()
    this.#pending.set(id, deferred)
    this.#thread.post({ type: 'Request', id, command })
    try {
      return await withDeadline(deferred.promise, REQUEST_DEADLINE_MS, 'The answer of the engine')
    } finally {
      this.#pending.delete(id)
    }
  }

  /** From now on the engine sends nothing but questions. */
  loseLease(why: string): void {
    if (this.#dead === undefined) this.#thread.post({ type: 'LeaseLost', why })
  }

  attachTrader(traderId: TraderId, port: MessagePort): void {
    this.#thread.post({ type: 'AttachTrader', traderId, port }, [port])
  }

  detachTrader(traderId: TraderId): void {
    if (this.#dead === undefined) this.#thread.post({ type: 'DetachTrader', traderId })
  }

  async ping(): Promise<EngineCounters> {
    if (this.#dead !== undefined) throw this.#dead
    const n = this.#nextId++
    const deferred = Promise.withResolvers<EngineCounters>()
    this.#pings.set(n, deferred)
    this.#thread.post({ type: 'Ping', n })
    try {
      return await withDeadline(deferred.promise, PING_DEADLINE_MS, 'A sign of life of the engine')
    } finally {
      this.#pings.delete(n)
    }
  }

  async stop(deadlineMs: number): Promise<void> {
    if (this.#dead === undefined) {
      this.#thread.post({ type: 'Stop' })
      await withDeadline(this.#stopped.promise, deadlineMs, 'The stop of the engine').catch(() => undefined)
    }
    await this.#thread.terminate()
    // Whoever opens the journal next must be its only writer.
    await this.#journal.terminate()
  }

  #receive(message: FromEngine): void {
    switch (message.type) {
      case 'Ready':
        return this.#ready.resolve(message)
      case 'ExchangeReady':
        return this.#exchangeReady.resolve()
      case 'MarketOpen':
        return this.#marketOpen.resolve()
      case 'Head':
        return this.#options.onHead(message.seq, message.ts)
      case 'ReplayDone':
        return this.#options.onReplayDone()
      case 'Answer':
        return this.#pending.get(message.id)?.resolve(message.answer)
      case 'Pong':
        return this.#pings.get(message.n)?.resolve(message.counters)
      case 'Failed':
        return this.#die(new AppError(isErrorCode(message.code) ? message.code : 'WORKER_CRASHED', message.message))
      case 'Stopped':
        return this.#stopped.resolve()
    }
  }

  #die(reason: AppError): void {
    this.#dead ??= reason
    this.#failed.resolve(this.#dead)
    this.#stopped.resolve()
    for (const deferred of [this.#ready, this.#exchangeReady, this.#marketOpen, ...this.#pending.values(), ...this.#pings.values()])
      deferred.reject(this.#dead)
    this.#pending.clear()
    this.#pings.clear()
  }
}

const FATAL = ['JOURNAL_NOT_DURABLE', 'JOURNAL_CORRUPT', 'JOURNAL_NEWER', 'JOURNAL_WRITE_FAILED', 'REFUSED'] as const
function isErrorCode(code: string): code is (typeof FATAL)[number] {
  return (FATAL as readonly string[]).includes(code)
}
