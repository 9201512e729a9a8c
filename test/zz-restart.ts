import fc from 'fast-check'
import { BTC, ETH_PERP, type EngineDriver } from '#test/support/engine/engine-driver.ts'
import { act, play, startRandom, type Act } from '#test/support/engine/random-history.ts'
function fails(before: readonly Act[], after: readonly Act[], isRich: boolean): string | undefined {
  const stayed = startRandom({ isRich })
  for (const one of before) play(stayed, one)
  const restarted = stayed.restarted()
  restarted.facts.push(...stayed.facts)
  stayed.disconnect()
  const lengths = [stayed, restarted].map((d) => d.facts.length)
  for (const d of [stayed, restarted] as EngineDriver[]) { d.quote(BTC, '100'); d.quote(ETH_PERP, '100'); d.connect(); for (const one of after) play(d, one) }
  const [a, b] = [stayed.facts.slice(lengths[0]), restarted.facts.slice(lengths[1])].map((f) => f.map((x) => JSON.stringify(x)))
  for (let i = 0; i < Math.max(a!.length, b!.length); i += 1) if (a![i] !== b![i]) return `${a![i]}\n${b![i]}`
  return undefined
}
const end = Date.now() + 120_000
let runs = 0, found = 0
const h = fc.array(act, { minLength: 20, maxLength: 90, size: 'max' })
for (let s = 5000; Date.now() < end && found < 3; s += 1) for (const [b0, a0] of fc.sample(fc.tuple(h, h), { numRuns: 10, seed: s })) for (const isRich of [false, true]) {
  runs += 1
  if (fails(b0!, a0!, isRich) === undefined) continue
  found += 1
  let [b, a] = [b0!, a0!]
  for (let changed = true; changed; ) {
    changed = false
    for (let i = a.length - 1; i >= 0; i -= 1) { const f = a.toSpliced(i, 1); if (fails(b, f, isRich) !== undefined) { a = f; changed = true } }
    for (let i = b.length - 1; i >= 0; i -= 1) { const f = b.toSpliced(i, 1); if (fails(f, a, isRich) !== undefined) { b = f; changed = true } }
  }
  console.log('FOUND', isRich, fails(b, a, isRich), '\nBEFORE\n' + b.map((x) => JSON.stringify(x)).join('\n'), '\nAFTER\n' + a.map((x) => JSON.stringify(x)).join('\n'))
}
console.log('RUNS', runs)
