import type { FindingRule, SourceFinding } from './import-source.ts'
import { FINDINGS_MAX } from './limits.ts'

/** Findings of one source. Equal ones (rule and place) are counted; beyond `FINDINGS_MAX` kinds only their number is kept. */
export class FindingList {
  readonly #findings = new Map<string, SourceFinding>()
  #leftOut = 0

  add(rule: FindingRule, where: string, message: string, offset?: number): void {
    const key = `${rule} ${where}`
    const known = this.#findings.get(key)
    if (known !== undefined) this.#findings.set(key, { ...known, count: known.count + 1 })
    else if (this.#findings.size < FINDINGS_MAX) this.#findings.set(key, { rule, where, message, offset, count: 1 })
    else this.#leftOut += 1
  }

  list(): readonly SourceFinding[] {
    const all = [...this.#findings.values()]
    if (this.#leftOut === 0) return all
    const message = `${this.#leftOut} further findings are not listed.`
    return [...all, { rule: 'unexpected-content', where: '*', message, offset: undefined, count: this.#leftOut }]
  }
}
