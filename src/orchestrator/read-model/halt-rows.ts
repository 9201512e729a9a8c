import type { RiskView } from '#contract/views.ts'
import type { TradingHalted, TradingResumed } from '#domain/facts.ts'
import { BoundedLog } from './bounded-log.ts'

export const HALTS_MAX = 200

export interface HaltRow {
  readonly since: number
  readonly by: string
  readonly reason: string
  readonly seq: number
}

/** The halt in force, and the last ones. */
export class HaltRows {
  readonly #log = new BoundedLog<HaltRow>(HALTS_MAX)
  /** When each halt was lifted, by the place of the halt. */
  readonly #resumedAt = new Map<number, number>()
  #current: HaltRow | undefined

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
