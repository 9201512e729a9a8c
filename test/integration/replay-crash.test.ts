import { beforeAll, describe, expect, test } from 'vitest'
import { cutCandleFile, whyNoReplay } from '#test/support/replay/candle-file.ts'
import { DataFolder } from '#test/support/replay/data-folder.ts'
import type { Examined } from '#test/support/replay/examine.ts'
import { decisionTimes, liveAndDie } from '#test/support/replay/kills.ts'
import { glanceWhileReplaying, untilStatus, type Glances } from '#test/support/replay/outage.ts'
import { PortSquatter } from '#test/support/replay/port-squatter.ts'
import { differences } from '#test/support/replay/postgres-tables.ts'
import { finishReplay, reachHead } from '#test/support/replay/runs.ts'
import { chooseSeed, seeded } from '#test/support/replay/seeded.ts'

// The short form of `test/acceptance/replay.test.ts`.
const CANDLES = 1_500
const MOMENTS = [undefined, 'decision', 'order'] as const
const JITTER_MAX_MS = 12
/** 5 ms a candle and more, so that Postgres is up before the replay is over. */
const GLANCE_SPEED = '12000'
const PORT_HELD_MS = 1_000

const missing = whyNoReplay()
if (missing !== undefined) process.stdout.write(`${missing}\n`)

describe.skipIf(missing !== undefined)(`a replay of ${CANDLES} candles, real processes and a real Postgres`, () => {
  let unbroken: Examined
  let glances: Glances

  beforeAll(async () => {
    await using folder = await DataFolder.make()
    unbroken = await finishReplay(folder, cutCandleFile(folder.beside('BTC_USDT_1m.csv'), CANDLES), {
      speed: GLANCE_SPEED,
      during: async (workstation) => {
        glances = await glanceWhileReplaying(folder, workstation)
      },
    })
  })

  test('whoever looks into Postgres meanwhile sees whole batches only, cursor and all', () => {
    expect(glances.torn).toEqual([])
    expect(glances.count).toBeGreaterThan(20)
  })

  test('journal, Postgres, trades, positions and equity agree to the last digit', () => {
    expect(unbroken.problems).toEqual([])
    expect(unbroken.outcome.candles.length).toBe(CANDLES)
    expect(unbroken.outcome.trades.length).toBeGreaterThan(50)
    expect(unbroken.outcome.alerts).toEqual([])
  })

  test(`killed ${MOMENTS.length} times, and then robbed of Postgres, it ends the same`, async () => {
    const seed = chooseSeed()
    const random = seeded(seed)
    const decisions = decisionTimes(unbroken.journal)
    await using folder = await DataFolder.make()
    const candles = cutCandleFile(folder.beside('BTC_USDT_1m.csv'), CANDLES)
    for (let n = 0; n < MOMENTS.length; n += 1) {
      const atHead = Math.floor((unbroken.journal.length * (n + random())) / (MOMENTS.length + 1))
      await liveAndDie(folder, candles, { atHead, afterMs: random() * JITTER_MAX_MS, serverToo: false, moment: MOMENTS[n] }, decisions)
    }
    const survived = await finishReplay(folder, candles, {
      during: async (workstation) => {
        await untilStatus(workstation, ({ replica }) => replica.state === 'streaming')
        const { port } = await folder.serverAddress()
        expect(await folder.killPostmaster()).toBe(true)
        await using squatter = await PortSquatter.take(port, PORT_HELD_MS)
        const down = await untilStatus(workstation, ({ replica }) => replica.state === 'down')
        expect.soft(down.replica.reason, squatter === undefined ? 'restarted' : 'port taken').toContain(String(port))
        await reachHead(folder, workstation, unbroken.journal.length)
      },
    })
    expect.soft(survived.problems, `seed ${seed} (REPLAY_SEED repeats it)`).toEqual([])
    expect.soft(differences(unbroken.outcome, survived.outcome), `seed ${seed} (REPLAY_SEED repeats it)`).toEqual([])
  })
})
