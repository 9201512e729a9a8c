import { TradingEngine, type EngineInput } from '#engine/engine.ts'
import type { EngineAnswer, EngineCommand, ExchangeStatus, FromExchange, ToExchange } from '#engine/ports.ts'
import { writeSnapshot } from '#engine/snapshot.ts'
import type { EngineState } from '#engine/state.ts'
import type { AnalyzeDispatch, Transaction } from '#engine/transaction.ts'
import { recoverState } from '#workers/engine/recover.ts'
import type { Journal } from '#storage/journal/journal.ts'
import type { Faults } from '../core/faults.ts'
import type { Random } from '../core/random.ts'
import type { Scheduler } from '../core/scheduler.ts'
import type { DiskJournal } from './disk-journal.ts'
import { restoreMessage } from './restore-message.ts'

export interface Done {
  readonly input: EngineInput
  readonly transaction: Transaction
  readonly answer: EngineAnswer | undefined
  readonly reply: ((answer: EngineAnswer) => void) | undefined
}

/** What the checkers see of a shell. */
export interface ShellWatcher {
  /** Facts are on the disk; nothing of the batch has left yet. */
  durable(batch: readonly Done[]): void
  /** All of the batch has left: state and disk say the same. */
  settled(state: EngineState): void
  failed(error: unknown): void
}

export interface ShellOptions {
  readonly scheduler: Scheduler
  readonly faults: Faults
  readonly random: Random
  readonly journal: DiskJournal
  readonly wallClock: () => number
  readonly toExchange: (message: ToExchange) => void
  readonly toTrader: (dispatch: AnalyzeDispatch) => void
  readonly watcher: ShellWatcher
  readonly snapshotEveryFacts: number
  /** A planted fault of this shell: what is processed leaves before the disk has it. */
  readonly sendsBeforeSync: boolean
}

const TICK_MS = 1_000
const BATCH_MAX = 64

const STOPPED: EngineAnswer = { type: 'Refused', code: 'REFUSED', message: 'The engine has stopped.' }

interface Waiting {
  readonly input: EngineInput
  readonly reply?: ((answer: EngineAnswer) => void) | undefined
}

/** The engine thread, as `EngineSession` is it: take what waits, process, sync once, and only then let anything out. */
export class Shell {
  readonly #options: ShellOptions
  readonly engine: TradingEngine
  readonly #inbox: Waiting[] = []
  #status: ExchangeStatus | undefined
  #opened = false
  #scheduled = false
  /** The disk is at work; the thread stands still. */
  #busy = false
  #dead = false
  #failed = false
  #sinceSnapshot: number

  /** Recovers at once; throws what recovery throws. */
  constructor(options: ShellOptions) {
    this.#options = options
    options.journal.open()
    const { state, facts } = recoverState(options.journal as unknown as Journal)
    this.#sinceSnapshot = facts
    this.engine = new TradingEngine(state)
    this.#tick()
  }

  get isRunning(): boolean {
    return !this.#dead && !this.#failed
  }

  get hasFailed(): boolean {
    return this.#failed
  }

  /** Nothing is on its way to the disk. */
  get isSettled(): boolean {
    return !this.#busy
  }

  get waiting(): number {
    return this.#inbox.length
  }

  die(): void {
    this.#dead = true
  }

  #tick(): void {
    this.#options.scheduler.machine(TICK_MS, 'tick', () => {
      if (!this.isRunning) return
      this.#take({ input: { type: 'Tick', ts: this.#options.wallClock() } })
      this.#tick()
    })
  }

  command(command: EngineCommand, reply: (answer: EngineAnswer) => void): void {
    if (this.#failed) reply(STOPPED)
    else this.#take({ input: { type: 'Command', command, ts: this.#options.wallClock() }, reply })
  }

  /** The account is somebody else's. */
  lease(shadow: string): void {
    this.#take({ input: { type: 'Lease', shadow, ts: this.#options.wallClock() } })
  }

  traderAnswered(answer: Extract<EngineInput, { readonly type: 'Answer' }>['answer']): void {
    this.#take({ input: { type: 'Answer', answer, ts: this.#options.wallClock() } })
  }

  fromExchange(message: FromExchange): void {
    if (message.type === 'MarketStep') this.#take({ input: { type: 'Market', step: message } })
    else if (message.type === 'AccountSnapshot') this.#take({ input: { type: 'Account', snapshot: message } })
    else if (message.type === 'ExchangeStatus') this.#exchangeStatus(message)
  }

  #exchangeStatus(status: ExchangeStatus): void {
    const first = this.#status === undefined
    this.#status = status
    this.#take({ input: { type: 'Exchange', status: this.#opened ? status : { ...status, connected: false } } })
    if (first) this.#options.scheduler.machine(5, 'open market', () => this.#openMarket())
  }

  #openMarket(): void {
    if (!this.isRunning || this.#opened || this.#status === undefined) return
    this.#opened = true
    this.#options.toExchange(restoreMessage(this.engine.state))
    this.#take({ input: { type: 'Exchange', status: this.#status } })
  }

  #take(waiting: Waiting): void {
    if (!this.isRunning) return
    this.#inbox.push(waiting)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#busy || !this.isRunning) return
    this.#scheduled = true
    this.#options.scheduler.machine(this.#options.random.below(3), 'drain', () => {
      this.#scheduled = false
      if (this.isRunning && !this.#busy) this.#batch(this.#inbox.splice(0, BATCH_MAX))
    })
  }

  #batch(waiting: readonly Waiting[]): void {
    const { journal, faults, scheduler, sendsBeforeSync } = this.#options
    const done: Done[] = []
    try {
      for (const { input, reply } of waiting) {
        const { transaction, answer } = this.engine.process(input)
        done.push({ input, transaction, answer, reply })
      }
      const facts = done.flatMap(({ transaction }) => transaction.facts)
      if (sendsBeforeSync) this.#publish(done)
      if (facts.length > 0) {
        journal.append(facts)
        this.#sinceSnapshot += facts.length
        this.#busy = true
        const slow = faults.happens('slowSync') ? faults.dice('slowSync').between(50, 3_000) : 0
        scheduler.machine(slow + this.#options.random.below(3), 'synced', () => this.#synced(done))
      } else this.#settle(done)
    } catch (error) {
      this.#fail(error, waiting)
    }
  }

  #synced(done: readonly Done[]): void {
    if (!this.isRunning) return
    this.#options.journal.sync()
    this.#busy = false
    this.#settle(done)
  }

  #settle(done: readonly Done[]): void {
    this.#options.watcher.durable(done)
    if (!this.#options.sendsBeforeSync) this.#publish(done)
    this.#options.watcher.settled(this.engine.state)
    if (this.#sinceSnapshot >= this.#options.snapshotEveryFacts) this.#saveSnapshot()
    if (this.#inbox.length > 0) this.#schedule()
  }

  #publish(done: readonly Done[]): void {
    for (const { transaction, answer, reply } of done) {
      const [command] = transaction.commands
      if (command !== undefined)
        this.#options.toExchange(transaction.commands.length === 1 ? command : { type: 'CommandBatch', commands: transaction.commands })
      for (const dispatch of transaction.analyze) this.#options.toTrader(dispatch)
      if (reply !== undefined && answer !== undefined) reply(answer)
    }
  }

  #saveSnapshot(): void {
    const { journal, random } = this.#options
    if (journal.isFull) return
    journal.writeSnapshot(writeSnapshot(this.engine.state), !random.chance(0.05))
    this.#sinceSnapshot = 0
  }

  /** Memory is ahead of the disk: nothing more is processed until a restart. */
  #fail(error: unknown, batch: readonly Waiting[]): void {
    this.#failed = true
    for (const { reply } of [...batch, ...this.#inbox.splice(0)]) reply?.(STOPPED)
    this.#options.watcher.failed(error)
  }
}
