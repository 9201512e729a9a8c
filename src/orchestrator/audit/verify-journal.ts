import { createHash } from 'node:crypto'
import Database from 'better-sqlite3'
import type { ActCount, AuditedAct, AuditReport, ChainHead, Damage } from './audit-report.ts'
import { BrokenChain, ChainCheck } from './chain-check.ts'
import { type RawEnd, RawJournal } from './raw-journal.ts'

export interface VerifyOptions {
  readonly journal: string
  /** A head that was noted earlier. */
  readonly since?: ChainHead | undefined
  /** Hears each act in order, as far as the chain holds. */
  readonly onAct?: ((act: AuditedAct) => void) | undefined
  /** `done` and `total` count facts, `total` at least. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
  /** Monotonic milliseconds. */
  readonly elapsed: () => number
}

/** Somebody is in the way, or the rights are missing: says nothing about what was recorded. */
const NOT_THE_FILES_FAULT = /^SQLITE_(?:BUSY|CANTOPEN|READONLY|PERM|AUTH|LOCKED|NOMEM)/
const PROGRESS_EVERY_PAGES = 256

const KEEP =
  'Trust nothing from this record on. Copy the data directory away as it is, restore the journal from a backup, or move it away and rebuild from Postgres and the exchange. Compare with a head noted earlier (--since) to learn from when on.'
const CUT =
  'The records before are whole, the end is missing. Copy the data directory away as it is and restore the newest backup; what Postgres and the exchange hold beyond it was traded.'

/** Checks a whole journal file. Damage is an answer; only a file that cannot be opened at all is thrown. */
export function verifyJournal(options: VerifyOptions): AuditReport {
  const { journal: path, since, onAct, elapsed } = options
  const began = elapsed()
  const acts = new Map<string, ActCount>()
  const check = new ChainCheck((act) => {
    count(acts, act)
    onAct?.(act)
  }, since)
  let damage: Damage | null = null
  const meta: Record<'journal_id' | 'instance' | 'purpose', string | null> = { journal_id: null, instance: null, purpose: null }
  let journal: RawJournal | undefined
  try {
    journal = new RawJournal(path)
    for (const key of ['journal_id', 'instance', 'purpose'] as const) meta[key] = journal.meta(key)
    const end = journal.end()
    walk(journal, end, check, options.onProgress)
    damage = checkSnapshots(end, check.facts) ?? checkSince(check, since)
  } catch (error) {
    damage = damageOf(error, check.facts + 1)
  } finally {
    journal?.close()
  }
  return {
    verified: damage === null,
    journal: path,
    journalId: meta.journal_id,
    instance: meta.instance,
    purpose: meta.purpose,
    records: check.records,
    facts: check.facts,
    acts: [...acts.values()].sort((a, b) => b.count - a.count || (a.action + a.actor < b.action + b.actor ? -1 : 1)),
    firstTs: check.firstTs,
    lastTs: check.lastTs,
    head: check.head,
    since: since === undefined ? null : { ...since, found: check.isSinceFound },
    damage,
    durationMs: elapsed() - began,
  }
}

function walk(journal: RawJournal, { lastPage }: RawEnd, check: ChainCheck, onProgress: VerifyOptions['onProgress']): void {
  for (const page of journal.pages(lastPage)) {
    check.take(page)
    if (check.records % PROGRESS_EVERY_PAGES === 0) onProgress?.(check.facts, lastPage)
  }
  onProgress?.(check.facts, Math.max(check.facts, lastPage))
}

/** A snapshot is written behind the facts it sums up: one that is newer than the last of them tells of a cut end. */
function checkSnapshots({ snapshots }: RawEnd, facts: number): Damage | null {
  for (const { seq, body, hash } of snapshots) {
    if (seq > facts) return { record: facts + 1, what: `it is missing: a snapshot of fact ${seq} says it was there`, advice: CUT }
    const isWhole = Buffer.isBuffer(body) && Buffer.isBuffer(hash) && createHash('sha256').update(body).digest().equals(hash)
    if (!isWhole)
      return {
        record: seq,
        what: `the snapshot of fact ${seq} is not what was written`,
        advice:
          'The records themselves are whole. The workstation does not use such a snapshot and reads the records instead; it writes a new one by itself.',
      }
  }
  return null
}

function checkSince(check: ChainCheck, since: ChainHead | undefined): Damage | null {
  if (since === undefined || check.isSinceFound) return null
  return {
    record: check.facts + 1,
    what: `it is missing: the head noted earlier says that ${since.seq} facts were there, now there are ${check.facts}`,
    advice: CUT,
  }
}

function damageOf(error: unknown, record: number): Damage {
  if (error instanceof BrokenChain) return { record: error.record, what: error.message, advice: KEEP }
  if (error instanceof Database.SqliteError && !NOT_THE_FILES_FAULT.test(error.code))
    return { record, what: `the file cannot be read there (SQLite: ${error.message})`, advice: KEEP }
  throw error
}

function count(acts: Map<string, ActCount>, { action, actor }: AuditedAct): void {
  const key = JSON.stringify([action, actor])
  acts.set(key, { action, actor, count: (acts.get(key)?.count ?? 0) + 1 })
}
