import type { ImportedRecord, Verdict } from '../mapping/imported-records.ts'
import type { ImportPlan } from '../mapping/import-plan.ts'
import { TableMapper } from '../mapping/table-mapper.ts'
import type { ImportSource, RawRow, TableInfo } from '../sources/import-source.ts'
import { CopyBuffers } from '../run/copy-buffers.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import { copyBytes, copyCell, copyLineAsCell, escapeText } from './copy-text.ts'
import { ORIGIN_COLUMNS, RECORD_TABLES } from './record-columns.ts'
import type { Staging } from './staging.ts'

const ROW_COLUMNS = 'system, table_key, row_key, variant, run_id, number, outcome, rule, column_name, reason, line, bytes'
const EMPTY_EXTRAS = '{}'

export interface StageOrder {
  readonly source: ImportSource
  readonly plan: ImportPlan
  readonly system: string
  readonly staging: Staging
  /** The rows go by the first connection, the records by the second, at the same time. */
  readonly databases: readonly [ImportDatabase, ImportDatabase]
  readonly onRows: (rows: number) => void
  readonly signal?: AbortSignal | undefined
}

/** Reads the tables that are not staged yet, each row once, into the staging. Throws `AppError`; what is staged by then stays. */
export async function stageTables(order: StageOrder): Promise<void> {
  const staged = new Set((await order.staging.staged()).map(({ tableKey }) => tableKey))
  const begun = new Set(await order.staging.begun())
  let number = 0
  for (const table of order.source.tables()) {
    number += 1
    if (staged.has(table.key)) continue
    if (begun.has(table.key)) await order.staging.forget(table.key)
    await stageTable(order, table, number)
  }
}

async function stageTable(order: StageOrder, table: TableInfo, number: number): Promise<void> {
  const { source, plan, staging, databases } = order
  const mapper = new TableMapper(plan, table)
  await staging.noteTable(table, number, mapper.keyColumns)
  const writer = new RowWriter(order, table)
  const [rows, records] = [new CopyBuffers(databases[0]), new CopyBuffers(databases[1])]
  let count = 0
  for await (const batch of source.rows(table, { signal: order.signal })) {
    for (const row of batch) {
      const verdict = mapper.next(row)
      writer.write(row, damagedKey(row) ?? mapper.keyOf(row), verdict, { rows, records })
    }
    count += batch.length
    order.onRows(batch.length)
    await rows.flushFull()
    await records.flushFull()
  }
  await rows.flush()
  await records.flush()
  await staging.noteAll(table.key, writer.notes())
  await staging.finish(table.key, count)
}

function damagedKey(row: RawRow): string | undefined {
  return row.damage === undefined ? undefined : `#${row.number}`
}

interface Buffers {
  readonly rows: CopyBuffers
  readonly records: CopyBuffers
}

/** Turns rows and their verdicts into lines of COPY. */
class RowWriter {
  readonly #system: string
  readonly #tableKey: string
  readonly #runId: string
  readonly #rowsInto: string
  readonly #recordsInto: ReadonlyMap<string, string>
  readonly #notes = new Map<string, { rule: string; column: string; text: string; count: number }>()

  constructor({ staging, system }: StageOrder, table: TableInfo) {
    this.#system = copyCell(system)
    this.#tableKey = copyCell(table.key)
    this.#runId = copyCell(staging.runId)
    this.#rowsInto = `"${staging.schema}".rows (${ROW_COLUMNS})`
    const into = Object.entries(RECORD_TABLES).map(([kind, { name, columns }]) => {
      const all = [...ORIGIN_COLUMNS, ...columns, 'extras'].join(', ')
      return [kind, `"${staging.schema}".${name} (${all})`] as const
    })
    this.#recordsInto = new Map(into)
  }

  write(row: RawRow, key: string, verdict: Verdict, buffers: Buffers): void {
    const rowKey = copyCell(key)
    let why = '\\N\t\\N\t\\N'
    if (verdict.outcome === 'parked') why = `${verdict.rule}\t${copyCell(verdict.column)}\t${copyCell(verdict.reason)}`
    if (verdict.outcome === 'skipped') why = `${verdict.rule}\t\\N\t${copyCell(verdict.reason)}`
    const line = row.damage === undefined ? copyLineAsCell(row.cells) : '\\N'
    const bytes = row.damage === undefined ? '\\N' : copyBytes(row.damage.bytes)
    buffers.rows.add(
      this.#rowsInto,
      `${this.#system}\t${this.#tableKey}\t${rowKey}\t\t${this.#runId}\t${row.number}\t${verdict.outcome}\t${why}\t${line}\t${bytes}\n`,
    )
    if (verdict.outcome !== 'mapped') return
    for (const record of verdict.records) this.#writeRecord(record, rowKey, buffers.records)
    for (const note of verdict.notes) this.#count(note)
  }

  notes(): readonly { readonly rule: string; readonly column: string; readonly text: string; readonly count: number }[] {
    return [...this.#notes.values()]
  }

  #writeRecord(record: ImportedRecord, rowKey: string, buffers: CopyBuffers): void {
    const { values, part } = RECORD_TABLES[record.kind]
    let line = `${this.#system}\t${this.#tableKey}\t${rowKey}\t${part(record)}\t${this.#runId}`
    for (const value of values) line += `\t${copyCell(value(record))}`
    buffers.add(this.#recordsInto.get(record.kind) ?? '', `${line}\t${extrasText(record)}\n`)
  }

  #count({ rule, column, text }: { readonly rule: string; readonly column: string; readonly text: string }): void {
    const key = `${rule}\t${column}`
    const known = this.#notes.get(key)
    if (known === undefined) this.#notes.set(key, { rule, column, text, count: 1 })
    else known.count += 1
  }
}

function extrasText({ extras }: ImportedRecord): string {
  for (const _ in extras) return escapeText(JSON.stringify(extras))
  return EMPTY_EXTRAS
}
