import { applyFact } from '#engine/apply.ts'
import { readSnapshot } from '#engine/snapshot.ts'
import { createState, type EngineState } from '#engine/state.ts'
import type { Journal } from '#storage/journal/journal.ts'

/** Builds the state from the newest usable snapshot and the facts after it. Throws when the chain is broken. */
export function recoverState(journal: Journal): { readonly state: EngineState; readonly facts: number } {
  const snapshot = newestSnapshot(journal)
  const state = snapshot?.state ?? createState(journal.instance)
  let facts = 0
  for (const { fact } of journal.verified(snapshot?.seq ?? 0)) {
    applyFact(state, fact)
    facts += 1
  }
  return { state, facts }
}

function newestSnapshot(journal: Journal): { readonly seq: number; readonly state: EngineState } | undefined {
  for (const { seq, body } of journal.readSnapshots()) {
    const state = readSnapshot(body)
    if (state !== undefined) return { seq, state }
  }
  return undefined
}
