import type { ProtectionPlanView } from '#contract/protection.ts'
import * as fixed from '#domain/money/fixed.ts'
import { readDecimal } from '#renderer/format/decimal.ts'

/** A plan as typed. Distances are percent from the entry price, towards profit. */
export interface PlanDraft {
  readonly stop: string
  readonly target: string
  readonly trailBy: 'BPS' | 'PRICE' | 'ATR'
  readonly trailDistance: string
  readonly trailActivation: string
  readonly trailStep: string
  readonly breakevenAt: string
  readonly breakevenOffset: string
  readonly ladder: readonly PlanStep[]
  readonly locks: readonly PlanStep[]
}

/** `to`: the share that is sold, or the profit that is locked in; percent like `at`. */
export interface PlanStep {
  readonly at: string
  readonly to: string
}

export const BLANK_PLAN: PlanDraft = {
  stop: '',
  target: '',
  trailBy: 'BPS',
  trailDistance: '',
  trailActivation: '',
  trailStep: '',
  breakevenAt: '',
  breakevenOffset: '',
  ladder: [],
  locks: [],
}

export type PlanFault = 'number' | 'order' | 'shares' | 'lock' | 'both'
export interface ReadPlan {
  /** Undefined while it is empty or something in it is wrong. */
  readonly plan: ProtectionPlanView | undefined
  readonly empty: boolean
  /** By field: `stop`, `ladder.1.at`. */
  readonly faults: ReadonlyMap<string, PlanFault>
}

const HUNDRED = fixed.make<'Factor'>(100n, 0)

/** `1.5` percent is `150` basis points; exact. */
export function percentToBps(percent: string): string {
  return fixed.format(fixed.trim(fixed.multiply(fixed.parse(percent), HUNDRED)))
}
export function bpsToPercent(bps: string): string {
  const value = fixed.parse<'Bps'>(bps)
  return fixed.format(fixed.trim(fixed.divide(value, HUNDRED, Math.min(value.scale + 2, fixed.SCALE_MAX), 'half-even')))
}

class Reader {
  readonly faults = new Map<string, PlanFault>()

  /** What was typed as a number above zero; undefined for nothing and for nonsense. */
  positive(field: string, text: string): string | undefined {
    if (text.trim() === '') return undefined
    const plain = readDecimal(text)
    if (plain !== undefined && /[1-9]/.test(plain) && !plain.startsWith('-')) return plain
    this.faults.set(field, 'number')
    return undefined
  }

  bps(field: string, text: string): string | undefined {
    const percent = this.positive(field, text)
    return percent === undefined ? undefined : percentToBps(percent)
  }

  steps(name: 'ladder' | 'locks', steps: readonly PlanStep[]): { readonly at: string; readonly to: string }[] {
    const read = steps.flatMap((step, i) => {
      const at = this.bps(`${name}.${i}.at`, step.at)
      const to = this.bps(`${name}.${i}.to`, step.to)
      if (at !== undefined && to !== undefined) return [{ at, to }]
      for (const [field, value] of [
        ['at', at],
        ['to', to],
      ] as const) {
        const path = `${name}.${i}.${field}`
        if (value === undefined && !this.faults.has(path)) this.faults.set(path, 'both')
      }
      return []
    })
    read.forEach((step, i) => {
      const before = read[i - 1]
      if (before !== undefined && Number(step.at) <= Number(before.at)) this.faults.set(`${name}.${i}.at`, 'order')
      if (name === 'locks' && Number(step.to) >= Number(step.at)) this.faults.set(`locks.${i}.to`, 'lock')
    })
    if (name === 'ladder' && read.reduce((sum, step) => sum + Number(step.to), 0) > 10_000)
      this.faults.set(`ladder.${read.length - 1}.to`, 'shares')
    return read
  }
}

/** What the typed plan says, and what is wrong with it, field by field. */
export function readPlan(draft: PlanDraft): ReadPlan {
  const reader = new Reader()
  const stop = reader.positive('stop', draft.stop)
  const target = reader.positive('target', draft.target)
  const distance =
    draft.trailBy === 'BPS' ? reader.bps('trailDistance', draft.trailDistance) : reader.positive('trailDistance', draft.trailDistance)
  const activation = reader.bps('trailActivation', draft.trailActivation)
  const step = reader.bps('trailStep', draft.trailStep)
  if (distance === undefined && (activation !== undefined || step !== undefined)) reader.faults.set('trailDistance', 'both')
  const breakevenAt = reader.bps('breakevenAt', draft.breakevenAt)
  const offset = /^[0.,\s]+$/.test(draft.breakevenOffset) ? '0' : reader.bps('breakevenOffset', draft.breakevenOffset)
  if (breakevenAt === undefined && offset !== undefined) reader.faults.set('breakevenAt', 'both')
  if (breakevenAt !== undefined && Number(offset ?? 0) >= Number(breakevenAt)) reader.faults.set('breakevenOffset', 'lock')
  const ladder = reader.steps('ladder', draft.ladder)
  const locks = reader.steps('locks', draft.locks)
  const plan: ProtectionPlanView = {
    ...(stop === undefined ? {} : { stop_loss: stop }),
    ...(target === undefined ? {} : { take_profit: target }),
    ...(distance === undefined
      ? {}
      : {
          trailing: {
            by: draft.trailBy,
            distance,
            ...(activation === undefined ? {} : { activation_bps: activation }),
            ...(step === undefined ? {} : { step_bps: step }),
          },
        }),
    ...(breakevenAt === undefined ? {} : { breakeven: { at_bps: breakevenAt, offset_bps: offset ?? '0' } }),
    ...(ladder.length === 0 ? {} : { ladder: ladder.map(({ at, to }) => ({ at_bps: at, share_bps: to })) }),
    ...(locks.length === 0 ? {} : { locks: locks.map(({ at, to }) => ({ at_bps: at, lock_bps: to })) }),
  }
  const empty = Object.keys(plan).length === 0 && reader.faults.size === 0
  return { plan: empty || reader.faults.size > 0 ? undefined : plan, empty, faults: reader.faults }
}

/** The typed form of a plan that is in force. */
export function draftOfPlan(plan: ProtectionPlanView | null): PlanDraft {
  if (plan === null) return BLANK_PLAN
  const { trailing, breakeven } = plan
  const percent = (bps: string | undefined): string => (bps === undefined ? '' : bpsToPercent(bps))
  return {
    stop: plan.stop_loss ?? '',
    target: plan.take_profit ?? '',
    trailBy: trailing?.by ?? 'BPS',
    trailDistance: trailing === undefined ? '' : trailing.by === 'BPS' ? bpsToPercent(trailing.distance) : trailing.distance,
    trailActivation: percent(trailing?.activation_bps),
    trailStep: percent(trailing?.step_bps),
    breakevenAt: percent(breakeven?.at_bps),
    breakevenOffset: percent(breakeven?.offset_bps),
    ladder: (plan.ladder ?? []).map((step) => ({ at: bpsToPercent(step.at_bps), to: bpsToPercent(step.share_bps) })),
    locks: (plan.locks ?? []).map((lock) => ({ at: bpsToPercent(lock.at_bps), to: bpsToPercent(lock.lock_bps) })),
  }
}

/** More than a stop and a target. */
export function hasMore(draft: PlanDraft): boolean {
  return [draft.trailDistance, draft.breakevenAt].some((text) => text !== '') || draft.ladder.length > 0 || draft.locks.length > 0
}
