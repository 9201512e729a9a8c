import type { JournalEntry } from '#domain/facts.ts'
import * as fixed from '#domain/money/fixed.ts'
import { applyFact } from '#engine/apply.ts'
import { createState, type EngineState } from '#engine/state.ts'
import { demand } from './violation.ts'

/** Remembered ids, which a snapshot leaves out, and what is learnt anew at each start. */
const LEFT_OUT: ReadonlySet<string> = new Set(['signalIds', 'tradeIds', 'closedOrders', 'learnt'])

/** The snapshot is only a short cut: what it gives is what all the facts give, folded from the first one on. */
export function checkRecovery(recovered: EngineState, entries: Iterable<JournalEntry>): void {
  const folded = createState(recovered.instance)
  for (const { fact } of entries) applyFact(folded, fact)
  for (const name of Object.keys(folded) as (keyof EngineState)[]) {
    if (LEFT_OUT.has(name)) continue
    const [a, b] = [canonical(recovered[name]), canonical(folded[name])]
    demand(a === b, 'snapshot', () => `after a restart ${name} is ${a.slice(0, 400)}, all facts together give ${b.slice(0, 400)}`)
  }
}

/** Text that is the same for equal values: maps and keys in order, decimals without idle zeros. */
function canonical(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'bigint') return `${value}n`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof Map) return `{${[...value].map(([key, each]) => `${String(key)}:${canonical(each)}`).sort().join()}}`
  if (value instanceof Set) return `(${[...value].map(canonical).sort().join()})`
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if ('units' in value && 'scale' in value) return fixed.format(fixed.trim(value as fixed.Fixed<string>))
  const parts = Object.entries(value).flatMap(([key, each]) => (each === undefined ? [] : [`${key}:${canonical(each)}`]))
  return `{${parts.sort().join()}}`
}
