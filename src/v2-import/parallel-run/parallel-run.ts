import { type Comparison, matchSignals, type MatchRules, timeOf, type Verdict, VERDICTS } from './match-signals.ts'
import type { ObservedSignal, Side } from './observed-signal.ts'

/** Waiting for their partner. */
const PENDING_MAX = 20_000
const ROWS_KEPT_MAX = 1_000

export interface ParallelReport {
  /** UTC milliseconds. */
  readonly since: number
  readonly until: number
  readonly rules: Pick<MatchRules, 'windowMs' | 'sameTimeMs' | 'sameSizeBps'>
  readonly counts: Readonly<Record<Verdict, number>>
  /** Signals that may still find their partner. */
  readonly pending: Readonly<Record<Side, number>>
  /** Rows of version 2 that are no signal, or cannot be read as one. */
  readonly unreadable: number
  /** The last ones, newest first. */
  readonly rows: readonly Comparison[]
  /** What of it is not known. */
  readonly limits: readonly string[]
}

/** Takes signals of both systems as they come, and compares each when nothing can come any more that belongs to it. */
export class ParallelRun {
  #rules: MatchRules
  readonly #since: number
  readonly #counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number>
  readonly #known: Record<Side, Map<string, number>> = { v2: new Map(), v3: new Map() }
  #pending: Record<Side, readonly ObservedSignal[]> = { v2: [], v3: [] }
  #rows: readonly Comparison[] = []
  #unreadable = 0
  #dropped = 0
  #until: number

  constructor(rules: MatchRules, since: number) {
    this.#rules = rules
    this.#since = since
    this.#until = since
  }

  /** Pairs that a trader of version 3 follows from now on. */
  follow(pairs: ReadonlySet<string>): void {
    this.#rules = { ...this.#rules, followed: pairs }
  }

  /** The same signal again changes nothing but a size that was not known yet; those before the begin are left out. */
  add(side: Side, signals: readonly ObservedSignal[], unreadable = 0): void {
    this.#unreadable += unreadable
    const known = this.#known[side]
    const sizes = new Map<string, string>()
    const fresh: ObservedSignal[] = []
    for (const signal of signals) {
      if (known.has(signal.id)) {
        if (signal.quantity !== null) sizes.set(signal.id, signal.quantity)
      } else if (signal.ts >= this.#since) {
        known.set(signal.id, signal.ts)
        fresh.push(signal)
      }
    }
    const all = [...this.#pending[side], ...fresh].map((each) =>
      each.quantity === null && sizes.has(each.id) ? { ...each, quantity: sizes.get(each.id) ?? null } : each,
    )
    this.#dropped += Math.max(0, all.length - PENDING_MAX)
    this.#pending = { ...this.#pending, [side]: all.slice(-PENDING_MAX) }
  }

  /** Settles what is older than the window allows for anything new: `now` is the latest time up to which both sides have been read. */
  settle(now: number): void {
    this.#until = Math.max(this.#until, now)
    const horizon = now - this.#rules.windowMs
    const { v2, v3 } = this.#pending
    const settled = matchSignals(v2, v3, this.#rules).filter((each) => isBefore(each.v2, horizon) && isBefore(each.v3, horizon))
    const done = new Set(settled.flatMap((each) => [each.v2, each.v3]))
    this.#pending = { v2: v2.filter((each) => !done.has(each)), v3: v3.filter((each) => !done.has(each)) }
    for (const { verdict } of settled) this.#counts[verdict] += 1
    this.#rows = [...settled.toSorted((a, b) => timeOf(b) - timeOf(a)), ...this.#rows].slice(0, ROWS_KEPT_MAX)
    for (const known of [this.#known.v2, this.#known.v3])
      for (const [id, ts] of known) if (ts < horizon - this.#rules.windowMs && known.size > PENDING_MAX) known.delete(id)
  }

  report(): ParallelReport {
    const { windowMs, sameTimeMs, sameSizeBps } = this.#rules
    return {
      since: this.#since,
      until: this.#until,
      rules: { windowMs, sameTimeMs, sameSizeBps },
      counts: this.#counts,
      pending: { v2: this.#pending.v2.length, v3: this.#pending.v3.length },
      unreadable: this.#unreadable,
      rows: this.#rows,
      limits: this.#dropped === 0 ? [] : [`${this.#dropped} signals came faster than they could be compared and were not`],
    }
  }
}

function isBefore(signal: ObservedSignal | null, ts: number): boolean {
  return signal === null || signal.ts < ts
}

/** As `parallel-run --json` and the interface tell it. */
export function parallelJson({ rules, rows, ...report }: ParallelReport) {
  return {
    ...report,
    rules: { window_ms: rules.windowMs, same_time_ms: rules.sameTimeMs, same_size_bps: rules.sameSizeBps },
    rows: rows.map(({ lagMs, ...row }) => ({ ...row, lag_ms: lagMs })),
  }
}
