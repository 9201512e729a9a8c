import Database from 'better-sqlite3'
import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { writeSnapshot } from '#engine/snapshot.ts'
import type { EngineState } from '#engine/state.ts'
import { Journal } from '#storage/journal/journal.ts'
import { act, play, startRandom } from '#test/support/engine/random-history.ts'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import { recoverState } from './recover.ts'

/** A history of many orders in a journal, and the states after a third and two thirds of it. */
function journalOf(path: string, seed: number): { readonly state: EngineState; readonly facts: number } {
  const driver = startRandom()
  for (const one of fc.sample(act, { numRuns: 300, seed })) play(driver, one)
  const journal = new Journal({ path, instance: 'test' })
  const cuts = [Math.floor(driver.facts.length / 3), Math.floor((2 * driver.facts.length) / 3)]
  let from = 0
  for (const cut of cuts) {
    journal.append(driver.facts.slice(from, cut))
    journal.writeSnapshot(writeSnapshot(recoverState(journal).state))
    from = cut
  }
  journal.append(driver.facts.slice(from))
  journal.close()
  return { state: driver.state, facts: driver.facts.length }
}

/** What a restart must know, order of properties aside. */
function essence(state: EngineState): unknown {
  return {
    ...(JSON.parse(writeSnapshot(state)) as object),
    now: 0,
    tradeIds: [...state.tradeIds],
    signalIds: [...state.signalIds],
    working: state.workingCount,
  }
}

describe('recoverState', () => {
  it.each([1, 2, 3, 4])('gives the same state from the newest snapshot, from an older one and from the facts alone (seed %i)', (seed) => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    const { state, facts } = journalOf(path, seed)
    const read: number[] = []
    for (const damage of [
      'SELECT 1',
      "UPDATE snapshots SET body = body || ' ' WHERE seq = (SELECT max(seq) FROM snapshots)",
      'DELETE FROM snapshots',
    ]) {
      const db = new Database(path)
      db.exec(damage)
      db.close()
      const journal = new Journal({ path })
      const recovered = recoverState(journal)
      read.push(recovered.facts)
      expect(essence(recovered.state), damage).toEqual(essence(state))
      journal.close()
    }
    expect(read[2]).toBe(facts)
    expect(read[0]).toBeLessThan(read[1] ?? 0)
  })

  it('throws where the chain is broken, rather than trade on a part of it', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    journalOf(path, 5)
    const db = new Database(path)
    const last = db.prepare('SELECT max(seq) FROM journal').pluck().get()
    db.prepare('UPDATE journal SET body = replace(body, \'"ts":1\', \'"ts":2\') WHERE seq = ?').run(last)
    db.close()
    const journal = new Journal({ path })
    expect(() => recoverState(journal)).toThrow(`record ${String(last)} is damaged`)
    journal.close()
  })

  it('of an empty journal is a state with nothing in it, and no open gate', () => {
    using directory = temporaryDirectory()
    const journal = new Journal({ path: directory.join('journal.db'), instance: 'abcd' })
    const { state, facts } = recoverState(journal)
    expect([facts, state.instance, state.orders.size, state.connected, state.reconciled]).toEqual([0, 'abcd', 0, false, false])
    journal.close()
  })
})
