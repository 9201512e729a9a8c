import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import type { Fact } from '#domain/facts.ts'
import { writeSnapshot } from '#engine/snapshot.ts'
import { systemClock } from '#platform/clock.ts'
import { Journal } from '#storage/journal/journal.ts'
import { BTC, EngineDriver } from '#test/support/engine/engine-driver.ts'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import { serveJournal } from '../journal/serve-journal.ts'
import { FactLog } from './fact-log.ts'
import { JournalLine } from './journal-line.ts'
import { recoverState } from './recover.ts'

const auditOf = (n: number): Fact => ({ type: 'ActionAudited', ts: n, actor: 'test', action: 'write', target: `${n}` })

interface Setting extends AsyncDisposable {
  readonly log: FactLog
  /** What is on the disk. */
  readonly written: () => readonly number[]
  readonly reader: () => Journal
  readonly driver: EngineDriver
  readonly path: string
  readonly failures: unknown[]
  readonly heads: number[]
  /** Resolves when the disk has all that was added. */
  readonly settled: () => Promise<void>
  readonly pass: (ms: number) => void
}

/** Each look at the clock is `lookMs` later: by a second, so that a turn is over after one piece. The journal is served in this thread. */
async function setting(factsSinceSnapshot = 0, lookMs = 1_000): Promise<Setting> {
  const directory = temporaryDirectory()
  const path = directory.join('journal.db')
  const { port1, port2 } = new MessageChannel()
  serveJournal(port2)
  const line = new JournalLine(port1)
  new Journal({ path, purpose: 'test', instance: 'test' }).close()
  const head = await line.open(path, 'test')
  const driver = EngineDriver.ready({ balance: '10000000' })
  const failures: unknown[] = []
  const heads: number[] = []
  let elapsed = 0
  const log = new FactLog({
    line,
    head,
    state: driver.state,
    clock: { ...systemClock, elapsed: () => (elapsed += lookMs) },
    factsSinceSnapshot,
    onWritten: (written) => heads.push(written),
    onFailure: (error) => {
      failures.push(error)
      log.giveUp()
    },
  })
  const cleanup = new DisposableStack()
  cleanup.defer(() => directory[Symbol.dispose]())
  const reader = (): Journal => {
    const journal = new Journal({ path, purpose: 'test' })
    cleanup.defer(() => journal.close())
    return journal
  }
  return {
    log,
    written: () => [...reader().verified(0)].map(({ fact }) => fact.ts),
    reader,
    driver,
    path,
    failures,
    heads,
    pass: (ms) => {
      elapsed += ms
    },
    settled: () => expect.poll(() => log.head, { interval: 1, timeout: 2_000 }).toBe(log.added),
    [Symbol.asyncDispose]: async () => {
      await line.close()
      cleanup.dispose()
    },
  }
}

describe('FactLog', () => {
  it('brings what nobody waits for to the disk within milliseconds', async () => {
    await using at = await setting()
    at.log.add([auditOf(1)])
    at.log.syncSoon()
    expect([at.log.head, at.log.added, at.log.commits]).toEqual([0, 1, 0])
    await expect.poll(() => at.heads, { interval: 1, timeout: 1_000 }).toEqual([1])
    at.log.add([auditOf(2)])
    at.log.syncSoon()
    await expect.poll(() => at.heads, { interval: 1, timeout: 1_000 }).toEqual([1, 2])
    expect([at.log.commits, at.failures]).toEqual([2, []])
  })

  it('brings it with what somebody waits for, before it, in one commit', async () => {
    await using at = await setting()
    at.log.add([auditOf(1)])
    at.log.syncSoon()
    at.log.add([auditOf(2), auditOf(3)])
    at.log.syncSoon()
    at.log.add([auditOf(4)])
    at.log.sync()
    await at.settled()
    expect(at.written()).toEqual([1, 2, 3, 4])
    await sleep(20)
    expect([at.log.commits, at.heads]).toEqual([1, [4]])
  })

  it('gathers what is decided while the disk is at work into one commit', async () => {
    await using at = await setting()
    for (let n = 1; n <= 50; n += 1) {
      at.log.add([auditOf(n)])
      at.log.sync()
    }
    await at.settled()
    expect(at.heads).toEqual([1, 50])
    expect(at.written()).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
  })

  it('says when it is full, until the disk has caught up', async () => {
    await using at = await setting()
    at.log.add([auditOf(1)])
    at.log.sync()
    at.log.add(Array.from({ length: 3_999 }, (_, n) => auditOf(n)))
    expect(at.log.isFull).toBe(false)
    at.log.add([auditOf(3_999)])
    expect(at.log.isFull).toBe(true)
    // Nobody asked for it: that there is so much is reason enough.
    await at.settled()
    expect([at.log.isFull, at.log.head]).toEqual([false, 4_001])
  })

  it('says when it could not be written, writes nothing behind it, and at the end saves no state', async () => {
    await using at = await setting(10)
    const intruder = at.reader()
    intruder.append([auditOf(1)])
    at.log.add([auditOf(2)])
    at.log.syncSoon()
    await expect.poll(() => at.failures, { interval: 1, timeout: 1_000 }).toMatchObject([{ code: 'JOURNAL_WRITE_FAILED' }])
    at.log.add([auditOf(3)])
    at.log.sync()
    await at.log.close()
    expect([at.heads, at.written(), at.reader().readSnapshots()]).toEqual([[], [1], []])
  })

  it('writes nothing of a batch with a fact that has no time', async () => {
    await using at = await setting()
    at.log.add([auditOf(1), auditOf(1.5)])
    at.log.sync()
    expect(at.failures).toMatchObject([{ code: 'JOURNAL_WRITE_FAILED' }])
    await at.log.close()
    expect(at.written()).toEqual([])
  })

  it('saves the state as it was when it was due, however much happens until its text is complete', async () => {
    await using at = await setting(50_000)
    const { driver, log } = at
    for (let n = 0; n < 200; n += 1) driver.enter()
    log.add([...driver.facts])
    log.sync()
    const due = { seq: log.added, body: writeSnapshot(driver.state) }
    let turns = 0
    for (let isMore = true; isMore; turns += 1) {
      const from = driver.facts.length
      driver.enter()
      driver.quote(BTC, '101')
      log.add(driver.facts.slice(from))
      log.sync()
      isMore = log.tidy()
    }
    await at.settled()
    expect(turns).toBeGreaterThan(20)
    expect(log.head).toBeGreaterThan(due.seq)
    const journal = at.reader()
    expect(journal.readSnapshots()).toMatchObject([due])
    const { state, facts } = recoverState(journal)
    expect(facts).toBe(log.head - due.seq)
    expect(state.orders).toEqual(driver.state.orders)
    expect(state.workingCount).toBe(driver.state.workingCount)
  })

  it('saves no second state within twenty seconds, however many facts come, and then again', async () => {
    await using at = await setting(50_000, 0)
    const saved = (): readonly number[] =>
      at
        .reader()
        .readSnapshots()
        .map(({ seq }) => seq)
    at.log.add([auditOf(1)])
    at.log.sync()
    while (at.log.tidy());
    await expect.poll(saved, { interval: 1, timeout: 2_000 }).toEqual([1])
    const many = Array.from({ length: 50_000 }, (_, n) => auditOf(n))
    at.log.add(many)
    at.log.sync()
    await at.settled()
    expect([at.log.tidy(), saved()]).toEqual([false, [1]])
    at.pass(20_000)
    at.log.add([auditOf(2)])
    at.log.sync()
    while (at.log.tidy());
    await expect.poll(saved, { interval: 1, timeout: 2_000 }).toEqual([50_002, 1])
  })

  it('at the end writes what is left, and the state with it', async () => {
    await using at = await setting()
    at.log.add([...at.driver.facts])
    await at.log.close()
    expect(at.reader().readSnapshots()).toMatchObject([{ seq: at.driver.facts.length, body: writeSnapshot(at.driver.state) }])
  })

  it.each([[[]], [[auditOf(2)]]])('at the end leaves a snapshot that was begun for one of the end (%j)', async (more) => {
    await using at = await setting(50_000)
    at.log.add([auditOf(1)])
    at.log.sync()
    expect(at.log.tidy()).toBe(true)
    at.log.add(more)
    await at.log.close()
    expect(at.reader().readSnapshots()).toMatchObject([{ seq: 1 + more.length }])
  })
})
