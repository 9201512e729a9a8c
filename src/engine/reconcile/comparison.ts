import type { Difference } from '#domain/difference.ts'
import type { VenueOrder } from '../ports.ts'
import type { EngineState, TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { closeAsGone, fingerprintOf, isOnRecord, recordDifference } from './differences.ts'
import type { ExternalPosition } from './external.ts'

/** What one look at the account came to, before anything is made of it. */
export class Comparison {
  /** Orders of others, and of ours where our books say they have ended. */
  readonly externalOrders: VenueOrder[] = []
  readonly externalPositions: ExternalPosition[] = []
  /** Orders our books closed and the exchange still shows, with their difference. */
  readonly stillOpen: { readonly order: TrackedOrder; readonly differenceId: string }[] = []
  readonly #differing = new Map<string, Difference>()
  readonly #unsure = new Set<string>()
  readonly #agreeing = new Set<string>()

  differs(difference: Difference): void {
    this.#differing.set(difference.differenceId, difference)
  }

  agrees(differenceId: string): void {
    this.#agreeing.add(differenceId)
  }

  /** Something is on its way that may explain it. */
  unsure(differenceId: string): void {
    this.#unsure.add(differenceId)
  }

  get isUnsure(): boolean {
    return this.#unsure.size > 0
  }

  /**
   * Records what has differed alike for long enough, and closes what agrees again. An order of somebody else is no race, so one look
   * is enough. With `atLast` it need not have differed alike, as long as it has differed all the time. True when something has to be
   * looked at once more.
   */
  conclude(tx: Transaction, { confirmAfterMs, atLast }: { readonly confirmAfterMs: number; readonly atLast: boolean }): boolean {
    const { account } = tx.state.learnt
    const before = account.candidates
    account.candidates = new Map()
    for (const [id, difference] of this.#differing) {
      if (this.#unsure.has(id) || isOnRecord(tx, difference)) continue
      const seen = before.get(id)
      const fingerprint = fingerprintOf(difference)
      const sameSince = seen?.fingerprint === fingerprint ? seen.sameSince : tx.ts
      const since = seen?.since ?? tx.ts
      const isLasting = seen !== undefined && tx.ts - (atLast ? since : sameSince) >= confirmAfterMs
      if (difference.kind === 'ORDER_EXTERNAL' || (isLasting && (atLast || seen.fingerprint === fingerprint)))
        recordDifference(tx, difference)
      else account.candidates.set(id, { fingerprint, sameSince, since })
    }
    for (const id of this.#agreeing) if (!this.#differing.has(id) && !this.#unsure.has(id)) closeAsGone(tx, id)
    return account.candidates.size > 0
  }
}

/** All that is on record, waiting or decided to be lived with. */
export function onRecord(state: EngineState): readonly Difference[] {
  return [...state.differences.values(), ...[...state.settledDifferences.values()].map(({ difference }) => difference)]
}
