import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CRASH_POINTS } from '#test/support/crash/crash-points.ts'
import { CrashRun } from '#test/support/crash/crash-run.ts'
import type { JournalAccount } from '#test/support/crash/journal-account.ts'
import { isOpen } from '#test/support/loopback-venue/venue-records.ts'
import { chooseSeed } from '#test/support/replay/seeded.ts'

// The program ends itself at every named line, one life after another on one account; real processes on both sides.
// CRASH_ROUNDS=3 is the long form. Each life also recovers what the one before left behind.
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 1)
const TWICE = new Set(['P13'])
const WORK_MS = 1_000
const seed = chooseSeed()
let run: CrashRun

describe(`killed at each named point, seed ${seed} (REPLAY_SEED repeats it)`, () => {
  beforeAll(async () => {
    run = await CrashRun.make(seed)
  })
  afterAll(() => run[Symbol.asyncDispose]())

  const rounds = Array.from({ length: ROUNDS }, (_, round) => round)
  const cases = rounds.flatMap((round) =>
    CRASH_POINTS.filter(({ point }) => point !== 'P14' || round === 0).flatMap((point) =>
      Array.from({ length: TWICE.has(point.point) ? 2 : 1 }, (_, time) => ({ ...point, round, time })),
    ),
  )
  test.each(cases)('$point, round $round: venue holds $venueHolds; journal holds $journalHolds', async (point) => {
    const before: JournalAccount | undefined = run.lives === 0 ? undefined : run.journal()
    const failpoint = point.hit === undefined ? point.point : `${point.point}:${point.hit}`
    await using workstation = run.live({ failpoint, noPostgres: point.withPostgres !== true })
    await Promise.race([workstation.ready().catch(() => undefined), workstation.exited])
    if (before?.isHalted === true) await workstation.request('POST', '/system/resume', { reason: 'the crash test goes on' })
    await Promise.all([point.provoke(run, workstation).catch(ifAlive(() => workstation.hasExited)), run.death(workstation, point.point)])
    expect(await point.atDeath(run, before)).toEqual([])
  })

  test('after a halt it starts halted and cancels what is open', async () => {
    await using workstation = run.live({ noPostgres: true })
    await workstation.ready()
    expect((await workstation.status()).halted).not.toBeNull()
    await expect.poll(async () => (await run.truth()).orders.filter(isOpen).length, { timeout: 20_000 }).toBe(0)
    const refused = await workstation.request<{ outcome: string }>('POST', '/orders', {
      symbol: 'BTC/USDT:USDT',
      side: 'BUY',
      type: 'MARKET',
      quantity: '0.001',
    })
    expect(refused?.body.outcome).toBe('DENIED')
    await workstation.request('POST', '/system/resume', { reason: 'the crash test is over' })
    // A fill of its own: P7 may die with the fill that P6 left behind, and on a slow machine the script may not come to one.
    await run.script.place(workstation, 'MARKET')
    const until = performance.now() + WORK_MS
    await run.script.run(workstation, () => performance.now() > until)
    await workstation.kill()
  })

  test('venue, journal and Postgres tell one story: nothing lost, nothing twice, nothing without an owner', async () => {
    const { problems, postgres, ...counts } = await run.settle(true)
    process.stdout.write(`named points: ${JSON.stringify({ ...counts, lives: run.lives, seed })}\n`)
    expect(problems).toEqual([])
    expect(postgres).toEqual([])
    expect(counts.intents).toBeGreaterThan(10)
    expect(counts.fills).toBeGreaterThan(1)
  })
})

/** What fails because the program died is what the test is about. */
function ifAlive(isDead: () => boolean): (error: unknown) => void {
  return (error) => {
    if (!isDead()) throw error
  }
}
