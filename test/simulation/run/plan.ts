import { drawRates, FAULT_KINDS, type FaultKind, type FaultRates } from '../core/faults.ts'
import { Random } from '../core/random.ts'
import { PERSONALITIES, type Personality } from '../venue/personality.ts'

/** 2026-01-15 00:00:00 UTC. */
const START = 1_768_435_200_000
const DAY_MS = 86_400_000

/** Everything about a seed that is fixed before it runs. */
export interface Plan {
  readonly seed: number
  readonly start: number
  readonly personality: Personality
  readonly rates: FaultRates
  readonly activeMs: number
  readonly moveEveryMs: number
  /** Things people and programs do. */
  readonly acts: number
  readonly openingBalance: number
  readonly snapshotEveryFacts: number
  readonly followsPostgres: boolean
  /** When the program is started a second time on the same account, and for how long. */
  readonly second: { readonly afterMs: number; readonly forMs: number } | undefined
}

/** What shrinking takes away. */
export interface Cuts {
  readonly without: readonly FaultKind[]
  /** Only the first so many acts. */
  readonly acts?: number | undefined
  readonly activeMs?: number | undefined
}

export const NO_CUTS: Cuts = { without: [] }

export function planOf(seed: number, cuts: Cuts = NO_CUTS): Plan {
  const random = new Random(`seed ${seed}`).split('plan')
  const rates = Object.fromEntries(
    Object.entries(drawRates(random.split('rates'))).filter(([kind]) => !cuts.without.includes(kind as FaultKind)),
  )
  const acts = random.between(10, 70)
  const activeMs = random.between(20, 90) * 1_000
  return {
    seed,
    // One seed in four runs into midnight: the day of the daily loss turns.
    start: START + (random.chance(0.25) ? DAY_MS - random.between(5, 60) * 1_000 : random.below(DAY_MS - 600_000)),
    personality: random.pick(PERSONALITIES),
    rates,
    activeMs: Math.min(activeMs, cuts.activeMs ?? activeMs),
    moveEveryMs: random.pick([500, 1_000, 2_000]),
    acts: Math.min(acts, cuts.acts ?? acts),
    openingBalance: random.pick([3_000, 10_000, 50_000]),
    snapshotEveryFacts: random.pick([20, 60, 200, 1_000_000]),
    followsPostgres: random.chance(0.3),
    second: random.chance(0.08) ? { afterMs: random.between(1_000, 15_000), forMs: random.between(4_000, 20_000) } : undefined,
  }
}

export function faultsOf(plan: Plan): FaultKind[] {
  return FAULT_KINDS.filter((kind) => plan.rates[kind] !== undefined)
}
