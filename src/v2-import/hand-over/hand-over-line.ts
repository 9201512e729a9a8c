import type { Decided } from './sides.ts'

/**
 * `ADOPT`: a position goes to a trader, an order is watched (or our books follow it). `CLOSE`: the position is traded away. `CANCEL`: the order
 * is canceled. `IGNORE`: it is left as it is.
 */
export const HAND_OVER_DECISIONS = ['ADOPT', 'CLOSE', 'CANCEL', 'IGNORE'] as const
export type HandOverDecision = (typeof HAND_OVER_DECISIONS)[number]

export const AGREEMENTS = ['all', 'exchange_and_v3', 'v2_and_exchange', 'v2_and_v3', 'none', 'unknown'] as const
/** Who says the same. `unknown`: the exchange has not been asked, or another one is meant. */
export type Agreement = (typeof AGREEMENTS)[number]

/** One position or one order, and what each of the three says of it. */
export interface HandOverLine {
  /** The same for the same thing at every look. */
  readonly id: string
  readonly kind: 'position' | 'order'
  readonly exchange: string
  readonly symbol: string
  /** What is said, as a signed quantity or in words; null: nothing. */
  readonly v2: string | null
  /** Null: not known. */
  readonly atExchange: string | null
  readonly v3: string | null
  readonly agreement: Agreement
  readonly cause: string
  /** Of the comparison with the exchange; a decision about it is carried out by the engine. */
  readonly differenceId: string | null
  /** Empty where there is nothing to decide. */
  readonly allowed: readonly HandOverDecision[]
  readonly decided: Decided | null
  /** Nothing of it is left to decide. */
  readonly isSettled: boolean
  /** Changes when what is said changes: a decision holds for what a person looked at. */
  readonly fingerprint: string
}
