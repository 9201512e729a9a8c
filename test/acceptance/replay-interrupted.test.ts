import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { cutCandleFile, whyNoReplay } from '#test/support/replay/candle-file.ts'
import { DataFolder } from '#test/support/replay/data-folder.ts'
import { brokenLink, factsOf, readJournal } from '#test/support/replay/journal-file.ts'
import { liveAndDie } from '#test/support/replay/kills.ts'
import { auditOrders, decisiveFacts } from '#test/support/replay/order-lives.ts'
import { reachHead } from '#test/support/replay/runs.ts'
import { WorkstationProcess } from '#test/support/replay/workstation-process.ts'

const CANDLES = 600
const DEADLINE_MS = 120_000
/** Facts of a first start before the first candle, and a few more. */
const FIRST_FACTS = 14
/** Longer than a trader may be silent. */
const FROZEN_MS = 7_000
const FREEZES = 2

const missing = whyNoReplay()
if (missing !== undefined) process.stdout.write(`${missing}\n`)

/** A replay without Postgres, from wherever the folder stands to its end; what was decided in it, and what is wrong. */
async function replayed(folder: DataFolder, during?: (workstation: WorkstationProcess) => Promise<void>) {
  const candles = cutCandleFile(folder.beside('BTC_USDT_1m.csv'), CANDLES)
  await using workstation = new WorkstationProcess({ dataDir: folder.path, candles, noPostgres: true })
  await Promise.all([during?.(workstation), workstation.replayDone(DEADLINE_MS)])
  const left = await workstation.stop()
  const pages = readJournal(folder.journal)
  const journal = factsOf(pages)
  const wrong = [brokenLink(pages), left === 'code 0' ? undefined : `it left with ${left}`].filter((each) => each !== undefined)
  return { facts: decisiveFacts(journal), problems: [...auditOrders(journal), ...wrong], head: journal.length }
}

describe.skipIf(missing !== undefined)(`a replay of ${CANDLES} candles that is interrupted`, () => {
  let unbroken: Awaited<ReturnType<typeof replayed>>
  beforeAll(async () => {
    await using folder = await DataFolder.make()
    unbroken = await replayed(folder)
  })

  test('has something to lose', () => {
    expect(unbroken.problems).toEqual([])
    expect(unbroken.facts['CandleClosed']?.length).toBe(CANDLES)
    expect(unbroken.facts['OrderFilled']?.length).toBeGreaterThan(20)
    expect(unbroken.facts['AlertRaised']).toEqual([])
  })

  for (let atHead = 1; atHead <= FIRST_FACTS; atHead += 1) {
    test(`killed at fact ${atHead} of its first start, it starts as if for the first time`, async () => {
      await using folder = await DataFolder.make()
      const candles = cutCandleFile(folder.beside('BTC_USDT_1m.csv'), CANDLES)
      await liveAndDie(folder, candles, { atHead, afterMs: 0, serverToo: false, noPostgres: true })
      const found = await replayed(folder)
      expect.soft(found.problems).toEqual([])
      expect(found.facts).toEqual(unbroken.facts)
    })
  }

  test('stopped cleanly again and again, it goes on where it was', async () => {
    await using folder = await DataFolder.make()
    const candles = cutCandleFile(folder.beside('BTC_USDT_1m.csv'), CANDLES)
    for (const share of [0.2, 0.5, 0.8]) {
      await using workstation = new WorkstationProcess({ dataDir: folder.path, candles, noPostgres: true })
      await workstation.ready()
      await reachHead(folder, workstation, Math.floor(unbroken.head * share))
      expect(await workstation.stop()).toBe('code 0')
    }
    const found = await replayed(folder)
    expect.soft(found.problems).toEqual([])
    expect(found.facts).toEqual(unbroken.facts)
  })

  test(`frozen for ${FROZEN_MS} ms, as by a laptop that sleeps, it goes on as if nothing had been`, async () => {
    await using folder = await DataFolder.make()
    const found = await replayed(folder, async (workstation) => {
      for (let n = 1; n <= FREEZES; n += 1) {
        await reachHead(folder, workstation, Math.floor((unbroken.head * n) / (FREEZES + 1)))
        workstation.signal('SIGSTOP')
        await sleep(FROZEN_MS)
        workstation.signal('SIGCONT')
      }
    })
    expect.soft(found.problems).toEqual([])
    expect(found.facts).toEqual(unbroken.facts)
  })
})
