import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CANDLE_FILE, readCandleLines, whyNoReplay } from '#test/support/replay/candle-file.ts'
import { DataFolder } from '#test/support/replay/data-folder.ts'
import type { Examined } from '#test/support/replay/examine.ts'
import { liveAndDie, planKills } from '#test/support/replay/kills.ts'
import { differences } from '#test/support/replay/postgres-tables.ts'
import { finishReplay, type Times } from '#test/support/replay/runs.ts'
import { chooseSeed, seeded } from '#test/support/replay/seeded.ts'

const KILLS = Number(process.env['REPLAY_KILLS'] ?? 50)
const START_MS = 4_000
const missing = whyNoReplay()
if (missing !== undefined) process.stdout.write(`${missing}\n`)

function say(text: string): void {
  process.stdout.write(`  ${text}\n`)
}

describe.skipIf(missing !== undefined)('a replay of the whole candle file, real processes and a real Postgres', () => {
  let unbroken: Examined & Times

  beforeAll(async () => {
    await using folder = await DataFolder.make()
    unbroken = await finishReplay(folder, CANDLE_FILE)
    const { facts, valuation, marks, replayMs, drainMs } = unbroken
    say(`unbroken: ${replayMs} ms, then ${drainMs} ms until Postgres had it; ${JSON.stringify(facts)}`)
    say(`equity ${valuation.by_cash} by cash, ${valuation.by_result} by results, ${valuation.marked} as marked; ${marks} marks`)
  })

  afterAll(() => undefined)

  test('processes every candle, and journal, Postgres, trades, positions and equity agree to the last digit', () => {
    expect(unbroken.problems).toEqual([])
    expect(unbroken.outcome.candles.length).toBe(readCandleLines(CANDLE_FILE).length)
    expect(unbroken.outcome.trades.length).toBeGreaterThan(1_000)
    expect(unbroken.outcome.alerts).toEqual([])
  })

  test('a second run in a fresh directory writes the same journal, word by word', async () => {
    await using folder = await DataFolder.make()
    const again = await finishReplay(folder, CANDLE_FILE)
    expect(again.problems).toEqual([])
    expect(differences(unbroken.outcome, again.outcome)).toEqual([])
    const bodies = (examined: Examined) => examined.journal.map(({ body }) => body)
    expect(bodies(again).findIndex((body, index) => body !== unbroken.journal[index]?.body)).toBe(-1)
    expect(again.journal.length).toBe(unbroken.journal.length)
  })

  test(`killed at ${KILLS} random moments it loses nothing, doubles nothing and ends the same`, async () => {
    const seed = chooseSeed()
    say(`seed ${seed} (REPLAY_SEED=${seed} repeats it)`)
    const kills = planKills({ count: KILLS, random: seeded(seed), head: unbroken.journal.length, startMs: START_MS })
    await using folder = await DataFolder.make()
    const heads: string[] = []
    for (const kill of kills) {
      const head = await liveAndDie(folder, CANDLE_FILE, kill)
      heads.push(`${kill.atHead === undefined ? 'start' : kill.atHead}${kill.serverToo ? '+server' : ''}→${head}`)
    }
    say(`killed ${kills.length} times: ${heads.join(' ')}`)
    const survived = await finishReplay(folder, CANDLE_FILE)
    say(`last life: ${survived.replayMs} ms; ${JSON.stringify(survived.facts)}`)
    expect(survived.problems).toEqual([])
    expect(differences(unbroken.outcome, survived.outcome)).toEqual([])
  })
})
