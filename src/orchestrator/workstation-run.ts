import { join } from 'node:path'
import type { AnyRouter } from '@orpc/server'
import type { Timeframe } from '#domain/candle.ts'
import type { EngineAnswer, EngineCommand } from '#engine/ports.ts'
import type { CandleView, StatusView } from '#contract/views.ts'
import type { Clock } from '#platform/clock.ts'
import type { Config } from '#platform/config/config.ts'
import type { DataDirectory } from '#platform/data-directory.ts'
import { withDeadline } from '#platform/deadline.ts'
import type { LockFile } from '#platform/lease/lock-file.ts'
import { openCandleCacheReader, type CandleReader } from '#storage/cache/candle-cache.ts'
import type { Account } from './account.ts'
import type { ComponentBoard } from './component-board.ts'
import type { AccountGuard } from './core/account-guard.ts'
import { Core } from './core/core.ts'
import { CoreSupervisor } from './core/core-supervisor.ts'
import type { MarketNews, ReplayProgress } from './core/exchange-thread.ts'
import { firstLimits, firstTraders } from './first-start.ts'
import { createRouter } from './handlers/router.ts'
import { HandOverService } from './hand-over/hand-over-service.ts'
import { JournalFollower } from './journal-follower.ts'
import { candleEventOf, candlesBefore } from './market-data.ts'
import { metricValues } from './metrics.ts'
import { START_ACTION } from './read-model/gap-tracker.ts'
import type { ReadModel } from './read-model/read-model.ts'
import { ReadModelKeeper } from './read-model/read-model-keeper.ts'
import { WorkstationMetrics } from './read-model/workstation-metrics.ts'
import { ReplicaService } from './replica/replica-service.ts'
import { SideServices } from './side-services.ts'
import { missingForTrading, readStatus, type StatusSources } from './status.ts'
import { WorkstationStream } from './stream/workstation-stream.ts'
import { hasExposure } from './traders/has-exposure.ts'
import { ImportedTraders } from './traders/imported-traders.ts'
import { TraderManager } from './traders/trader-manager.ts'
import type { SendFrame, StreamSession, Workstation } from './workstation-api.ts'
import type { WorkstationOptions } from './workstation-options.ts'

const VISIBLE_DEADLINE_MS = 10_000

export interface WorkstationRunOptions extends WorkstationOptions {
  readonly directory: DataDirectory
  readonly config: Config
  readonly clock: Clock
  readonly workerUrl: (name: string) => URL
  readonly lock: LockFile
  readonly account: Account
  readonly board: ComponentBoard
  /** Started: it knows whether orders may be sent. */
  readonly guard: AccountGuard
}

/** One running workstation: owns every part, follows the journal, and stops in reverse order. */
export class WorkstationRun implements Workstation {
  readonly #options: WorkstationRunOptions
  readonly #keeper: ReadModelKeeper
  readonly #readModel: ReadModel
  readonly #stream: WorkstationStream
  readonly #sources: StatusSources
  readonly #replica: ReplicaService
  readonly #metrics: WorkstationMetrics
  readonly #side: SideServices
  readonly #supervisor: CoreSupervisor
  readonly #replayDone: (() => void)[] = []
  readonly #stopping = new AbortController()
  readonly router: AnyRouter
  /** A replay has a directory and traders of its own. */
  #imported: ImportedTraders | undefined
  #follower: JournalFollower | undefined
  #traders: TraderManager | undefined
  #candles: CandleReader | undefined
  #replay: StatusView['replay'] = null
  /** The journal's head before this start. */
  #pastSeq = 0
  #open = false

  /** Engine and exchange begin here; what the main thread needs is made ready beside them. */
  constructor(options: WorkstationRunOptions) {
    const { clock, logger, directory, account, board } = options
    this.#options = options
    this.#replica = new ReplicaService({
      directory,
      env: options.env,
      workerUrl: options.workerUrl('replica'),
      migrationsDir: options.migrationsDir,
      clock,
      database: options.postgres === 'none' ? { ...options.config.database, mode: 'none' } : options.config.database,
      board,
      logger: logger.child({ component: 'replica' }),
    })
    this.#supervisor = new CoreSupervisor({
      launch: () => this.#launchCore(),
      bringUp: (core) => this.#bringUp(core),
      letGo: () => this.#letGo(),
      onCheck: () => this.#onCheck(),
      board,
      logger,
      signal: this.#stopping.signal,
    })
    this.#keeper = new ReadModelKeeper({
      path: join(directory.path, 'read-model.bin'),
      journalPath: directory.journal,
      clock,
      logger,
    })
    this.#readModel = this.#keeper.model
    this.#sources = {
      version: options.version,
      mode: account.mode,
      startedElapsed: clock.elapsed(),
      clock,
      board,
      readModel: this.#readModel,
      traders: () => this.#traders?.list() ?? [],
      replay: () => this.#replay,
      head: () => this.#follower?.head ?? 0,
      replica: () => this.#replica.view(),
      isStopping: () => this.#stopping.signal.aborted,
      isOpen: () => this.#open,
    }
    this.#stream = new WorkstationStream({ readModel: this.#readModel, status: () => this.status(), clock })
    this.#metrics = new WorkstationMetrics(() => metricValues(this.status(), this.#readModel, this.#traders?.list() ?? []))
    const traders = this.#traderControl()
    this.#side = new SideServices(options, { replica: this.#replica, readModel: this.#readModel, traders })
    this.router = createRouter({
      readModel: this.#readModel,
      engine: { request: (command) => this.#request(command) },
      traders,
      status: () => this.status(),
      ready: () => this.ready(),
      history: this.#replica.history,
      imports: this.#side.imports,
      handOver: this.#handOver(),
      checklist: this.#side.checklist,
      parallelRun: this.#side.parallelRun,
      candles: (symbol, timeframe, limit, before) => this.#candlesOf(symbol, timeframe, limit, before),
      exchanges: () => [this.#exchange()],
      clock,
      logger,
    })
  }

  async start(): Promise<void> {
    const { directory, replay, logger } = this.#options
    if (replay === undefined) this.#imported = new ImportedTraders(directory.path, logger.child({ component: 'traders' }))
    try {
      await this.#supervisor.start()
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#replica.start(this.#follower?.head ?? 0, this.#pastSeq)
  }

  /** From now on nothing but questions is sent. */
  loseLease(why: string): void {
    this.#supervisor.core.loseLease(why)
  }

  statusChanged(): void {
    this.#stream.statusChanged()
  }

  status(): StatusView {
    return readStatus(this.#sources)
  }

  ready(): { readonly ready: boolean; readonly missing: readonly string[] } {
    const { shadow } = this.#options.guard
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
    // The market first: a replay whose traders have left would go on without them.
    await this.#supervisor.stop()
    await this.#imported?.settled()
    await this.#traders?.close()
    await this.#side.stop()
    await this.#replica.stop()
    this.#follower?.close()
    this.#keeper.close()
    this.#stream.close()
    this.#metrics.close()
    this.#candles?.close()
    await this.#options.guard.stop()
  }

  #launchCore(): Core {
    const { directory, logger, workerUrl, account, board, guard, lock } = this.#options
    const { lockStep, instance, purpose, start } = account
    return new Core({
      workerUrl,
      logger,
      board,
      lockStep,
      startNumber: lock.fence,
      fence: guard.fence,
      shadow: guard.shadow,
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
  }

  async #bringUp(core: Core): Promise<void> {
    const { directory, replay } = this.#options
    const isFirst = this.#follower === undefined
    const [ready] = await Promise.all([
      core.ready(),
      isFirst ? this.#keeper.foldAhead((entries) => this.#stream.onEntries(entries), this.#stopping.signal) : undefined,
    ])
    if (isFirst) this.#pastSeq = ready.head
    const journal = this.#keeper.reader()
    this.#candles ??= openCandleCacheReader(directory.cache)
    this.#follower ??= new JournalFollower(journal, (entries) => this.#stream.onEntries(entries), this.#readModel.lastSeq)
    this.#follower.notice(journal.head())
    await this.#follower.caughtUp()
    if (replay === undefined) await this.#noteStart()
    const traders = await this.#startTraders(core, ready.traders)
    await this.#imported?.take(traders)
    await core.openMarket()
    this.#open = true
    this.#stream.statusChanged()
  }

  #onCheck(): void {
    const { comparedAt } = this.#supervisor.core
    if (comparedAt !== undefined && this.#readModel.differences.noteCompared(comparedAt)) this.#stream.statusChanged()
    this.#keeper.saveIfDue()
    if (this.#open && this.#traders !== undefined) this.#imported?.look(this.#traders)
  }

  async #letGo(): Promise<void> {
    this.#open = false
    await this.#traders?.close()
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

  async #startTraders(core: Core, known: Parameters<TraderManager['restore']>[0]): Promise<TraderManager> {
    const { directory, config, clock, workerUrl, logger, account } = this.#options
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
    if (known.length > 0) {
      await traders.restore(known)
      return traders
    }
    const first = firstTraders(await core.series(), account.kind)
    // All in one entry: a start that is broken off leaves either nothing or everything, never a workstation without its trader.
    const created = first.map(
      (trader) => ({ type: 'TraderChanged', ts: 0, traderId: trader.traderId, config: trader, state: 'created' }) as const,
    )
    await this.#request({ type: 'Record', facts: [firstLimits(config.risk), ...created] })
    await traders.restore(first)
    return traders
  }

  /** Sends a command and waits until what it did can be seen by the caller's next question. */
  async #request(command: EngineCommand): Promise<EngineAnswer> {
    const answer = await this.#supervisor.core.request(command)
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

  #exchange(): ReturnType<Parameters<typeof createRouter>[0]['exchanges']>[number] {
    const { account, board } = this.#options
    const connected = board.state('exchange') === 'running'
    return { name: account.exchange, connected, kind: account.kind, instruments: this.#readModel.instruments() }
  }

  #handOver(): HandOverService {
    const { account, guard, clock } = this.#options
    const database = () => this.#replica.database()
    return new HandOverService({ readModel: this.#readModel, exchange: account.exchange, guard, database, clock })
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
}
