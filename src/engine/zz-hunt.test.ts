import fc from 'fast-check'
import { it } from 'vitest'
import { InvariantChecker } from '#test/support/engine/invariants.ts'
import { act, play, startRandom } from '#test/support/engine/random-history.ts'
it('hunt', () => {
  fc.assert(
    fc.property(fc.array(act, { minLength: 30, maxLength: 150, size: 'max' }), fc.boolean(), (acts, isRich) => {
      const driver = startRandom({ isRich })
      const checker = new InvariantChecker(driver)
      for (const [i, one] of acts.entries()) {
        play(driver, one)
        checker.check(`step ${i} ${JSON.stringify(one)}`, one.kind === 'not-found' && one.authoritative)
      }
    }),
    { numRuns: 3000, interruptAfterTimeLimit: 200_000, ...(process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) }) },
  )
}, 400_000)
