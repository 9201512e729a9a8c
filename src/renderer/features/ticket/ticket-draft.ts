import { orderNeeds } from '#contract/requests.ts'
import type { OrderType, TimeInForce } from '#domain/order.ts'
import { readDecimal } from '#renderer/format/decimal.ts'
import { BLANK_PLAN, type PlanDraft, percentToBps, readPlan } from '#renderer/ui/protection/plan-draft.ts'
import type { Draft, Leg } from './draft.ts'

/** The prices of one order as typed. */
export interface LegDraft {
  readonly type: OrderType
  readonly price: string
  readonly trigger: string
  readonly trailBy: 'BPS' | 'PRICE' | 'ATR'
  readonly trailDistance: string
}

/** The ticket as typed. */
export interface TicketDraft extends LegDraft {
  readonly side: 'BUY' | 'SELL'
  readonly sizeBy: 'quantity' | 'notional'
  readonly size: string
  readonly timeInForce: TimeInForce
  readonly postOnly: boolean
  readonly plan: PlanDraft
  readonly reduceOnly: boolean
  /** Empty: by hand. */
  readonly trader: string
  /** The other of two orders of which one cancels the other; undefined: there is none. */
  readonly second: LegDraft | undefined
}

const BLANK_LEG = { price: '', trigger: '', trailBy: 'BPS', trailDistance: '' } as const
export const BLANK_SECOND: LegDraft = { ...BLANK_LEG, type: 'STOP_MARKET' }
export const BLANK_TICKET: TicketDraft = {
  ...BLANK_LEG,
  side: 'BUY',
  type: 'MARKET',
  sizeBy: 'quantity',
  size: '',
  timeInForce: 'GTC',
  postOnly: false,
  plan: BLANK_PLAN,
  reduceOnly: false,
  trader: '',
  second: undefined,
}

/** What its type needs, read; a trailing distance in percent becomes basis points. */
export function toLeg(typed: LegDraft): Leg {
  const needs = orderNeeds(typed.type)
  const distance = readDecimal(typed.trailDistance)
  return {
    type: typed.type,
    price: needs.price ? readDecimal(typed.price) : undefined,
    trigger: needs.trigger ? readDecimal(typed.trigger) : undefined,
    trailing:
      needs.trailing && distance !== undefined
        ? { by: typed.trailBy, distance: typed.trailBy === 'BPS' ? percentToBps(distance) : distance }
        : undefined,
  }
}

export type Missing = 'needs_price' | 'needs_trigger' | 'needs_distance' | 'needs_second'

/** What has to be written before the order can be sent. */
export function missingIn(typed: TicketDraft): Missing[] {
  const missing = (leg: LegDraft): Missing[] => {
    const needs = orderNeeds(leg.type)
    const read = toLeg(leg)
    return [
      ...(needs.price && read.price === undefined ? (['needs_price'] as const) : []),
      ...(needs.trigger && read.trigger === undefined ? (['needs_trigger'] as const) : []),
      ...(needs.trailing && read.trailing === undefined ? (['needs_distance'] as const) : []),
    ]
  }
  return [...missing(typed), ...(typed.second !== undefined && missing(typed.second).length > 0 ? (['needs_second'] as const) : [])]
}

export function toDraft(typed: TicketDraft): Draft {
  const { side, sizeBy, reduceOnly } = typed
  const { plan } = readPlan(typed.plan)
  return {
    ...toLeg(typed),
    side,
    sizeBy,
    reduceOnly,
    postOnly: typed.postOnly && orderNeeds(typed.type).price,
    size: readDecimal(typed.size),
    stop: readDecimal(typed.plan.stop),
    target: readDecimal(typed.plan.target),
    ladder: reduceOnly ? [] : (plan?.ladder ?? []),
    second: typed.second === undefined ? undefined : toLeg(typed.second),
  }
}

export interface TicketPart {
  readonly typed: TicketDraft
  readonly change: (patch: Partial<TicketDraft>) => void
}
