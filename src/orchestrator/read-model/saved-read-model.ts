import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'
import type { JournalEntry } from '#domain/facts.ts'
import { openJournalReader, type JournalReader } from '#storage/journal/journal-reader.ts'
import { ReadModel } from './read-model.ts'
import type { ReadModelState } from './read-model-state.ts'

/**
 * Raised whenever the saved form or what is folded into it changes: what was saved in another form is not read, and the
 * journal is folded from its start. A test holds the form against this number.
 */
export const READ_MODEL_FORM = 1

/** Where facts come from, as far as it is needed to know a saved read model for its own. */
export interface SavedFrom {
  readonly journalId: string
  head(): number
  read(afterSeq: number, limit: number): readonly JournalEntry[]
}

interface Saved {
  readonly form: number
  readonly journalId: string
  /** The last fact that is in it, as text: another journal, or another history of the same one, has another fact there. */
  readonly lastFact: string
  readonly state: ReadModelState
}

const DIGEST_BYTES = 32
function digestOf(body: Buffer): Buffer {
  return createHash('sha256').update(body).digest()
}

function factAt(source: SavedFrom, seq: number): string | undefined {
  const [entry] = source.read(seq - 1, 1)
  return entry?.seq === seq ? JSON.stringify(entry.fact) : undefined
}

/** Writes a read model away, whole or not at all. False when there was nothing to write. Throws what the disk throws. */
export function saveReadModel(path: string, model: ReadModel, source: SavedFrom): boolean {
  const lastFact = model.lastSeq === 0 ? undefined : factAt(source, model.lastSeq)
  if (lastFact === undefined) return false
  const saved: Saved = { form: READ_MODEL_FORM, journalId: source.journalId, lastFact, state: model.save() }
  const unfinished = `${path}.new`
  const body = serialize(saved)
  writeFileSync(unfinished, Buffer.concat([digestOf(body), body]), { mode: 0o600 })
  renameSync(unfinished, path)
  return true
}

/** The read model as it was saved, if it belongs to this journal and has today's form; else an empty one, and why. */
export function loadReadModel(path: string, source: SavedFrom): { readonly model: ReadModel; readonly rebuilt: string | null } {
  try {
    const file = readFileSync(path)
    const body = file.subarray(DIGEST_BYTES)
    if (!digestOf(body).equals(file.subarray(0, DIGEST_BYTES))) throw new Error('it is damaged')
    const saved = deserialize(body) as Partial<Saved>
    const problem = problemOf(saved, source)
    if (problem === undefined && saved.state !== undefined) return { model: new ReadModel(saved.state), rebuilt: null }
    rmSync(path, { force: true })
    return { model: new ReadModel(), rebuilt: problem ?? 'it is empty' }
  } catch (error) {
    const isNew = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return { model: new ReadModel(), rebuilt: isNew ? 'there is none yet' : `it cannot be read (${String(error)})` }
  }
}

function problemOf(saved: Partial<Saved>, source: SavedFrom): string | undefined {
  if (saved.form !== READ_MODEL_FORM) return `it has form ${String(saved.form)}, not ${READ_MODEL_FORM}`
  if (saved.journalId !== source.journalId) return 'it belongs to another journal'
  const seq = saved.state?.lastSeq ?? 0
  if (seq > source.head()) return 'it knows more than the journal'
  if (factAt(source, seq) !== saved.lastFact) return 'the journal says something else at its last fact'
  return undefined
}

export interface OpenedReadModel {
  readonly model: ReadModel
  /** Why it begins empty; null when the saved one goes on. */
  readonly rebuilt: string | null
  /** The journal it belongs to; undefined while that cannot be read yet. */
  readonly reader: JournalReader | undefined
}

/** What a start begins with: the saved read model, or an empty one while there is no journal yet. */
export function openReadModel(path: string, journalPath: string): OpenedReadModel {
  if (!existsSync(journalPath)) return { model: new ReadModel(), rebuilt: 'there is no journal yet', reader: undefined }
  let reader: JournalReader | undefined
  try {
    reader = openJournalReader(journalPath)
    return { ...loadReadModel(path, reader), reader }
  } catch (error) {
    reader?.close()
    // A journal that cannot be read yet (an older form, a broken one) is the engine's to judge.
    return { model: new ReadModel(), rebuilt: `the journal cannot be read yet (${String(error)})`, reader: undefined }
  }
}
