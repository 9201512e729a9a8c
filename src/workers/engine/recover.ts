import { applyFact, rememberFact } from '#engine/apply.ts'
import { readSnapshot } from '#engine/snapshot.ts'
import { createState, type EngineState } from '#engine/state.ts'
import type { Journal } from '#storage/journal/journal.ts'

/** Facts before the snapshot that are looked through for ids to remember. */
const REMEMBER_FACTS_MAX = 200_000

/** Builds the state from the newest usable snapshot and the facts after it. Throws when the chain is broken. */
export function recoverState(journal: Journal): { readonly state: EngineState; readonly facts: number } {
  const snapshot = newestSnapshot(journal)
  const state = snapshot?.state ?? createState(journal.instance)
  const from = snapshot?.seq ?? 0
  if (from > 0) {
    for (const fact of journal.ofTypes(['SignalDecided', 'OrderFilled'], Math.max(0, from - REMEMBER_FACTS_MAX), from))
      rememberFact(state, fact)
  }
  let facts = 0
  for (const { fact } of journal.verified(from)) {
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
