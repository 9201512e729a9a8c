import { randomInt } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fact } from '#domain/facts.ts'
import { Journal } from '#storage/journal/journal.ts'
import { type AuditedAct, type AuditReport, parseHead } from './audit-report.ts'
import { verifyJournal } from './verify-journal.ts'

const FLIPS = 200
const RAW_FLIPS = 100
const folder = mkdtempSync(join(tmpdir(), 'audit-'))
afterAll(() => rmSync(folder, { recursive: true }))
let copies = 0
const path = (): string => join(folder, `${(copies += 1)}.db`)

const fact = (i: number): Fact =>
  i % 10 === 3
    ? {
        type: 'ActionAudited',
        ts: 1_000 + i,
        actor: i % 20 === 3 ? 'anna' : 'cli',
        action: 'cancel-order',
        target: `order ${i}`,
        reason: 'größer als 5 €',
      }
    : { type: 'AlertRaised', ts: 1_000 + i, severity: 'info', code: 'TEST', message: `number ${i} \u{fffd}` }

/** 40 commits of 1 to 150 facts, so that pages are of every size, and a snapshot in the middle and at the end. */
function writeJournal(file: string): number {
  const journal = new Journal({ path: file, instance: 'test', purpose: 'test' })
  let next = 0
  for (let commit = 0; commit < 40; commit += 1) {
    const size = 1 + ((commit * 37) % 150)
    journal.append(Array.from({ length: size }, () => fact((next += 1))))
    if (commit === 20) journal.writeSnapshot('{"a state":1}')
  }
  journal.close()
  return next
}

const original = path()
let facts = 0
beforeAll(() => {
  facts = writeJournal(original)
  // All of it in the one file, so that a copy is whole.
  const db = new Database(original)
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.pragma('journal_mode = DELETE')
  db.close()
})

const verify = (journal: string, since?: string): AuditReport =>
  verifyJournal({ journal, elapsed: () => performance.now(), ...(since === undefined ? {} : { since: parseHead(since) }) })

/** A copy with something done to it. */
function damaged(how: (db: Database.Database) => void): string {
  const copy = path()
  copyFileSync(original, copy)
  const db = new Database(copy)
  db.unsafeMode(true)
  how(db)
  db.close()
  return copy
}
const headOf = (report: AuditReport): string => `${report.head?.seq}:${report.head?.hash}`
const pagesOf = (file: string): { readonly seq: number; readonly facts: number }[] => {
  const db = new Database(file, { readonly: true })
  const rows = db.prepare<[], { seq: number; facts: number }>('SELECT seq, facts FROM journal ORDER BY seq').all()
  db.close()
  return rows
}

describe('a journal as it was written', () => {
  test('is verified, counted and named', () => {
    const heard: AuditedAct[] = []
    const progress: number[] = []
    const report = verifyJournal({
      journal: original,
      onAct: (act) => heard.push(act),
      onProgress: (done) => progress.push(done),
      elapsed: () => performance.now(),
    })
    expect(report).toMatchObject({
      verified: true,
      damage: null,
      facts,
      records: pagesOf(original).length,
      instance: 'test',
      purpose: 'test',
      since: null,
    })
    expect(report).toMatchObject({ firstTs: 1_001, lastTs: 1_000 + facts, head: { seq: facts } })
    expect(heard.map(({ seq }) => seq)).toEqual(Array.from({ length: facts }, (_, i) => i + 1).filter((i) => i % 10 === 3))
    expect(heard[0]).toEqual({ ...fact(3), seq: 3 })
    expect(report.acts.map(({ action, actor, count }) => `${action} ${actor} ${count}`).sort()).toEqual([
      `cancel-order anna ${heard.filter(({ actor }) => actor === 'anna').length}`,
      `cancel-order cli ${heard.filter(({ actor }) => actor === 'cli').length}`,
    ])
    expect(progress.at(-1)).toBe(facts)
  })

  test('an empty one too, and one of version 1, where a record was one fact', () => {
    const empty = path()
    new Journal({ path: empty }).close()
    expect(verify(empty)).toMatchObject({ verified: true, facts: 0, head: null, firstTs: null })
    const old = path()
    const journal = new Journal({ path: old })
    for (let i = 1; i <= 20; i += 1) journal.append([fact(i)])
    journal.close()
    const db = new Database(old)
    db.exec('ALTER TABLE journal DROP COLUMN facts; PRAGMA user_version = 1')
    db.close()
    expect(verify(old)).toMatchObject({ verified: true, facts: 20, records: 20 })
  })

  test('is verified while it is being written, and the writer is not held up', () => {
    const live = path()
    const journal = new Journal({ path: live })
    journal.append(Array.from({ length: 1_000 }, (_, i) => fact(i + 1)))
    let written = 1_000
    const report = verifyJournal({
      journal: live,
      onAct: () => {
        journal.append([fact((written += 1))])
        if (written % 20 === 0) journal.writeSnapshot('{}')
      },
      elapsed: () => performance.now(),
    })
    expect(written).toBeGreaterThan(1_090)
    expect(report).toMatchObject({ verified: true, facts: 1_000 })
    expect(verify(live, headOf(report))).toMatchObject({ verified: true, facts: written, since: { found: true } })
    journal.close()
  })
})

describe('one flipped bit', () => {
  const columns = { body: 'text', hash: 'bytes', seq: 'number', facts: 'number', ts: 'number' } as const

  test(`in ${FLIPS} places of texts, hashes, sequences, counts and times: found every time`, () => {
    const missed: string[] = []
    const pages = pagesOf(original)
    for (let i = 0; i < FLIPS; i += 1) {
      const names = Object.keys(columns) as (keyof typeof columns)[]
      const column = names[i % names.length] ?? 'body'
      const { seq } = pages[randomInt(pages.length)] ?? { seq: 1 }
      let where = ''
      const copy = damaged((db) => {
        if (columns[column] === 'number') {
          const { value } = db.prepare<[number], { value: number }>(`SELECT ${column} AS value FROM journal WHERE seq = ?`).get(seq) ?? {
            value: 0,
          }
          const bit = randomInt(20)
          where = `${column} of ${seq}, bit ${bit}`
          const changed = value ^ (1 << bit)
          // A number that is taken already: the other row goes, as an edit of the file would have it.
          if (column === 'seq') db.prepare('DELETE FROM journal WHERE seq = ?').run(changed)
          db.prepare(`UPDATE journal SET ${column} = ? WHERE seq = ?`).run(changed, seq)
          return
        }
        const { value } = db
          .prepare<[number], { value: Buffer }>(`SELECT CAST(${column} AS BLOB) AS value FROM journal WHERE seq = ?`)
          .get(seq) ?? { value: Buffer.alloc(0) }
        const byte = randomInt(value.length)
        const bit = randomInt(8)
        where = `${column} of ${seq}, byte ${byte} bit ${bit}`
        value[byte] = (value[byte] ?? 0) ^ (1 << bit)
        db.prepare(`UPDATE journal SET ${column} = ${column === 'body' ? 'CAST(? AS TEXT)' : '?'} WHERE seq = ?`).run(value, seq)
      })
      const { verified, damage } = verify(copy)
      if (verified || damage === null) missed.push(where)
      // An edited sequence shows where the row is missing or where it turns up, whichever comes first.
      else if (column !== 'seq' && damage.record !== seq) missed.push(`${where}: named ${damage.record}`)
      rmSync(copy)
    }
    expect(missed).toEqual([])
  })

  test(`in ${RAW_FLIPS} places of the file itself: found whenever anything that is recorded has changed`, () => {
    const dump = (file: string): string => {
      const db = new Database(file, { readonly: true })
      try {
        return JSON.stringify(db.prepare('SELECT seq, ts, hex(CAST(body AS BLOB)), hex(hash), facts FROM journal ORDER BY seq').all())
      } catch (error) {
        return String(error)
      } finally {
        db.close()
      }
    }
    const bytes = readFileSync(original)
    const before = dump(original)
    const missed: number[] = []
    let changed = 0
    for (let i = 0; i < RAW_FLIPS; i += 1) {
      const at = randomInt(100, bytes.length)
      const copy = path()
      const flipped = Buffer.from(bytes)
      flipped[at] = (flipped[at] ?? 0) ^ (1 << randomInt(8))
      writeFileSync(copy, flipped)
      if (dump(copy) !== before) {
        changed += 1
        if (verify(copy).verified) missed.push(at)
      }
      rmSync(copy)
    }
    expect(missed).toEqual([])
    expect(changed).toBeGreaterThan(RAW_FLIPS / 2)
  })
})

describe('records deleted, swapped, put in, cut off', () => {
  test('a deleted one is named', () => {
    const pages = pagesOf(original)
    for (const index of [0, 1, Math.floor(pages.length / 2), pages.length - 2]) {
      const { seq } = pages[index] ?? { seq: 0 }
      expect(verify(damaged((db) => db.prepare('DELETE FROM journal WHERE seq = ?').run(seq))).damage).toMatchObject({
        record: seq,
        what: expect.stringContaining('missing'),
      })
    }
  })

  test('two that changed places', () => {
    const [, a, b] = pagesOf(original).filter((page) => page.facts === 64)
    const copy = damaged((db) => {
      db.prepare('UPDATE journal SET seq = -1 WHERE seq = ?').run(a?.seq)
      db.prepare('UPDATE journal SET seq = ? WHERE seq = ?').run(a?.seq, b?.seq)
      db.prepare('UPDATE journal SET seq = ? WHERE seq = -1').run(b?.seq)
    })
    expect(verify(copy).damage).toMatchObject({ record: a?.seq })
  })

  test.each([-5, 0, 2])('one put in at %i', (seq) => {
    const copy = damaged((db) =>
      db.prepare('INSERT OR REPLACE INTO journal SELECT ?, ts, body, hash, facts FROM journal WHERE seq = 1').run(seq),
    )
    expect(verify(copy).verified).toBe(false)
  })

  test('one added at the end, with a right sequence and a made-up hash', () => {
    const copy = damaged((db) =>
      db.prepare('INSERT INTO journal SELECT ?, ts, body, hash, facts FROM journal WHERE seq = 1').run(facts + 1),
    )
    expect(verify(copy).damage).toMatchObject({ record: facts + 1 })
  })

  test('a cut end is told by a newer snapshot, and otherwise only by a head noted earlier', () => {
    const noted = headOf(verify(original))
    const { seq: last } = pagesOf(original).at(-1) ?? { seq: 0 }
    const cut = damaged((db) => db.prepare('DELETE FROM journal WHERE seq >= ?').run(last))
    expect(verify(cut)).toMatchObject({ verified: true, facts: last - 1 })
    expect(verify(cut, noted)).toMatchObject({ verified: false, since: { found: false }, damage: { record: last } })
    const deep = damaged((db) => db.exec('DELETE FROM journal WHERE seq > 100'))
    expect(verify(deep).damage).toMatchObject({ what: expect.stringContaining('snapshot') })
  })

  test('a history written anew from some point on verifies, but not against a head noted before', () => {
    const noted = headOf(verify(original))
    const forged = path()
    const journal = new Journal({ path: forged, instance: 'test', purpose: 'test' })
    for (let i = 1; i <= facts; i += 64)
      journal.append(Array.from({ length: Math.min(64, facts - i + 1) }, (_, k) => (i + k === 77 ? { ...fact(77), ts: 5 } : fact(i + k))))
    journal.close()
    expect(verify(forged)).toMatchObject({ verified: true, facts })
    expect(verify(forged, noted)).toMatchObject({ verified: false, since: { found: false } })
    expect(verify(original, `5:${'0'.repeat(64)}`).damage?.what).toContain('written anew')
  })

  test('each older head is still a part of what has grown since', () => {
    const db = new Database(original, { readonly: true })
    const heads = db.prepare<[], { head: string }>("SELECT (seq + facts - 1) || ':' || lower(hex(hash)) AS head FROM journal").all()
    db.close()
    for (const { head } of heads) expect(verify(original, head).since?.found).toBe(true)
  })
})

describe('what is no journal, or half of one', () => {
  test('a damaged snapshot is named, and said to be harmless', () => {
    expect(verify(damaged((db) => db.exec("UPDATE snapshots SET body = '{}'"))).damage?.what).toContain('snapshot')
  })
  test('text that is no fact', () => {
    // Made with a right hash: only the reading of the facts can see it.
    const file = path()
    const journal = new Journal({ path: file })
    journal.append([{ type: 'AlertRaised', ts: 1 } as never, { ts: 2 } as never])
    journal.close()
    expect(verify(file).damage?.what).toContain('no type')
  })
  test('another file, and no file', () => {
    const other = path()
    writeFileSync(other, 'words '.repeat(500))
    expect(verify(other).damage?.what).toContain('not a database')
    expect(() => verify(path())).toThrow('There is no journal')
  })
  test('one of a newer program is not judged', () => {
    expect(() => verify(damaged((db) => db.pragma('user_version = 99')))).toThrow('newer program')
  })
})
