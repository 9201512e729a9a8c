import { copyFileSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#domain/errors.ts'
import type { ActionAudited, Fact } from '#domain/facts.ts'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import { openJournalReader } from './journal-reader.ts'
import { Journal } from './journal.ts'
import { PAGE_FACTS_MAX } from './journal-page.ts'
import { GENESIS_HASH, recordHash } from './record-hash.ts'
import { JOURNAL_VERSION } from './schema.ts'

const factOf = (n: number): ActionAudited => ({
  type: 'ActionAudited',
  ts: 1_000 + n,
  actor: 'test',
  action: 'write',
  target: `record ${n} — “naïve” \u0000 𝕏`,
})
const facts = (from: number, count: number): Fact[] => Array.from({ length: count }, (_, i) => factOf(from + i))

function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    return error instanceof AppError ? `${error.code}: ${error.message}` : `not an AppError: ${String(error)}`
  }
  return 'nothing was thrown'
}

/** A journal of `count` records, closed. */
function written(path: string, count: number): void {
  const journal = new Journal({ path, instance: 'test' })
  for (let i = 1; i <= count; i += 1) journal.append([factOf(i)])
  journal.close()
}

function damage(path: string, sql: string, ...values: unknown[]): void {
  const db = new Database(path)
  db.prepare(sql).run(...values)
  db.close()
}

function verify(path: string, afterSeq = 0): string {
  const journal = new Journal({ path })
  try {
    return codeOf(() => [...journal.verified(afterSeq)])
  } finally {
    journal.close()
  }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('durability', () => {
  it('asks SQLite for WAL and FULL, and checks that it has them', () => {
    using directory = temporaryDirectory()
    const pragma = vi.spyOn(Database.prototype, 'pragma')
    const journal = new Journal({ path: directory.join('journal.db') })
    const db = pragma.mock.contexts[0] as Database.Database
    expect([
      db.pragma('journal_mode', { simple: true }),
      db.pragma('synchronous', { simple: true }),
      db.pragma('mmap_size', { simple: true }),
    ]).toEqual(['wal', 2, 0])
    journal.close()
  })

  it.each([
    ['synchronous = FULL', 'synchronous = NORMAL'],
    ['journal_mode = WAL', 'journal_mode = DELETE'],
  ])('refuses to start where `%s` leads to `%s`', (asked, got) => {
    using directory = temporaryDirectory()
    const real = Reflect.get(Database.prototype, 'pragma') as (text: string, options?: Database.PragmaOptions) => unknown
    vi.spyOn(Database.prototype, 'pragma').mockImplementation(function (this: Database.Database, text, options) {
      return real.call(this, text === asked ? got : text, options)
    })
    expect(codeOf(() => new Journal({ path: directory.join('journal.db') }))).toMatch(/^JOURNAL_NOT_DURABLE/)
  })

  it('refuses a database that cannot have a log at all', () => {
    expect(codeOf(() => new Journal({ path: ':memory:' }))).toMatch(/^JOURNAL_NOT_DURABLE/)
  })
})

describe('chain', () => {
  it('goes on after a reopen, from the first record to the last', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    const first = new Journal({ path, instance: 'abcd' })
    first.append(facts(1, 3))
    const { journalId } = first
    first.close()
    const second = new Journal({ path, instance: 'zzzz' })
    expect([second.head, second.journalId, second.instance]).toEqual([3, journalId, 'abcd'])
    expect(second.append(facts(4, 2))).toBe(5)
    expect([...second.verified(0)].map(({ seq, fact }) => ({ seq, fact }))).toEqual(facts(1, 5).map((fact, i) => ({ seq: i + 1, fact })))
    expect([...second.verified(3)].map(({ seq }) => seq)).toEqual([4, 5])
    second.close()
  })

  it('chains the first record to the genesis hash by the published formula', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    written(path, 1)
    const db = new Database(path)
    const { hash } = db.prepare('SELECT hex(hash) AS hash FROM journal').get() as { readonly hash: string }
    db.close()
    expect(hash).toBe(recordHash(GENESIS_HASH, 1, JSON.stringify(factOf(1))).toUpperCase())
  })

  it('one changed byte of any text or hash is found, with its record named', () => {
    using directory = temporaryDirectory()
    const intact = directory.join('intact.db')
    written(intact, 6)
    const size = Buffer.byteLength(JSON.stringify(factOf(1)))
    for (let seq = 1; seq <= 6; seq += 1) {
      for (const [column, at] of [
        ['hash', 0],
        ['hash', 31],
        ['body', 0],
        ['body', size - 1],
        ['body', 20],
        ['body', 60],
      ] as const) {
        const path = directory.join(`${seq}-${column}-${at}.db`)
        copyFileSync(intact, path)
        const db = new Database(path)
        const { value } = db.prepare(`SELECT CAST(${column} AS BLOB) AS value FROM journal WHERE seq = ?`).get(seq) as {
          readonly value: Buffer
        }
        value[at] = (value[at] ?? 0) ^ 1
        db.prepare(`UPDATE journal SET ${column} = ${column === 'body' ? 'CAST(? AS TEXT)' : '?'} WHERE seq = ?`).run(value, seq)
        db.close()
        expect(verify(path), `${column} ${at} of ${seq}`).toMatch(new RegExp(`^JOURNAL_CORRUPT: Journal record ${seq} is damaged`))
      }
    }
    expect(verify(intact)).toBe('nothing was thrown')
  })

  it.each([1, 3, 5])('a missing record %i is found', (seq) => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    written(path, 6)
    damage(path, 'DELETE FROM journal WHERE seq = ?', seq)
    expect(verify(path)).toContain(`JOURNAL_CORRUPT: Journal record ${seq} is damaged`)
  })

  it('a record rewritten together with its own hash is betrayed by the next one', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    written(path, 6)
    const db = new Database(path)
    const { hash: before } = db.prepare('SELECT hash FROM journal WHERE seq = 2').get() as { readonly hash: Buffer }
    const body = JSON.stringify(factOf(99))
    db.prepare('UPDATE journal SET body = ?, hash = ? WHERE seq = 3').run(
      body,
      Buffer.from(recordHash(before.toString('hex'), 3, body), 'hex'),
    )
    db.close()
    expect(verify(path)).toMatch(/^JOURNAL_CORRUPT: Journal record 4/)
  })

  it('swapped, repeated and renumbered records are found', () => {
    using directory = temporaryDirectory()
    const swaps = [
      'UPDATE journal SET body = (SELECT body FROM journal WHERE seq = 5 - j.seq) FROM journal j WHERE journal.seq = j.seq AND j.seq IN (2, 3)',
      'UPDATE journal SET seq = 9 WHERE seq = 6',
      'UPDATE journal SET seq = 0 WHERE seq = 1',
    ]
    for (const [i, sql] of swaps.entries()) {
      const path = directory.join(`${i}.db`)
      written(path, 6)
      damage(path, sql)
      expect(verify(path), sql).toMatch(/^JOURNAL_CORRUPT/)
    }
  })

  it('a tail that is gone is found by the snapshot that knew it', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    const journal = new Journal({ path })
    for (const fact of facts(1, 6)) journal.append([fact])
    journal.writeSnapshot('state')
    journal.close()
    damage(path, 'DELETE FROM journal WHERE seq > 4')
    const reopened = new Journal({ path })
    expect(codeOf(() => reopened.readSnapshots())).toMatch(/^JOURNAL_CORRUPT: Journal record 5 .* snapshot of record 6/)
    reopened.close()
  })

  it('a start that a snapshot names and that is missing is found', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    written(path, 6)
    damage(path, 'DELETE FROM journal WHERE seq = 4')
    expect(verify(path, 4)).toMatch(/^JOURNAL_CORRUPT: Journal record 4/)
  })
})

/** Appends of these sizes, one after the other. */
function writtenIn(path: string, sizes: readonly number[]): number {
  const journal = new Journal({ path, instance: 'test' })
  let at = 1
  for (const size of sizes) {
    journal.append(facts(at, size))
    at += size
  }
  journal.close()
  return at - 1
}

describe('pages', () => {
  const sizes = [1, PAGE_FACTS_MAX, PAGE_FACTS_MAX + 1, 3, 200, 1]

  it('give every fact back from every place, forwards and backwards', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    const count = writtenIn(path, sizes)
    const journal = new Journal({ path })
    const reader = openJournalReader(path)
    const all = facts(1, count).map((fact, i) => ({ seq: i + 1, fact }))
    expect([journal.head, reader.head()]).toEqual([count, count])
    for (let after = 0; after <= count; after += 1) {
      expect([...journal.verified(after)]).toEqual(all.slice(after))
      for (const limit of [1, 7, 100]) {
        expect(reader.read(after, limit)).toEqual(all.slice(after, after + limit))
        expect(reader.readBackwards(after + 1, limit)).toEqual(all.slice(Math.max(0, after - limit), after).reverse())
      }
    }
    journal.close()
    reader.close()
  })

  it.each(['facts + 1', 'facts - 1'])('a page that says %s is found', (changed) => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    writtenIn(path, [5, 5])
    damage(path, `UPDATE journal SET facts = ${changed} WHERE seq = 1`)
    expect(verify(path)).toMatch(/^JOURNAL_CORRUPT: Journal record 1 /)
  })

  it('a change anywhere in a page is found also when reading starts inside it', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    writtenIn(path, [5, 5])
    damage(path, "UPDATE journal SET body = replace(body, 'record 7', 'record 0')")
    for (const after of [0, 5, 6, 8]) expect(verify(path, after)).toMatch(/^JOURNAL_CORRUPT: Journal record 6 /)
  })

  it('a journal of version 1, a row for each fact, is taken over as it is', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    written(path, 4)
    damage(path, 'ALTER TABLE journal DROP COLUMN facts')
    damage(path, 'PRAGMA user_version = 1')
    const journal = new Journal({ path })
    journal.append(facts(5, 3))
    expect([...journal.verified(0)].map(({ fact }) => fact)).toEqual(facts(1, 7))
    journal.close()
  })
})

describe('refusals', () => {
  it('a newer version is not touched', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    written(path, 2)
    damage(path, `PRAGMA user_version = ${JOURNAL_VERSION + 1}`)
    expect(codeOf(() => new Journal({ path }))).toMatch(/^JOURNAL_NEWER/)
    const db = new Database(path)
    expect(db.prepare('SELECT count(*) AS n FROM journal').get()).toEqual({ n: 2 })
    db.close()
  })

  it('a file that is no database is said to be none, and stays as it is', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    writeFileSync(path, 'this is a letter to my aunt, and it is longer than a header of a database. '.repeat(20))
    expect(codeOf(() => new Journal({ path }))).toMatch(/^JOURNAL_CORRUPT: .* is not a journal/)
  })

  it('the journal of another purpose is refused', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    new Journal({ path, purpose: 'demo' }).close()
    expect(codeOf(() => new Journal({ path, purpose: 'live' }))).toMatch(/^REFUSED: .*"demo".*"live"/)
    new Journal({ path, purpose: 'demo' }).close()
  })
})

describe('a failed append', () => {
  it('leaves none of its facts, and the journal takes no more until it is opened again', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    const journal = new Journal({ path })
    journal.append(facts(1, 2))
    expect(codeOf(() => journal.append([...facts(3, 2 * PAGE_FACTS_MAX), { ...factOf(4), ts: 1.5 }]))).toMatch(/^JOURNAL_WRITE_FAILED/)
    expect(journal.head).toBe(2)
    expect(codeOf(() => journal.append([factOf(3)]))).toMatch(/^JOURNAL_WRITE_FAILED/)
    journal.close()
    const reopened = new Journal({ path })
    expect([...reopened.verified(0)].map(({ seq }) => seq)).toEqual([1, 2])
    expect(reopened.append([factOf(3)])).toBe(3)
    expect(verify(path)).toBe('nothing was thrown')
    reopened.close()
  })

  it('because the disk is full is the same', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    const pragma = vi.spyOn(Database.prototype, 'pragma')
    const journal = new Journal({ path })
    const db = pragma.mock.contexts[0] as Database.Database
    journal.append(facts(1, 2))
    db.pragma(`max_page_count = ${String(db.pragma('page_count', { simple: true }))}`)
    expect(codeOf(() => journal.append(facts(3, 2_000)))).toMatch(/^JOURNAL_WRITE_FAILED/)
    expect(journal.head).toBe(2)
    journal.close()
    expect(verify(path)).toBe('nothing was thrown')
  })

  it('by a second writer is an error, never a lost record', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    const [first, second] = [new Journal({ path }), new Journal({ path })]
    first.append([factOf(1)])
    expect(codeOf(() => second.append([factOf(2)]))).toMatch(/^JOURNAL_WRITE_FAILED/)
    first.append([factOf(3)])
    expect([...first.verified(0)].map(({ fact }) => fact)).toEqual([factOf(1), factOf(3)])
    first.close()
    second.close()
  })
})

describe('snapshots', () => {
  it('a damaged one is passed over for an older one, and for none at all', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    const journal = new Journal({ path })
    for (const n of [1, 2, 3]) {
      journal.append([factOf(n)])
      journal.writeSnapshot(`state ${n}`)
    }
    expect(journal.readSnapshots()).toMatchObject([
      { seq: 3, body: 'state 3' },
      { seq: 2, body: 'state 2' },
    ])
    damage(path, "UPDATE snapshots SET body = 'state X' WHERE seq = 3")
    expect(journal.readSnapshots()).toMatchObject([{ seq: 2, body: 'state 2' }])
    damage(path, "UPDATE snapshots SET hash = x'00' WHERE seq = 2")
    expect(journal.readSnapshots()).toEqual([])
    journal.close()
  })
})

describe('reading', () => {
  it('by others sees only what is committed, in pages, in order, both ways', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    const journal = new Journal({ path })
    const reader = openJournalReader(path)
    expect([reader.head(), reader.read(0, 10), reader.journalId]).toEqual([0, [], journal.journalId])
    journal.append(facts(1, 10))
    expect(codeOf(() => journal.append([factOf(11), { ...factOf(12), ts: Number.NaN }]))).toMatch(/^JOURNAL_WRITE_FAILED/)
    expect(reader.head()).toBe(10)
    const pages: number[][] = []
    for (let after = 0; after < reader.head(); after = pages.at(-1)?.at(-1) ?? 99) pages.push(reader.read(after, 4).map(({ seq }) => seq))
    expect(pages).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10],
    ])
    expect(reader.read(10, 4)).toEqual([])
    expect(reader.readBackwards(11, 3).map(({ seq }) => seq)).toEqual([10, 9, 8])
    expect(reader.readBackwards(2, 3)).toEqual([{ seq: 1, fact: factOf(1) }])
    reader.close()
    journal.close()
  })

  it('does not hold up the writer', () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    const journal = new Journal({ path })
    journal.append(facts(1, 500))
    const reader = openJournalReader(path)
    const seen = reader.read(0, 250)
    journal.append(facts(501, 500))
    expect([seen.length, reader.head()]).toEqual([250, 1_000])
    reader.close()
    journal.close()
  })
})
