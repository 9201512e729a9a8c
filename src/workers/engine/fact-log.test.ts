import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Fact } from '#domain/facts.ts'
import { writeSnapshot } from '#engine/snapshot.ts'
import { systemClock } from '#platform/clock.ts'
import { Journal } from '#storage/journal/journal.ts'
import { BTC, EngineDriver } from '#test/support/engine/engine-driver.ts'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import { FactLog } from './fact-log.ts'
import { recoverState } from './recover.ts'

const auditOf = (n: number): Fact => ({ type: 'ActionAudited', ts: n, actor: 'test', action: 'write', target: `${n}` })

interface Setting extends Disposable {
  readonly log: FactLog
  readonly journal: Journal
  readonly driver: EngineDriver
  readonly path: string
  readonly failures: unknown[]
  readonly heads: number[]
}

/** Each look at the clock is a second later, so that a turn is over after one piece. */
function setting(factsSinceSnapshot = 0): Setting {
  const directory = temporaryDirectory()
  const path = directory.join('journal.db')
  const journal = new Journal({ path, instance: 'test' })
  const driver = EngineDriver.ready({ balance: '10000000' })
  const failures: unknown[] = []
  const heads: number[] = []
  let elapsed = 0
  const log = new FactLog({
    journal,
    state: driver.state,
    clock: { ...systemClock, elapsed: () => (elapsed += 1_000) },
    factsSinceSnapshot,
    onSynced: () => heads.push(journal.head),
    onFailure: (error) => failures.push(error),
  })
  const dispose = (): void => {
    journal.close()
    directory[Symbol.dispose]()
  }
  return { log, journal, driver, path, failures, heads, [Symbol.dispose]: dispose }
}

describe('FactLog', () => {
  it('brings what nobody waits for to the disk within milliseconds', async () => {
    using at = setting()
    at.log.add([auditOf(1)])
    at.log.syncSoon()
    expect([at.journal.head, at.log.commits]).toEqual([0, 0])
    await expect.poll(() => at.heads, { interval: 1, timeout: 1_000 }).toEqual([1])
    at.log.add([auditOf(2)])
    at.log.syncSoon()
    await expect.poll(() => at.heads, { interval: 1, timeout: 1_000 }).toEqual([1, 2])
    expect([at.log.commits, at.failures]).toEqual([2, []])
  })

  it('brings it with what somebody waits for, before it, in one commit', async () => {
    using at = setting()
    at.log.add([auditOf(1)])
    at.log.syncSoon()
    at.log.add([auditOf(2), auditOf(3)])
    at.log.syncSoon()
    at.log.add([auditOf(4)])
    at.log.sync()
    expect([...at.journal.verified(0)].map(({ fact }) => fact.ts)).toEqual([1, 2, 3, 4])
    await sleep(20)
    expect([at.log.commits, at.heads]).toEqual([1, [4]])
  })

  it('does not let it grow without bound', () => {
    using at = setting()
    at.log.add(Array.from({ length: 999 }, (_, n) => auditOf(n)))
    expect(at.log.isFull).toBe(false)
    at.log.add([auditOf(999)])
    expect(at.log.isFull).toBe(true)
    at.log.sync()
    expect(at.log.isFull).toBe(false)
  })

  it('says when it could not be written, and at the end saves no state that is ahead of the journal', async () => {
    using at = setting(10)
    const intruder = new Journal({ path: at.path, instance: 'test' })
    intruder.append([auditOf(1)])
    intruder.close()
    at.log.add([auditOf(2)])
    at.log.syncSoon()
    await expect.poll(() => at.failures, { interval: 1, timeout: 1_000 }).toMatchObject([{ code: 'JOURNAL_WRITE_FAILED' }])
    at.log.close({ failed: true })
    expect([at.heads, at.journal.readSnapshots()]).toEqual([[], []])
  })

  it('saves the state as it was when it was due, however much happens until its text is complete', () => {
    using at = setting(50_000)
    const { driver, journal, log } = at
    for (let n = 0; n < 200; n += 1) driver.enter()
    log.add(driver.facts)
    log.sync()
    const due = { seq: journal.head, body: writeSnapshot(driver.state) }
    let turns = 0
    for (let isMore = true; isMore; turns += 1) {
      const from = driver.facts.length
      driver.enter()
      driver.quote(BTC, '101')
      log.add(driver.facts.slice(from))
      log.sync()
      isMore = log.tidy()
    }
    expect(turns).toBeGreaterThan(20)
    expect(journal.head).toBeGreaterThan(due.seq)
    expect(journal.readSnapshots()).toMatchObject([due])
    const { state, facts } = recoverState(journal)
    expect(facts).toBe(journal.head - due.seq)
    expect(state.orders).toEqual(driver.state.orders)
    expect(state.workingCount).toBe(driver.state.workingCount)
  })

  it('at the end writes what is left, and the state with it', () => {
    using at = setting()
    at.log.add(at.driver.facts)
    at.log.close({ failed: false })
    expect(at.journal.readSnapshots()).toMatchObject([{ seq: at.driver.facts.length, body: writeSnapshot(at.driver.state) }])
  })

  it.each([[[]], [[auditOf(2)]]])('at the end leaves a snapshot that was begun for one of the end (%j)', (more) => {
    using at = setting(50_000)
    at.log.add([auditOf(1)])
    at.log.sync()
    expect(at.log.tidy()).toBe(true)
    at.log.add(more)
    at.log.close({ failed: false })
    expect(at.journal.readSnapshots()).toMatchObject([{ seq: 1 + more.length }])
  })
})
