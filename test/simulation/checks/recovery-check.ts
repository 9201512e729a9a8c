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
  // Time goes on without facts, and a snapshot knows it.
  demand(recovered.now >= folded.now, 'snapshot', () => `after a restart it is ${recovered.now}, the last fact is of ${folded.now}`)
  for (const name of Object.keys(folded) as (keyof EngineState)[]) {
    if (LEFT_OUT.has(name) || name === 'now') continue
    const [a, b] = [canonical(recovered[name]), canonical(folded[name])]
    demand(a === b, 'snapshot', () =>
      `after a restart ${name} is …${a.slice(differsAt(a, b))}, all facts together give …${b.slice(differsAt(a, b))}`.slice(0, 1_000),
    )
  }
}

/** Nothing but empty sets and zeros: under a key it says as much as no key. */
function isIdle(value: unknown): boolean {
  if (value === undefined) return true
  if (value === null || typeof value !== 'object') return false
  if (value instanceof Map || value instanceof Set) return value.size === 0
  if ('units' in value) return value.units === 0n
  return !Array.isArray(value) && Object.values(value).every(isIdle)
}

/** Text that is the same for equal values: maps and keys in order, decimals without idle zeros. */
function canonical(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'bigint') return `${value}n`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof Map)
    return `{${[...value]
      .filter(([, each]) => !isIdle(each))
      .map(([key, each]) => `${String(key)}:${canonical(each)}`)
      .sort()
      .join()}}`
  if (value instanceof Set) return `(${[...value].map(canonical).sort().join()})`
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if ('units' in value && 'scale' in value) return fixed.format(fixed.trim(value as fixed.Fixed<string>))
  const parts = Object.entries(value).flatMap(([key, each]) => (each === undefined ? [] : [`${key}:${canonical(each)}`]))
  return `{${parts.sort().join()}}`
}

/** A little before the first character that differs. */
function differsAt(a: string, b: string): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at += 1
  return Math.max(0, at - 60)
}
