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
   * Records what shows for the second time unchanged, and closes what agrees again. An order of somebody else is no race, so one
   * look is enough. With `atOnce` one look is enough for everything. True when something has to be looked at once more.
   */
  conclude(tx: Transaction, { atOnce }: { readonly atOnce: boolean }): boolean {
    const { account } = tx.state.learnt
    const before = account.candidates
    account.candidates = new Map()
    for (const [id, difference] of this.#differing) {
      if (this.#unsure.has(id) || isOnRecord(tx, difference)) continue
      const fingerprint = fingerprintOf(difference)
      if (atOnce || difference.kind === 'ORDER_EXTERNAL' || before.get(id) === fingerprint) recordDifference(tx, difference)
      else account.candidates.set(id, fingerprint)
    }
    for (const id of this.#agreeing) if (!this.#differing.has(id) && !this.#unsure.has(id)) closeAsGone(tx, id)
    return account.candidates.size > 0
  }
}

/** All that is on record, waiting or decided to be lived with. */
export function onRecord(state: EngineState): readonly Difference[] {
  return [...state.differences.values(), ...[...state.settledDifferences.values()].map(({ difference }) => difference)]
}
