import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { CrashRun } from '#test/support/crash/crash-run.ts'
import { chooseSeed } from '#test/support/replay/seeded.ts'

// SIGKILL at any moment while orders are placed, amended and canceled; CRASH_KILLS=100 is the long form.
const KILLS = Number(process.env['CRASH_KILLS'] ?? 6)
const START_SHARE = 0.25
const START_MAX_MS = 3_000
const WORK_MAX_MS = 2_500
const COMPARE_EVERY = 20

test(`${KILLS} kills at random moments`, { timeout: 60_000 + KILLS * 20_000 }, async () => {
  const seed = chooseSeed()
  await using run = await CrashRun.make(seed)
  for (let kill = 1; kill <= KILLS; kill += 1) {
    await using workstation = run.live({ noPostgres: run.random() < 0.7 })
    if (run.random() < START_SHARE) await sleep(run.random() * START_MAX_MS)
    else {
      await workstation.ready()
      const until = performance.now() + run.random() * WORK_MAX_MS
      await run.script.run(workstation, () => performance.now() > until)
    }
    await workstation.kill()
    if (kill % COMPARE_EVERY === 0 && kill < KILLS)
      expect((await run.settle(false)).problems, `seed ${seed}, after kill ${kill}`).toEqual([])
  }
  const { problems, postgres, ...counts } = await run.settle(true)
  process.stdout.write(`random kills: ${JSON.stringify({ ...counts, kills: KILLS, acts: run.script.acts, seed })}\n`)
  expect(problems, `seed ${seed} (REPLAY_SEED repeats it)`).toEqual([])
  expect(postgres).toEqual([])
  expect(counts.intents).toBeGreaterThan(KILLS)
})
