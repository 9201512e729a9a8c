import { beforeAll, describe, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '#storage/postgres/embedded-server.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { makeServerFolder } from '#test/support/postgres.ts'
import { CANDLE_FILE, readCandleLines, whyNoReplay } from '#test/support/replay/candle-file.ts'
import { DataFolder } from '#test/support/replay/data-folder.ts'
import type { Examined } from '#test/support/replay/examine.ts'
import { decisionTimes, liveAndDie, planKills, type Kill } from '#test/support/replay/kills.ts'
import { untilStatus, watchOutage } from '#test/support/replay/outage.ts'
import { PortSquatter } from '#test/support/replay/port-squatter.ts'
import { decisiveFacts } from '#test/support/replay/order-lives.ts'
import { differences } from '#test/support/replay/postgres-tables.ts'
import { finishReplay, reachHead, type Times } from '#test/support/replay/runs.ts'
import { chooseSeed, seeded } from '#test/support/replay/seeded.ts'
import { join } from 'node:path'
import { rm } from 'node:fs/promises'

const KILLS = Number(process.env['REPLAY_KILLS'] ?? 50)
/** About as long as a start takes on a busy machine; kills hit every part of it. */
const START_MS = 4_000
const KILLS_THAT_HIT_ORDERS = 20
const SERVER_KILLS = 4
const OUTAGE_MS = Number(process.env['REPLAY_OUTAGE_MS'] ?? 60_000)
/** Slow enough that the replay outlives the outage: 4 ms a candle and more. */
const OUTAGE_SPEED = '15000'
const SERVER_STOP_DEADLINE_MS = 10_000
const BACK_DEADLINE_MS = 90_000

const missing = whyNoReplay()
if (missing !== undefined) process.stdout.write(`${missing}\n`)

function nameOf({ atHead, afterMs, serverToo, moment, stop }: Kill): string {
  if (stop === true) return 'stop'
  return `${atHead ?? `${afterMs}ms`}${serverToo ? '+server' : ''}${moment === undefined ? '' : `+${moment}`}`
}

function say(text: string): void {
  process.stdout.write(`  ${text}\n`)
}

describe.skipIf(missing !== undefined)('a replay of the whole candle file, real processes and a real Postgres', () => {
  let unbroken: Examined & Times
  const expectSame = (found: Examined): void => {
    expect.soft(found.problems).toEqual([])
    expect.soft(differences(unbroken.outcome, found.outcome)).toEqual([])
  }

  beforeAll(async () => {
    await using folder = await DataFolder.make()
    unbroken = await finishReplay(folder, CANDLE_FILE)
    const { facts, valuation, marks, replayMs, drainMs } = unbroken
    say(`unbroken: ${replayMs} ms, then ${drainMs} ms until Postgres had it; ${JSON.stringify(facts)}`)
    say(`equity ${valuation.by_cash} by cash, ${valuation.by_result} by results, ${valuation.marked} as marked; ${marks} marks`)
  })

  test('processes every candle, and journal, Postgres, trades, positions and equity agree to the last digit', () => {
    expect(unbroken.problems).toEqual([])
    expect(unbroken.outcome.candles.length).toBe(readCandleLines(CANDLE_FILE).length)
    expect(unbroken.outcome.trades.length).toBeGreaterThan(1_000)
    expect(unbroken.outcome.alerts).toEqual([])
  })

  test('a second run in a fresh directory writes the same facts, word by word', async () => {
    await using folder = await DataFolder.make()
    const again = await finishReplay(folder, CANDLE_FILE)
    expectSame(again)
    expect(decisiveFacts(again.journal)).toEqual(decisiveFacts(unbroken.journal))
    expect(again.facts).toEqual(unbroken.facts)
  })

  test(`killed at ${KILLS} random moments it loses nothing, doubles nothing and ends the same`, async () => {
    const seed = chooseSeed()
    say(`seed ${seed} (REPLAY_SEED=${seed} repeats it)`)
    const kills = planKills({ count: KILLS, random: seeded(seed), head: unbroken.journal.length, startMs: START_MS })
    await using folder = await DataFolder.make()
    const decisions = decisionTimes(unbroken.journal)
    const heads: string[] = []
    for (const kill of kills) {
      const head = await liveAndDie(folder, CANDLE_FILE, kill, decisions)
      heads.push(`${nameOf(kill)}→${head}`)
    }
    say(`${kills.length} lives: ${heads.join(' ')}`)
    const survived = await finishReplay(folder, CANDLE_FILE)
    const unknown = survived.journal.filter(({ body }) => body.includes('"status":"UNKNOWN"')).length
    say(`last life: ${survived.replayMs} ms; ${unknown} orders were on their way at a kill; ${JSON.stringify(survived.facts)}`)
    expectSame(survived)
    if (KILLS >= KILLS_THAT_HIT_ORDERS) expect(unknown).toBeGreaterThan(0)
  })

  test(`its database server is killed ${SERVER_KILLS} times and comes back by itself each time`, async () => {
    await using folder = await DataFolder.make()
    let killed = 0
    const found = await finishReplay(folder, CANDLE_FILE, {
      during: async (workstation) => {
        for (let n = 1; n <= SERVER_KILLS; n += 1) {
          await reachHead(folder, workstation, Math.floor((unbroken.journal.length * n) / (SERVER_KILLS + 1)))
          await untilStatus(workstation, (status) => status.replica.state === 'streaming')
          if (await folder.killPostmaster()) killed += 1
          await untilStatus(workstation, (status) => status.replica.state !== 'streaming')
        }
      },
    })
    expect(killed).toBe(SERVER_KILLS)
    expectSame(found)
  })

  test('a Postgres of the person is stopped for a minute: trading goes on, the status says why, and it catches up', async () => {
    const serverFolder = await makeServerFolder()
    const start = (port: number) => startEmbeddedPostgres({ dataDir: join(serverFolder, 'postgres'), port, logger: silentLogger })
    let server = await start(0)
    const { port, connection } = server
    const address = { host: '127.0.0.1', port, user: connection.user, password: connection.password ?? '', database: 'outage' }
    const { host, user, password, database } = address
    try {
      await using folder = await DataFolder.make(JSON.stringify({ database: { mode: 'external', host, port, user, password, database } }))
      const found = await finishReplay(folder, CANDLE_FILE, {
        speed: OUTAGE_SPEED,
        address,
        during: async (workstation) => {
          await reachHead(folder, workstation, Math.floor(unbroken.journal.length / 10))
          await server.stop(SERVER_STOP_DEADLINE_MS)
          const outage = await watchOutage(workstation, OUTAGE_MS)
          say(`outage: ${JSON.stringify({ ...outage, reasons: [...outage.reasons], states: [...outage.states] })}`)
          expect.soft([...outage.states]).toEqual(['down'])
          for (const reason of outage.reasons) expect.soft(reason).toContain(String(port))
          expect.soft(outage.candlesMeanwhile).toBeGreaterThan(1_000)
          const back = performance.now()
          server = await start(port)
          const drained = await untilStatus(
            workstation,
            ({ replica }) => replica.state === 'streaming' && replica.lag_events < 1_000,
            BACK_DEADLINE_MS,
          )
          const ms = Math.round(performance.now() - back)
          say(`back: ${outage.lagMax} facts behind, caught up ${ms} ms after the server's start (at ${drained.replica.seq})`)
        },
      })
      expectSame(found)
    } finally {
      await server.stop(SERVER_STOP_DEADLINE_MS)
      await rm(serverFolder, { recursive: true, force: true })
    }
  })

  test('another program holds the port of the embedded server for a minute: the server comes back when it is free', async () => {
    const port = await PortSquatter.freePort()
    await using folder = await DataFolder.make(JSON.stringify({ database: { port } }))
    const found = await finishReplay(folder, CANDLE_FILE, {
      speed: OUTAGE_SPEED,
      during: async (workstation) => {
        await reachHead(folder, workstation, Math.floor(unbroken.journal.length / 10))
        await folder.killPostmaster()
        {
          await using squatter = await PortSquatter.take(port, 1_000)
          expect(squatter, 'the port could not be taken in time').toBeDefined()
          const outage = await watchOutage(workstation, OUTAGE_MS)
          say(`port taken: ${JSON.stringify({ ...outage, reasons: [...outage.reasons], states: [...outage.states] })}`)
          expect.soft([...outage.states]).toEqual(['down'])
          expect.soft(outage.candlesMeanwhile).toBeGreaterThan(1_000)
        }
        const back = performance.now()
        await untilStatus(workstation, ({ replica }) => replica.state === 'streaming', BACK_DEADLINE_MS)
        say(`port free: streaming again after ${Math.round(performance.now() - back)} ms`)
      },
    })
    expectSame(found)
  })
})
