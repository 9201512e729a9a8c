import { z } from 'zod'
import { TIMEFRAMES } from '#domain/candle.ts'
import { ORDER_STATUSES } from '#domain/order.ts'
import { REASON_CODES, SIGNAL_ACTIONS, SIGNAL_OUTCOMES } from '#domain/signal.ts'
import { decimal, symbol, timeMs, traderId } from './views.ts'

/** What callers send. Unknown keys are errors: a misspelt limit must not pass as "no limit". */
export const SIGNAL_BATCH_MAX = 1_000
export const PAGE_LIMIT_MAX = 1_000

export const signalRequest = z.strictObject({
  symbol,
  action: z.enum(SIGNAL_ACTIONS),
  quantity: decimal.optional(),
  strategy: z.string().min(1).max(80),
  trader_id: traderId.optional(),
  confidence: z.number().min(0).max(1).optional(),
  stop_loss: decimal.optional(),
  take_profit: decimal.optional(),
  expires_at: timeMs.optional(),
  note: z.string().max(400).optional(),
  /** The caller's own id: the same id twice is answered `DUPLICATE`. */
  signal_id: z
    .string()
    .regex(/^[\w:./@-]{1,120}$/)
    .optional(),
})
export type SignalRequest = z.infer<typeof signalRequest>

export const signalAnswer = z.object({
  signal_id: z.string(),
  outcome: z.enum(SIGNAL_OUTCOMES),
  reason: z.enum(REASON_CODES).optional(),
  value: z.string().optional(),
  limit: z.string().optional(),
  order_id: z.string().optional(),
})
export type SignalAnswer = z.infer<typeof signalAnswer>

export const orderRequest = z.strictObject({
  symbol,
  side: z.enum(['BUY', 'SELL']),
  type: z.enum(['MARKET', 'LIMIT']),
  quantity: decimal,
  price: decimal.optional(),
  reduce_only: z.boolean().default(false),
  trader_id: traderId.optional(),
  stop_loss: decimal.optional(),
  take_profit: decimal.optional(),
})

const limit = z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(100)
/** Opaque to callers: hand back `next_cursor` to go on. */
const cursor = z
  .string()
  .regex(/^\d{1,16}$/)
  .optional()
export const pageQuery = z.object({ limit, cursor })
export const tradeQuery = pageQuery.extend({
  symbol: z.string().optional(),
  trader_id: traderId.optional(),
  strategy: z.string().optional(),
})
export const orderQuery = tradeQuery.extend({ status: z.enum([...ORDER_STATUSES, 'OPEN']).optional() })
export const signalQuery = tradeQuery.extend({ outcome: z.enum(SIGNAL_OUTCOMES).optional() })
export const candleQuery = z.object({
  symbol: z.string(),
  timeframe: z.enum(TIMEFRAMES).default('1m'),
  limit: z.coerce.number().int().min(1).max(5_000).default(500),
  /** Only candles that open before this time. */
  before: z.coerce.number().int().nonnegative().optional(),
})

/** Rows newest first. `source` says where they came from and `complete` whether older rows may be missing just now. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    next_cursor: z.string().nullable(),
    source: z.enum(['memory', 'postgres', 'memory+postgres']),
    complete: z.boolean(),
  })
}

export const traderRequest = z.strictObject({
  id: traderId,
  strategy: z.string().min(1).max(80),
  symbols: z.array(symbol).min(1).max(20),
  timeframe: z.enum(TIMEFRAMES).default('1m'),
  params: z.record(z.string(), z.number()).default({}),
  order_notional: decimal.default('1000'),
  start: z.boolean().default(true),
})
export const traderPatch = z.strictObject({
  id: traderId,
  params: z.record(z.string(), z.number()).optional(),
  order_notional: decimal.optional(),
  timeframe: z.enum(TIMEFRAMES).optional(),
})

export const stopRequest = z.strictObject({
  /** Only `all` so far. */
  scope: z.enum(['all']).default('all'),
  flatten: z.boolean().default(false),
  reason: z.string().max(400).default('emergency stop'),
})
export const resumeRequest = z.strictObject({ reason: z.string().min(3, 'say why trading may go on').max(400) })
