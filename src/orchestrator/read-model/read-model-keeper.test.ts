import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ActionAudited, Fact } from '#domain/facts.ts'
import type { Clock } from '#platform/clock.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { Journal } from '#storage/journal/journal.ts'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import { ReadModelKeeper } from './read-model-keeper.ts'
import { openReadModel } from './saved-read-model.ts'

const factOf = (n: number): ActionAudited => ({ type: 'ActionAudited', ts: 1_000 + n, actor: 'test', action: 'write', target: `${n}` })
const facts = (from: number, count: number): Fact[] => Array.from({ length: count }, (_, i) => factOf(from + i))
const never = new AbortController().signal

let dir: ReturnType<typeof temporaryDirectory>
let journals: Journal[]
let journalPath: string
let path: string
let elapsed: number
const clock: Clock = { now: () => 0, elapsed: () => elapsed }

beforeEach(() => {
  dir = temporaryDirectory()
  journalPath = dir.join('journal.db')
  path = dir.join('read-model.bin')
  journals = []
  elapsed = 0
})
afterEach(() => {
  for (const journal of journals) journal.close()
  dir[Symbol.dispose]()
})

function keeper(): ReadModelKeeper {
  return new ReadModelKeeper({ path, journalPath, clock, logger: silentLogger })
}

async function ahead(kept: ReadModelKeeper): Promise<void> {
  await kept.foldAhead((entries) => {
    for (const entry of entries) kept.model.apply(entry)
  }, never)
}

/** A journal of so many facts, left open as by a program that still writes it. */
function journalOf(count: number): Journal {
  const journal = new Journal({ path: journalPath })
  journals.push(journal)
  journal.append(facts(1, count))
  return journal
}

describe('the keeper of the read model', () => {
  it('folds the whole journal ahead, and from the saved form only what came after', async () => {
    const journal = journalOf(1_234)
    const first = keeper()
    await ahead(first)
    expect(first.model.lastSeq).toBe(1_234)
    first.reader()
    first.close()
    journal.append(facts(1_235, 10))
    const second = keeper()
    expect(second.model.lastSeq).toBe(1_234)
    await ahead(second)
    expect(second.model.lastSeq).toBe(1_244)
    second.close()
  })

  it('leaves a journal that cannot be read to the engine, and goes on from before it', async () => {
    journalOf(1_000).close()
    const damaged = new Database(journalPath)
    damaged.prepare("UPDATE journal SET body = replace(body, '{', '(') WHERE seq > 600").run()
    damaged.close()
    const kept = keeper()
    await ahead(kept)
    expect(kept.model.lastSeq).toBe(500)
    kept.close()
  })

  it('has nothing to fold before there is a journal, and then opens it', async () => {
    const kept = keeper()
    await ahead(kept)
    expect(kept.model.lastSeq).toBe(0)
    journalOf(3).close()
    expect(kept.reader().head()).toBe(3)
    kept.close()
  })

  it('saves nothing of a journal that the engine has not found whole', async () => {
    journalOf(100)
    const kept = keeper()
    await ahead(kept)
    kept.close()
    expect(existsSync(path)).toBe(false)
  })

  it('stops with the program', async () => {
    journalOf(5_000)
    const kept = keeper()
    const stopping = new AbortController()
    await kept.foldAhead((entries) => {
      for (const entry of entries) kept.model.apply(entry)
      stopping.abort()
    }, stopping.signal)
    expect(kept.model.lastSeq).toBe(500)
    kept.close()
  })
})

describe('saving', () => {
  /** The last fact of what is on the disk; 0 while nothing is. */
  const savedSeq = (): number => {
    const { model, reader } = openReadModel(path, journalPath)
    reader?.close()
    return model.lastSeq
  }

  it('waits until it is worth it, then rests a hundred times as long as it took, but never leaves too much', async () => {
    const journal = journalOf(199)
    let reads = 0
    // Each look at the clock takes one millisecond: a saving takes one, and rests for a hundred.
    const kept = new ReadModelKeeper({
      path,
      journalPath,
      clock: {
        now: () => 0,
        elapsed: () => {
          reads += 1
          return elapsed + reads
        },
      },
      logger: silentLogger,
      limits: { fromFacts: 200, atFacts: 2_000 },
    })
    const follow = async (): Promise<void> => {
      await ahead(kept)
      kept.saveIfDue()
    }
    kept.reader()
    await follow()
    expect(savedSeq(), 'too few').toBe(0)
    journal.append(facts(200, 1))
    await follow()
    expect(savedSeq(), 'enough').toBe(200)

    journal.append(facts(201, 200))
    await follow()
    expect(savedSeq(), 'resting').toBe(200)
    elapsed += 100
    await follow()
    expect(savedSeq(), 'rested').toBe(400)

    journal.append(facts(401, 2_000))
    await follow()
    expect(savedSeq(), 'too many to leave').toBe(2_400)
    kept.close()
  })
})
