import type { ImportedBalance } from '../mapping/imported-records.ts'
import type { FindingList } from './finding-list.ts'

/** Assets of one account; of more the latest moments are not compared. */
const ASSETS_MAX = 10_000

/**
 * Whether the latest balances of all assets were written at one moment. Where they were not, a sum over the rows of the very last
 * moment leaves assets out: the latest state is the last row of each.
 */
export class BalanceMoments {
  readonly #latest = new Map<string, number>()

  add({ exchange, asset, ts }: ImportedBalance): void {
    const name = `${exchange} ${asset}`
    const known = this.#latest.get(name)
    if (known === undefined && this.#latest.size >= ASSETS_MAX) return
    if (known === undefined || ts > known) this.#latest.set(name, ts)
  }

  report(table: string, findings: FindingList): void {
    const last = Math.max(...this.#latest.values())
    const earlier = [...this.#latest].filter(([, ts]) => ts < last)
    const detail = 'assets whose last row is older than the last row of all: each is taken by its own last row'
    for (const [name] of earlier) findings.add({ rule: 'balances-at-different-times', table, column: null, detail }, name)
  }
}
