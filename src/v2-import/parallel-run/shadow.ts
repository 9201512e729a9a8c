import type { ImportPlan } from '../mapping/import-plan.ts'
import type { LiveTarget } from '../sources/postgres/live-connection.ts'
import type { MatchRules } from './match-signals.ts'
import { type OwnSignal, observedOf, pairOf } from './observed-signal.ts'
import { ParallelRun, type ParallelReport } from './parallel-run.ts'
import { V2Tail } from './v2-tail.ts'

/** What version 3 has decided, and what its traders follow. */
export interface OwnSide {
  readonly signals: readonly OwnSignal[]
  readonly symbols: readonly string[]
}

export interface ShadowOptions {
  readonly target: LiveTarget
  readonly plan: ImportPlan
  readonly rules: Omit<MatchRules, 'followed'>
  /** Signals from then on, UTC milliseconds; undefined: only what comes from now on. */
  readonly since: number | undefined
  /** UTC milliseconds. */
  readonly now: number
  /** All signals of version 3 from then on. */
  readonly ours: (since: number) => Promise<OwnSide>
}

/** Looks at both systems again and again and compares what they decide. Writes to neither. */
export class Shadow {
  readonly #run: ParallelRun
  readonly #tail: V2Tail
  readonly #ours: ShadowOptions['ours']
  readonly #windowMs: number
  readonly #since: number
  #readTo: number

  constructor({ target, plan, rules, since, now, ours }: ShadowOptions) {
    this.#since = since ?? now
    this.#readTo = this.#since
    this.#windowMs = rules.windowMs
    this.#run = new ParallelRun(rules, this.#since)
    this.#tail = new V2Tail(target, plan, since === undefined ? undefined : 0)
    this.#ours = ours
  }

  /** One look at both sides. Whether there was more than it takes: look again at once. Throws `AppError`; the next look then goes on. */
  async look(now: number): Promise<boolean> {
    const news = await this.#tail.look()
    this.#run.add('v2', news.signals, news.unreadable)
    // Ours are asked for once all of theirs is read: nothing is compared before.
    if (news.isMore) return true
    const { signals, symbols } = await this.#ours(Math.max(this.#since, this.#readTo - this.#windowMs))
    this.#run.follow(new Set(symbols.map(pairOf)))
    this.#run.add('v3', signals.map(observedOf))
    this.#readTo = now
    this.#run.settle(now)
    return false
  }

  report(): ParallelReport {
    return this.#run.report()
  }
}
