import type { RiskView } from '#contract/views.ts'
import type { TradingHalted, TradingResumed } from '#domain/facts.ts'
import { BoundedLog, type BoundedLogState } from './bounded-log.ts'

export const HALTS_MAX = 200

export interface HaltRow {
  readonly since: number
  readonly by: string
  readonly reason: string
  readonly seq: number
}

export interface HaltRowsState {
  readonly log: BoundedLogState<HaltRow>
  readonly resumedAt: ReadonlyMap<number, number>
  readonly current: HaltRow | undefined
}

/** The halt in force, and the last ones. */
export class HaltRows {
  readonly #log: BoundedLog<HaltRow>
  /** When each halt was lifted, by the place of the halt. */
  readonly #resumedAt: Map<number, number>
  #current: HaltRow | undefined

  constructor(saved?: HaltRowsState) {
    this.#log = new BoundedLog<HaltRow>(HALTS_MAX, saved?.log)
    this.#resumedAt = new Map(saved?.resumedAt)
    this.#current = saved?.current
  }

  save(): HaltRowsState {
    return { log: this.#log.save(), resumedAt: this.#resumedAt, current: this.#current }
  }

  halted(fact: TradingHalted, seq: number): void {
    this.#current = { since: fact.ts, by: fact.by, reason: fact.reason, seq }
    this.#log.push(this.#current)
  }

  resumed(fact: TradingResumed): void {
    if (this.#current === undefined) return
    this.#resumedAt.set(this.#current.seq, fact.ts)
    this.#current = undefined
    for (const seq of this.#resumedAt.keys()) if (seq <= this.#log.floorSeq) this.#resumedAt.delete(seq)
  }

  get current(): RiskView['halted'] {
    const { since, by, reason } = this.#current ?? {}
    return since === undefined || by === undefined || reason === undefined ? null : { since, by, reason }
  }

  *newestFirst(): Generator<HaltRow & { readonly ts: number; readonly resumedAt: number | null }> {
    for (const row of this.#log.newestFirst()) yield { ...row, ts: row.since, resumedAt: this.#resumedAt.get(row.seq) ?? null }
  }

  get floorSeq(): number {
    return this.#log.floorSeq
  }
}
