import type { GapView } from '#contract/reconcile.ts'
import type { Fact } from '#domain/facts.ts'

/** Shorter silences are not worth a report; and a market of one-minute candles is silent for a minute at a time. */
export const GAP_MIN_MS = 120_000
export const GAPS_MAX = 50
/** A start says so within this time after its first fact. */
const START_SAYS_SO_WITHIN_MS = 10_000
/** What `ActionAudited` says when the workstation has started. */
export const START_ACTION = 'start-workstation'

export interface GapTrackerState {
  readonly gaps: readonly GapView[]
  readonly lastTs: number
  readonly silence: { readonly from: number; readonly to: number } | undefined
  readonly disconnectedAt: number | undefined
}

/**
 * When nobody kept watch. A silence in the journal counts only when a start, a wake-up or a reconnection explains it: a
 * quiet market is no gap.
 */
export class GapTracker {
  readonly #gaps: GapView[]
  #lastTs: number
  #silence: { readonly from: number; readonly to: number } | undefined
  #disconnectedAt: number | undefined

  constructor(saved?: GapTrackerState) {
    this.#gaps = [...(saved?.gaps ?? [])]
    this.#lastTs = saved?.lastTs ?? 0
    this.#silence = saved?.silence
    this.#disconnectedAt = saved?.disconnectedAt
  }

  save(): GapTrackerState {
    return { gaps: this.#gaps, lastTs: this.#lastTs, silence: this.#silence, disconnectedAt: this.#disconnectedAt }
  }

  apply(fact: Fact): void {
    const { ts } = fact
    if (this.#lastTs > 0 && ts - this.#lastTs >= GAP_MIN_MS) this.#silence = { from: this.#lastTs, to: ts }
    this.#lastTs = Math.max(this.#lastTs, ts)
    if (fact.type === 'AlertRaised' && fact.code === 'EXCHANGE_DISCONNECTED') this.#disconnectedAt ??= ts
    else if (fact.type === 'ActionAudited' && fact.action === START_ACTION) this.#explain('DOWN', ts)
    else if (fact.type === 'ReconciliationDone') {
      if (fact.trigger === 'START') this.#explain('DOWN', ts)
      if (fact.trigger === 'WAKE') this.#explain('ASLEEP', ts)
      if (fact.trigger === 'START' || fact.trigger === 'RECONNECT' || fact.trigger === 'WAKE') this.#reconnected(ts)
    }
  }

  /** Oldest first. */
  gaps(): readonly GapView[] {
    return this.#gaps
  }

  get last(): GapView | null {
    return this.#gaps.at(-1) ?? null
  }

  #explain(cause: GapView['cause'], ts: number): void {
    const silence = this.#silence
    this.#silence = undefined
    if (silence !== undefined && ts - silence.to <= START_SAYS_SO_WITHIN_MS) this.#add({ ...silence, cause })
  }

  #reconnected(ts: number): void {
    const from = this.#disconnectedAt
    this.#disconnectedAt = undefined
    const covered = from !== undefined && this.#gaps.some((gap) => gap.from < ts && gap.to > from)
    if (from !== undefined && !covered && ts - from >= GAP_MIN_MS) this.#add({ from, to: ts, cause: 'DISCONNECTED' })
  }

  #add(gap: GapView): void {
    this.#gaps.push(gap)
    if (this.#gaps.length > GAPS_MAX) this.#gaps.shift()
  }
}
