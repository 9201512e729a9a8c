import type { ExchangeCapabilities } from '#engine/ports.ts'

/**
 * What the paper exchange does by itself. Conditional orders are not among it: they wait in the engine, as they do with the plainest
 * real exchange. The venue is in this process: nothing lags, and it may be asked as often as one likes.
 */
export const PAPER_CAPABILITIES: ExchangeCapabilities = Object.freeze<ExchangeCapabilities>({
  orderTypes: ['MARKET', 'LIMIT'],
  timesInForce: ['GTC', 'IOC', 'FOK'],
  postOnly: true,
  amend: true,
  accountQuery: true,
  acceptanceWindowMs: 0,
  queriesPerSecond: 10_000,
})
