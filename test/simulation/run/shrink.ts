import { faultsOf, NO_CUTS, planOf, type Cuts } from './plan.ts'
import { runSeed } from './run-seed.ts'
import type { Shrunk } from './job.messages.ts'
import type { ShellPlant } from './shell-plants.ts'

/** Takes faults away one by one, then acts and time by halves, as long as the same promise stays broken. */
export function shrink(seed: number, plant: ShellPlant | undefined): Shrunk {
  const first = runSeed(seed, { plant })
  let cuts: Cuts = NO_CUTS
  if (first.violation === undefined) return { cuts, left: faultsOf(planOf(seed)), acts: first.plan.acts, violation: undefined }
  const { invariant } = first.violation
  const fails = (candidate: Cuts): boolean => runSeed(seed, { plant, cuts: candidate }).violation?.invariant === invariant
  for (const kind of faultsOf(planOf(seed))) {
    const candidate = { ...cuts, without: [...cuts.without, kind] }
    if (fails(candidate)) cuts = candidate
  }
  cuts = halve(cuts, planOf(seed, cuts).acts, (acts) => ({ acts }), fails)
  cuts = halve(cuts, planOf(seed, cuts).activeMs, (activeMs) => ({ activeMs: Math.round(activeMs) }), fails)
  const plan = planOf(seed, cuts)
  return { cuts, left: faultsOf(plan), acts: plan.acts, violation: runSeed(seed, { plant, cuts }).violation }
}

function halve(cuts: Cuts, from: number, change: (n: number) => Partial<Cuts>, fails: (candidate: Cuts) => boolean): Cuts {
  let [low, high] = [0, from]
  let best = cuts
  while (high - low > Math.max(1, from / 64)) {
    const middle = Math.floor((low + high) / 2)
    const candidate = { ...cuts, ...change(middle) }
    if (fails(candidate)) [high, best] = [middle, candidate]
    else low = middle
  }
  return best
}
