import type { TrailingDistance } from './order.ts'

/**
 * What guards one position: the only owner of its stop. Prices and basis points are decimal text; basis points are measured
 * from the average entry price in the direction of profit. The stop only ever moves in favour of the position.
 */
export interface ProtectionPlan {
  readonly stopLoss?: string | undefined
  /** For all that is left. */
  readonly takeProfit?: string | undefined
  readonly trailing?: TrailingPlan | undefined
  readonly breakeven?: BreakevenPlan | undefined
  /** Shares of the original size, nearest first; the last step takes the remainder. */
  readonly ladder?: readonly LadderStep[] | undefined
  /** At a profit of `atBps` the stop goes to a profit of `lockBps`. */
  readonly locks?: readonly ProfitLock[] | undefined
}

export interface TrailingPlan extends TrailingDistance {
  /** Profit from which on the stop follows; at once when absent. */
  readonly activationBps?: string | undefined
  /** The stop moves only by at least this much, so that one trend is not a thousand amendments. */
  readonly stepBps?: string | undefined
}

export interface BreakevenPlan {
  readonly atBps: string
  /** How far past the entry price the stop goes, to cover fees. */
  readonly offsetBps: string
}

export interface LadderStep {
  readonly atBps: string
  /** Of the original size; 10,000 is all of it. */
  readonly shareBps: string
}

export interface ProfitLock {
  readonly atBps: string
  readonly lockBps: string
}

export const PROTECTION_CAUSES = ['SET', 'TRAILING', 'BREAKEVEN', 'LOCK', 'CLOSING'] as const
export type ProtectionCause = (typeof PROTECTION_CAUSES)[number]
