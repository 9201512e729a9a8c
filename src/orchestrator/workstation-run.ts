import { join } from 'node:path'
import type { AnyRouter } from '@orpc/server'
import type { Timeframe } from '#domain/candle.ts'
import type { EngineAnswer, EngineCommand } from '#engine/ports.ts'
import type { CandleView, StatusView } from '#contract/views.ts'
import type { JournalEntry } from '#domain/facts.ts'
import { systemClock, type Clock } from '#platform/clock.ts'
import type { Config } from '#platform/config/config.ts'
import type { DataDirectory } from '#platform/data-directory.ts'
import { pause, withDeadline } from '#platform/deadline.ts'
import { leaseDirectory } from '#platform/lease/lease-directory.ts'
import type { LockFile } from '#platform/lease/lock-file.ts'
import { openCandleCacheReader, type CandleReader } from '#storage/cache/candle-cache.ts'
import { openJournalReader, type JournalReader } from '#storage/journal/journal-reader.ts'
import { accountOf, type Account } from './account.ts'
import { ComponentBoard } from './component-board.ts'
import { AccountGuard } from './core/account-guard.ts'
import { leasedAccount, sharedLock } from './core/lease-sources.ts'
import { Core, type CoreFailure } from './core/core.ts'
import type { MarketNews, ReplayProgress } from './core/exchange-thread.ts'
import { firstLimits, firstTraders } from './first-start.ts'
import { createRouter } from './handlers/router.ts'
import { JournalFollower } from './journal-follower.ts'
import { candleEventOf, candlesBefore } from './market-data.ts'
import { metricValues } from './metrics.ts'
import { START_ACTION } from './read-model/gap-tracker.ts'
import type { ReadModel } from './read-model/read-model.ts'
import { openReadModel, saveReadModel } from './read-model/saved-read-model.ts'
import { WorkstationMetrics } from './read-model/workstation-metrics.ts'
import { ReplicaService } from './replica/replica-service.ts'
import { missingForTrading, readStatus, type StatusSources } from './status.ts'
import { WorkstationStream } from './stream/workstation-stream.ts'
import { hasExposure } from './traders/has-exposure.ts'
import { TraderManager } from './traders/trader-manager.ts'
import type { SendFrame, StreamSession, Workstation } from './workstation-api.ts'
import type { WorkstationOptions } from './workstation-options.ts'

const CHECK_EVERY_MS = 1_000
const CORE_RESTARTS_MAX = 5
const CORE_BACKOFF_MS = 500
const CORE_BACKOFF_MAX_MS = 10_000
const CORE_STABLE_AFTER_MS = 60_000
/** Facts that a start after a crash folds at most; saving takes the main thread a moment. */
const SAVE_READ_MODEL_EVERY_FACTS = 100_000
const VISIBLE_DEADLINE_MS = 10_000

export interface WorkstationRunOptions extends WorkstationOptions {
  readonly directory: DataDirectory
  readonly config: Config
  readonly clock: Clock
  readonly workerUrl: (name: string) => URL
  readonly lock: LockFile
}

/** One running workstation: owns every part, follows the journal, watches, restarts, and stops in reverse order. */
export class WorkstationRun implements Workstation {
  readonly #options: WorkstationRunOptions
  readonly #account: Account
  readonly #readModel: ReadModel
  readonly #board: ComponentBoard
  readonly #stream: WorkstationStream
  readonly #sources: StatusSources
  readonly #replica: ReplicaService
  readonly #metrics: WorkstationMetrics
  readonly #guard: AccountGuard
  readonly #replayDone: (() => void)[] = []
  readonly #stopping = new AbortController()
  readonly #savedReadModel: string
  #savedSeq: number
  readonly router: AnyRouter
  #core: Core | undefined
  #reader: JournalReader | undefined
  #follower: JournalFollower | undefined
  #traders: TraderManager | undefined
  #candles: CandleReader | undefined
  #replay: StatusView['replay'] = null
  #open = false
  #watching: Promise<void> = Promise.resolve()

  constructor(options: WorkstationRunOptions) {
    const { clock, logger, directory } = options
    this.#options = options
    this.#savedReadModel = join(directory.path, 'read-model.bin')
    const { model, rebuilt } = openReadModel(this.#savedReadModel, directory.journal)
    this.#readModel = model
    this.#savedSeq = model.lastSeq
    logger.info(
      { seq: model.lastSeq, rebuilt },
      rebuilt === null ? 'The saved read model goes on' : 'The read model is folded from the journal',
    )
    this.#account = accountOf(options)
    this.#board = new ComponentBoard(clock, () => this.#stream.statusChanged())
    this.#sources = {
      version: options.version,
      mode: this.#account.mode,
      startedElapsed: clock.elapsed(),
      clock,
      board: this.#board,
      readModel: this.#readModel,
      traders: () => this.#traders?.list() ?? [],
      replay: () => this.#replay,
      head: () => this.#follower?.head ?? 0,
      replica: () => this.#replica.view(),
      isStopping: () => this.#stopping.signal.aborted,
      isOpen: () => this.#open,
    }
    this.#stream = new WorkstationStream({ readModel: this.#readModel, status: () => this.status(), clock })
    this.#replica = new ReplicaService({
      directory,
      env: options.env,
      workerUrl: options.workerUrl('replica'),
      migrationsDir: options.migrationsDir,
      clock,
      database: options.postgres === 'none' ? { ...options.config.database, mode: 'none' } : options.config.database,
      board: this.#board,
      logger: logger.child({ component: 'replica' }),
    })
    this.#guard = new AccountGuard({
      account: leasedAccount(this.#account),
      leases: leaseDirectory(options.env),
      remote: sharedLock(options),
      dataDirectory: directory.path,
      directoryLock: options.lock,
      clock,
      board: this.#board,
      logger,
      onLost: (why) => this.#core?.loseLease(why),
    })
    this.#metrics = new WorkstationMetrics(() => metricValues(this.status(), this.#readModel, this.#traders?.list() ?? []))
    this.router = createRouter({
      readModel: this.#readModel,
      engine: { request: (command) => this.#request(command) },
      traders: this.#traderControl(),
      status: () => this.status(),
      ready: () => this.ready(),
      history: this.#replica.history,
      candles: (symbol, timeframe, limit, before) => this.#candlesOf(symbol, timeframe, limit, before),
      exchanges: () => [
        {
          name: this.#account.exchange,
          connected: this.#board.state('exchange') === 'running',
          kind: this.#account.kind,
          instruments: this.#readModel.instruments(),
        },
      ],
      clock,
      logger,
    })
  }

  async start(): Promise<void> {
    try {
      await this.#guard.start()
      await this.#startCore()
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#replica.start(this.#follower?.head ?? 0)
    this.#watching = this.#watch()
  }

  status(): StatusView {
    return readStatus(this.#sources)
  }

  ready(): { readonly ready: boolean; readonly missing: readonly string[] } {
    const { shadow } = this.#guard
    const missing = [...missingForTrading(this.#sources), ...(shadow === undefined ? [] : [`shadow mode: ${shadow}`])]
    return { ready: missing.length === 0, missing }
  }

  openStream(send: SendFrame): StreamSession {
    return this.#stream.openStream(send)
  }

  metrics(): Promise<string> {
    return this.#metrics.text()
  }

  postgresAddress(): string | null {
    return this.#replica.address()
  }

  onReplayDone(listener: () => void): void {
    this.#replayDone.push(listener)
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort()
    this.#stream.statusChanged()
    await this.#watching
    // The market first: a replay whose traders have left would go on without them.
    await this.#core?.stop()
    await this.#traders?.close()
    await this.#replica.stop()
    this.#follower?.close()
    this.#saveReadModel()
    this.#stream.close()
    this.#metrics.close()
    this.#reader?.close()
    this.#candles?.close()
    await this.#guard.stop()
  }

  async #startCore(): Promise<void> {
    const { directory, replay, logger, workerUrl } = this.#options
    const { lockStep, instance, purpose, start } = this.#account
    const core = new Core({
      workerUrl,
      logger,
      board: this.#board,
      lockStep,
      startNumber: this.#options.lock.fence,
      fence: this.#guard.fence,
      shadow: this.#guard.shadow,
      journalPath: directory.journal,
      instance,
      purpose,
      exchange: {
        candleCachePath: directory.cache,
        start,
        onNews: (news) => this.#onNews(news),
        onProgress: (progress) => this.#onProgress(progress),
      },
      onHead: (seq) => this.#onHead(seq),
      onReplayDone: () => this.#onReplayDone(),
    })
    this.#core = core
    const ready = await core.ready()
    this.#reader ??= openJournalReader(directory.journal)
    this.#candles ??= openCandleCacheReader(directory.cache)
    this.#follower ??= new JournalFollower(this.#reader, (entries) => this.#onEntries(entries), this.#readModel.lastSeq)
    this.#follower.notice(this.#reader.head())
    await this.#follower.caughtUp()
    if (replay === undefined) await this.#noteStart()
    await this.#startTraders(core, ready.traders)
    await core.openMarket()
    this.#open = true
    this.#stream.statusChanged()
  }

  /** From this row the read model knows how long nobody kept watch. A replay lives in the market's time and has no such thing. */
  async #noteStart(): Promise<void> {
    const { version, lock } = this.#options
    const after = `start ${lock.fence} of this data directory, process ${process.pid}`
    await this.#request({
      type: 'Record',
      facts: [{ type: 'ActionAudited', ts: 0, actor: 'workstation', action: START_ACTION, target: `version ${version}`, after }],
    })
  }

  async #startTraders(core: Core, known: Parameters<TraderManager['restore']>[0]): Promise<void> {
    const { directory, config, clock, workerUrl, logger } = this.#options
    const traders = new TraderManager({
      workerUrl: workerUrl('trader'),
      cachePath: directory.cache,
      strategyDirectory: directory.strategies,
      silenceMaxMs: config.traders.silence_max_ms,
      elapsed: () => clock.elapsed(),
      logger: logger.child({ component: 'traders' }),
      tradersMax: config.traders.max,
      attach: (traderId, port) => core.engine.attachTrader(traderId, port),
      detach: (traderId) => core.engine.detachTrader(traderId),
      view: (traderId) => this.#readModel.trader(traderId),
      knowsSymbol: (symbol) => this.#readModel.instrument(symbol) !== undefined,
      hasExposure: (traderId) => hasExposure(this.#readModel, traderId),
      record: async (facts) => {
        await this.#request({ type: 'Record', facts })
      },
    })
    this.#traders = traders
    if (known.length > 0) return traders.restore(known)
    const first = firstTraders(await core.series(), this.#account.kind)
    // All in one entry: a start that is broken off leaves either nothing or everything, never a workstation without its trader.
    const created = first.map(
      (trader) => ({ type: 'TraderChanged', ts: 0, traderId: trader.traderId, config: trader, state: 'created' }) as const,
    )
    await this.#request({ type: 'Record', facts: [firstLimits(config.risk), ...created] })
    await traders.restore(first)
  }

  /** Sends a command and waits until what it did can be seen by the caller's next question. */
  async #request(command: EngineCommand): Promise<EngineAnswer> {
    if (this.#core === undefined) throw new Error('no engine yet')
    const answer = await this.#core.request(command)
    if (answer.type === 'Done') {
      this.#follower?.notice(answer.seq)
      await withDeadline(this.#follower?.caughtUp() ?? Promise.resolve(), VISIBLE_DEADLINE_MS, 'The journal entry')
    }
    return answer
  }

  #traderControl(): Parameters<typeof createRouter>[0]['traders'] {
    const manager = (): TraderManager => {
      if (this.#traders === undefined) throw new Error('traders are asked for before they exist')
      return this.#traders
    }
    return {
      list: () => this.#traders?.list() ?? [],
      strategies: () => manager().strategies(),
      create: (request, actor) => manager().create(request, actor),
      update: (patch, actor) => manager().update(patch, actor),
      remove: (id, actor) => manager().remove(id, actor),
      start: (id, actor) => manager().start(id, actor),
      stop: (id, actor) => manager().stop(id, actor),
      pause: (id, actor) => manager().pause(id, actor),
      resume: (id, actor) => manager().resume(id, actor),
    }
  }

  #candlesOf(symbol: string, timeframe: Timeframe, limit: number, before: number | undefined): readonly CandleView[] {
    const last = this.#readModel.lastCandles().find((event) => event.symbol === symbol && event.timeframe === timeframe)
    if (this.#candles === undefined) return []
    // Of another timeframe nothing has happened in this market: the cache may still know it.
    return candlesBefore(this.#candles, { symbol, timeframe, limit, before, newest: last?.candle.open_time ?? this.#readModel.lastTs })
  }

  #onHead(seq: number): void {
    this.#follower?.notice(seq)
    this.#replica.notice(seq)
  }

  #onEntries(entries: readonly JournalEntry[]): void {
    this.#stream.onEntries(entries)
    if (this.#readModel.lastSeq - this.#savedSeq >= SAVE_READ_MODEL_EVERY_FACTS) this.#saveReadModel()
  }

  /** So that the next start need not fold the whole journal. Without it that start is only slower. */
  #saveReadModel(): void {
    if (this.#reader === undefined || this.#readModel.lastSeq === this.#savedSeq) return
    this.#savedSeq = this.#readModel.lastSeq
    try {
      saveReadModel(this.#savedReadModel, this.#readModel, this.#reader)
    } catch (error) {
      this.#options.logger.warn({ error: String(error) }, 'The read model was not saved; the next start folds more of the journal')
    }
  }

  #onNews({ quotes, forming }: MarketNews): void {
    for (const quote of quotes) this.#stream.onQuote(quote)
    for (const candle of forming) this.#stream.onFormingCandle(candleEventOf(candle, false), this.#options.clock.now())
  }

  #onProgress({ file, processed, total, done }: ReplayProgress): void {
    this.#replay = { file, processed, total, done }
    this.#stream.statusChanged()
  }

  #onReplayDone(): void {
    // The engine may say so before the last progress has come: a replay is over when every candle has been taken.
    if (this.#replay !== null) this.#replay = { ...this.#replay, processed: this.#replay.total, done: true }
    this.#stream.statusChanged()
    for (const listener of this.#replayDone) listener()
  }

  /** Looks after engine and exchange until the stop; brings them back, a little later each time, when one fails. */
  async #watch(): Promise<void> {
    const { signal } = this.#stopping
    for (let restarts = 0; !signal.aborted && this.#core !== undefined; restarts += 1) {
      const openedAt = systemClock.elapsed()
      const failure = await this.#failureOf(this.#core)
      if (failure === undefined) return
      if (systemClock.elapsed() - openedAt > CORE_STABLE_AFTER_MS) restarts = 0
      const { part, reason } = failure
      this.#options.logger.error({ part, code: reason.code, restarts }, reason.message)
      this.#open = false
      await this.#traders?.close()
      await this.#core.stop()
      if (restarts >= CORE_RESTARTS_MAX || !reason.retryable) {
        this.#board.see(part, 'down', `${reason.message} It is not started again by itself.`)
        return
      }
      this.#board.see(part, 'down', reason.message)
      await pause(Math.min(CORE_BACKOFF_MS * 2 ** restarts, CORE_BACKOFF_MAX_MS), signal)
      if (signal.aborted) return
      this.#board.restarted(part)
      await this.#startCore().catch((error: unknown) =>
        this.#options.logger.error({ error: String(error) }, 'The engine could not be started again'),
      )
    }
  }

  /** Checks for signs of life until a part fails, or the stop. One listener on the failure, however long it lasts. */
  async #failureOf(core: Core): Promise<CoreFailure | undefined> {
    const { signal } = this.#stopping
    const wake = new AbortController()
    let failure: CoreFailure | undefined
    void core.failed.then((failed) => {
      failure = failed
      wake.abort()
    })
    const either = AbortSignal.any([signal, wake.signal])
    while (!signal.aborted && failure === undefined) {
      await core.check()
      await pause(CHECK_EVERY_MS, either)
    }
    return signal.aborted ? undefined : failure
  }
}
