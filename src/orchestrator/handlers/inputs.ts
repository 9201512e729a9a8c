import type { z } from 'zod'
import type { orderQuery, pageQuery, signalQuery, tradeQuery, traderPatch, traderRequest } from '#contract/requests.ts'

/** What handlers receive: requests of the contract after validation, defaults filled in. */
export type PageQueryInput = z.output<typeof pageQuery>
export type TradeQueryInput = z.output<typeof tradeQuery>
export type OrderQueryInput = z.output<typeof orderQuery>
export type SignalQueryInput = z.output<typeof signalQuery>
export type TraderRequest = z.output<typeof traderRequest>
export type TraderPatch = z.output<typeof traderPatch>
