import { faultsOf, type Cuts } from './plan.ts'
import { runSeed } from './run-seed.ts'

/** What happened in one seed: its plan, every event, the journal, and the end. */
export function showTrace(seed: number, cuts: Cuts, say: (line: string) => void): number {
  const outcome = runSeed(seed, { cuts, keepsTrace: true })
  const { plan } = outcome
  say(
    `seed ${seed}: venue ${plan.personality.name}, ${plan.acts} acts in ${plan.activeMs} ms, faults: ${
      faultsOf(plan)
        .map((kind) => `${kind} ${(plan.rates[kind] ?? 0).toFixed(3)}`)
        .join(', ') || 'none'
    }`,
  )
  for (const line of outcome.trace ?? []) say(line)
  say('journal:')
  for (const [index, line] of (outcome.lines ?? []).entries()) say(`${index + 1} ${line}`)
  say(outcome.violation === undefined ? `all promises kept, trace ${outcome.hash}` : `VIOLATION ${outcome.violation.message}`)
  return outcome.violation === undefined ? 0 : 1
}
