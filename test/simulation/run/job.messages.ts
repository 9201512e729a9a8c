import type { Cuts } from './plan.ts'

/** What the command and its processes say to each other. */
export interface JobRequest {
  /** `world`: the whole simulation. `limits`: the gate against its oracle. `shrink`: the smallest form of one failing seed. */
  readonly mode: 'world' | 'limits' | 'shrink'
  readonly from: number
  readonly to: number
  /** Every so many-th seed. */
  readonly step: number
  readonly stopsAtFirst: boolean
  readonly plant?: string | undefined
  readonly cuts?: Cuts | undefined
  /** Each seed twice, with the hash of both traces. */
  readonly wantsHashes?: boolean | undefined
  readonly ordersPerSeed?: number | undefined
  readonly burstMax?: number | undefined
}

export interface Totals {
  readonly seeds: number
  readonly events: number
  readonly simulatedMs: number
  readonly facts: number
  readonly orders: number
  readonly fills: number
  readonly crashes: number
}

export interface Shrunk {
  readonly cuts: Cuts
  readonly left: readonly string[]
  readonly acts: number
  readonly violation: { readonly invariant: string; readonly message: string } | undefined
}

export type JobMessage =
  | { readonly type: 'totals'; readonly totals: Totals }
  | { readonly type: 'violation'; readonly seed: number; readonly invariant: string; readonly message: string }
  | { readonly type: 'hash'; readonly seed: number; readonly hash: string; readonly again: string }
  | { readonly type: 'shrunk'; readonly shrunk: Shrunk }
  | { readonly type: 'broken'; readonly message: string }
  | { readonly type: 'done' }
