export const UNPROTECTED_POLICIES = ['CLOSE', 'ALARM'] as const
export type UnprotectedPolicy = (typeof UNPROTECTED_POLICIES)[number]

/**
 * Limits of the gate. They ship on; each is decimal text in the settle currency unless its name says otherwise.
 * Counted with working orders at once, so a burst cannot slip through between send and fill.
 */
export interface RiskLimits {
  readonly maxOrderNotional: string
  /** Per trader and instrument, in the worst case of all its working orders filling. */
  readonly maxPositionNotional: string
  /** Positions open or about to open, over all traders. */
  readonly maxOpenPositions: number
  /** Loss since 00:00 UTC, realised and unrealised and fees, that stops entries until the next UTC day. */
  readonly maxDailyLoss: string
  /** Orders sent in any window of one second, over all traders. Exits are counted but never refused by it. */
  readonly maxOrdersPerSecond: number
  /** How far from the reference price a limit price may lie, in basis points. */
  readonly priceCollarBps: string
  /** Age in milliseconds above which a reference price is stale: entries stop. */
  readonly referenceMaxAgeMs: number
  readonly maxOpenOrders: number
  /** What happens when a protective order was refused three times: close the position at the market, or only alarm. */
  readonly unprotectedPolicy: UnprotectedPolicy
}

export const DEFAULT_RISK_LIMITS: RiskLimits = Object.freeze({
  maxOrderNotional: '5000',
  maxPositionNotional: '10000',
  maxOpenPositions: 5,
  maxDailyLoss: '500',
  maxOrdersPerSecond: 20,
  priceCollarBps: '500',
  referenceMaxAgeMs: 180_000,
  maxOpenOrders: 200,
  unprotectedPolicy: 'CLOSE',
})
