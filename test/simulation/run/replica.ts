import type { Fact, JournalEntry } from '#domain/facts.ts'
import { pack } from '#storage/replica/ship.ts'
import { demand } from '../checks/violation.ts'
import type { WorldParts } from './world-parts.ts'

const BATCH = 50

/**
 * The replica and its Postgres: a set of rows and a cursor that move together. Parcels are cut by the real `pack`; the
 * transaction and its rule (the cursor is read under lock, written in the same transaction) are modelled after `ship`.
 */
export class Replica {
  readonly #world: WorldParts
  readonly #splitsTransaction: boolean
  readonly #rows: string[] = []
  #cursor = 0
  /** What the replica believes; undefined: it must read the cursor first. */
  #believes: number | undefined

  constructor(world: WorldParts, splitsTransaction: boolean) {
    this.#world = world
    this.#splitsTransaction = splitsTransaction
    if (world.plan.followsPostgres) this.#turn()
  }

  get lag(): number {
    return this.#world.plan.followsPostgres ? this.#world.journal.head - this.#cursor : 0
  }

  #turn(): void {
    this.#world.scheduler.machine(700, 'replica', () => {
      // The thread lives in the process: while that is down nobody ships.
      if (this.#world.shell === undefined) this.#believes = undefined
      else for (let n = 0; n < 20 && this.#ship(); n += 1);
      this.#turn()
    })
  }

  /** True: there may be more. */
  #ship(): boolean {
    const { faults, journal } = this.#world
    if (faults.happens('postgresDown')) {
      this.#believes = undefined
      return false
    }
    this.#believes ??= this.#cursor
    const entries = [...journal.entries(this.#believes, this.#believes + BATCH)]
    if (entries.length === 0) return false
    const parcel = pack(entries)
    if (parcel.afterSeq !== this.#cursor) {
      this.#believes = this.#cursor
      return true
    }
    const dies = faults.happens('postgresDiesInCommit')
    const isCommitted = !dies || faults.dice('postgresDiesInCommit').chance(0.5)
    if (isCommitted) this.#insert(entries, parcel.facts)
    if (isCommitted && !(dies && this.#splitsTransaction)) this.#cursor = parcel.lastSeq
    this.#believes = dies ? undefined : parcel.lastSeq
    return !dies
  }

  /** I14, I15: each fact once, in order, word for word, and never one that the journal does not have. */
  #insert(entries: readonly JournalEntry[], facts: string): void {
    // Fact by fact only where one of them is another: then it is named.
    const isSame = facts === `[${entries.map(({ fact }) => JSON.stringify(fact)).join()}]`
    const arrived = isSame ? [] : (JSON.parse(facts) as Fact[])
    for (const [index, { seq, fact }] of entries.entries()) {
      demand(seq === this.#rows.length + 1, 'I15', () => `fact ${seq} reached Postgres after ${this.#rows.length}`)
      demand(seq <= this.#world.journal.head, 'I14', () => `Postgres has ${seq}, the journal ends at ${this.#world.journal.head}`)
      demand(isSame || JSON.stringify(arrived[index]) === JSON.stringify(fact), 'I14', () => `fact ${seq} is another one in Postgres`)
      this.#rows.push(fact.type)
    }
  }
}
