import { z } from 'zod'
import { TIMEFRAMES } from '#domain/candle.ts'
import { ORDER_STATUSES, ORDER_TYPES, TIMES_IN_FORCE } from '#domain/order.ts'
import { REASON_CODES, SIGNAL_ACTIONS, SIGNAL_OUTCOMES } from '#domain/signal.ts'
import { decimal, symbol, timeMs, traderId } from './amounts.ts'
import { protectionPlan, trailingDistance } from './protection.ts'

/** What callers send. Unknown keys are errors: a misspelt limit must not pass as "no limit". */
export const SIGNAL_BATCH_MAX = 1_000
export const PAGE_LIMIT_MAX = 1_000

export const signalRequest = z
  .strictObject({
    symbol,
    action: z.enum(SIGNAL_ACTIONS),
    quantity: decimal.optional(),
    strategy: z.string().min(1).max(80),
    trader_id: traderId.optional(),
    confidence: z.number().min(0).max(1).optional(),
    stop_loss: decimal.optional(),
    take_profit: decimal.optional(),
    /** More than a stop and a target: trailing, break-even, ladder, locks. Instead of the two above. */
    protection: protectionPlan.optional(),
    expires_at: timeMs.optional(),
    note: z.string().max(400).optional(),
    /** The caller's own id: the same id twice is answered `DUPLICATE`. */
    signal_id: z
      .string()
      .regex(/^[\w:./@-]{1,120}$/)
      .optional(),
  })
  .superRefine((request, context) => checkOneProtection(request, context))
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

type Refinement = z.core.$RefinementCtx

const orderFields = z.strictObject({
  symbol,
  side: z.enum(['BUY', 'SELL']),
  type: z.enum(ORDER_TYPES),
  quantity: decimal,
  /** Of LIMIT, STOP_LIMIT and TAKE_PROFIT_LIMIT. */
  price: decimal.optional(),
  /** Of STOP_* and TAKE_PROFIT_*: the price at which the order becomes active. */
  trigger_price: decimal.optional(),
  /** Of TRAILING_STOP. */
  trailing: trailingDistance.optional(),
  time_in_force: z.enum(TIMES_IN_FORCE).default('GTC'),
  /** Rather refused than a taker. */
  post_only: z.boolean().default(false),
  reduce_only: z.boolean().default(false),
  trader_id: traderId.optional(),
  stop_loss: decimal.optional(),
  take_profit: decimal.optional(),
  /** More than a stop and a target. Instead of the two above. */
  protection: protectionPlan.optional(),
})
export type OrderFields = z.output<typeof orderFields>

/** Which fields a type of order needs, and which it takes. */
export function orderNeeds(type: OrderFields['type']): { readonly price: boolean; readonly trigger: boolean; readonly trailing: boolean } {
  return {
    price: type.endsWith('LIMIT'),
    trigger: type.startsWith('STOP_') || type.startsWith('TAKE_PROFIT_'),
    trailing: type === 'TRAILING_STOP',
  }
}

export const orderRequest = orderFields.superRefine(checkOrder)
/** An order as a caller writes it: what has a default may be left out. */
export type OrderInput = z.input<typeof orderFields>

function checkOrder(order: OrderFields, context: Refinement): void {
  const fault = (field: keyof OrderFields, message: string): void => context.addIssue({ code: 'custom', path: [field], message })
  const needs = orderNeeds(order.type)
  const a = `a ${order.type} order`
  const must = (field: 'price' | 'trigger_price' | 'trailing', needed: boolean, what: string): void => {
    if (needed && order[field] === undefined) fault(field, `${a} needs ${what}`)
    if (!needed && order[field] !== undefined) fault(field, `${a} takes no ${what.replace(/^an? /, '')}`)
  }
  must('price', needs.price, 'a price')
  must('trigger_price', needs.trigger, 'a trigger price')
  must('trailing', needs.trailing, 'a trailing distance')
  if (order.post_only && !needs.price) fault('post_only', `${a} has no price to wait at`)
  if (order.post_only && order.time_in_force !== 'GTC') fault('post_only', `${order.time_in_force} must trade at once, post-only must not`)
  if (order.time_in_force !== 'GTC' && !needs.price) fault('time_in_force', `${a} trades at the market and takes no time in force`)
  checkOneProtection(order, context)
}

function checkOneProtection(
  request: { readonly stop_loss?: unknown; readonly take_profit?: unknown; readonly protection?: unknown },
  context: Refinement,
): void {
  if (request.protection !== undefined && (request.stop_loss !== undefined || request.take_profit !== undefined))
    context.addIssue({ code: 'custom', path: ['protection'], message: 'put stop_loss and take_profit into the plan' })
}

/** Two orders of which only one may trade. */
export const ocoRequest = z.strictObject({ orders: z.tuple([orderRequest, orderRequest]) }).superRefine(({ orders: [a, b] }, context) => {
  const fault = (field: string, message: string): void => context.addIssue({ code: 'custom', path: ['orders', 1, field], message })
  if (a.symbol !== b.symbol) fault('symbol', 'both orders must be for one symbol')
  if (a.trader_id !== b.trader_id) fault('trader_id', 'both orders must be of one trader')
  if (a.type === 'MARKET' || b.type === 'MARKET') fault('type', 'a MARKET order trades at once, so the other one could never')
})

export const amendRequest = z
  .strictObject({
    id: z.string().max(40),
    quantity: decimal.optional(),
    price: decimal.optional(),
    trigger_price: decimal.optional(),
  })
  .superRefine((request, context) => {
    if (request.quantity === undefined && request.price === undefined && request.trigger_price === undefined)
      context.addIssue({ code: 'custom', path: [], message: 'give quantity, price or trigger_price' })
  })

/** `null` removes the protection. */
export const protectionRequest = z.strictObject({ id: z.string().max(90), plan: protectionPlan.nullable() })

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
