import type { ImportedRecord, Verdict } from '../mapping/imported-records.ts'
import type { ImportPlan } from '../mapping/import-plan.ts'
import { OrderMemory } from '../mapping/order-memory.ts'
import { TableMapper } from '../mapping/table-mapper.ts'
import { ORDERS } from '../mapping/tables/orders.ts'
import type { ImportSource, RawRow, TableInfo } from '../sources/import-source.ts'
import { CopyBuffers } from '../run/copy-buffers.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import { RowWriter, STAGED_FORM } from './row-writer.ts'
import type { Staging } from './staging.ts'

export interface StageOrder {
  readonly source: ImportSource
  readonly plan: ImportPlan
  readonly staging: Staging
  /** The rows go by the first connection, most records by the second, at the same time. */
  readonly databases: readonly [ImportDatabase, ImportDatabase]
  /** No earlier import brought rows of this system: then it is known here which orders the orders table has. */
  readonly isFirst: boolean
  readonly onRows: (rows: number) => void
  readonly signal?: AbortSignal | undefined
}

/** Reads the source, each row once, into the staging: all of it or nothing. Throws `AppError`. */
export async function stageTables(order: StageOrder): Promise<void> {
  const { staging, databases } = order
  const [rows, records] = databases
  await rows.transaction(async () => {
    await staging.makeRows()
    const reading = new Reading(order)
    await records.transaction(async () => {
      await staging.makeRecords(records)
      await reading.read()
    })
    await staging.noteLoaded(reading)
  })
}

class Reading {
  readonly #order: StageOrder
  readonly #orders = new OrderMemory()
  linkedOrders = 0
  undecidedKeys = 0
  repeatedKeys = 0

  constructor(order: StageOrder) {
    this.#order = order
    if (!order.isFirst) this.#orders.giveUp()
  }

  /** Whether every order of a trade that the orders table has was left out. */
  get areLinksDecided(): boolean {
    return this.#orders.isComplete
  }

  async read(): Promise<void> {
    const tables = this.#order.source.tables().map((table, index) => ({ table, number: index + 1 }))
    // The orders first: of the trades, only the orders that are not among them are sent.
    const isOrders = ({ table }: (typeof tables)[number]): boolean => table.key === ORDERS.table
    for (const { table, number } of [...tables.filter(isOrders), ...tables.filter((each) => !isOrders(each))])
      await this.#readTable(table, number)
  }

  async #readTable(table: TableInfo, number: number): Promise<void> {
    const { source, plan, staging, databases, signal, onRows } = this.#order
    const mapper = new TableMapper(plan, table)
    await staging.beginTable(table, databases)
    const [rows, records] = [new CopyBuffers(databases[0], STAGED_FORM), new CopyBuffers(databases[1], STAGED_FORM)]
    const writer = new RowWriter(staging.schema, { rows, records })
    let count = 0
    for await (const batch of source.rows(table, { signal })) {
      for (const row of batch) {
        const verdict = mapper.next(row)
        // A row under a key that may have come before may have to go again, and its order with it.
        if (mapper.undecided > 0) this.#orders.giveUp()
        writer.write(row, damagedKey(row) ?? mapper.keyOf(row), this.#withoutLinked(verdict))
        if (verdict.outcome === 'skipped' || (verdict.outcome === 'parked' && verdict.rule === 'key-taken')) this.repeatedKeys += 1
      }
      count += batch.length
      onRows(batch.length)
      await rows.flushFull()
      await records.flushFull()
    }
    await rows.flush()
    await records.flush()
    this.undecidedKeys += mapper.undecided
    await staging.noteTable(table, { number, keyColumns: mapper.keyColumns, rows: count, notes: writer.notes() })
  }

  /** Remembers the orders of the orders table, and leaves out those of a trade that are among them. */
  #withoutLinked(verdict: Verdict): Verdict {
    if (verdict.outcome !== 'mapped' || !this.#orders.isComplete) return verdict
    let linked: Set<ImportedRecord> | undefined
    for (const record of verdict.records) if (this.#isLinked(record)) (linked ??= new Set()).add(record)
    if (linked === undefined) return verdict
    this.linkedOrders += linked.size
    return { ...verdict, records: verdict.records.filter((record) => linked?.has(record) !== true) }
  }

  #isLinked(record: ImportedRecord): boolean {
    if (record.kind !== 'order') return false
    if (record.part !== 'row') return this.#orders.has(record.exchange, record.orderId)
    this.#orders.remember(record.exchange, record.orderId)
    return false
  }
}

function damagedKey(row: RawRow): string | undefined {
  return row.damage === undefined ? undefined : `#${row.number}`
}
