import type { Verdict } from '../mapping/imported-records.ts'
import { ownCopy } from './own-copy.ts'
import type { OutlookCount, TableOutlook } from './source-analysis.ts'

/** Counts what the import would do with rows. */
export class OutlookCounter {
  readonly #parked = new Map<string, OutlookCount & { count: number }>()
  readonly #skipped = new Map<string, OutlookCount & { count: number }>()
  #mapped = 0
  #kept = 0

  add(verdict: Verdict): void {
    switch (verdict.outcome) {
      case 'mapped':
        this.#mapped += 1
        return
      case 'kept':
        this.#kept += 1
        return
      case 'parked':
        return count(this.#parked, verdict.rule, verdict.column, verdict.reason)
      case 'skipped':
        return count(this.#skipped, verdict.rule, undefined, verdict.reason)
    }
  }

  view(): TableOutlook {
    return { mapped: this.#mapped, kept: this.#kept, parked: byCount(this.#parked), skipped: byCount(this.#skipped) }
  }
}

type Counts = Map<string, OutlookCount & { count: number }>

function count(counts: Counts, rule: string, column: string | undefined, reason: string): void {
  const name = `${rule}\n${column ?? ''}`
  const known = counts.get(name)
  if (known === undefined) counts.set(name, { rule, column: column ?? null, count: 1, reason: ownCopy(reason) })
  else known.count += 1
}

function byCount(counts: Counts): readonly OutlookCount[] {
  return [...counts.values()].toSorted((a, b) => b.count - a.count)
}
