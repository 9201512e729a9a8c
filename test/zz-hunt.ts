import fc from 'fast-check'
import { applyFact, rememberFact } from '#engine/apply.ts'
import type { Fact } from '#domain/facts.ts'
import { createState } from '#engine/state.ts'
import { readSnapshot, writeSnapshot } from '#engine/snapshot.ts'
import { InvariantChecker } from '#test/support/engine/invariants.ts'
import { BTC, ETH_PERP, EngineDriver } from '#test/support/engine/engine-driver.ts'
import { act, play, startRandom, type Act } from '#test/support/engine/random-history.ts'
function fails(acts: readonly Act[], isRich: boolean): { message: string; driver: EngineDriver; at: number } | undefined {
  const driver = startRandom({ isRich })
  const checker = new InvariantChecker(driver)
  for (const [i, one] of acts.entries()) {
    try { play(driver, one); checker.check(`step ${i}`, one.kind === 'not-found' && one.authoritative) } catch (e) { return { message: (e as Error).message, driver, at: i } }
  }
  // snapshot in the middle then same future as without it
  const cut = Math.floor(acts.length / 2)
  const a = startRandom({ isRich })
  for (const one of acts.slice(0, cut)) play(a, one)
  const state = readSnapshot(writeSnapshot(a.state))!
  for (const fact of a.facts.map((f) => JSON.parse(JSON.stringify(f)) as Fact)) rememberFact(state, fact)
  const b = a.restarted()
  const c = new EngineDriver(state); Object.assign(c, { now: a.now, capabilities: a.capabilities })
  const b2 = a.restarted()
  c.facts.push(...a.facts); b2.facts.push(...a.facts)
  const other = c as unknown as { process: unknown }
  void other; void b; void applyFact; void createState
  // the snapshot's order of counters: take the restarted driver and swap its engine state by the snapshot's
  const d = a.restarted(); (d.engine as unknown as { state: unknown }).state = new EngineDriver(state).engine.state; d.facts.push(...a.facts)
  try {
    for (const x of [b2, d]) { x.quote(BTC, '100'); x.quote(ETH_PERP, '100'); x.connect(); for (const one of acts.slice(cut)) play(x, one) }
  } catch (e) { return { message: `THROW ${(e as Error).message}`, driver: a, at: acts.length - 1 } }
  const [fb, fd] = [b2.facts, d.facts].map((facts) => facts.map((f) => JSON.stringify(f)))
  for (let i = 0; i < Math.max(fb!.length, fd!.length); i += 1) if (fb![i] !== fd![i]) return { message: `SNAPSHOT differs at\n${fb![i]}\n${fd![i]}`, driver: b2, at: acts.length - 1 }
  return undefined
}
const norm = (m: string) => m.replace(/step \d+/, '').replace(/[0-9.]+/g, '#').slice(0, 40)
const end = Date.now() + Number(process.env['MS'] ?? 120_000)
let runs = 0
const seen = new Set<string>()
for (let s = Number(process.env['SEED'] ?? 1); Date.now() < end; s += 1) {
  for (const acts0 of fc.sample(fc.array(act, { minLength: 30, maxLength: 150, size: 'max' }), { numRuns: 20, seed: s })) for (const isRich of [false, true]) {
    runs += 1
    const first = fails(acts0, isRich)
    if (first === undefined || seen.has(norm(first.message))) continue
    seen.add(norm(first.message))
    let acts = acts0.slice(0, first.at + 1)
    const stop = Date.now() + 60_000
    for (let changed = true; changed && Date.now() < stop; ) {
      changed = false
      for (let i = acts.length - 1; i >= 0; i -= 1) {
        const fewer = acts.toSpliced(i, 1)
        const again = fails(fewer, isRich)
        if (again !== undefined && norm(again.message) === norm(first.message)) { acts = fewer.slice(0, again.at + 1); changed = true }
      }
    }
    const f = fails(acts, isRich)
    console.log('FOUND', s, isRich, f?.message, '\n' + acts.map((a) => JSON.stringify(a)).join('\n') + '\n' + (f?.driver.facts ?? []).slice(9).filter((x) => x.type !== 'SignalDecided' && x.type !== 'EquityMarked').map((x) => JSON.stringify(x).slice(0, 420)).join('\n'))
  }
}
console.log('RUNS', runs)
