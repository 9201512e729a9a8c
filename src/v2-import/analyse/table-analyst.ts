import type { RawRow, TableInfo } from '../sources/import-source.ts'
import type { ImportedRecord, Verdict } from '../mapping/imported-records.ts'
import type { ImportPlan } from '../mapping/import-plan.ts'
import { REFERENCE_TABLES, ruleFor } from '../mapping/known-tables.ts'
import { TableMapper } from '../mapping/table-mapper.ts'
import { columnIndex } from '../mapping/table-rule.ts'
import { BalanceMoments } from './balance-moments.ts'
import { columnFindings } from './column-findings.ts'
import { ColumnProfile } from './column-profile.ts'
import type { FindingList } from './finding-list.ts'
import type { LinkChecker } from './links.ts'
import { OutlookCounter } from './outlook-counter.ts'
import { recordTroubles } from './record-quality.ts'
import type { TableAnalysis } from './source-analysis.ts'

/** Different texts told apart, of all columns of a table together: 16 MiB. */
const DISTINCT_BUDGET = 1_000_000
export const DISTINCT_MAX = 10_000

export interface AnalystParts {
  readonly table: TableInfo
  readonly plan: ImportPlan
  readonly links: LinkChecker
  readonly findings: FindingList
  readonly nowMs: number | undefined
}

/** Looks at the rows of one table, one after the other. */
export class TableAnalyst {
  readonly #parts: AnalystParts
  readonly #mapper: TableMapper
  readonly #profiles: readonly ColumnProfile[]
  readonly #outlook = new OutlookCounter()
  readonly #balances = new BalanceMoments()
  #rows = 0
  #damagedRows = 0

  constructor(parts: AnalystParts) {
    this.#parts = parts
    const { table, plan, links, nowMs } = parts
    this.#mapper = new TableMapper(plan, table)
    const distinctMax = Math.min(DISTINCT_MAX, Math.floor(DISTINCT_BUDGET / Math.max(1, table.columns.length)))
    this.#profiles = table.columns.map(({ name }) => new ColumnProfile(name, distinctMax, nowMs))
    links.begin(table)
  }

  add(rows: readonly RawRow[]): void {
    for (const row of rows) this.#addRow(row)
    for (const profile of this.#profiles) profile.settle()
  }

  end(problem: string | null): TableAnalysis {
    const { table, findings, plan } = this.#parts
    for (const profile of this.#profiles) columnFindings(profile, table.key, plan, findings)
    this.#balances.report(table.key, findings)
    const rule = ruleFor(table)
    const used = new Set(
      rule?.columns.flatMap(({ names }) =>
        names
          .map((name) => columnIndex(table, name))
          .filter((at) => at !== -1)
          .slice(0, 1),
      ),
    )
    for (const name of this.#mapper.keyColumns) used.add(columnIndex(table, name))
    return {
      key: table.key,
      origin: table.origin,
      kind: rule !== undefined ? 'known' : REFERENCE_TABLES.has(table.key) ? 'reference' : 'unknown',
      keyColumns: this.#mapper.keyColumns,
      rows: this.#rows,
      damagedRows: this.#damagedRows,
      columns: this.#profiles.map((profile, index) =>
        profile.analysis(table.columns[index]?.type, rule !== undefined && used.has(index) ? 'mapped' : 'kept'),
      ),
      missingColumns: (rule?.columns ?? [])
        .filter(({ names }) => names.every((name) => columnIndex(table, name) === -1))
        .map(({ names, isNeeded }) => ({ name: names[0], isNeeded })),
      outlook: this.#outlook.view(),
      problem,
    }
  }

  #addRow(row: RawRow): void {
    this.#rows += 1
    const verdict = this.#mapper.next(row)
    this.#outlook.add(verdict)
    if (row.damage !== undefined) {
      this.#damagedRows += 1
      this.#found('damaged-row', null, `rows that cannot be split into cells (${row.damage.rule})`, `#${row.number}`)
      return
    }
    for (let index = 0; index < this.#profiles.length; index += 1) this.#profiles[index]?.add(row.cells[index] ?? null)
    const key = this.#mapper.keyOf(row)
    if (key.startsWith('#') && this.#mapper.keyColumns.length > 0)
      this.#found('no-key', this.#mapper.keyColumns.join(', '), 'rows whose key is NULL: they go by their number', key)
    for (const trouble of this.#parts.links.check(row)) this.#found(trouble.rule, trouble.column, trouble.detail, trouble.value)
    this.#judge(verdict, key)
  }

  #judge(verdict: Verdict, key: string): void {
    if (verdict.outcome === 'skipped') this.#found('repeated-key', null, 'rows that stand in the table twice, cell by cell the same', key)
    if (verdict.outcome === 'parked' && verdict.rule === 'key-taken')
      this.#found('repeated-key', this.#mapper.keyColumns.join(', '), 'rows that share a key and differ: which holds is not said', key)
    if (verdict.outcome !== 'mapped') return
    for (const note of verdict.notes)
      if (note.rule === 'closed-before-opened') this.#found('closed-before-opened', note.column, note.text, key)
    const [first] = verdict.records
    if (first !== undefined) this.#judgeRecord(first, key)
  }

  #judgeRecord(record: ImportedRecord, key: string): void {
    for (const { rule, detail } of recordTroubles(record)) this.#found(rule, null, detail, key)
    if (record.kind === 'balance') this.#balances.add(record)
  }

  #found(rule: Parameters<FindingList['add']>[0]['rule'], column: string | null, detail: string, example: string): void {
    this.#parts.findings.add({ rule, table: this.#parts.table.key, column, detail }, example)
  }
}
