import type { StrategyView, TraderView } from '#contract/views.ts'
import { AppError } from '#domain/errors.ts'
import type { ActionAudited, AlertRaised, TraderChanged, TraderRemoved } from '#domain/facts.ts'
import { parseSymbol, parseTraderId, type TraderId } from '#domain/ids.ts'
import { mayBecome, type TraderConfig, type TraderState } from '#domain/trader.ts'
import type { TraderControl } from '../handlers/dependencies.ts'
import type { TraderPatch, TraderRequest } from '../handlers/inputs.ts'
import { TraderUnit, type TraderUnitOptions } from './trader-unit.ts'
import { listStrategies } from './strategy-catalog.ts'

export interface TraderManagerOptions extends Omit<TraderUnitOptions, 'config' | 'onState'> {
  readonly tradersMax: number
  /** Views as the journal has them; live counters are laid over. */
  readonly view: (traderId: string) => TraderView | undefined
  readonly knowsSymbol: (symbol: string) => boolean
  /** Records facts and resolves once the read model shows them. */
  readonly record: (facts: readonly (TraderChanged | TraderRemoved | ActionAudited | AlertRaised)[]) => Promise<void>
  readonly hasExposure: (traderId: string) => boolean
}

/** All traders: who exists, who should run, and each one's thread. Acts on one trader are done one after another. */
export class TraderManager implements TraderControl {
  readonly #options: TraderManagerOptions
  readonly #units = new Map<TraderId, TraderUnit>()
  readonly #queues = new Map<TraderId, Promise<unknown>>()

  constructor(options: TraderManagerOptions) {
    this.#options = options
  }

  /** Takes over what the journal knows and starts whom the person wants running. Resolves when each is up or has failed. */
  async restore(configs: readonly TraderConfig[]): Promise<void> {
    for (const config of configs) this.#units.set(config.traderId, this.#unit(config))
    await Promise.all([...this.#units.values()].map((unit) => this.#bringUp(unit)))
  }

  async #bringUp(unit: TraderUnit): Promise<void> {
    if (unit.config.desired === 'stopped') return this.#note(unit, 'stopped')
    await this.#serial(unit.config.traderId, () => unit.start())
  }

  list(): TraderView[] {
    return [...this.#units.keys()].flatMap((id) => this.#view(id) ?? [])
  }

  async strategies(): Promise<readonly StrategyView[]> {
    return listStrategies(this.#options.strategyDirectory)
  }

  async create(request: TraderRequest, actor: string): Promise<TraderView> {
    const traderId = parseTraderId(request.id)
    if (this.#units.has(traderId))
      throw new AppError('CONFLICT', `There is already a trader ${traderId}. Nothing was changed; choose another id.`)
    if (this.#units.size >= this.#options.tradersMax)
      throw new AppError('CONFLICT', `There are already ${this.#units.size} traders, the most allowed (traders.max). None was added.`)
    this.#checkStrategy(request.strategy)
    for (const symbol of request.symbols) this.#checkSymbol(symbol)
    const config: TraderConfig = {
      traderId,
      kind: 'strategy',
      strategy: request.strategy,
      symbols: request.symbols.map(parseSymbol),
      timeframe: request.timeframe,
      params: request.params,
      orderNotional: request.order_notional,
      desired: request.start ? 'running' : 'stopped',
    }
    await this.#audit(actor, 'create-trader', traderId, JSON.stringify(config))
    return this.add(config)
  }

  /** A trader that was set up elsewhere. It may lack its strategy, or a symbol this exchange does not list: then it says so. */
  async adopt(config: TraderConfig, { actor, reason }: { readonly actor: string; readonly reason: string }): Promise<TraderView> {
    const { traderId, symbols } = config
    if (this.#units.size >= this.#options.tradersMax)
      throw new AppError(
        'CONFLICT',
        `There are already ${this.#units.size} traders, the most allowed (traders.max). ${traderId} was not added.`,
      )
    await this.#audit(actor, 'import-trader', traderId, JSON.stringify({ ...config, reason }))
    const missing = symbols.filter((symbol) => !this.#options.knowsSymbol(symbol))
    if (missing.length > 0) {
      const message = `Trader ${traderId} of version 2 follows ${missing.join(', ')}, which this exchange does not list. It gets no candles there.`
      await this.#options.record([{ type: 'AlertRaised', ts: 0, severity: 'warning', code: 'TRADER_SYMBOL_UNKNOWN', message, traderId }])
    }
    return this.add(config, reason)
  }

  /** Undefined where there is none of that id. */
  configOf(id: string): TraderConfig | undefined {
    return this.#units.get(parseTraderId(id))?.config
  }

  /** Adds a trader and starts it if it is to run. */
  async add(config: TraderConfig, reason?: string): Promise<TraderView> {
    const unit = this.#unit(config)
    this.#units.set(config.traderId, unit)
    await this.#note(unit, 'created', reason)
    if (config.desired !== 'stopped') await this.#serial(config.traderId, () => unit.start())
    return this.#viewOrThrow(config.traderId)
  }

  async update(patch: TraderPatch, actor: string): Promise<TraderView> {
    const unit = this.#find(patch.id)
    const config: TraderConfig = {
      ...unit.config,
      params: patch.params ?? unit.config.params,
      orderNotional: patch.order_notional ?? unit.config.orderNotional,
      timeframe: patch.timeframe ?? unit.config.timeframe,
    }
    await this.#audit(actor, 'update-trader', config.traderId, JSON.stringify(patch))
    return this.#serial(config.traderId, async () => {
      const wasUp = unit.isUp
      if (wasUp) await unit.stop()
      unit.config = config
      await this.#note(unit, unit.state)
      if (wasUp) await unit.start()
    })
  }

  async remove(id: string, actor: string): Promise<void> {
    const unit = this.#find(id)
    if (unit.isUp) throw new AppError('CONFLICT', `Trader ${id} is ${unit.state}. It was not removed; stop it first.`)
    if (this.#options.hasExposure(id))
      throw new AppError('CONFLICT', `Trader ${id} holds a position or an open order. It was not removed; close them first.`)
    this.#units.delete(unit.config.traderId)
    await this.#audit(actor, 'remove-trader', unit.config.traderId)
    await this.#options.record([{ type: 'TraderRemoved', ts: 0, traderId: unit.config.traderId }])
  }

  start(id: string, actor: string): Promise<TraderView> {
    return this.#act(id, { actor, action: 'start-trader', desired: 'running' }, (unit) => unit.start())
  }

  stop(id: string, actor: string): Promise<TraderView> {
    return this.#act(id, { actor, action: 'stop-trader', desired: 'stopped' }, (unit) => unit.stop())
  }

  pause(id: string, actor: string): Promise<TraderView> {
    return this.#act(id, { actor, action: 'pause-trader', desired: 'paused' }, (unit) => unit.setPaused(true))
  }

  resume(id: string, actor: string): Promise<TraderView> {
    return this.#act(id, { actor, action: 'resume-trader', desired: 'running' }, (unit) => unit.setPaused(false))
  }

  /** Ends every thread; what the person wants stays recorded, so the next start brings them back. */
  async close(): Promise<void> {
    await Promise.all([...this.#units.values()].map((unit) => unit.close()))
  }

  async #act(
    id: string,
    act: { readonly actor: string; readonly action: string; readonly desired: TraderConfig['desired'] },
    run: (unit: TraderUnit) => Promise<void>,
  ): Promise<TraderView> {
    const unit = this.#find(id)
    await this.#audit(act.actor, act.action, unit.config.traderId)
    return this.#serial(unit.config.traderId, async () => {
      unit.config = { ...unit.config, desired: act.desired }
      await run(unit)
    })
  }

  #serial(traderId: TraderId, run: () => Promise<void>): Promise<TraderView> {
    const result = (this.#queues.get(traderId) ?? Promise.resolve()).then(run).then(() => this.#viewOrThrow(traderId))
    this.#queues.set(
      traderId,
      result.catch(() => undefined),
    )
    return result
  }

  #unit(config: TraderConfig): TraderUnit {
    const unit: TraderUnit = new TraderUnit({ ...this.#options, config, onState: (state, reason) => this.#note(unit, state, reason) })
    return unit
  }

  async #note(unit: TraderUnit, state: TraderState, reason?: string): Promise<void> {
    if (unit.state !== state && !mayBecome(unit.state, state))
      throw new Error(`trader ${unit.config.traderId} cannot go from ${unit.state} to ${state}`)
    unit.state = state
    await this.#options.record([{ type: 'TraderChanged', ts: 0, traderId: unit.config.traderId, config: unit.config, state, reason }])
  }

  async #audit(actor: string, action: string, target: string, after?: string): Promise<void> {
    await this.#options.record([{ type: 'ActionAudited', ts: 0, actor, action, target, after }])
  }

  #find(id: string): TraderUnit {
    const unit = this.#units.get(parseTraderId(id))
    if (unit === undefined) throw new AppError('NOT_FOUND', `There is no trader ${id}. Nothing was changed.`)
    return unit
  }

  #checkStrategy(name: string): void {
    const names = listStrategies(this.#options.strategyDirectory).map((strategy) => strategy.name)
    if (!names.includes(name))
      throw new AppError('NOT_FOUND', `There is no strategy ${name}. The trader was not added. Known: ${names.join(', ')}.`)
  }

  #checkSymbol(symbol: string): void {
    if (!this.#options.knowsSymbol(symbol))
      throw new AppError('NOT_FOUND', `The exchange does not list ${symbol}. The trader was not added.`)
  }

  #view(id: TraderId): TraderView | undefined {
    const view = this.#options.view(id)
    const unit = this.#units.get(id)
    if (view === undefined || unit === undefined) return undefined
    return { ...view, ...unit.counters() }
  }

  #viewOrThrow(id: TraderId): TraderView {
    const view = this.#view(id)
    if (view === undefined) throw new Error(`trader ${id} is not in the read model`)
    return view
  }
}
