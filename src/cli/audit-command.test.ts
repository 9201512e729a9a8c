import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditCommandLine } from './audit-command-line.ts'
import { runAuditCommand } from './audit-command.ts'
import { UsageError } from './exit.ts'

const folder = mkdtempSync(join(tmpdir(), 'audit-command-'))
afterAll(() => rmSync(folder, { recursive: true }))

class Text extends Writable {
  text = ''
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

function run(...args: string[]): { readonly code: number; readonly out: string; readonly err: string } {
  const stdout = new Text({ decodeStrings: true })
  const stderr = new Text({ decodeStrings: true })
  const code = runAuditCommand(auditCommandLine(args), { env: {}, stdout, stderr })
  return { code, out: stdout.text, err: stderr.text }
}

/** A journal made by hand from the formula in docs/audit.md: each page is given as its facts. */
function writeByHand(file: string, pages: readonly (readonly object[])[]): void {
  const db = new Database(file)
  db.exec(`
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE journal (seq INTEGER PRIMARY KEY, ts INTEGER, body TEXT, hash BLOB, facts INTEGER);
    CREATE TABLE snapshots (seq INTEGER PRIMARY KEY, body TEXT, hash BLOB);
    PRAGMA user_version = 2`)
  let previous = '0'.repeat(64)
  let seq = 1
  for (const facts of pages) {
    const body = facts.map((fact) => JSON.stringify(fact)).join('\n')
    previous = hash('sha256', `${previous}|${seq}|${body}`, 'hex')
    const { ts } = facts[0] as { readonly ts: number }
    db.prepare('INSERT INTO journal VALUES (?, ?, ?, ?, ?)').run(seq, ts, body, Buffer.from(previous, 'hex'), facts.length)
    seq += facts.length
  }
  db.close()
}

beforeAll(() =>
  writeByHand(join(folder, 'journal.db'), [
    [
      { type: 'ActionAudited', ts: 0, actor: 'anna', action: 'cancel-order', target: 'X', before: 'ACCEPTED', reason: 'why not' },
      { type: 'AlertRaised', ts: 1, severity: 'info', code: 'A', message: 'm' },
    ],
    [{ type: 'ActionAudited', ts: 2, actor: 'cli', action: 'resume', target: 'all' }],
  ]),
)

test('verify tells the verdict, the acts and the head; with the head it says that nothing was cut', () => {
  const first = run('verify', '--data-dir', folder)
  expect(first.code).toBe(0)
  expect(first.out).toMatch(/^VERIFIED {2}3 facts in 2 records/)
  expect(first.out).toContain('1  cancel-order by anna')
  const head = /head {5}(\S+)/.exec(first.out)?.[1] ?? ''
  expect(head).toMatch(/^3:[0-9a-f]{64}$/)
  const again = run('verify', '--journal', join(folder, 'journal.db'), '--since', head, '--json')
  expect(JSON.parse(again.out)).toMatchObject({
    verified: true,
    facts: 3,
    records: 2,
    head,
    since: { head, found: true },
    damage: null,
    first_ts: 0,
    last_ts: 2,
  })
  const forged = run('verify', '--data-dir', folder, '--since', `3:${'a'.repeat(64)}`)
  expect(forged.code).toBe(1)
  expect(forged.out).toContain('is NOT a part of this chain')
})

test('list tells who did what, when and why', () => {
  const { code, out, err } = run('list', '--data-dir', folder)
  expect(code).toBe(0)
  expect(out.split('\n')).toEqual([
    '1970-01-01T00:00:00.000Z         1  anna: cancel-order X  ACCEPTED -> nothing  (why not)',
    '1970-01-01T00:00:00.002Z         3  cli: resume all',
    '',
  ])
  expect(err).toContain('Verified up to 3:')
  expect(JSON.parse(run('list', '--data-dir', folder, '--json').out)).toMatchObject({
    verified: true,
    acts: [{ seq: 1, actor: 'anna' }, { seq: 3 }],
  })
})

describe('what a person gets wrong', () => {
  test.each([
    [[]],
    [['check']],
    [['verify', '--since', '5']],
    [['verify', '--sinse', '5']],
    [['verify', '--journal', 'a', '--data-dir', 'b']],
    [['verify', '--journal', '/not/there.db']],
  ])('%j is wrong usage', (args) => {
    expect(() => run(...args)).toThrow(UsageError)
  })
})

test('damage ends with 1 and names the record, what is wrong and what to do', () => {
  const db = new Database(join(folder, 'journal.db'))
  db.exec("UPDATE journal SET body = replace(body, 'resume', 'RESUME') WHERE seq = 3")
  db.close()
  const verified = run('verify', '--data-dir', folder)
  expect(verified.code).toBe(1)
  expect(verified.out).toMatch(/^DAMAGED at record 3: its hash does not fit/)
  expect(verified.out).toContain('restore the journal from a backup')
  const listed = run('list', '--data-dir', folder)
  expect([listed.code, listed.out.includes('anna'), listed.out.includes('RESUME')]).toEqual([1, true, false])
  expect(listed.err).toContain('DAMAGED at record 3')
})
