import { hash } from 'node:crypto'
import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { Fact } from '#domain/facts.ts'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import { Journal } from './journal.ts'

const factOf = (n: number): Fact => ({ type: 'ActionAudited', ts: n, actor: 'test', action: 'write', target: `record ${n}` })

describe('the log beside the file', () => {
  const COMMITS = 600
  const logBytes = (path: string) => statSync(`${path}-wal`).size

  it('is folded into it in portions, so that it stays small', () => {
    using directory = temporaryDirectory()
    const sizes = [true, false].map((folds) => {
      const path = directory.join(`${folds}.db`)
      const journal = new Journal({ path })
      for (let n = 1; n <= COMMITS; n += 1) {
        journal.append([factOf(n)])
        if (folds) journal.foldLog()
      }
      const bytes = logBytes(path)
      expect([...journal.verified(0)]).toHaveLength(COMMITS)
      journal.close()
      return bytes
    })
    expect(sizes[0]).toBeLessThan(1_300_000)
    expect(sizes[1]).toBeGreaterThan(2 * (sizes[0] ?? Number.POSITIVE_INFINITY))
  })

  it('is left for the next time while a reader keeps it from being folded, and nothing is lost', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    const journal = new Journal({ path })
    journal.append([factOf(1)])
    const reader = new Database(path)
    reader.exec('BEGIN; SELECT count(*) FROM journal')
    for (let n = 2; n <= COMMITS; n += 1) {
      journal.append([factOf(n)])
      journal.foldLog()
    }
    reader.close()
    expect([...journal.verified(0)]).toHaveLength(COMMITS)
    journal.close()
    const again = new Journal({ path })
    expect([...again.verified(0)]).toHaveLength(COMMITS)
    again.close()
  })
})

describe('a snapshot', () => {
  it('may be of an earlier record than the last, and with a hash made elsewhere', () => {
    using directory = temporaryDirectory()
    const journal = new Journal({ path: directory.join('journal.db') })
    journal.append(Array.from({ length: 5 }, (_, n) => factOf(n)))
    journal.writeSnapshot('state “2”', 2, hash('sha256', 'state “2”', 'hex'))
    journal.writeSnapshot('state 4', 4, hash('sha256', 'another text', 'hex'))
    expect(journal.readSnapshots()).toMatchObject([{ seq: 2, body: 'state “2”' }])
    expect([...journal.verified(2)].map(({ seq }) => seq)).toEqual([3, 4, 5])
    journal.close()
  })
})
