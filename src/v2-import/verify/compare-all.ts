import type { ImportDatabase } from '../run/import-database.ts'
import type { Difference } from '../run/import-report.ts'
import { checkCensus, checkSums, checkTimes, type CheckResult } from './aggregate-checks.ts'
import { checkReferences, countBroken, linksBetween, linksOf } from './check-references.ts'
import { compareRebuilt, compareRecords, measureFirst, measureRecords, type Measured, type RecordsComparison } from './compare-records.ts'
import { compareRows, type RowsComparison } from './compare-rows.ts'
import type { ConnectionCrew } from '../run/connection-crew.ts'
import { meaningOf } from './expected-records.ts'
import type { KnownTable, MeantTable } from './known-table.ts'
import { makeMeantTable } from './meant-table.ts'
import type { SourceTable } from './read-again.ts'
import { makeFoundGroups } from './record-groups.ts'
import type { CountedTable } from './run-checks.ts'
import type { RunKey } from './run-key.ts'
import { literal } from './source-words.ts'
import { keptTwice, strayRecords } from './stray-keys.ts'
import type { ExpectedRecord } from './table-meaning.ts'
import type { VerifyOrder } from './verify-order.ts'

/** What was read again, by table, and how it compares with what stands. */
export interface Compared {
  readonly read: readonly CountedTable[]
  readonly rows: readonly RowsComparison[]
  readonly records: readonly RecordsComparison[]
  readonly rebuilt: readonly RecordsComparison[]
  /** Of no one table: records that no row could have made, keys that stand twice. */
  readonly others: readonly Difference[]
  readonly sums: CheckResult
  readonly census: CheckResult
  readonly references: CheckResult
  readonly times: CheckResult
}

/**
 * While the source is read again, both connections measure what stands; they work out what the source means as its tables come, the largest
 * first, so that neither waits for long.
 */
export async function compareAll(order: VerifyOrder, crew: ConnectionCrew): Promise<Compared> {
  const work = new Comparison(order, crew)
  const [read, rows, records, whole, others] = await Promise.all([
    order.reading.counts(),
    Promise.all(order.reading.tables.map((table) => work.rowsOf(table))),
    Promise.all(work.known.map((each) => work.recordsOf(each))),
    work.whole(),
    work.others(),
  ])
  return { read, rows, records: records.flatMap((each) => each.records), rebuilt: records.map((each) => each.rebuilt), others, ...whole }
}

/** Of a table of which it is known what its cells mean: its rows, their meaning, the first records. */
const LONG_PIECES = 3

class Comparison {
  readonly known: readonly KnownTable[]
  readonly #order: VerifyOrder
  readonly #crew: ConnectionCrew
  readonly #begin: Promise<unknown>
  readonly #meanings: ReadonlyMap<SourceTable, Promise<MeantTable>>
  readonly #found: ReadonlyMap<SourceTable, Promise<void>>

  constructor(order: VerifyOrder, crew: ConnectionCrew) {
    this.#order = order
    this.#crew = crew
    this.known = meaningsOf(order, order.reading.tables)
    this.#begin = Promise.all(order.preparations.map((prepare) => crew.do(prepare)))
    const held = this.#begin.then(() => crew.do((database) => makeHeldOrders(database, order.run, this.known), this.#size()))
    this.#meanings = new Map(this.known.map((each) => [each.table, this.#meaningOf(each, held)]))
    this.#found = new Map(this.known.map((each) => [each.table, this.#foundOf(each)]))
    // What fails is thrown where it is waited for, which may be later.
    for (const each of [this.#begin, held, ...this.#meanings.values(), ...this.#found.values()]) each.catch(() => undefined)
  }

  /** The rows of a table, word for word. */
  async rowsOf(table: SourceTable): Promise<RowsComparison> {
    const reading = await this.#order.reading.of(table)
    const compared = await this.#do((database) => compareRows(database, { table, run: this.#order.run }, reading), this.#size(table))
    this.#tell(table)
    return compared
  }

  /** The records that rows of a table became, and the rows made again from them. */
  async recordsOf(known: KnownTable) {
    const { records } = known.meaning
    const [first] = records
    if (first === undefined) throw new Error('a table of which something is known becomes records')
    const [compared] = await Promise.all([
      Promise.all(records.map((record) => this.#recordOf(known, record))),
      this.#found.get(known.table),
    ])
    const meant = await this.#meantOf(known)
    return { records: compared, rebuilt: await this.#do((database) => compareRebuilt(database, meant, first)) }
  }

  /** What is told of all tables together. */
  async whole() {
    const meant = await Promise.all(this.known.map((each) => this.#meantOf(each)))
    const { run, counts } = this.#order
    const areAllOurs = counts.every(({ skipped }) => skipped['already-imported'] === undefined)
    const [broken] = await Promise.all([
      Promise.all(linksBetween(meant).map((link) => this.#do((database) => countBroken(database, run, link)))),
      Promise.all(this.#found.values()),
    ])
    const [sums, census, times] = await Promise.all([
      this.#do((database) => checkSums(database, meant)),
      this.#do((database) => checkCensus(database, meant)),
      this.#do((database) => checkTimes(database, this.#order, meant, areAllOurs)),
    ])
    return { sums, census, references: checkReferences(broken), times }
  }

  async others(): Promise<readonly Difference[]> {
    const { run } = this.#order
    const [twice, strays] = await Promise.all([
      this.#do((database) => keptTwice(database, run)),
      this.#do((database) => strayRecords(database, run, this.known)),
    ])
    return [...strays, ...twice]
  }

  /** Not before the server is prepared. */
  async #do<T>(work: (database: ImportDatabase) => Promise<T>, weight = 0): Promise<T> {
    await this.#begin
    return this.#crew.do(work, weight)
  }

  async #meaningOf(known: KnownTable, held: Promise<void>): Promise<MeantTable> {
    await Promise.all([this.#order.reading.of(known.table), held])
    const meant = await this.#do((database) => makeMeantTable(database, known, linksOf(known)), 3 * this.#size(known.table))
    this.#tell(known.table)
    return meant
  }

  async #meantOf({ table }: KnownTable): Promise<MeantTable> {
    const meant = await this.#meanings.get(table)
    if (meant === undefined) throw new Error(`nothing is known of table ${table.info.key}`)
    return meant
  }

  async #foundOf(known: KnownTable): Promise<void> {
    await this.#do((database) => makeFoundGroups(database, known), 2 * this.#size(known.table))
    this.#tell(known.table)
  }

  async #recordOf(known: KnownTable, record: ExpectedRecord): Promise<RecordsComparison> {
    const isFirst = known.meaning.records[0] === record
    const live = async (): Promise<Measured> => {
      if (!isFirst) return this.#do((database) => measureRecords(database, known, record), this.#size(known.table))
      await this.#found.get(known.table)
      return this.#do((database) => measureFirst(database, known, 'record_1'))
    }
    const [found, meant] = await Promise.all([live(), this.#meantOf(known)])
    return this.#do((database) => compareRecords(database, meant, record, found))
  }

  /** One of the long pieces of work on a table is done. */
  #tell(table: SourceTable): void {
    const pieces = this.known.some((each) => each.table === table) ? LONG_PIECES : 1
    this.#order.onRows(this.#rowsOf(table) / pieces)
  }

  /** As the loader counted them: what takes longest is known before anything is read. */
  #rowsOf({ info }: SourceTable): number {
    return this.#order.counts.find(({ name }) => name === info.key)?.source ?? 0
  }

  #size(table?: SourceTable): number {
    return table === undefined ? Number.MAX_SAFE_INTEGER : this.#rowsOf(table) * table.info.columns.length
  }
}

function meaningsOf({ plan, run }: VerifyOrder, tables: readonly SourceTable[]): readonly KnownTable[] {
  return tables.flatMap((table) => {
    const names = table.info.columns.map(({ name }) => name)
    const find = (...wanted: readonly string[]) => {
      for (const name of wanted) {
        const exact = names.indexOf(name)
        const index = exact === -1 ? names.findIndex((other) => other.toLowerCase() === name) : exact
        if (index !== -1) return { column: names[index], cell: table.cell(index) }
      }
      return { column: undefined, cell: 'NULL::text' }
    }
    const meaning = meaningOf(table.info.key, { find, name: 's.name', plan })
    return meaning === undefined ? [] : [{ table, meaning, find, run, plan }]
  })
}

/** The orders that the orders table itself brings, where a table speaks of them. */
async function makeHeldOrders(database: ImportDatabase, { system }: RunKey, known: readonly KnownTable[]): Promise<void> {
  if (known.every(({ meaning }) => meaning.joins === undefined)) return
  await database.run(`
    CREATE UNLOGGED TABLE held_orders WITH (autovacuum_enabled = false) AS
      SELECT DISTINCT order_id, exchange FROM imported.orders WHERE part = 'row' AND system = ${literal(system)};
    ANALYZE held_orders`)
}
