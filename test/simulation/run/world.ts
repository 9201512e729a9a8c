import type { EngineAnswer, EngineCommand, FromExchange, OrderRequest, RecordableFact, ToExchange } from '#engine/ports.ts'
import { Watch } from '../checks/watch.ts'
import { Violation } from '../checks/violation.ts'
import { Faults } from '../core/faults.ts'
import { Random } from '../core/random.ts'
import { Scheduler } from '../core/scheduler.ts'
import { Trace } from '../core/trace.ts'
import { Wire } from '../core/wire.ts'
import { Connector } from '../connector/connector.ts'
import { Network } from '../connector/network.ts'
import { Stream } from '../connector/stream.ts'
import { DiskJournal } from '../shell/disk-journal.ts'
import { Shell } from '../shell/shell.ts'
import { FakeVenue } from '../venue/fake-venue.ts'
import type { Plan } from './plan.ts'
import { Replica } from './replica.ts'
import type { ShellPlant } from './shell-plants.ts'
import { TraderThreads } from './trader-threads.ts'
import { disconnect } from './world-parts.ts'

const RESTART_MS = 200

/** One machine, one exchange, one person: all of a seed, wired together. */
export class World {
  readonly plan: Plan
  readonly random: Random
  readonly trace: Trace
  readonly scheduler: Scheduler
  readonly faults: Faults
  readonly venue: FakeVenue
  readonly network: Network
  readonly stream: Stream
  readonly journal = new DiskJournal('sim0')
  readonly watch: Watch
  readonly replica: Replica
  readonly traders: TraderThreads
  readonly #plant: ShellPlant | undefined
  #toExchange: Wire<ToExchange> | undefined
  #toEngine: Wire<FromExchange> | undefined
  shell: Shell | undefined
  /** The same program once more, without the lease. */
  second: Shell | undefined
  connector: Connector | undefined
  wallOffsetMs = 0
  /** Before both sides are compared nothing trades for a moment, else a fill would be on its way. */
  isMarketStill = false
  /** Traders and limits, as the person set them up. */
  setUp: readonly RecordableFact[] = []
  starts = 0
  crashes = 0

  constructor(plan: Plan, options: { readonly keepsTrace?: boolean; readonly plant?: ShellPlant | undefined } = {}) {
    this.plan = plan
    this.#plant = options.plant
    const random = new Random(`seed ${plan.seed}`)
    this.random = random
    this.trace = new Trace(options.keepsTrace ?? false)
    this.scheduler = new Scheduler(plan.start, random.split('ties'), this.trace)
    this.faults = new Faults(plan.rates, random.split('faults'))
    this.watch = new Watch(() => this.venue)
    this.venue = new FakeVenue({
      personality: plan.personality,
      random: random.split('venue'),
      now: plan.start,
      onEvent: (event) => {
        if (event.type === 'accepted') this.watch.acceptedAtVenue(event.order)
        if (event.type === 'fill' && event.order.clientOrderId === undefined) this.watch.tradedByHand(event.order.market.symbol, event.ts)
        else if (event.type === 'fill') this.watch.filledAtVenue(event.order, event.trade.lots)
        this.trace.note(
          this.scheduler.now,
          `venue ${event.type} ${event.order.clientOrderId ?? 'by hand'} ${event.order.status} ${event.order.filledLots}/${event.order.lots}`,
        )
        this.stream.event(event)
      },
    })
    const shared = { scheduler: this.scheduler, faults: this.faults, venue: this.venue }
    this.network = new Network({ ...shared, random: random.split('network') })
    this.stream = new Stream({ ...shared, random: random.split('stream'), connector: () => this.connector })
    this.traders = new TraderThreads(this)
    this.replica = new Replica(this, options.plant === 'replica cursor outside the transaction')
    this.#moveMarket()
    this.#cutStream(plan.start + plan.activeMs)
  }

  /** The machine's clock: what the person set, not the truth. */
  wallClock(): number {
    return this.scheduler.now + this.wallOffsetMs
  }

  /** Exchanges cut every stream from time to time. */
  #cutStream(until: number): void {
    const everyMs = this.plan.personality.forcedDisconnectMs
    if (this.scheduler.now + everyMs > until) return
    this.scheduler.after(everyMs, 'forced disconnect', () => {
      disconnect(this, this.random.split('forced').between(100, 2_000))
      this.#cutStream(until)
    })
  }

  #moveMarket(): void {
    // While the machine sleeps for hours nobody looks at every second of the market.
    this.scheduler.after(this.scheduler.isFrozen ? 30_000 : this.plan.moveEveryMs, 'market moves', () => {
      if (!this.isMarketStill) this.venue.move(this.scheduler.now)
      this.stream.prices()
      this.#moveMarket()
    })
  }

  /** Starts the process: recovery, then the exchange thread. */
  boot(): void {
    this.starts += 1
    const random = this.random.split(`life ${this.starts}`)
    const wire = random.split('wire')
    this.#toExchange = new Wire<ToExchange>({
      scheduler: this.scheduler,
      name: 'to exchange',
      latencyMs: () => wire.below(3),
      deliver: (message) => this.connector?.receive(message),
    })
    const toExchange = this.#toExchange
    const shell = this.#recover(random, toExchange)
    this.shell = shell
    this.traders.restart()
    this.startConnector()
  }

  #recover(random: Random, toExchange: Wire<ToExchange>): Shell {
    const { scheduler, faults, journal, watch } = this
    const before = watch.books.seq
    const shell = new Shell({
      scheduler,
      faults,
      journal,
      random: random.split('shell'),
      wallClock: () => this.wallClock(),
      toExchange: (message) => {
        this.#note(message)
        toExchange.send(message)
      },
      toTrader: (dispatch) => this.traders.receive(dispatch),
      snapshotEveryFacts: this.plan.snapshotEveryFacts,
      sendsBeforeSync: this.#plant === 'send before the journal has it',
      watcher: {
        durable: (batch) => watch.durable(batch),
        settled: (state) => watch.settled(state),
        failed: (error) => this.#engineFailed(error),
      },
    })
    watch.restarted(journal.entries(before, journal.head), shell.engine.state, journal.entries(0, journal.head))
    return shell
  }

  #note(message: ToExchange): void {
    for (const command of message.type === 'CommandBatch' ? message.commands : [message]) {
      if (command.type === 'RestoreExchange' || command.type === 'StepDone' || command.type === 'QueryAccount') continue
      const id =
        command.type === 'SubmitOrder'
          ? command.order.clientOrderId
          : 'clientOrderId' in command
            ? command.clientOrderId
            : command.exchangeOrderId
      const how =
        command.type === 'SubmitOrder'
          ? ` ${command.order.side} ${command.order.type}${command.order.reduceOnly ? ' reduce-only' : ''}`
          : ''
      this.trace.note(this.scheduler.now, `engine ${command.type} ${id}${how}`)
    }
  }

  /** A full disk is an operating failure; anything else the engine throws is a bug. */
  #engineFailed(error: unknown): void {
    if (error instanceof Violation) throw error
    const message = error instanceof Error ? error.message : String(error)
    if (message !== 'JOURNAL_WRITE_FAILED')
      throw new Violation('engine-throws', error instanceof Error ? (error.stack ?? message) : message)
    const freeAfterMs = this.faults.dice('diskFull').between(1_000, 20_000)
    this.scheduler.after(freeAfterMs, 'disk has room again', () => {
      this.journal.isFull = false
      this.crash(false)
    })
  }

  startConnector(): void {
    const wire = this.random.split(`connector ${this.starts} ${this.scheduler.events}`)
    const toEngine = new Wire<FromExchange>({
      scheduler: this.scheduler,
      name: 'to engine',
      latencyMs: () => wire.below(4),
      deliver: (message) => this.shell?.fromExchange(message),
    })
    this.#toEngine?.cut()
    this.#toEngine = toEngine
    const { scheduler, faults, venue, network } = this
    const connector = new Connector({
      scheduler,
      faults,
      venue,
      network,
      random: wire.split('connector'),
      openingBalance: this.plan.openingBalance,
      toEngine: (message) => toEngine.send(message),
      onSubmit: (order: OrderRequest) => this.watch.onWire(order),
    })
    this.connector = connector
    this.scheduler.machine(wire.between(20, 400), 'connector connects', () => {
      if (this.connector === connector) connector.connect()
    })
  }

  /** Only the exchange thread: the engine hears that it is gone. */
  exchangeThreadDies(): void {
    this.connector?.disconnect('the exchange thread has died')
    this.connector?.die()
    this.connector = undefined
    const shell = this.shell
    this.scheduler.machine(1_000, 'exchange thread restarts', () => {
      if (this.shell === shell && this.connector === undefined && shell !== undefined) this.startConnector()
    })
  }

  /** Power loss or SIGKILL, then a restart; `again` may cut the recovery short, too. */
  crash(tears: boolean, again = 0): void {
    this.crashes += 1
    this.shell?.die()
    this.connector?.die()
    this.#toExchange?.cut()
    this.#toEngine?.cut()
    this.shell = undefined
    this.connector = undefined
    this.journal.crash(this.faults.dice('crash'), tears)
    this.scheduler.machine(RESTART_MS + this.faults.dice('crash').below(3_000), 'restart', () => {
      if (this.shell !== undefined) return
      this.boot()
      if (again > 0) this.scheduler.machine(this.faults.dice('crash').below(400), 'crash in recovery', () => this.crash(tears, again - 1))
    })
  }

  /** Anyone's request to the engine; no answer when it is down or dies before it answers. */
  ask(command: EngineCommand, answered: (answer: EngineAnswer) => void = () => undefined): void {
    this.trace.note(this.scheduler.now, `asked ${command.type}`)
    this.shell?.command(command, answered)
    this.second?.command(command, () => undefined)
  }

  /** The faults stop: what is down comes back by itself or by a person. */
  beKind(): void {
    this.traders.isQuiet = true
    this.venue.isPersonGone = true
    this.network.restDownUntil = 0
    this.network.maintenanceUntil = 0
    this.stream.silentUntil = 0
    this.wallOffsetMs = 0
    this.journal.isFull = false
    this.scheduler.machine(1_000, 'watchdog', () => {
      if (this.shell?.hasFailed === true) this.crash(false)
      else if (this.connector !== undefined && !this.connector.connected) this.connector.connect()
    })
  }
}
