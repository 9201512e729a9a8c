import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fact } from '#domain/facts.ts'
import { Journal } from '#storage/journal/journal.ts'
import type { DiskImage } from './disk-model.ts'
import { JOURNAL_FILE, snapshotText } from './writer-plan.ts'

/** What the world had been told, and what had been begun, when the power failed. */
export interface Knowledge {
  readonly journalId: string | undefined
  /** The last fact promised. */
  readonly head: number
  readonly snapshot: number
  /** Heads at which a batch ended, promised or just being written. */
  readonly batchEnds: ReadonlySet<number>
}

export interface Finding {
  /** Promised facts that are gone. */
  readonly lost: number
  /** What else is wrong, in words. */
  readonly faults: readonly string[]
}

const NOTHING_LOST: Finding = { lost: 0, faults: [] }

/** Opens the image as the next start would, and compares what is there with what was promised. */
export function checkImage(
  image: DiskImage,
  knowledge: Knowledge,
  place: { readonly directory: string; readonly facts: readonly Fact[]; readonly seed: number },
): Finding {
  rmSync(place.directory, { recursive: true, force: true })
  mkdirSync(place.directory)
  for (const [name, bytes] of image) writeFileSync(join(place.directory, name), bytes)
  const path = join(place.directory, JOURNAL_FILE)
  try {
    const first = readJournal(path, knowledge, place)
    // What recovery has written must hold as well, and the journal must go on.
    const journal = new Journal({ path, purpose: 'power-loss' })
    const before = journal.head
    if (before !== first.head) return { lost: 0, faults: [`opened twice: head ${first.head}, then ${before}`] }
    const next = place.facts[before]
    if (next !== undefined && journal.append([next]) !== before + 1) return { lost: 0, faults: ['it does not go on'] }
    journal.close()
    return first.finding
  } catch (error) {
    return {
      lost: knowledge.head,
      faults: knowledge.head === 0 && knowledge.journalId === undefined ? [`new: ${String(error)}`] : [String(error)],
    }
  }
}

function readJournal(
  path: string,
  knowledge: Knowledge,
  { facts, seed }: { readonly facts: readonly Fact[]; readonly seed: number },
): { readonly head: number; readonly finding: Finding } {
  const journal = new Journal({ path, purpose: 'power-loss' })
  try {
    const { head } = journal
    const faults: string[] = []
    if (knowledge.journalId !== undefined && journal.journalId !== knowledge.journalId) faults.push('it is another journal')
    if (head > knowledge.head && !knowledge.batchEnds.has(head)) faults.push(`half a batch: head ${head}`)
    let count = 0
    for (const { seq, fact } of journal.verified(0)) {
      count += 1
      if (seq !== count || JSON.stringify(fact) !== JSON.stringify(facts[seq - 1])) faults.push(`fact ${seq} is another one`)
    }
    if (count !== head) faults.push(`${count} facts, head ${head}`)
    const lost = Math.max(0, knowledge.head - head)
    if (lost === 0) faults.push(...snapshotFaults(journal, knowledge, seed))
    return { head, finding: lost === 0 && faults.length === 0 ? NOTHING_LOST : { lost, faults } }
  } finally {
    journal.close()
  }
}

function snapshotFaults(journal: Journal, knowledge: Knowledge, seed: number): readonly string[] {
  const snapshots = journal.readSnapshots()
  const newest = snapshots[0]?.seq ?? 0
  const wrong = snapshots.filter(({ seq, body }) => body !== snapshotText(seed, seq)).map(({ seq }) => `snapshot ${seq} is another one`)
  return newest < knowledge.snapshot ? [...wrong, `snapshot ${knowledge.snapshot} is gone, newest is ${newest}`] : wrong
}
