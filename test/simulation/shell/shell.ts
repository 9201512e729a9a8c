import { TradingEngine, type EngineInput } from '#engine/engine.ts'
import type { Fact } from '#domain/facts.ts'
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
  /** Facts are on the disk; nothing of the batch has left yet, but for candles to strategies. */
  durable(batch: readonly Done[]): void
  /** Nothing is on its way to the disk: state and disk say the same. */
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
/** How long facts that nobody waits for may wait for a commit of others. */
const UNSENT_MS = 3
/** So many that wait for the commit under way, and the engine takes nothing more: few, so that seeds come to it. */
const UNSENT_FACTS_MAX = 150

const STOPPED: EngineAnswer = { type: 'Refused', code: 'REFUSED', message: 'The engine has stopped.' }

interface Waiting {
  readonly input: EngineInput
  readonly reply?: ((answer: EngineAnswer) => void) | undefined
}

/** What may leave only when the disk has all up to `seq`. */
interface Held {
  readonly seq: number
  readonly done: readonly Done[]
  readonly leave: () => void
}

/**
 * The engine thread and the journal's, as `EngineSession` and `FactLog` are them: take what waits, process it, and go on while the
 * disk is at work; one commit is under way, what is decided meanwhile shares the next, and nothing leaves before its facts are there.
 */
export class Shell {
  readonly #options: ShellOptions
  readonly engine: TradingEngine
  readonly #inbox: Waiting[] = []
  #status: ExchangeStatus | undefined
  #opened = false
  #scheduled = false
  #unsent: readonly Fact[] = []
  readonly #outbox: Held[] = []
  /** The disk is at work: facts of the commit under way. */
  #underWay = 0
  #isCommitting = false
  /** Somebody waits for what is not sent yet. */
  #isWanted = false
  #isTimed = false
  /** The state as the commit under way leaves it: saved when that is done. */
  #snapshot: string | undefined
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
    return !this.#isCommitting && this.#unsent.length === 0
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
    const status = this.#status
    if (!this.isRunning || this.#opened || status === undefined) return
    this.#opened = true
    while (this.isRunning && this.#inbox.length > 0) this.#batch(this.#inbox.splice(0, BATCH_MAX))
    const restore = restoreMessage(this.engine.state)
    this.#hold([], () => {
      this.#options.toExchange(restore)
      this.#take({ input: { type: 'Exchange', status: this.#status ?? status } })
    })
    this.#sync()
  }

  #take(waiting: Waiting): void {
    if (!this.isRunning) return
    this.#inbox.push(waiting)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || !this.isRunning) return
    this.#scheduled = true
    this.#options.scheduler.machine(this.#options.random.below(3), 'drain', () => {
      this.#scheduled = false
      // A disk far behind: the end of its commit begins anew.
      if (!this.isRunning || this.#unsent.length >= UNSENT_FACTS_MAX) return
      this.#batch(this.#inbox.splice(0, BATCH_MAX))
      if (this.#inbox.length > 0) this.#schedule()
    })
  }

  #batch(waiting: readonly Waiting[]): void {
    const done: Done[] = []
    try {
      for (const { input, reply } of waiting) {
        const { transaction, answer } = this.engine.process(input)
        done.push({ input, transaction, answer, reply })
      }
      this.#unsent = this.#unsent.concat(done.flatMap(({ transaction }) => transaction.facts))
      for (const { transaction } of done) for (const dispatch of transaction.analyze) this.#options.toTrader(dispatch)
      if (this.#options.sendsBeforeSync) this.#publish(done)
      this.#hold(done, () => this.#publish(this.#options.sendsBeforeSync ? [] : done))
      if (done.every(mayWait)) this.#syncSoon()
      else this.#sync()
      this.#release()
    } catch (error) {
      this.#fail(error, waiting)
    }
  }

  #hold(done: readonly Done[], leave: () => void): void {
    this.#outbox.push({ seq: this.#added, done, leave })
  }

  /** Sequence that the newest fact has, or will have. */
  get #added(): number {
    return this.#options.journal.head + this.#underWay + this.#unsent.length
  }

  #syncSoon(): void {
    if (this.#unsent.length === 0 || this.#isTimed) return
    this.#isTimed = true
    this.#options.scheduler.machine(UNSENT_MS, 'sync', () => {
      this.#isTimed = false
      if (this.isRunning) this.#sync()
    })
  }

  #sync(): void {
    if (this.#isCommitting) this.#isWanted = true
    else if (this.#unsent.length > 0) this.#send()
    else this.#release()
  }

  #send(): void {
    const { journal, faults, scheduler, random, snapshotEveryFacts } = this.#options
    const facts = this.#unsent
    this.#unsent = []
    this.#isWanted = false
    this.#isCommitting = true
    this.#underWay = facts.length
    this.#sinceSnapshot += facts.length
    if (this.#sinceSnapshot >= snapshotEveryFacts && !journal.isFull) {
      this.#snapshot = writeSnapshot(this.engine.state)
      this.#sinceSnapshot = 0
    }
    const slow = faults.happens('slowSync') ? faults.dice('slowSync').between(50, 3_000) : 0
    try {
      journal.append(facts)
      scheduler.machine(slow + random.below(3), 'synced', () => this.#synced())
    } catch (error) {
      // The thread of the journal says so a moment later; the engine has gone on.
      scheduler.machine(random.below(3), 'not written', () => this.isRunning && this.#fail(error, []))
    }
  }

  #synced(): void {
    if (!this.isRunning) return
    const { journal, random } = this.#options
    journal.sync()
    this.#isCommitting = false
    this.#underWay = 0
    if (this.#snapshot !== undefined) journal.writeSnapshot(this.#snapshot, !random.chance(0.05))
    this.#snapshot = undefined
    const isWanted = this.#isWanted || this.#unsent.length >= UNSENT_FACTS_MAX
    this.#release()
    if (isWanted && !this.#isCommitting && this.#unsent.length > 0) this.#send()
    if (this.#inbox.length > 0) this.#schedule()
  }

  /** Lets out, in order, all whose facts are on the disk. */
  #release(): void {
    const { journal, watcher } = this.#options
    for (let next = this.#outbox[0]; next !== undefined && next.seq <= journal.head; next = this.#outbox[0]) {
      this.#outbox.shift()
      watcher.durable(next.done)
      next.leave()
    }
    if (this.isSettled) watcher.settled(this.engine.state)
  }

  #publish(done: readonly Done[]): void {
    for (const { transaction, answer, reply } of done) {
      const [command] = transaction.commands
      if (command !== undefined)
        this.#options.toExchange(transaction.commands.length === 1 ? command : { type: 'CommandBatch', commands: transaction.commands })
      if (reply !== undefined && answer !== undefined) reply(answer)
    }
  }

  /** Memory is ahead of the disk for good: nothing more is processed, and nothing leaves, until a restart. */
  #fail(error: unknown, batch: readonly Waiting[]): void {
    this.#failed = true
    const held = this.#outbox.splice(0).flatMap(({ done }) => done)
    for (const { reply } of [...held, ...batch, ...this.#inbox.splice(0)]) reply?.(STOPPED)
    this.#options.watcher.failed(error)
  }
}

/** Nobody waits for it: fills are told again should they be lost, and candles need no answer. */
function mayWait({ input, transaction }: Done): boolean {
  return transaction.commands.length === 0 && (input.type === 'Answer' || input.type === 'Tick' || input.type === 'Market')
}
