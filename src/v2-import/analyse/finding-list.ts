import { shown } from '../mapping/rules.ts'
import { ownCopy } from './own-copy.ts'
import type { QualityFinding, QualityRule } from './source-analysis.ts'

const EXAMPLES_MAX = 5
/** A source with more tables and columns than this has findings left out; how many is said. */
const FINDINGS_MAX = 5_000

/** What the import settles by a rule of its own; everything else wants a person. */
const INFO: ReadonlySet<QualityRule> = new Set<QualityRule>([
  'naive-time',
  'mixed-spellings',
  'mixed-scale',
  'empty-and-null',
  'mixed-zones',
  'mixed-time-formats',
  'balances-at-different-times',
  'pnl-differs',
])

interface Place {
  readonly rule: QualityRule
  readonly table: string
  readonly column: string | null
  /** Says what is wrong; the same for all rows of a place. */
  readonly detail: string
}

/** Findings by rule, table and column, counted. */
export class FindingList {
  readonly #found = new Map<string, Place & { count: number; readonly examples: string[] }>()
  #leftOut = 0

  /** `example` is the key of a row, or a text of the source that is no secret. */
  add(place: Place, example: string, count = 1): void {
    const name = `${place.rule}\n${place.table}\n${place.column ?? ''}`
    let finding = this.#found.get(name)
    if (finding === undefined) {
      if (this.#found.size >= FINDINGS_MAX) {
        this.#leftOut += 1
        return
      }
      this.#found.set(name, (finding = { ...place, count: 0, examples: [] }))
    }
    finding.count += count
    if (example !== '' && finding.examples.length < EXAMPLES_MAX) finding.examples.push(ownCopy(shown(example)))
  }

  get leftOut(): number {
    return this.#leftOut
  }

  /** Warnings first, then by table as the source has them. */
  all(): readonly QualityFinding[] {
    const findings = [...this.#found.values()].map(
      (found): QualityFinding => ({ ...found, severity: INFO.has(found.rule) ? 'info' : 'warning' }),
    )
    return [...findings.filter(({ severity }) => severity === 'warning'), ...findings.filter(({ severity }) => severity === 'info')]
  }
}
