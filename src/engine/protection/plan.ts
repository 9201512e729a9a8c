import * as fixed from '#domain/money/fixed.ts'
import type { Fixed } from '#domain/money/fixed.ts'
import { BasisPoints } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import type { OrderSide, TrailingDistance } from '#domain/order.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import type { Refusal } from '../risk/intent.ts'
import type { Protection } from '../state.ts'

/** Steps of a ladder, and locks, that one plan may have. */
export const PLAN_STEPS_MAX = 20
const ALL_BPS = BasisPoints.parse('10000')

export interface ParsedTrailing {
  readonly by: TrailingDistance['by']
  readonly distance: Fixed<'Distance'>
}

/** A plan as numbers. */
export interface ParsedPlan {
  readonly stopLoss?: Price | undefined
  readonly takeProfit?: Price | undefined
  readonly trailing?:
    | (ParsedTrailing & { readonly activation?: BasisPoints | undefined; readonly step?: BasisPoints | undefined })
    | undefined
  readonly breakeven?: { readonly at: BasisPoints; readonly offset: BasisPoints } | undefined
  readonly ladder: readonly { readonly at: BasisPoints; readonly share: BasisPoints }[]
  readonly locks: readonly { readonly at: BasisPoints; readonly lock: BasisPoints }[]
}

type Read = { readonly plan: ParsedPlan } | { readonly problem: string }
/** Kept as long as the plan itself is. */
const known = new WeakMap<ProtectionPlan, Read>()

/** The plan as numbers, or what is wrong with it. Plans come from strategies and files: nothing about them is taken for granted. */
export function readPlan(plan: ProtectionPlan): Read {
  const found = known.get(plan)
  if (found !== undefined) return found
  const read = parsePlan(plan)
  known.set(plan, read)
  return read
}

function parsePlan(plan: ProtectionPlan): Read {
  try {
    const parsed: ParsedPlan = {
      stopLoss: plan.stopLoss === undefined ? undefined : Price.parse(plan.stopLoss),
      takeProfit: plan.takeProfit === undefined ? undefined : Price.parse(plan.takeProfit),
      trailing: plan.trailing && {
        ...parseTrailing(plan.trailing),
        activation: plan.trailing.activationBps === undefined ? undefined : bps(plan.trailing.activationBps),
        step: plan.trailing.stepBps === undefined ? undefined : bps(plan.trailing.stepBps),
      },
      breakeven: plan.breakeven && { at: bps(plan.breakeven.atBps), offset: bps(plan.breakeven.offsetBps) },
      ladder: (plan.ladder ?? []).map((step) => ({ at: bps(step.atBps), share: bps(step.shareBps) })),
      locks: (plan.locks ?? []).map((lock) => ({ at: bps(lock.atBps), lock: bps(lock.lockBps) })),
    }
    const problem = problemOf(parsed)
    return problem === undefined ? { plan: parsed } : { problem }
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return { problem: error.message }
    throw error
  }
}

/** Throws `RangeError` for a distance that is no distance. */
export function parseTrailing({ by, distance }: TrailingDistance): ParsedTrailing {
  const parsed = fixed.parse<'Distance'>(distance)
  if (by !== 'PRICE' && by !== 'BPS' && by !== 'ATR') throw new RangeError(`trailing by ${String(by)}`)
  if (parsed.units <= 0n || (by === 'BPS' && fixed.compare(parsed, ALL_BPS) >= 0)) throw new RangeError(`trailing distance ${distance}`)
  return { by, distance: parsed }
}

function bps(text: string): BasisPoints {
  const value = BasisPoints.parse(text)
  if (value.units < 0n) throw new RangeError(`basis points below zero: ${text}`)
  return value
}

const rises = (steps: readonly { readonly at: BasisPoints }[]): boolean =>
  steps.every(({ at }, i) => {
    const before = steps[i - 1]
    return at.units > 0n && (before === undefined || fixed.compare(at, before.at) > 0)
  })

function problemOf({ breakeven, ladder, locks }: ParsedPlan): string | undefined {
  if (ladder.length > PLAN_STEPS_MAX || locks.length > PLAN_STEPS_MAX) return `more than ${PLAN_STEPS_MAX} steps`
  if (!rises(ladder) || !rises(locks)) return 'steps that do not go from the nearest to the farthest'
  const shares = ladder.reduce((sum, { share }) => fixed.add(sum, share), BasisPoints.parse('0'))
  if (ladder.some(({ share }) => share.units === 0n) || fixed.compare(shares, ALL_BPS) > 0) return `shares of ${fixed.format(shares)} bps`
  if (locks.some(({ at, lock }) => fixed.compare(lock, at) >= 0)) return 'a lock that is not below the profit that sets it'
  if (breakeven !== undefined && fixed.compare(breakeven.offset, breakeven.at) >= 0)
    return 'an offset that is not below the profit that sets it'
  return undefined
}

/** The two levels and, where there is more to it, the whole plan. */
export interface WantedProtection extends Protection {
  readonly protection?: ProtectionPlan | undefined
}

/**
 * Brings together the levels and the plan of one request, and checks that a stop lies on the losing side of the price and a target
 * on the winning one.
 */
export function wantedProtection(
  asked: WantedProtection,
  side: OrderSide,
  reference: Price,
): { readonly wanted: WantedProtection } | { readonly refusal: Refusal } {
  const { protection } = asked
  if (protection === undefined) {
    const refusal = checkSides(asked, side, reference)
    return refusal === undefined ? { wanted: { stopLoss: asked.stopLoss, takeProfit: asked.takeProfit } } : { refusal }
  }
  const read = readPlan(protection)
  if ('problem' in read) return { refusal: { reason: 'PROTECTION_WRONG_SIDE', value: read.problem, limit: 'a plan that can be read' } }
  const stopLoss = read.plan.stopLoss ?? asked.stopLoss
  const takeProfit = read.plan.takeProfit ?? asked.takeProfit
  const refusal = checkSides({ stopLoss, takeProfit }, side, reference)
  if (refusal !== undefined) return { refusal }
  const { stopLoss: _stop, takeProfit: _target, ...rest } = protection
  const isMore = Object.values(rest).some((part) => part !== undefined)
  return { wanted: { stopLoss, takeProfit, protection: isMore ? planWith(protection, { stopLoss, takeProfit }) : undefined } }
}

/** The plan with these levels in place of its own, as plain JSON. */
export function planWith(plan: ProtectionPlan, { stopLoss, takeProfit }: Protection): ProtectionPlan {
  const { stopLoss: _stop, takeProfit: _target, ...rest } = plan
  return {
    ...(stopLoss === undefined ? {} : { stopLoss: Price.format(stopLoss) }),
    ...(takeProfit === undefined ? {} : { takeProfit: Price.format(takeProfit) }),
    ...rest,
  }
}

function checkSides({ stopLoss, takeProfit }: Protection, side: OrderSide, reference: Price): Refusal | undefined {
  const sign = side === 'BUY' ? 1 : -1
  const wrong = (what: string, level: Price): Refusal => ({
    reason: 'PROTECTION_WRONG_SIDE',
    value: `${what} ${Price.format(level)}`,
    limit: `price ${Price.format(reference)}`,
  })
  if (stopLoss !== undefined && Price.compare(stopLoss, reference) * sign >= 0) return wrong('stop', stopLoss)
  if (takeProfit !== undefined && Price.compare(takeProfit, reference) * sign <= 0) return wrong('target', takeProfit)
  return undefined
}
